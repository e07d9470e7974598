"""A verdict for every printed number from the people's own tables: given back, or not, and what would give it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple, cast

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.methods import METHODS, Analysis, chosen_analysis
from asteroid_repro.ledger.claim import Claim
from asteroid_repro.ledger.figure import Figure
from asteroid_repro.ledger.formula import evaluate
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.trial.participant_data import Trial
from asteroid_repro.verdicts.people_figures import figure_of_people

PeopleVerdict = Literal["reproduced", "differs", "not computable", "listed"]

_SHOWN: Final = 3  # ways to get the printed number, or numbers that differ, that are named
_MIRRORED: Final = {"ci_low": "ci_high", "ci_high": "ci_low"}


@dataclass(frozen=True)
class PeopleRow:
    """The verdict on one claim.

    Attributes
    ----------
    claim, statement, published, unit, source, role : str
        As in the ledger.
    recomputed : float or None
        What the tables give, in the claim's unit and as it is printed: reversed where the claim is.
    difference : float or None
        Recomputed minus published.
    verdict : str
        ``reproduced`` to the printed digits, ``differs``, ``not computable``, or ``listed``: no number of the trial.
    note : str
        Why it cannot be computed; or which other analysis of the stated list gives the printed number.
    """

    claim: str
    statement: str
    published: str
    unit: str
    source: str
    role: str
    recomputed: float | None = None
    difference: float | None = None
    verdict: PeopleVerdict = "listed"
    note: str = ""


@dataclass(frozen=True)
class PeopleVerification(ResultTable):
    """The verdicts on all claims of a study from its people.

    Attributes
    ----------
    rows : tuple of PeopleRow
        In the order of the ledger.
    label : str
        What the people's data are.
    """

    rows: tuple[PeopleRow, ...]
    label: str

    def count(self, verdict: PeopleVerdict) -> int:
        """Return how many claims have this verdict."""
        return sum(row.verdict == verdict for row in self.rows)

    @property
    def ok(self) -> bool:
        """Whether something was recomputed and nothing differs."""
        return self.count("reproduced") > 0 and not self.count("differs")

    @property
    def summary(self) -> str:
        """The closing line."""
        wanted: tuple[PeopleVerdict, ...] = ("reproduced", "differs", "not computable", "listed")
        return ", ".join(f"{self.count(verdict)} {verdict}" for verdict in wanted)

    def answer(self) -> str:
        """Return how many printed numbers the people's data give back."""
        checked = self.count("reproduced") + self.count("differs")
        odd = [row.claim for row in self.rows if row.verdict == "differs"]
        more = f" and {len(odd) - _SHOWN} more" if len(odd) > _SHOWN else ""
        but = f"; not so: {', '.join(odd[:_SHOWN])}{more}." if odd else "."
        return f"Of {checked} printed numbers that the tables can give, {checked - len(odd)} come out as printed{but}"

    def notes(self) -> tuple[str, ...]:
        """Return the summary."""
        return (self.summary,)


def verify_people(ledger: Ledger, trial: Trial) -> PeopleVerification:
    """Recompute every printed number from people's tables, to its printed digits.

    Where an effect differs, these are tried one by one: the arms swapped; another visit; the people with every visit
    alone; every other method and reference distribution, by restricted and by full maximum likelihood. The first that
    prints the whole line is named, else those that print the number alone, which happens by chance.

    Parameters
    ----------
    ledger : Ledger
        What is printed; ``about`` names the figure of each claim, and a derived claim is recomputed by its formula from
        recomputed numbers.
    trial : Trial
        The people's tables.

    Returns
    -------
    PeopleVerification
        A row per claim.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, published, simulate_trial
    >>> found = verify_people(published(), simulate_trial(ASTEROID, seed=1))
    >>> found.count("reproduced") > 0, found.ok
    (True, False)
    """
    values = dict(_values(ledger, trial))
    return PeopleVerification(tuple(_judge(claim, values, ledger, trial) for claim in ledger.claims), trial.label)


def _values(ledger: Ledger, trial: Trial) -> Iterator[tuple[str, float | str]]:
    """Yield each claim's number from the tables, or why there is none; a formula takes the others' numbers."""
    found: dict[str, float | str] = {}
    waiting = []
    for claim in ledger.claims:
        if claim.about is None:
            waiting += [claim] if claim.formula else []
            continue
        try:
            found[claim.id] = claim.sign * figure_of_people(claim.about, trial)
        except InputError as error:
            found[claim.id] = str(error)
        yield claim.id, found[claim.id]
    while waiting:
        ready = [claim for claim in waiting if not any(other.id in claim.depends_on for other in waiting)]
        for claim in ready or waiting:
            found[claim.id] = _derived(claim, found)
            yield claim.id, found[claim.id]
        waiting = [claim for claim in waiting if claim not in ready] if ready else []


