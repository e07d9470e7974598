"""Tables in the style of a paper: who took part, what the treatment changed, and what it cost in adverse events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.estimate_effects import Effects
from asteroid_repro.estimate.outcome_scores import outcomes_table
from asteroid_repro.estimate.safety.rates import EventRates
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.reporting import wording
from asteroid_repro.reporting.records import markdown
from asteroid_repro.tables import rounding
from asteroid_repro.tables.checking import check_table
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.trial import design_words
from asteroid_repro.trial.characteristics import Characteristic
from asteroid_repro.trial.design import Design
from asteroid_repro.trial.participant_data import Trial

if TYPE_CHECKING:
    from great_tables import GT

_LATEX: Final = {"\N{MINUS SIGN}": "$-$", "\N{DAGGER}": r"\textdagger{}", "\N{EN DASH}": "--"}
_LIMITS: Final = {
    "exact": "Exact Poisson limits, which suppose independent events",
    "mid_p": "Mid-p Poisson limits, which suppose independent events",
    "clustered": "Limits that allow for several events of one person",
}


@dataclass(frozen=True)
class PaperTable(ResultTable):
    """A table as a paper prints it: rounded text, with a caption that says what the data are.

    Attributes
    ----------
    title : str
        What the table shows.
    label : str
        What the data are, for instance ``SIMULATED ...``; empty where the data carry no label.
    columns : mapping of str to sequence of str
        The texts of each column by its heading.
    footnotes : sequence of str
        Lines under the table.
    grouped : bool
        Whether the first column stands as a heading over the rows that have it in common; the next is the rows' name.
    """

    title: str
    label: str
    columns: Mapping[str, Sequence[str]]
    footnotes: Sequence[str] = ()
    grouped: bool = False

    @property
    def rows(self) -> list[tuple[str, ...]]:  # type: ignore[override]  # made of the columns
        """The texts of each row."""
        return list(zip(*self.columns.values(), strict=True))

    def to_frame(self) -> pd.DataFrame:
        """Return the table's texts."""
        return pd.DataFrame(dict(self.columns))

    def notes(self) -> Sequence[str]:
        """Return what stands under the table, a line each."""
        return self.footnotes

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
        return "\n\n".join([caption, markdown(self.to_frame()), *self.footnotes]) + "\n"

    def _repr_html_(self) -> str:
        try:
            return self.html()
        except InputError:  # without great_tables it is plain
            return super()._repr_html_()


def table_one(trial: Trial, characteristics: Sequence[Characteristic] = ()) -> PaperTable:
    r"""Describe the participants by arm at baseline.

    Mean :math:`\bar x` and SD :math:`\sqrt{\sum (x - \bar x)^2 / (n - 1)}` of the people with an observed value. No
    test compares the arms: they were randomised, so any difference is chance.

    Parameters
    ----------
    trial : Trial
        The trial. Its first week is the baseline; every further column of its participants is a characteristic.
    characteristics : sequence of Characteristic, optional
        Labels and units of these, for instance ``ASTEROID.characteristics``; their names in words when not given.

    Returns
    -------
    PaperTable
        Numbers as mean and SD, categories as people and percent, baseline scores in points; the decimals show two
        digits of the SD.

    Raises
    ------
    InputError
        A table of participants or outcomes that cannot be used.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> table = table_one(simulate_trial(ASTEROID, seed=2024), ASTEROID.characteristics)
    >>> list(table.columns)
    ['Characteristic', 'Running (n = 20)', 'Waitlist (n = 20)', 'All (n = 40)']
    >>> table.columns["Characteristic"][0]
    'Age, years: mean (SD)'
    """
    design = trial.design
    people = check_table(trial.participants, "participants", arms=design.arm_names)
    parts = [people[people["arm"] == arm] for arm in design.arm_names] + [people]
    known = {each.name: each for each in characteristics}
    names = people.columns.drop(["participant", "arm"])
    rows = [row for name in names for row in _characteristic([part[name] for part in parts], known.get(name))]
    scores = outcomes_table(trial)
    scores = scores[scores["week"] == scores["week"].min()]
    for outcome in design_words.in_order(scores["outcome"].unique(), design):
        own = scores[scores["outcome"] == outcome].set_index("participant")["value"]
        values = [own.reindex(part["participant"]) for part in parts]
        rows.append((f"{design_words.with_unit(outcome, design)}: mean (SD)", *_means(values)))
    arms = [*(arm.label for arm in design.arms), "All"]
    heads = ["Characteristic", *(f"{arm} (n = {len(part)})" for arm, part in zip(arms, parts, strict=True))]
    columns = dict(zip(heads, zip(*rows, strict=True), strict=True))
    return PaperTable("Participants at baseline", trial.label, columns, ("SD: standard deviation.",))


