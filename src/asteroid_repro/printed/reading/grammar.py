"""The grammar of results: which tokens are an estimate, its limits, its p-value. Found by the kinds of the tokens.

All patterns run over the string of kinds, one character a token (see :mod:`asteroid_repro.printed.reading.tokens`), and
repeat a bounded number of times: the time grows with the length of the text, whatever it holds.
"""

import re
from itertools import product
from typing import Final

from asteroid_repro.printed.reading.tokens import Token

_BACK: Final = 40  # tokens before an interval in which its estimate can stand
_LEVELS: Final = {"68", "80", "90", "95", "95.0", "96", "97", "97.5", "98", "99", "99.9"}

_PAIR: Final = r"(?P<low>d?N)(?P<unit>[%Uw/]{0,3})(?P<between>[tcsda/k]|ct|kd?t)(?P<high>d{0,2}N)"
_LABELLED: Final = re.compile(rf"I(?P<gap>[IwqvDEcr:olaf%]{{0,10}}?){_PAIR}")
_BRACKETED: Final = re.compile(rf"(?P<e>d?N)[%wU/]{{0,4}}k?o{{1,3}}{_PAIR}(?=[%wU/]{{0,3}}[lcs])")
_TRIPLE: Final = re.compile(rf"(?P<e>d?N)[%wU/]{{0,2}}[cs:k]?{_PAIR}")
_ALONE: Final = re.compile(rf"o{{1,2}}{_PAIR}%?l")

_BEFORE: Final = re.compile(
    r"(?P<e>d?N)(?:o[DE]?[r:]?(?P<spread>N)[%wU]?l)?[%wUndaf/]{0,9}[csro:dkl]{0,3}"
    r"(?:o?p[qdwr:]{0,4}N%?[csl]{0,2})?[Iv%laowqcrs:]{0,10}\Z"
)
_P_BEFORE: Final = re.compile(r"p[qdwr:]{0,4}N%?[csl]{0,2}[Iv%laowqcrs:]{0,10}\Z")
_P_SIGN: Final = re.compile(r"p[qdolwfr:]{0,5}\Z")
_P: Final = re.compile(r"p(?P<gap>[qdolwf:]{0,5}?)(?P<relation>[r:]{0,2})(?P<number>d?N)(?P<percent>%?)")
_NOT_SIGNIFICANT: Final = re.compile(r"(?:p[qdolw]{0,3}[r:]?)?x")
_TO_P: Final = re.compile(r"[%wUk/]{0,4}l{0,3}[%wUndaf/]{0,7}[cskd:]{0,2}o{0,2}[qafd]{0,4}w?(?=[px])")
_BARE_P: Final = re.compile(r"[%U]?l{1,3}[ck]?(?P<p>r?N)(?![%wUNd/tnl:])|[%U]?k(?P<cell>r?N)(?=[kb.]|\Z)")
_SMALL: Final = re.compile(r"0?\.\d+|[01]\.0+")


def kinds_of(tokens: list[Token]) -> str:
    """Return the kinds as one string, with levels (95 % CI) and the numbers of week 12 or n = 40 marked.

    Examples
    --------
    >>> from asteroid_repro.printed.reading.tokens import tokenize
    >>> kinds_of(tokenize("week 12: MD 1.5 (CI 95%: 1 to 2)"))
    'Hn:wNoIvv:NtNl'
    """
    kinds = "".join(token.kind for token in tokens)
    kinds = re.sub(r"(?<=[HQ])(r?)N", r"\1n", kinds)
    kinds = _without_scale_ends(tokens, kinds)
    marked = list(kinds)
    for found in re.finditer(r"N(%?)(?=[dwq]{0,2}I)", kinds):
        if found[1] or tokens[found.start()].text in _LEVELS:
            marked[found.start() : found.end()] = "v" * len(found[0])
    for found in re.finditer(
        r"I(?P<gap>[oc:rl]?)(?P<level>N%?)(?=[l:]|[csr:ol]{0,3}d?N[%Uw/]{0,3}[tcsda/]d{0,2}N)", kinds
    ):
        no_level_before = "v" not in marked[max(found.start() - 6, 0) : found.start()]
        if no_level_before and tokens[found.start("level")].text in _LEVELS:
            marked[found.start("level") : found.end("level")] = "v" * len(found["level"])
    return "".join(marked)


def _without_scale_ends(tokens: list[Token], kinds: str) -> str:
    """Mark the ends of the scale that a result is on: out of 100, on a scale of 0 to 100."""
    marked = list(kinds)
    for found in re.finditer(r"w(?:f|[fow]{0,2}(?P<low>N)[td])(?P<high>N)", kinds):
        word = tokens[found.start()].text.lower()
        ends = found["low"] is not None and tokens[found.start("low")].text in ("0", "1")
        if (ends and word in ("scale", "scales", "from", "scored")) or (found["low"] is None and word == "out"):
            marked[found.start() : found.end()] = [kind if kind != "N" else "n" for kind in found[0]]
    return "".join(marked)


