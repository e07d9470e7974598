"""Tables in the style of a paper: who took part, what running changed, and what it cost in adverse events."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd
from scipy.special import gammaincc, ndtr, stdtr

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.estimate_effects import Effect, Effects
from asteroid_repro.estimate.outcome_scores import outcomes_table
from asteroid_repro.estimate.safety.rates import EventRate, EventRates
from asteroid_repro.figures.effect_figures import number_as_printed
from asteroid_repro.figures.style import number, plain_name
from asteroid_repro.ledger.claim import Claim
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.reporting.result_tables import markdown
from asteroid_repro.tables.checking import check_table
from asteroid_repro.trial.participant_data import Trial
from asteroid_repro.trial.quantities import ARMS, UNITS

if TYPE_CHECKING:
    from great_tables import GT

_LATEX = {"\N{MINUS SIGN}": "$-$", "\N{DAGGER}": r"\textdagger{}", "\N{EN DASH}": "--"}


@dataclass(frozen=True, repr=False)
class PaperTable:
    """A table as a paper prints it: rounded text, with a caption that says what the data are.

    Attributes
    ----------
    key : str
        Name of the table, from which the identifiers in its HTML are made: the same bytes every time.
    title : str
        What the table shows.
    label : str
        What the data are, for instance ``SIMULATED ...``; empty where the data carry no label.
    columns : tuple of str
        Headings; the first is that of the rows' names.
    rows : tuple of tuple of str
        One a row, a text for each column.
    notes : tuple of str
        Lines under the table.
    outcomes : tuple of str
        The outcome each row is about, for a heading over the rows of each; empty where the rows are no effects.
    """

    key: str
    title: str
    label: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return the table's texts; outcomes, where there are any, come first in a column ``Outcome``."""
        frame = pd.DataFrame(list(self.rows), columns=list(self.columns))
        if self.outcomes:
            frame.insert(0, "Outcome", list(self.outcomes))
        return frame

    def html(self) -> str:
        """Return the table as HTML with its own style; needs great_tables (the extra ``notebooks``)."""
        return _great_table(self).as_raw_html()

    def latex(self) -> str:
        r"""Return the table as LaTeX; needs great_tables (the extra ``notebooks``).

        The document that takes it in needs ``\usepackage{booktabs,caption}``.
        """
        text = _great_table(self).as_latex()
        for sign, command in _LATEX.items():  # no LaTeX of the usual kind knows these characters
            text = text.replace(sign, command)
        return text

    def markdown(self) -> str:
        """Return the table as Markdown: caption, rows, notes."""
        caption = f"**{self.title}.**" + (f" {self.label}." if self.label else "")
        return "\n\n".join([caption, markdown(self.to_frame()), *self.notes]) + "\n"

    def __repr__(self) -> str:
        """Return what the table is; its rows are long."""
        return f"PaperTable({self.title!r}, {self.label!r})"

    def _repr_html_(self) -> str:
        return self.html()


def table_one(trial: Trial) -> PaperTable:
    r"""Describe the participants by arm at baseline.

    Mean :math:`\bar x` and SD :math:`\sqrt{\sum (x - \bar x)^2 / (n - 1)}` of the people with an observed value. No
    test compares the arms: they were randomised, so any difference is chance.

    Parameters
    ----------
    trial : Trial
        The trial. Its first week is the baseline.

    Returns
    -------
    PaperTable
        Age in years, sex and running before as people and percent, baseline scores in points; one decimal.

    Raises
    ------
    InputError
        A table of participants or outcomes that cannot be used.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> table = table_one(simulate_trial(ASTEROID, seed=2024))
    >>> table.columns
    ('Characteristic', 'Running (n = 20)', 'Waitlist (n = 20)', 'All (n = 40)')
    """
    people = check_table(
        trial.participants, "participants", ["participant", "arm", "age_years", "sex", "ran_before"], arms=ARMS
    )
    scores = outcomes_table(trial)
    scores = scores[scores["week"] == scores["week"].min()]
    parts = {arm.capitalize(): people[people["arm"] == arm] for arm in ARMS} | {"All": people}
    rows = [
        ("Age, years: mean (SD)", *(_mean_sd(part["age_years"]) for part in parts.values())),
        ("Female: people (%)", *(_people(part["sex"] == "female") for part in parts.values())),
        ("Ran before the back pain: people (%)", *(_people(part["ran_before"]) for part in parts.values())),
    ]
    for outcome in _in_order(scores["outcome"].unique()):
        own = scores[scores["outcome"] == outcome].set_index("participant")["value"]
        cells = [_mean_sd(own.reindex(part["participant"])) for part in parts.values()]
        rows.append((f"{_with_unit(outcome)}: mean (SD)", *cells))
    return PaperTable(
        key="table-one",
        title="Participants at baseline",
        label=trial.label,
        columns=("Characteristic", *(f"{name} (n = {len(part)})" for name, part in parts.items())),
        rows=tuple(rows),
        notes=("SD: standard deviation.",),
    )


