"""One printed line, read as the numbers that an exact audit takes."""

from asteroid_repro.errors import InputError
from asteroid_repro.printed.printed_triple import EXAMPLE, PrintedTriple, impossibilities
from asteroid_repro.printed.reading.find_results import find_results
from asteroid_repro.tables.limits import check_level


def parse_line(text: str, *, level: float = 0.95, ratio: bool = False) -> PrintedTriple:
    r"""Read a line that prints one result, in any of the forms that :func:`audit_text` reads.

    Parameters
    ----------
    text : str
        The line.
    level : float
        Confidence level where the line names none, in (0, 1).
    ratio : bool
        Whether the numbers are ratios (odds, risk, rate, hazard).

    Returns
    -------
    PrintedTriple
        The printed strings, decimals kept.

    Raises
    ------
    InputError
        No result in the line, several, or numbers that no analysis can print.

    Examples
    --------
    >>> parse_line("\u221215.30 [95% CI \u221225.33 to \u22125.27], P = .003")
    PrintedTriple(estimate='-15.30', lower='-25.33', upper='-5.27', p='.003', level=0.95, ratio=False)
    """
    check_level(level)
    found = [one for one in find_results(text, level=level, line=True) if one.kind not in ("mean", "share")]
    if len(found) != 1:
        number = "none" if not found else str(len(found))
        raise InputError(f"line must be one result, like '{EXAMPLE}', got {number} in {text[:80]!r}. Give one.")
    line = found[0].triple(ratio=ratio)
    reasons = impossibilities(line)
    if reasons:
        raise InputError(f"line must be possible, got {str(line)!r}: {'; '.join(reasons)}. Correct it.")
    return line
