"""Means with their SD and counts with their percentage, as a text prints them."""

import re
from typing import Final

from asteroid_repro.printed.reading.found_result import FoundResult
from asteroid_repro.printed.reading.tokens import Token

_MEAN: Final = re.compile(
    r"(?P<e>d?N)[%wU/]{0,3}(?:o{1,2}D[r:]?(?P<sd>d?N)[%wU/]{0,2}l|m(?P<pm>N)|[ocs]D[r:]?(?P<bare>d?N))"
)
_SHARE: Final = re.compile(
    r"(?P<k>N)(?:/|f)(?:w{0,2})(?P<n>N)[wUf]{0,4}o{1,2}(?P<e>N)%l|(?P<e2>N)%o{1,2}(?P<k2>N)(?:/|f)w{0,2}(?P<n2>N)[wU]{0,3}[ls]"
)


def find_simple(text: str, tokens: list[Token], kinds: str, used: list[tuple[int, int]]) -> list[FoundResult]:
    """Return means with an SD and counts with a percentage, outside the spans of tokens already used.

    Examples
    --------
    >>> from asteroid_repro.printed.reading.tokens import tokenize
    >>> text = "20 of 40 (50%) were women, age 33 (SD 6) years"
    >>> tokens = tokenize(text)
    >>> [one.quote for one in find_simple(text, tokens, "".join(token.kind for token in tokens), [])]
    ['20 of 40 (50%)', '33 (SD 6)']
    """
    taken = {place for first, last in used for place in range(first, last)}
    found = [
        read(text, tokens, match)
        for pattern, read in ((_SHARE, _share), (_MEAN, _mean))
        for match in pattern.finditer(kinds)
        if taken.isdisjoint(range(*match.span()))
    ]
    return sorted((one for one in found if one is not None), key=lambda one: one.start)


def _share(text: str, tokens: list[Token], match: re.Match[str]) -> FoundResult | None:
    names = ("k", "n", "e") if match["k"] else ("k2", "n2", "e2")
    count, people, percentage = (tokens[match.start(name)].text for name in names)
    if not (count.isdigit() and people.isdigit()) or float(people) == 0:
        return None
    return _found(text, tokens, match, kind="share", estimate=percentage, counts=f"{count}/{people}")


def _mean(text: str, tokens: list[Token], match: re.Match[str]) -> FoundResult | None:
    if match["pm"]:
        return None  # a plus-minus may be an SD, a standard error or half an interval
    name = "sd" if match["sd"] else "bare"
    spread = "".join("-" if token.kind == "d" else token.text for token in tokens[slice(*match.span(name))])
    sign = "-" if match["e"][0] == "d" else ""
    return _found(text, tokens, match, kind="mean", estimate=sign + tokens[match.end("e") - 1].text, spread=spread)


def _found(text: str, tokens: list[Token], match: re.Match[str], **parts: str) -> FoundResult:
    start, end = tokens[match.start()].start, tokens[match.end() - 1].end
    before = " ".join(text[max(start - 60, 0) : start].split())
    label = re.split(r"[.;()]\s*", before)[-1].strip(" ,:=")
    quote = " ".join(text[start:end].split())
    return FoundResult(quote=quote, label=label, start=start, end=end, **parts)  # type: ignore[arg-type]
