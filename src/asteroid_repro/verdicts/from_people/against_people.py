"""A verdict for every printed number from the people's own tables: given back, or not, and what would give it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, cast, get_args

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.estimate_effects import Effect
from asteroid_repro.estimate.effects.methods import METHODS, Analysis, chosen_analysis
from asteroid_repro.estimate.inference import Likelihood
from asteroid_repro.ledger.claim import Claim
from asteroid_repro.ledger.figure import Figure
from asteroid_repro.ledger.formula import evaluate
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.trial.participant_data import Trial
from asteroid_repro.verdicts.from_people.recomputed_figures import effect_of_people, figure_of_people

if TYPE_CHECKING:
    import pandas as pd

PeopleVerdict = Literal["reproduced", "differs", "not computable", "listed"]

_SHOWN: Final = 3  # ways to get the printed number, or numbers that differ, that are named
Lines = Callable[[str, float], Mapping[str, Effect]]
"""From an outcome and a week to its effect by every other analysis that is tried."""


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

    def short_frame(self) -> "pd.DataFrame":
        """Return what was recomputed, or could not be, in the columns that are looked at."""
        table = self.to_frame().query("verdict != 'listed'")
        return table[["claim", "published", "recomputed", "verdict", "note"]]

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
    values, known = dict(_values(ledger, trial)), dict[tuple[str, float], dict[str, Effect]]()

    def found(outcome: str, week: float) -> dict[str, Effect]:
        """Try the other analyses of a line once, and where a number of it differs only."""
        limit = ledger.lines[outcome, week].get("ci_low")
        level = limit.about.level if limit and limit.about else 0.95
        if (outcome, week) not in known:
            known[outcome, week] = _alternatives(trial, level, outcome, week)
        return known[outcome, week]

    return PeopleVerification(tuple(_judge(claim, values, ledger, found) for claim in ledger.claims), trial.label)


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


def _judge(claim: Claim, values: Mapping[str, float | str], ledger: Ledger, found: Lines) -> PeopleRow:
    printed = (claim.id, claim.statement, claim.printed, claim.unit, claim.source, claim.role)
    value, figure = values.get(claim.id), claim.about
    if value is None:
        return PeopleRow(*printed, note="no figure of the trial that tables could give")
    if isinstance(value, str):
        return PeopleRow(*printed, verdict="not computable", note=value)
    if claim.agrees(value):
        return PeopleRow(*printed, recomputed=value, difference=value - claim.value, verdict="reproduced")
    note = ""
    if figure is not None and figure.figure == "effect":
        place = str(figure.outcome), figure.week or 0.0
        note = _others(claim, list(ledger.lines[place].values()), found(*place))
    return PeopleRow(*printed, recomputed=value, difference=value - claim.value, verdict="differs", note=note)


def _others(claim: Claim, line: Sequence[Claim], found: Mapping[str, Effect]) -> str:
    """Say which other analysis of the list prints the whole line of a claim, else which print its number alone."""
    alone = [name for name, effect in found.items() if _prints(claim, effect)]
    whole = [name for name in alone if len(line) > 1 and all(_prints(other, found[name]) for other in line)]
    if whole:
        return f"the whole line is printed by: {whole[0]}"
    if not alone:
        return "none of the analyses tried gives the printed number"
    more = f" and {len(alone) - _SHOWN} more" if len(alone) > _SHOWN else ""
    return f"this number alone is printed by: {', '.join(alone[:_SHOWN])}{more}"


def _prints(claim: Claim, effect: Effect) -> bool:
    statistic = str(cast("Figure", claim.about).statistic)  # an effect: it is one of a line
    return claim.agrees(claim.sign * float(getattr(effect, statistic)))


def _alternatives(trial: Trial, level: float, outcome: str, week: float) -> dict[str, Effect]:
    """Estimate an effect by every other analysis that is tried, as far as it can be."""
    own, found = chosen_analysis(own=trial.design.analysis), dict[str, Effect]()
    tried = [("the arms swapped", trial, own, week)]
    tried += [(f"week {other:g}", trial, own, float(other)) for other in trial.design.visits[1:] if other != week]
    tried += [("the people with every visit alone", _complete(trial, outcome), own, week)]
    tried += [(name, trial, analysis, week) for name, analysis in _analyses(own)]
    for name, tables, analysis, visit in tried:
        try:
            found[name] = effect_of_people(tables, outcome, visit, analysis, level)
        except InputError:  # it has none here, so it cannot have printed the line
            continue
    row = found.get("the arms swapped")
    if row is not None:
        found["the arms swapped"] = replace(row, estimate=-row.estimate, ci_low=-row.ci_high, ci_high=-row.ci_low)
    return found


def _analyses(own: Analysis) -> Iterator[tuple[str, Analysis]]:
    """Yield every other method with each of its distributions, by restricted and by full maximum likelihood."""
    for method, known in METHODS.items():
        for likelihood in get_args(Likelihood):
            for distribution in known.distributions:
                try:
                    analysis = Analysis(method, distribution, own.level, likelihood)
                except InputError:  # a method without a likelihood, or Kenward and Roger's with ML
                    continue
                if analysis != own:
                    yield f"{method}, {distribution}{' by ML' if likelihood == 'ML' else ''}", analysis


def _complete(trial: Trial, outcome: str) -> Trial:
    """Return the trial with the people alone who have every visit of an outcome."""
    own = trial.outcomes[trial.outcomes["outcome"] == outcome]
    scores = own.pivot_table(index="participant", columns="week", values="value")
    return replace(trial, outcomes=own[own["participant"].isin(scores.dropna().index)])
