"""Find every result in a text: estimate, limits and p; a mean with its SD; a count with its percentage."""

import re
from dataclasses import replace
from itertools import pairwise
from typing import Final

from asteroid_repro.printed.reading import grammar
from asteroid_repro.printed.reading.found_result import FoundResult
from asteroid_repro.printed.reading.labels import is_rank, scale_of, sides_of
from asteroid_repro.printed.reading.simple_results import find_simple
from asteroid_repro.printed.reading.tokens import tokenize

LONGEST: Final = 100_000  # characters without an empty line; a page has about 4,000
_AROUND: Final = 14  # tokens before a result that can name it
_HEAD: Final = 30  # tokens before a result in which a heading (95 % CI) or a scale stands
_END: Final = re.compile(r"[.bs]")


def find_results(text: str, *, level: float = 0.95, line: bool = False) -> list[FoundResult]:
    """Return every result of a text, in its order.

    Parameters
    ----------
    text : str
        Running text; an empty line ends a paragraph, a form feed a page.
    level : float
        Confidence level where none is printed, in (0, 1).
    line : bool
        Whether the text is known to be one printed result, which needs less to be seen as one.

    Returns
    -------
    list of FoundResult
        Empty where there is none.

    Examples
    --------
    >>> (one,) = find_results("In 2016 pain fell (MD -15.30 [95% CI, -25.33 to -5.27] points; P = .003).")
    >>> one.estimate, one.lower, one.upper, one.p, one.scale
    ('-15.30', '-25.33', '-5.27', '.003', 'difference')
    """
    found: list[FoundResult] = []
    for start, piece in _paragraphs(text):
        reader = _Paragraph(piece, level, line=line)
        here = sorted([*reader.results(), *reader.simple()], key=lambda one: one.start)
        found += [replace(one, start=one.start + start, end=one.end + start) for one in here]
    return found


def _paragraphs(text: str) -> list[tuple[int, str]]:
    """Return the paragraphs that hold digits, with where they begin; a very long one is cut between two lines."""
    ends = [0, *(match.end() for match in re.finditer(r"\n[ \t\r]*\n", text)), len(text)]
    found = []
    for first, last in pairwise(ends):
        while first < last:
            stop = last if last - first <= LONGEST else text.rfind("\n", first, first + LONGEST) + 1
            piece = text[first : stop or first + LONGEST]
            if re.search(r"\d", piece):
                found.append((first, piece))
            first += len(piece)  # noqa: PLW2901 - on to the next piece
    return found