def effects_table(effects: Effects, *, design: Design | None = None, ledger: Ledger | None = None) -> PaperTable:
    """Lay out the effect on each outcome at each visit, with the published results beside them if asked.

    Published numbers stand as they were printed, each with its role in the ledger: agreement with a fitted number
    shows a sound pipeline, no more.

    Parameters
    ----------
    effects : Effects
        Of :func:`asteroid_repro.estimate_effects`.
    design : Design, optional
        Labels and units of arms and outcomes, and the order of the outcomes; their names in words when not given.
    ledger : Ledger, optional
        What is published.

    Returns
    -------
    PaperTable
        Treatment minus reference: estimate and limits with the decimals that show two digits of the standard error, p
        with three, people per arm, and which sign favours the treatment.

    Raises
    ------
    InputError
        No effects.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, estimate_effects, published, simulate_trial
    >>> effects = estimate_effects(simulate_trial(ASTEROID, seed=2024))
    >>> table = effects_table(effects, design=ASTEROID.design, ledger=published())
    >>> table.columns["Published (role of the estimate)"][0]
    'no figures printed'
    """
    if not effects.rows:
        raise InputError("effects must have at least one row, got none. Estimate a trial first.")
    order = design_words.in_order((row.outcome for row in effects.rows), design)
    lines = sorted(effects.rows, key=lambda row: (order.index(row.outcome), row.week))
    better = {row.outcome: design_words.favours(row.better, design) for row in lines}
    units = {design_words.short_unit(name, design) for name in order}
    heads = {name: design_words.with_unit(name, design) for name in order}
    said = (
        f"Estimate: {design_words.contrast(design)}, {units.pop() if len(units) == 1 else 'in the unit of the outcome'}"
    )
    if len(set(better.values())) > 1:
        heads = {name: f"{head} ({better[name]})" for name, head in heads.items()}
    elif better[order[0]]:
        said += f"; {better[order[0]]}"
    digits = {name: rounding.decimals(max(row.se for row in lines if row.outcome == name)) for name in order}
    columns = {
        "Outcome": [heads[row.outcome] for row in lines],
        "Week": [f"{row.week:g}" for row in lines],
        f"Estimate ({rounding.percent(effects.level)} CI)": [
            rounding.estimate_with_limits(row.estimate, row.ci_low, row.ci_high, digits[row.outcome]) for row in lines
        ],
        "p": [rounding.p_value(row.p_value) for row in lines],
        f"People ({design_words.contrast(design, ' + ')})": [f"{row.n_treatment} + {row.n_reference}" for row in lines],
    }
    methods = ", ".join(dict.fromkeys(f"{row.method} ({row.distribution})" for row in lines))
    notes = [f"{said}. CI: confidence interval.", f"Method: {methods}."]
    if ledger:
        published = [wording.published(ledger, row.outcome, row.week) for row in lines]
        columns["Published (role of the estimate)"] = [_published(line, effects.level) for line in published]
        notes.append("Published: as printed. A fitted number set an assumption; that it agrees confirms nothing.")
        notes += wording.contradictions(published)
    return PaperTable("Net differences between the arms", effects.label, columns, notes, grouped=True)