def intervals(kinds: str, *, line: bool) -> list[re.Match[str]]:
    """Return the matches of pairs of limits, from left to right.

    In running text a pair has to be announced (``95% CI``) or to stand in brackets after a number. A line that is known
    to be a result may print it in any way.
    """
    patterns = [_LABELLED, _BRACKETED, *([_TRIPLE, _ALONE] if line else [])]
    found: list[re.Match[str]] = []
    taken = bytearray(len(kinds))
    for pattern in patterns:
        for match in pattern.finditer(kinds):
            span = slice(match.start("low"), match.end())
            if not any(taken[span]):
                taken[span] = b"\1" * (span.stop - span.start)
                found.append(match)
    return sorted(found, key=lambda match: match.start("low"))


def estimate_before(kinds: str, first: int, stop: int) -> re.Match[str] | None:
    """Return the number that leads directly to an interval that begins at `stop`, not before `first`."""
    found = _BEFORE.search(kinds, max(first, stop - _BACK), stop)
    is_p = found is not None and _P_SIGN.search(kinds, max(found.start() - 6, 0), found.start())
    return None if is_p else found


def p_before(kinds: str, first: int, stop: int) -> re.Match[str] | None:
    """Return the p-value that leads directly to an interval that begins at `stop`, not before `first`."""
    found = _P_BEFORE.search(kinds, max(first, stop - _BACK), stop)
    return None if found is None else p_at(kinds, found.start(), stop)


def p_after(kinds: str, end: int, limit: int) -> re.Match[str] | None:
    """Return the p-value that belongs to what ends at `end`."""
    way = _TO_P.match(kinds, end, limit)
    return None if way is None else p_at(kinds, way.end(), limit)


def p_at(kinds: str, position: int, limit: int) -> re.Match[str] | None:
    """Return the p-value that begins at a token."""
    return _P.match(kinds, position, limit) or _NOT_SIGNIFICANT.match(kinds, position, limit)


def bare_p(tokens: list[Token], kinds: str, end: int) -> re.Match[str] | None:
    """Return a p-value that stands after the limits without saying so, as in tables: ``4.4 (1.2 to 7.6) .007``."""
    match = _BARE_P.match(kinds, end)
    if match is None or not _SMALL.fullmatch(tokens[match.end() - 1].text):
        return None
    return match


def read_p(tokens: list[Token], match: re.Match[str]) -> str | None:
    """Return a p-value as printed, led by its relation unless that is ``=``; ``>0.05`` for *not significant*."""
    groups = match.groupdict()
    if "number" not in groups:
        if not {"p", "cell"} & set(groups):
            return ">0.05"
        said = [token.text for token in tokens[match.end() - 2 : match.end()]]
        return (_relation(said[0]) if tokens[match.end() - 2].kind == "r" else "") + said[1]
    if "w" in match["gap"] and not match["relation"]:
        words = {token.text.lower() for token in tokens[match.start("gap") : match.end("gap")] if token.kind == "w"}
        if not words <= {"was", "is", "equals"}:
            return None
    sign = "-" if match["number"][0] == "d" else ""
    number = tokens[match.end("number") - 1].text
    if match["percent"]:
        number = f"{float(number) / 100:.{len(number.partition('.')[2]) + 2}f}"
    relation = "".join(token.text for token in tokens[match.start("relation") : match.end("relation")])
    return _relation(relation) + sign + number


def _relation(said: str) -> str:
    plain = said.lower().replace("&lt;", "<").replace("&gt;", ">").replace("\u2264", "<").replace("\u2265", ">")
    if "<" in plain or plain[:1] == "l":
        return "<"
    return ">" if ">" in plain or plain[:1] == "g" else ""


def signed(tokens: list[Token], kinds: str, span: tuple[int, int], *, between: bool = False) -> list[str]:
    """Return what a number can be, the likeliest first: a dash before it may be a sign or not.

    `span` is that of dashes and number. With `between` the first dash separates it from the number before.
    """
    first, last = span
    number = tokens[last - 1].text
    dashes = kinds[first : last - 1].count("d")
    if not dashes:
        return [number]
    dash = tokens[last - 2]
    touches, spaced = dash.end == tokens[last - 1].start, first > 0 and tokens[first - 1].end < tokens[first].start
    if not between:
        return [f"-{number}"] if touches else [f"-{number}", number]
    if dashes == 1:
        return [f"-{number}", number] if touches and spaced else [number]
    return [f"-{number}", number]


def chosen(estimates: list[str | None], lows: list[str], highs: list[str]) -> tuple[str | None, str, str]:
    """Return the first reading in which the estimate lies between the limits; else the likeliest one.

    Limits that were printed from high to low are put in order.

    Examples
    --------
    >>> chosen(["0.72"], ["0.60"], ["-0.85", "0.85"])
    ('0.72', '0.60', '0.85')
    """
    readings = [
        (estimate, min(low, high, key=float), max(low, high, key=float))
        for estimate, low, high in product(estimates, lows, highs)
    ]
    for estimate, low, high in readings:
        if estimate is None or float(low) <= float(estimate) <= float(high):
            return estimate, low, high
    return readings[0]
