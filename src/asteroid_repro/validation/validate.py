"""Check an installation against references from outside, and write what was found as a dated report."""

import hashlib
import platform
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from importlib.metadata import version
from importlib.resources import files
from math import inf, isfinite, log10
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from asteroid_repro._version import __version__
from asteroid_repro.reporting.files import write_file
from asteroid_repro.reporting.records import markdown
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.validation.cases import Comparison, comparisons, from_r

if TYPE_CHECKING:
    import pandas as pd

_MOST_DIGITS: Final = 15.0
_PACKAGES: Final = ("numpy", "scipy", "pandas", "statsmodels")
_HEADINGS: Final = {"requirement": "Requirement", "case": "Case", "reference": "Reference", "expected": "Expected",
                    "ours": "Ours", "digits": "Digits", "wanted": "Wanted", "verdict": "Verdict"}  # fmt: skip


@dataclass(frozen=True)
class ValidationRow:
    """One comparison.

    Attributes
    ----------
    requirement, case, reference : str
        Id of the requirement, what is compared, and with what (software with its version).
    expected, ours : float
        The reference's number, and this installation's; NaN where the comparison could not be made.
    digits, wanted : float
        Digits that agree, and that must.
    verdict : str
        ``agrees``, ``differs`` or ``not run``.
    """

    requirement: str
    case: str
    reference: str
    expected: float
    ours: float
    digits: float
    wanted: float
    verdict: str


@dataclass(frozen=True)
class Validation(ResultTable):
    """All comparisons, with the machine they were made on.

    Attributes
    ----------
    rows : tuple of ValidationRow
        In the order of the requirements.
    label : str
        Versions, platform and date.
    """

    rows: tuple[ValidationRow, ...]
    label: str

    @property
    def ok(self) -> bool:
        """Whether every comparison that was made agrees."""
        return all(row.verdict != "differs" for row in self.rows)

    def answer(self) -> str:
        """Return the answer in a sentence."""
        verdicts = [row.verdict for row in self.rows]
        agree, differ, left = map(verdicts.count, ("agrees", "differs", "not run"))
        rest = f" ({left} could not be made)" if left else ""
        if self.ok:
            return f"This installation agrees with its references in all {agree} comparisons made{rest}."
        return f"This installation differs from its references in {differ} of {agree + differ} comparisons made{rest}."

    def summary(self) -> "pd.DataFrame":
        """Return one row per requirement: comparisons, those that agree, and the fewest digits of agreement."""
        import pandas as pd

        return pd.DataFrame(
            [_summary(one, [row for row in self.rows if row.requirement == one["id"]]) for one in requirements()]
        )


def requirements() -> list[dict[str, Any]]:
    """Return the table of requirements: id, statement, reference, digits.

    Examples
    --------
    >>> requirements()[0]["id"]
    'mmrm'
    """
    found: list[dict[str, Any]] = tomllib.loads((files(__package__) / "requirements.toml").read_text(encoding="utf-8"))[
        "requirement"
    ]
    return found


def validate() -> Validation:
    """Hold this installation against references from outside: certified data of NIST, outputs of R, closed forms.

    Nothing but the package is needed, not R either; it takes less than a minute. A comparison whose data this machine
    does not have (SciPy may be installed without its tests, which hold the data of NIST) is said not to be run.

    Returns
    -------
    Validation
        With one row per comparison.

    Examples
    --------
    >>> from asteroid_repro import validate
    >>> validate().ok  # doctest: +SKIP
    True
    """
    rows = [row for one in requirements() for row in _rows(one)]
    software = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    machine = f"Python {platform.python_version()}, {platform.platform()}, {platform.machine()}"
    return Validation(tuple(rows), f"asteroid-repro {__version__}, {software}; {machine}; {when}")


def digits_of_agreement(expected: float, ours: float) -> float:
    """Return the number of digits in which two numbers agree, at most 15.

    Examples
    --------
    >>> round(digits_of_agreement(100.0, 100.1), 9), digits_of_agreement(1.0, 1.0), digits_of_agreement(1.0, 3.0)
    (3.0, 15.0, 0.0)
    """
    if expected == ours:
        return _MOST_DIGITS
    if not (isfinite(expected) and isfinite(ours)):
        return 0.0
    distance = abs(ours - expected) / (abs(expected) or 1.0)
    return min(_MOST_DIGITS, max(0.0, -log10(distance)))


