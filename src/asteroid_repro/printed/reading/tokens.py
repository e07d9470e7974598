"""A text in tokens: numbers, words by what they announce, separators, brackets. Time grows with the text's length.

Every token has a kind of one character, so that the grammar (:mod:`asteroid_repro.printed.reading.grammar`) can be
written as short regular expressions over the string of kinds.

=====  =========================================================================================================
kind   token
=====  =========================================================================================================
``N``  a number without its sign, ``n`` one that is no result (week 12, 10-point, 2016, n = 40), ``v`` a level
``d``  a dash: a minus sign, a hyphen or one between limits; the grammar says which
``I``  announces a confidence or credible interval; ``X`` another pair of numbers: a range, quartiles, ages
``p``  announces a p-value; ``q`` may stand between it and its number; ``x`` not significant
``D``  standard deviation; ``E`` standard error; ``m`` plus-minus; ``Q`` a lone capital N or n: people
``t``  to; ``a`` and, or; ``f`` of; ``H`` counts what follows it (week); ``U`` is counted by what precedes it (weeks)
``w``  any other word
``r``  a relation; ``:``; ``c`` comma; ``s`` semicolon; ``/``; ``%``; ``o`` and ``l`` brackets; ``k`` ends a cell of a
       table; ``.`` a sentence; ``b`` a paragraph or a row
=====  =========================================================================================================
"""

import re
import unicodedata
from typing import Final, NamedTuple

from asteroid_repro.printed.reading.known_words import DATES, KIND

_POINT: Final = "[.\u00b7\u2022\u2219\u22c5\u2027]"
_THIN: Final = "[\u00a0\u2009\u202f\u2008'\u2019]"  # between groups of three digits
_POWER: Final = r"(?:[eE][-\u2212\u2013+]?\d{1,3}(?!\w)|\s?[x\u00d7*]\s?10\s?\^?\{?[-\u2212\u2013]\d{1,3}\}?)"
_TOKEN: Final = re.compile(
    rf"""
    (?P<b> \n[ \t\r]*\n\s* | \|[ \t]*\n[ \t]*\| | \\\\ )
  | (?P<skip> (?:https?://|www\.|doi:|10\.\d{{4,9}}/)\S* | (?!\t)\s | \\[,;:! ] | &(?:nbsp|thinsp); | [$*_\\~^`"'\#\u201c\u201d\u2019\u00ad] )
  | (?P<N> (?: \d{{1,3}}(?:{_THIN}\d{{3}})+(?!\d) | \d+ ) (?:{_POINT}\d+)? {_POWER}? | {_POINT}\d+ {_POWER}? )
  | (?P<w> C\.[ ]?I\. | [nN]\.[sS]\. | [sS]\.[dDeE]\. | [^\W\d_][^\W_]* (?:-\n\s*[^\W\d_][^\W_]*)? )
  | (?P<m> \u00b1 | \+/[-\u2212\u2013] )
  | (?P<r> [<>=\u2264\u2265\u2248]=? | &[lg]t; )
  | (?P<d> [-\u2212\u2013\u2014\u2012\u2011\u2010\ufe63\uff0d] | &(?:minus|ndash); )
  | (?P<o> [(\[{{\u27e8] ) | (?P<l> [)\]}}\u27e9] )
  | (?P<c> , ) | (?P<s> ; ) | (?P<colon> : ) | (?P<slash> / ) | (?P<percent> % ) | (?P<k> [\t|&] )
  | (?P<stop> [.!?](?=\s+[A-Z(\["\u201c]|\s*\Z) )
  | (?P<other> [\s\S] )
    """,  # noqa: E501 - one alternative a line
    re.VERBOSE,
)
_NAMES: Final = {"colon": ":", "slash": "/", "percent": "%", "stop": "."}
_SOME: Final = r"\d{1,15}"
_TOO_LONG: Final = 24  # characters; nothing that anybody prints as a result