def effects_table(effects: Effects, ledger: Ledger | None = None) -> PaperTable:
    """Lay out the effect on each outcome at each visit, with the published results beside them if asked.

    Published numbers stand as they were printed, each with its role in the ledger: agreement with a fitted number
    shows a sound pipeline, no more.

    Parameters
    ----------
    effects : Effects
        Of :func:`asteroid_repro.estimate_effects`, one method.
    ledger : Ledger, optional
        What is published, points.

    Returns
    -------
    PaperTable
        Running minus waitlist: estimate and limits in points with one decimal, p with three, people per arm.

    Raises
    ------
    InputError
        No effects.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, estimate_effects, published, simulate_trial
    >>> effects = estimate_effects(simulate_trial(ASTEROID, seed=2024))
    >>> effects_table(effects, published()).columns[-1]
    'Published (role of the estimate)'
    """
    if not effects.rows:
        raise InputError("effects must have at least one row, got none. Estimate a trial first.")
    order = _in_order(row.outcome for row in effects.rows)
    lines = sorted(effects.rows, key=lambda row: (order.index(row.outcome), row.week))
    methods = dict.fromkeys(f"{row.method} ({row.distribution})" for row in lines)
    table = PaperTable(
        key="effects",
        title="Net differences between the arms",
        label=effects.label,
        columns=("Week", f"Estimate ({_level_of_effect(lines[0])} CI)", "p", "People (running + waitlist)"),
        rows=tuple(_effect_cells(row) for row in lines),
        notes=(
            "Estimate: running minus waitlist, points; negative favours running. CI: confidence interval.",
            f"Method: {', '.join(methods)}.",
        ),
        outcomes=tuple(_with_unit(row.outcome) for row in lines),
    )
    return _beside_published(table, [_published(ledger, row) for row in lines]) if ledger else table


def adverse_events_table(rates: EventRates) -> PaperTable:
    """Lay out the adverse events with their rates per 1000 hours and exact Poisson limits.

    Parameters
    ----------
    rates : EventRates
        Of :func:`asteroid_repro.event_rates`.

    Returns
    -------
    PaperTable
        Events, people who had one, hours, and rate with limits; one decimal.

    Raises
    ------
    InputError
        No rates.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, event_rates, simulate_trial
    >>> adverse_events_table(event_rates(simulate_trial(ASTEROID, seed=2024))).columns[3]
    'Running hours'
    """
    if not rates.rows:
        raise InputError("rates must have at least one row, got none. Compute them from a trial first.")
    per = plain_name(rates.rows[0].per)
    notes = [f"Exact Poisson limits, which suppose independent events. Denominator: {per.lower()}."]
    if not all(row.events for row in rates.rows):
        notes.append("With no event the lower limit is 0 and the upper one is one-sided.")
    return PaperTable(
        key="adverse-events",
        title="Adverse events",
        label=rates.label,
        columns=("Kind", "Events", "People", per, f"Rate per 1000 h ({_level_of_rate(rates.rows[0])} CI)"),
        rows=tuple(_rate_cells(row) for row in rates.rows),
        notes=tuple(notes),
    )