def write_report(found: Validation, folder: Path) -> tuple[Path, Path, str]:
    """Write the report as Markdown and HTML, named by its date.

    Returns
    -------
    tuple of Path, Path and str
        The Markdown, the HTML, and the SHA-256 of the Markdown, which stands in the HTML.
    """
    day = found.label.rpartition("; ")[2][:10]
    text = f"# Validation of an installation\n\n{found.answer()}\n\n{found.label}\n"
    parts = {"Requirements": _cells(found.summary()), "Comparisons": _cells(found.to_frame()).rename(columns=_HEADINGS)}
    text += "".join(f"\n## {name}\n\n{markdown(table)}\n" for name, table in parts.items())
    digest = hashlib.sha256(text.encode()).hexdigest()
    tables = "".join(f"<h2>{name}</h2>{table.to_html(index=False)}" for name, table in parts.items())
    head = "<title>Validation of an installation</title><style>body{font-family:sans-serif;margin:2em;max-width:75em}"
    head += "table{border-collapse:collapse}td,th{padding:.2em .6em;text-align:left;border:1px solid #ccc}</style>"
    body = f"<h1>Validation of an installation</h1><p><strong>{escape(found.answer())}</strong></p>"
    body += f"<p>{escape(found.label)}</p>"
    body += f"{tables}<p>SHA-256 of the same report as Markdown: <code>{digest}</code></p>"
    page = f'<!doctype html><html lang="en"><head><meta charset="utf-8">{head}</head><body>{body}</body></html>\n'
    names = [folder / f"validation-{day}.{kind}" for kind in ("md", "html")]
    return write_file(names[0], text), write_file(names[1], page), digest


def _rows(requirement: dict[str, Any]) -> list[ValidationRow]:
    reference = _with_versions(requirement["reference"])
    try:
        cases = list(comparisons()[requirement["id"]]())
    except (ModuleNotFoundError, FileNotFoundError) as error:
        nothing = Comparison(f"the data of the reference are not on this machine ({error})", float("nan"), float("nan"))
        return [_row(requirement, reference, nothing, "not run")]
    return [_row(requirement, reference, case) for case in cases]


def _row(requirement: dict[str, Any], reference: str, case: Comparison, verdict: str = "") -> ValidationRow:
    digits, wanted = digits_of_agreement(case.expected, case.ours), float(requirement["digits"])
    agrees = abs(case.ours - case.expected) <= case.tolerance if case.tolerance else digits >= wanted
    verdict = verdict or ("agrees" if agrees else "differs")
    return ValidationRow(requirement["id"], case.case, reference, case.expected, case.ours, digits, wanted, verdict)


def _with_versions(reference: str) -> str:
    if reference.startswith("R:"):
        versions = from_r()["versions"]
        named = [f"{name} {number}" for name, number in versions.items() if name in reference or name == "R"]
        return f"{reference} ({', '.join(named)})"
    return reference


def _summary(requirement: dict[str, Any], rows: Sequence[ValidationRow]) -> dict[str, Any]:
    made = [row for row in rows if row.verdict != "not run"]
    return {
        "Requirement": requirement["id"],
        "What must hold": requirement["statement"],
        "Reference": requirement["reference"],
        "Comparisons": len(made),
        "Agree": sum(row.verdict == "agrees" for row in made),
        "Fewest digits": min((row.digits for row in made), default=-inf),
    }


def _cells(table: "pd.DataFrame") -> "pd.DataFrame":
    """Return a table as text: numbers at 15 digits, digits of agreement at one decimal."""
    short = {"digits", "wanted", "Fewest digits"}
    import pandas as pd

    return pd.DataFrame({name: [_cell(value, short=name in short) for value in table[name]] for name in table})


def _cell(value: Any, *, short: bool) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.1f}" if short else f"{value:.15g}"