class Token(NamedTuple):
    """A token: its kind, what it says (a number in plain digits) and where it stands in the text."""

    kind: str
    text: str
    start: int
    end: int


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a text, commas within numbers resolved.

    Examples
    --------
    >>> "".join(token.kind for token in tokenize("MD -15.30 (95% CI -25.33 to -5.27), p=0.003"))
    'wdNoN%IdNtdNlcprN'
    >>> [token.text for token in tokenize("1,234 (0,5; 12,5)") if token.kind == "N"]
    ['1.234', '0.5', '12.5']
    """
    tokens = []
    for match in _TOKEN.finditer(text):
        name = match.lastgroup or "other"
        if name in ("skip", "other"):
            continue
        said, kind = match.group(), _NAMES.get(name, name)
        if name == "w":
            kind = _kind_of_word(said)
        elif name == "N":
            said = plain_number(said)
            kind = "N" if len(said) <= _TOO_LONG else "n"
        tokens.append(Token(kind, said, match.start(), match.end()))
    if re.search(r"\d,\d", text):
        tokens = _joined(tokens, decimal_comma=_has_decimal_comma(text))
    return _without_compounds(tokens)


def plain_number(printed: str) -> str:
    """Return a number in plain digits: a decimal point, no signs between thousands, ``e`` for a power of ten.

    Examples
    --------
    >>> plain_number("12\u2009345\u00b76"), plain_number("3.2 \u00d7 10\u22125")
    ('12345.6', '3.2e-5')
    """
    if printed.isascii() and printed.replace(".", "").isdigit():
        return printed
    number = re.sub(rf"{_THIN}(?=\d{{3}})", "", printed)
    number = re.sub("[\u2212\u2013]", "-", re.sub(_POINT, ".", number))
    return re.sub(r"\s?[x\u00d7*]\s?10\s?\^?\{?(-\d+)\}?", r"e\1", number)


def _kind_of_word(word: str) -> str:
    if word in ("OR", "NO", "H", "V", "EQ", "NoV"):  # the odds ratio is no alternative
        return "w"
    if len(word) <= 16:
        plain = word if word.isascii() else unicodedata.normalize("NFKC", word)
        return KIND.get(plain.replace("-\n", "").lower(), "w")
    return KIND.get(re.sub(r"-\n\s*", "", word).lower(), "w")


def _has_decimal_comma(text: str) -> bool:
    """Whether the text writes decimals with a comma: more zeros before a comma than decimals after a point."""
    commas = len(re.findall(r"(?<![\d.,])0,\d", text)) + len(re.findall(r"\d,\d+ ?[;\u2013]", text))
    return commas > len(re.findall(rf"(?<![\d.]){_SOME}{_POINT}{_SOME}(?![\d.]{{1,2}}\d)", text))


def _joined(tokens: list[Token], *, decimal_comma: bool) -> list[Token]:
    """Make one number of two that a comma joins, where it is a decimal comma or stands between thousands."""
    found: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        while token.kind == "N" and (number := _with_next(tokens, found, position, token, decimal_comma)):
            token = Token("N", number, token.start, tokens[position + 2].end)
            position += 2
        found.append(token)
        position += 1
    return found


def _with_next(tokens: list[Token], before: list[Token], position: int, token: Token, decimal_comma: bool) -> str:
    """Return the number that a token makes with the one after the comma; empty where the comma separates two."""
    pair = tokens[position + 1 : position + 3]
    if [one.kind for one in pair] != ["c", "N"] or not _adjacent(token, pair[0]) or not _adjacent(*pair):
        return ""
    left, right = token.text, pair[1].text
    if len(left) + len(right) > _TOO_LONG or "e" in left + right:
        return ""
    if decimal_comma and right.isdigit():
        whole = left.replace(".", "") if re.fullmatch(r"\d{1,3}(?:\.\d{3})+", left) else left
        return f"{whole}.{right}" if whole.isdigit() else ""
    if "." in left or _are_limits(tokens, before, position):
        return ""
    thousands = len(right.partition(".")[0]) == 3 and left[0] != "0"
    if thousands and (len(left) <= 3 or before_is_thousands(token)):
        return left + right
    return "" if "." in right else f"{left}.{right}"


def before_is_thousands(token: Token) -> bool:
    """Whether a number has been made of groups of three digits already.

    Examples
    --------
    >>> before_is_thousands(Token("N", "1234", 0, 5)), before_is_thousands(Token("N", "1234", 0, 4))
    (True, False)
    """
    return token.end - token.start > len(token.text)


def _are_limits(tokens: list[Token], before: list[Token], position: int) -> bool:
    """Whether two numbers alone in brackets are the limits of the number before: it lies between them."""
    if not before or before[-1].kind != "o" or position + 3 >= len(tokens) or tokens[position + 3].kind != "l":
        return False
    estimate = next((token for token in before[-2:-5:-1] if token.kind == "N"), None)
    if estimate is None:
        return False
    return float(tokens[position].text) <= float(estimate.text) <= float(tokens[position + 2].text)


def _without_compounds(tokens: list[Token]) -> list[Token]:
    """Mark the numbers that belong to a word or a date: 10-point, COVID-19, 2012-2016, 1.2.3, 3rd."""
    return [token._replace(kind="n") if _is_compound(tokens, at) else token for at, token in enumerate(tokens)]


def _is_compound(tokens: list[Token], position: int) -> bool:
    if tokens[position].kind != "N":
        return False
    return _touches(tokens, position, 1) or _touches(tokens, position, -1) or _is_date(tokens, position)


def _touches(tokens: list[Token], position: int, step: int) -> bool:
    """Whether a number is one piece with a word or with other digits after it (step 1) or before it (-1)."""
    token, at = tokens[position], position + step
    if not 0 <= at < len(tokens) or not _adjacent(token, tokens[at]):
        return False
    nearest = tokens[at]
    if nearest.kind in "Nn" or (step > 0 and nearest.text in ("st", "nd", "rd", "th")):
        return True
    if nearest.kind != "d" or not 0 <= at + step < len(tokens) or not _adjacent(nearest, tokens[at + step]):
        return False
    far = tokens[at + step]
    return (far.text.isalpha() and far.kind not in "tIp") or (_is_year(token) and _is_year(far))


def _adjacent(one: Token, other: Token) -> bool:
    return one.end == other.start or other.end == one.start


def _is_year(token: Token) -> bool:
    return len(token.text) == 4 and token.text.isdigit() and "1900" <= token.text <= "2100"


def _is_date(tokens: list[Token], position: int) -> bool:
    """Whether a number is a year that stands where years stand: after a month or *in*, or alone after a name."""
    if not _is_year(tokens[position]) or position == 0:
        return False
    word = tokens[position - 1]
    alone = position + 1 < len(tokens) and tokens[position + 1].kind in "ls.c"
    return word.text[:3].lower() in DATES or (word.kind in "oc" and alone)