def _derived(claim: Claim, found: Mapping[str, float | str]) -> float | str:
    lacking = [name for name in claim.depends_on if not isinstance(found.get(name), float)]
    if lacking:
        return f"its formula needs {lacking[0]}, which the tables do not give"
    numbers = {name: value for name in claim.depends_on if isinstance(value := found[name], float)}
    try:
        found_value = evaluate(str(claim.formula), numbers)
    except InputError as error:
        return str(error)
    return "its formula gives a list" if isinstance(found_value, list) else float(found_value)


def _judge(claim: Claim, values: Mapping[str, float | str], ledger: Ledger, trial: Trial) -> PeopleRow:
    printed = (claim.id, claim.statement, claim.printed, claim.unit, claim.source, claim.role)
    value = values.get(claim.id)
    if value is None:
        return PeopleRow(*printed, note="no figure of the trial that tables could give")
    if isinstance(value, str):
        return PeopleRow(*printed, verdict="not computable", note=value)
    if claim.agrees(value):
        return PeopleRow(*printed, recomputed=value, difference=value - claim.value, verdict="reproduced")
    figure, note = claim.about, ""
    if figure is not None and figure.figure == "effect":
        line = ledger.lines[str(figure.outcome), figure.week or 0.0]
        note = _others(claim, list(line.values()), trial)
    return PeopleRow(*printed, recomputed=value, difference=value - claim.value, verdict="differs", note=note)


def _others(claim: Claim, line: Sequence[Claim], trial: Trial) -> str:
    """Say which other analysis of the list prints the whole line of a claim, else which print its number alone."""
    alone = []
    for analysis in _analyses(claim, trial):
        if _prints(claim, analysis):
            if len(line) > 1 and all(_prints(other, analysis) for other in line):
                return f"the whole line is printed by: {analysis.name}"
            alone.append(analysis.name)
    if not alone:
        return "none of the analyses tried gives the printed number"
    more = f" and {len(alone) - _SHOWN} more" if len(alone) > _SHOWN else ""
    return f"this number alone is printed by: {', '.join(alone[:_SHOWN])}{more}"


class _Other(NamedTuple):
    """Another analysis than the paper's: its name, the tables, how they are analysed, and what is asked of them."""

    name: str
    trial: Trial
    analysis: Analysis
    week: float | None = None
    is_swapped: bool = False


def _prints(claim: Claim, other: _Other) -> bool:
    """Whether another analysis gives the number of a claim."""
    figure = cast("Figure", claim.about)  # an effect: it is one of a line
    statistic = _MIRRORED.get(str(figure.statistic), figure.statistic) if other.is_swapped else figure.statistic
    asked = figure.model_copy(update={"statistic": statistic, "week": other.week or figure.week})
    try:
        value = figure_of_people(asked, other.trial, other.analysis)
    except InputError:
        return False
    turned = -1 if other.is_swapped and statistic in ("estimate", "ci_low", "ci_high") else 1
    return claim.agrees(claim.sign * turned * value)


def _analyses(claim: Claim, trial: Trial) -> Iterator[_Other]:
    """Yield the analyses that are tried where a number of an effect differs."""
    own, figure = chosen_analysis(own=trial.design.analysis), cast("Figure", claim.about)
    yield _Other("the arms swapped", trial, own, is_swapped=True)
    for week in trial.design.visits[1:]:
        if week != figure.week:
            yield _Other(f"week {week:g}", trial, own, week=float(week))
    yield _Other("the people with every visit alone", _complete(trial, str(figure.outcome)), own)
    for method, known in METHODS.items():
        for likelihood in ("REML", "ML"):
            for distribution in known.distributions:
                try:
                    analysis = Analysis(method, distribution, own.level, likelihood)
                except InputError:  # a method without a likelihood, or Kenward and Roger's with ML
                    continue
                if analysis != own:
                    yield _Other(f"{method}, {distribution}{' by ML' if likelihood == 'ML' else ''}", trial, analysis)


def _complete(trial: Trial, outcome: str) -> Trial:
    """Return the trial with the people alone who have every visit of an outcome."""
    own = trial.outcomes[trial.outcomes["outcome"] == outcome]
    scores = own.pivot_table(index="participant", columns="week", values="value")
    return replace(trial, outcomes=own[own["participant"].isin(scores.dropna().index)])