class _Paragraph:
    """The tokens of a paragraph and what has been read of them."""

    def __init__(self, text: str, level: float, *, line: bool) -> None:
        self.text, self.level, self.line = text, level, line
        self.tokens = tokenize(text)
        self.kinds = grammar.kinds_of(self.tokens)
        self.used: list[tuple[int, int]] = []  # spans of tokens that are part of a result

    def results(self) -> list[FoundResult]:
        """Return the results with an estimate or limits."""
        matches = grammar.intervals(self.kinds, line=self.line)
        found: list[FoundResult] = []
        for position, match in enumerate(matches):
            first = self.used[-1][1] if self.used else 0
            limit = matches[position + 1].start() if position + 1 < len(matches) else len(self.kinds)
            one = self._result(match, first, limit, found[-1] if found else None)
            if one is not None:
                found.append(one)
        if self.line and not found:
            found += self._without_limits()
        return found

    def simple(self) -> list[FoundResult]:
        """Return means with their SD and counts with their percentage."""
        return find_simple(self.text, self.tokens, self.kinds, self.used)

    def _result(self, match: re.Match[str], first: int, limit: int, before: FoundResult | None) -> FoundResult | None:
        labelled = self.kinds[match.start()] == "I"
        lead = self._lead(match, first)
        p = self._p_of(match, first, max(limit, match.end()))
        start = lead.start("e") if lead is not None else match.start("low")
        words = self._words(max(first, start - _AROUND), start)
        head = self.kinds[max(first, start - _HEAD) : match.start("low")]
        scale = scale_of(words) or scale_of(self._words(start, match.start("low")))
        if not self.line and not (labelled or self._is_announced(match, head, p, scale, before)):
            return None
        estimates: list[str | None] = [None] if lead is None else [*self._numbers(lead.span("e"))]
        between = match["between"].endswith("d")
        high = match.span("high") if not between else (match.end("between") - 1, match.end("high"))
        highs = grammar.signed(self.tokens, self.kinds, high, between=between)
        e, low, up = grammar.chosen(estimates, self._numbers(match.span("low")), highs)
        said = None if p is None else grammar.read_p(self.tokens, p)
        if e is None and said is None:
            return None
        end = match.end() if p is None or p.end() < match.start() else p.end()
        self.used.append((start, end))
        low_place = max(start - 3, 0)
        return FoundResult(
            quote=self._quote(start, end),
            label=self._label(first, start),
            start=self.tokens[start].start,
            end=self.tokens[end - 1].end,
            estimate=e,
            lower=low,
            upper=up,
            p=said,
            level=self._level(head, match) or (before.level if before and not labelled else self.level),
            scale=scale or (before.scale if before is not None and not self._ended(before, start) else ""),
            sides=sides_of(self.text[self.tokens[low_place].start : self.tokens[end - 1].end]),
            kind=self._kind(match, words),
        )

    def _lead(self, match: re.Match[str], first: int) -> re.Match[str] | None:
        """Return the match that holds the estimate."""
        if "e" in match.groupdict():
            return match
        return grammar.estimate_before(self.kinds, first, match.start("low"))

    def _numbers(self, span: tuple[int, int]) -> list[str]:
        return grammar.signed(self.tokens, self.kinds, span)

    def _p_of(self, match: re.Match[str], first: int, limit: int) -> re.Match[str] | None:
        end = match.end()
        found = grammar.p_after(self.kinds, end, limit) or grammar.bare_p(self.tokens, self.kinds, end)
        if found is None:
            found = grammar.p_before(self.kinds, first, match.start("low"))
        if found is None and self.line and "p" in self.kinds:
            found = grammar.p_at(self.kinds, self.kinds.index("p"), len(self.kinds))
        return found

    def _is_announced(
        self, match: re.Match[str], head: str, p: re.Match[str] | None, scale: str, before: FoundResult | None
    ) -> bool:
        """Whether brackets hold limits: a heading, a scale or a p-value says so, and nothing denies it."""
        inside = self.kinds[match.start() : match.end() + 3]
        if "X" in inside or "D" in inside or "n" in inside:
            return False
        last = re.split(r"[.b](?![^k]*k)", head)[-1]
        if "X" in last and "I" not in last:
            return False
        carries_on = before is not None and not self._ended(before, match.start())
        return "I" in last or p is not None or bool(scale) or carries_on

    def _ended(self, before: FoundResult, start: int) -> bool:
        """Whether a sentence ended between the result before and a token."""
        between = self.text[before.end : self.tokens[start].start]
        return bool(re.search(r"[.!?]\s+[A-Z]|\n[ \t]*\n", between)) or len(between) > 200

    def _without_limits(self) -> list[FoundResult]:
        """Return the estimate and p of a line without limits, with the standard error if there is one."""
        shape = re.fullmatch(
            r"[^Nd]*?(?P<e>d?N)[%wU/]{0,6}(?:[csol:m]{0,2}E?[r:]?(?P<se>N)[%wU]?l?)?[csol%wUr:aqf]*?(?P<p>[px].*)",
            self.kinds,
        )
        p = None if shape is None else grammar.p_at(self.kinds, shape.start("p"), len(self.kinds))
        if shape is None or p is None or (said := grammar.read_p(self.tokens, p)) is None:
            return []
        self.used.append((shape.start("e"), p.end()))
        start, end = shape.start("e"), p.end()
        words = self._words(0, start)
        se = None if shape["se"] is None else self.tokens[shape.start("se")].text
        return [
            FoundResult(
                quote=self._quote(start, end), label=self._label(0, start), start=self.tokens[start].start,
                end=self.tokens[end - 1].end, estimate=self._numbers(shape.span("e"))[0], p=said, spread=se,
                level=self.level, scale=scale_of(words), sides=sides_of(self.text),
            )
        ]  # fmt: skip

    def _words(self, first: int, last: int) -> list[str]:
        return [token.text for token in self.tokens[first:last] if token.kind not in "Nnv"]

    def _quote(self, start: int, end: int) -> str:
        tail = self.kinds[end : end + 3]
        text = self.text[self.tokens[start].start : self.tokens[end - 1].end]
        closers = text.count("(") + text.count("[") - text.count(")") - text.count("]")
        end += sum(kind == "l" for kind in tail[: max(closers, 0)])
        return " ".join(self.text[self.tokens[start].start : self.tokens[end - 1].end].split())

    def _label(self, first: int, start: int) -> str:
        """Return the words before a result, back to where the last one or the sentence ended."""
        low = max(first, start - _AROUND)
        ends = [match.end() for match in _END.finditer(self.kinds, low, start)]
        begin = ends[-1] if ends else low
        if begin >= start:
            return ""
        said = self.text[self.tokens[begin].start : self.tokens[start].start]
        inner = re.sub(r"^[\s,;:)\]]+|[\s,;:=(\[]+$", "", " ".join(said.split()))
        return re.sub(r"^(?:and|but|while) ", "", inner)

    def _level(self, head: str, match: re.Match[str]) -> float | None:
        """Return the level printed nearest before or after the announcement; None where none is."""
        near = [
            position
            for position in range(match.start("low") - len(head), match.start("low"))
            if self.kinds[position] == "v" and self.tokens[position].kind == "N"
        ]
        share = float(self.tokens[near[-1]].text) / 100 if near else 0.0
        return share if 0.5 <= share < 1 else None

    def _kind(self, match: re.Match[str], words: list[str]) -> str:
        nearby = self._words(max(match.start() - 3, 0), match.start("low"))
        if {"cri", "cris", "hdi", "credible"} & {word.lower() for word in nearby}:
            return "credible"
        return "rank" if is_rank(words) else ""