def _great_table(table: PaperTable) -> "GT":
    try:
        from great_tables import GT  # an extra: the numbers and the Markdown do without
    except ImportError as error:
        raise InputError(
            "great_tables must be installed for HTML and LaTeX tables, got no such package. "
            "Install asteroid-repro[notebooks], or use markdown()."
        ) from error
    laid_out = GT(
        table.to_frame(),
        rowname_col=table.columns[0],
        groupname_col="Outcome" if table.outcomes else None,
        id=table.key,
    )
    laid_out = laid_out.tab_header(table.title, table.label or None).tab_stubhead(table.columns[0])
    laid_out = laid_out.cols_align("right", columns=list(table.columns[1:]))
    for note in table.notes:
        laid_out = laid_out.tab_source_note(note)
    return laid_out


def _one_decimal(value: float) -> str:
    return number(round(value, 1) + 0.0, 1)  # no minus before a zero


def _mean_sd(values: pd.Series) -> str:
    observed = values.dropna()
    missing = "" if len(observed) == len(values) else f", n = {len(observed)}"
    return f"{_one_decimal(float(observed.mean()))} ({_one_decimal(float(observed.std()))}){missing}"


def _people(have: pd.Series) -> str:
    return f"{int(have.sum())} ({100 * float(have.mean()):.1f})"


def _in_order(outcomes: Iterable[str]) -> list[str]:
    """Return the outcomes once each: the trial's own in the paper's order, then others."""
    found = list(dict.fromkeys(outcomes))
    return [name for name in UNITS if name in found] + [name for name in found if name not in UNITS]


def _with_unit(outcome: str) -> str:
    return f"{plain_name(outcome)}, {UNITS.get(outcome, 'points')}"


def _effect_cells(row: Effect) -> tuple[str, ...]:
    interval = f"({_one_decimal(row.ci_low)}, {_one_decimal(row.ci_high)})"
    return (
        str(row.week),
        f"{_one_decimal(row.estimate)} {interval}",
        "<0.001" if row.p_value < 0.001 else f"{row.p_value:.3f}",
        f"{row.n_treatment} + {row.n_reference}",
    )


def _beside_published(table: PaperTable, published: list[dict[str, Claim]]) -> PaperTable:
    """Add a column with the printed line of each row, and notes on what it is worth."""
    contradictions = [
        f"{number_as_printed(claim)} as printed. {claim.reason}"
        for claims in published
        for claim in claims.values()
        if claim.status == "inconsistent"
    ]
    return replace(
        table,
        columns=(*table.columns, "Published (role of the estimate)"),
        rows=tuple((*row, _printed(claims)) for row, claims in zip(table.rows, published, strict=True)),
        notes=(
            *table.notes,
            "Published: as printed. A fitted number set an assumption; that it agrees confirms nothing.",
            *contradictions,
        ),
    )


def _published(ledger: Ledger, row: Effect) -> dict[str, Claim]:
    """Return the printed line of an effect by part; empty where none was printed."""
    return ledger.lines.get((row.outcome, row.week), {})


def _printed(claims: dict[str, Claim]) -> str:
    if not claims:
        return "no figures printed"
    text = {part: number_as_printed(claim) for part, claim in claims.items()}
    line = f"{text['estimate']} ({text['ci_low']}, {text['ci_high']}), p = {text['p_value']}"
    return f"{line} ({claims['estimate'].role})"


def _rate_cells(row: EventRate) -> tuple[str, ...]:
    return (
        "All kinds" if row.kind == "all" else plain_name(row.kind),
        str(row.events),
        str(row.people),
        f"{row.exposure:.1f}",
        f"{row.rate_per_1000:.1f} ({row.ci_low:.1f}, {row.ci_high:.1f})",
    )


def _level_of_effect(row: Effect) -> str:
    """Read the confidence level off the limits, so that the heading cannot contradict them."""
    t = (row.ci_high - row.estimate) / row.se
    below = float(ndtr(t)) if math.isinf(row.df) else float(stdtr(row.df, t))
    return f"{100 * (2 * below - 1):.3g} %"


def _level_of_rate(row: EventRate) -> str:
    """Read the confidence level off the upper limit; with no event all of its error is there."""
    beyond = float(gammaincc(row.events + 1, row.ci_high * row.exposure / 1000))
    return f"{100 * (1 - (2 * beyond if row.events else beyond)):.3g} %"
