"""One result as a text prints it: its numbers as strings, what it is called and where it stands."""

from dataclasses import dataclass

from asteroid_repro.printed.printed_triple import PrintedTriple


@dataclass(frozen=True)
class FoundResult:
    """A printed result: an estimate with limits or p, a mean with its SD, or a count with its percentage.

    Attributes
    ----------
    quote : str
        The result as the text prints it, line breaks as spaces.
    label : str
        The words before it that say what it is of.
    start, end : int
        Where the quote begins and ends in the text, in characters from 0.
    place : str
        The page or paragraph, from 1; empty for a single line.
    estimate, lower, upper, p : str or None
        The printed numbers in plain digits, p with its relation unless that is ``=``; None where not printed. A
        percentage stands in `estimate`.
    spread : str or None
        The SD of a mean; the standard error of an estimate.
    counts : str
        The counts printed with it, as ``12/20 5/20``; empty where none are.
    level : float
        Confidence level of the limits, in (0, 1).
    scale : str
        ``difference``, ``ratio``, ``per cent reduction`` or ``Fisher z`` where a word says so; else empty.
    sides : int
        Sides of the p-value, 1 or 2.
    kind : str
        ``credible`` for a Bayesian interval, ``rank`` for a median, ``mean`` or ``share`` for other results; what a
        user says of the analysis (``wald``, ``exact``, ``profile``, ``bootstrap``); else empty.
    people : tuple of int
        People of the arms, or all together; empty where not known.
    group : str
        Results of one model bear one name.
    """

    quote: str
    label: str
    start: int
    end: int
    place: str = ""
    estimate: str | None = None
    lower: str | None = None
    upper: str | None = None
    p: str | None = None
    spread: str | None = None
    counts: str = ""
    level: float = 0.95
    scale: str = ""
    sides: int = 2
    kind: str = ""
    people: tuple[int, ...] = ()
    group: str = ""

    def triple(self, *, ratio: bool = False) -> PrintedTriple:
        """Return estimate, limits and p as a line to audit.

        Raises
        ------
        InputError
            Fewer than two of the three.
        """
        return PrintedTriple(self.estimate, self.lower, self.upper, self.p, level=self.level, ratio=ratio)