def adverse_events_table(rates: EventRates, *, design: Design | None = None) -> PaperTable:
    """Lay out the adverse events with their rates per 1000 hours or person-weeks.

    Parameters
    ----------
    rates : EventRates
        Of :func:`asteroid_repro.event_rates`.
    design : Design, optional
        Labels of arms and kinds of event; their names in words when not given.

    Returns
    -------
    PaperTable
        Events, people who had one, exposure, and rate with limits, the decimals those of the smallest rate with two
        digits; arm by arm where both have rates.

    Raises
    ------
    InputError
        No rates.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, event_rates, simulate_trial
    >>> list(adverse_events_table(event_rates(simulate_trial(ASTEROID, seed=2024))).columns)[-1]
    'Rate per 1000 running hours (95 % CI)'
    """
    if not rates.rows:
        raise InputError("rates must have at least one row, got none. Compute them from a trial first.")
    first = rates.rows[0]
    per = design_words.denominator(first.per)
    notes = [f"{_LIMITS[first.method]}. Denominator: {per}."]
    if first.method != "clustered" and not all(row.events for row in rates.rows):
        notes.append("With no event the lower limit is 0 and the upper one is one-sided.")
    digits = rounding.decimals(min((row.rate_per_1000 for row in rates.rows if row.events), default=1.0))
    columns = {
        "Kind": ["All kinds" if row.kind == "all" else design_words.label_of(row.kind, design) for row in rates.rows],
        "Events": [str(row.events) for row in rates.rows],
        "People": [str(row.people) for row in rates.rows],
        per.capitalize(): [f"{row.exposure:.1f}" for row in rates.rows],
        f"Rate per 1000 {per} ({rounding.percent(first.level)} CI)": [
            rounding.estimate_with_limits(row.rate_per_1000, row.ci_low, row.ci_high, digits) for row in rates.rows
        ],
    }
    grouped = len({row.arm for row in rates.rows}) > 1
    if grouped:
        columns = {"Arm": [design_words.label_of(row.arm, design) for row in rates.rows]} | columns
    return PaperTable("Adverse events", rates.label, columns, notes, grouped=grouped)


def _great_table(table: PaperTable) -> "GT":
    try:
        from great_tables import GT  # an extra: the numbers and the Markdown do without
    except ImportError as error:
        missing = "great_tables must be installed for HTML and LaTeX tables, got no such package"
        raise InputError(f"{missing}. Install asteroid-repro[notebooks], or use markdown().") from error
    group, head = list(table.columns)[:2] if table.grouped else (None, next(iter(table.columns)))
    key = "-".join(table.title.lower().split())  # of the title, so that the bytes are the same every time
    laid_out = GT(table.to_frame(), rowname_col=head, groupname_col=group, id=key)
    laid_out = laid_out.tab_header(table.title, table.label or None).tab_stubhead(head)
    laid_out = laid_out.cols_align("right", columns=[name for name in table.columns if name not in {group, head}])
    for note in table.footnotes:
        laid_out = laid_out.tab_source_note(note)
    return laid_out


def _characteristic(parts: Sequence[pd.Series], known: Characteristic | None) -> list[tuple[str, ...]]:
    """Return one row of a number, of true and false, or of two categories; else one a category."""
    everybody = parts[-1]
    label = known.label if known else design_words.plain_name(str(everybody.name))
    if pd.api.types.is_bool_dtype(everybody):
        return [(f"{label}: people (%)", *(_people(part, True) for part in parts))]
    if pd.api.types.is_numeric_dtype(everybody):
        unit = f", {known.unit}" if known and known.unit else ""
        return [(f"{label}{unit}: mean (SD)", *_means(parts))]
    categories = list(known.categories) if known and known.categories else sorted(everybody.dropna().unique())
    shown = categories[:1] if len(categories) == 2 else categories
    return [(f"{label}, {each}: people (%)", *(_people(part, each) for part in parts)) for each in shown]


def _means(parts: Sequence[pd.Series]) -> list[str]:
    digits = rounding.decimals(float(parts[-1].std()))
    moments = [(rounding.number(part.mean(), digits), rounding.number(part.std(), digits)) for part in parts]
    return [f"{mean} ({sd}){_observed(part)}" for (mean, sd), part in zip(moments, parts, strict=True)]


def _people(values: pd.Series, category: object) -> str:
    have = values.dropna() == category
    return f"{int(have.sum())} ({100 * have.mean():.1f}){_observed(values)}"


def _observed(values: pd.Series) -> str:
    return "" if values.notna().all() else f", n = {values.count()}"


def _published(line: wording.PrintedLine, level: float) -> str:
    role = f" ({line['estimate'].role})" if "estimate" in line else ""
    return f"{wording.printed_line(line, level)}{role}" if line else "no figures printed"
