"""A trial's people in one report: what was read, who took part, what the treatment changed, how to do it again."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from asteroid_repro._version import __version__
from asteroid_repro.errors import InputError
from asteroid_repro.estimate.attendance import attendance
from asteroid_repro.estimate.change_from_baseline.responders import Responders, responders
from asteroid_repro.estimate.effects.estimate_effects import Effect, Effects, estimate_effects
from asteroid_repro.estimate.effects.methods import Analysis, Distribution, chosen_analysis
from asteroid_repro.estimate.missing_visits.reference_rules import Rule
from asteroid_repro.estimate.missing_visits.sensitivity import Sensitivity, sensitivity
from asteroid_repro.estimate.outcome_scores import one_outcome
from asteroid_repro.estimate.safety.harms import harms
from asteroid_repro.estimate.safety.rates import event_rates
from asteroid_repro.figures import style
from asteroid_repro.figures.effect_figures import plot_forest
from asteroid_repro.figures.exposure_figures import plot_attendance
from asteroid_repro.figures.people_figures import plot_participant_flow, plot_trajectories
from asteroid_repro.reporting import people_tables
from asteroid_repro.reporting.document import Block, Document, Picture
from asteroid_repro.reporting.files import write_file
from asteroid_repro.reporting.paper_tables import adverse_events_table, effects_table, table_one
from asteroid_repro.reporting.table_files import write_tables
from asteroid_repro.study_folder import Study
from asteroid_repro.tables.rounding import percent
from asteroid_repro.trial.design_words import label_of
from asteroid_repro.trial.participant_data import Trial
from asteroid_repro.verdicts.from_people.against_people import verify_people

_BESIDE: Final[tuple[tuple[str, Distribution], ...]] = (
    ("mmrm", "kenward_roger"),
    ("ancova", "t"),
    ("random_intercept", "z"),
    ("change_score", "t"),
)
_RULES: Final[tuple[Rule, ...]] = ("mar", "jump_to_reference", "copy_reference")
_PACKAGES: Final = ("numpy", "scipy", "pandas")
_WRITERS: Final[dict[str, Callable[[Document], bytes | str]]] = {
    ".html": Document.html,
    ".md": Document.markdown,
    ".docx": Document.word,
}
_METHODS: Final = {
    "mmrm": "a mixed model for repeated measures with unstructured covariance",
    "mmrm_compound_symmetry": "a mixed model for repeated measures with compound symmetry",
    "mmrm_ar1": "a mixed model for repeated measures with first-order autoregressive covariance",
    "random_intercept": "a linear mixed model with a random intercept per person",
    "clda": "constrained longitudinal data analysis",
    "ancova": "analysis of covariance on the baseline",
    "change_score": "a pooled t test of the change from baseline",
    "welch": "Welch's t test of the change from baseline",
}
_DISTRIBUTIONS: Final = {
    "kenward_roger": "Kenward and Roger's degrees of freedom and standard errors",
    "satterthwaite": "Satterthwaite's degrees of freedom",
    "t": "t distributions",
    "z": "normal (z) distributions",
}


@dataclass(frozen=True)
class Report:
    """A report, and where it was written.

    Attributes
    ----------
    document : Document
        What it says; ``document.html()``, ``.markdown()`` and ``.word()`` are its forms.
    files : tuple of pathlib.Path
        What was written.
    """

    document: Document
    files: tuple[Path, ...]


def report(
    trial: Trial,
    paths: Path | str | Sequence[Path | str] = (),
    *,
    tables: Path | str | None = None,
    study: Study | None = None,
    seed: int = 2024,
    method: str | None = None,
    distribution: Distribution | None = None,
    level: float = 0.95,
    code: str = "",
) -> Report:
    """Write everything that a trial's people say into one report.

    What was understood of the tables; the participant flow; the people at baseline; effects by the primary method with
    others beside it; responders; adverse events; adherence; what missed visits could change; figures; a paragraph on
    methods for a paper; and the code. What the trial does not have is left out; what cannot be estimated is said, with
    the reason, and stops nothing else. Every figure and table bears the trial's own label.

    Parameters
    ----------
    trial : Trial
        Of :func:`asteroid_repro.read_people`, or simulated.
    paths : path or list of path
        Files to write, by their endings: ``.html`` (one page that needs nothing else), ``.docx`` (the extra ``word``),
        ``.md``.
    tables : path, optional
        Folder for every table as CSV, xlsx, LaTeX and Word (the extras ``tables``, ``notebooks``, ``word``).
    study : Study, optional
        One with claims: each printed number is held against the people.
    seed : int
        Of the imputations of missed visits.
    method, distribution : str, optional
        The primary analysis, as in :func:`asteroid_repro.estimate_effects`, whose default is taken when not given.
    level : float
        Confidence level.
    code : str
        Code that reads the trial, to stand before that of the report.

    Returns
    -------
    Report
        The document and the files.

    Raises
    ------
    InputError
        An unknown ending or method, a missing package, a place that cannot be written to.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> found = report(simulate_trial(ASTEROID, seed=2024))
    >>> [content for kind, content in found.document.blocks if kind == "heading"][:3]
    ['The answer', 'What was read', 'Participant flow']
    """
    places = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    for path in places:
        if path.suffix.lower() not in _WRITERS:
            raise InputError(f"report must end in {', '.join(_WRITERS)}, got {path.name!r}. Rename it.")
    analysis = chosen_analysis(method, distribution, level)
    blocks = tuple(_blocks(trial, analysis, study, seed, code))
    document = Document(f"{trial.design.name}: report on its people", trial.label or "Data without a label", blocks)
    files = [write_file(path, _WRITERS[path.suffix.lower()](document)) for path in places]
    if tables is not None:
        files += write_tables(
            Path(tables), {"-".join(each.title.lower().replace(",", "").split()): each for each in document.tables}
        )
    return Report(document, tuple(files))


def _blocks(trial: Trial, analysis: Analysis, study: Study | None, seed: int, code: str) -> Iterator[Block]:
    """Yield the report from top to bottom."""
    primary, refused = effects_by_outcome(trial, **analysis.arguments)
    yield "heading", "The answer"
    for outcome in trial.design.outcome_names:
        rows = tuple(row for row in primary.rows if row.outcome == outcome)
        yield from [("answer", replace(primary, rows=rows).answer())] if rows else []
    yield "heading", "What was read"
    yield "list", [*(trial.understood or ("Simulated: nothing was read.",)), *refused, *primary.notes()]
    yield "heading", "Participant flow"
    yield (
        "picture",
        _picture(plot_participant_flow(trial), "Participant flow", "Boxes with the people of each arm by visit."),
    )
    yield "heading", "People at baseline"
    yield "table", table_one(trial)
    yield from _effects(trial, primary, analysis)
    yield from _exposure(trial, analysis.level)
    yield from _missed(trial, seed, analysis.level)
    if study is not None and study.ledger.claims:
        yield "heading", "Print against people"
        found = verify_people(study.ledger, trial)
        yield "text", found.answer()
        yield "table", people_tables.print_table(found)
    yield "heading", "Methods"
    yield "text", _methods(trial, analysis, seed)
    yield "heading", "Code"
    yield "code", _code(code, analysis, seed)


def effects_by_outcome(trial: Trial, **arguments: Any) -> tuple[Effects, list[str]]:
    """Estimate outcome by outcome, so that one that cannot be estimated stops no other; and say which cannot.

    Raises
    ------
    InputError
        None can be estimated.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> effects, refused = effects_by_outcome(simulate_trial(ASTEROID, seed=2024), method="ancova")
    >>> len(effects.rows), refused
    (6, [])
    """
    first: Effects | None = None
    rows, unseen, refused = list[Effect](), dict[str, tuple[object, ...]](), list[str]()
    for outcome in trial.design.outcome_names:
        own = trial.outcomes[trial.outcomes["outcome"] == outcome]
        if own.empty:
            continue
        try:
            found = estimate_effects(replace(trial, outcomes=own), **arguments)
        except InputError as error:
            refused.append(f"{label_of(outcome, trial.design)} is not estimated: {error}")
            continue
        first = first or found
        rows += found.rows
        unseen |= found.unseen
    if first is None:
        why = refused[0] if refused else "There are no scores."
        raise InputError(f"outcomes must have one that can be estimated, got none. {why}")
    return replace(first, rows=tuple(rows), unseen=unseen), refused


def _effects(trial: Trial, primary: Effects, analysis: Analysis) -> Iterator[Block]:
    """Yield effects: the primary ones, other methods beside them, responders, and the figures."""
    design = trial.design
    yield "heading", "Effects"
    yield "table", effects_table(primary, design=design)
    yield (
        "picture",
        _picture(plot_forest(primary, design=design), "Effects with their limits", "The numbers of the table above."),
    )
    others = [Analysis(method, distribution, analysis.level) for method, distribution in _BESIDE]
    beside = [primary]
    for other in others:
        if (other.method, other.distribution) != (analysis.method, analysis.distribution):
            try:
                beside.append(effects_by_outcome(trial, **other.arguments)[0])
            except InputError:  # the primary one stands, and says why for itself
                continue
    yield "table", people_tables.methods_table(beside, design, trial.label)
    found = list(_responders(trial, analysis.level))
    if found:
        yield "heading", "Responders"
        yield "table", people_tables.responders_table(found, design, trial.label)
    yield "heading", "Every person's scores"
    for outcome in design.outcomes:
        if outcome.name in set(trial.outcomes["outcome"]):
            drawn = plot_trajectories(trial, outcome.name, level=analysis.level)
            yield (
                "picture",
                _picture(
                    drawn, outcome.label, f"Scores of {outcome.label} by week, each person's and each arm's mean."
                ),
            )


def _responders(trial: Trial, level: float) -> Iterator[Responders]:
    for outcome in trial.design.outcomes:
        if outcome.important is not None and outcome.better is not None:
            try:
                yield responders(trial, outcome=outcome.name, level=level)
            except InputError:  # too few with both visits: the table of effects says so
                continue


def _exposure(trial: Trial, level: float) -> Iterator[Block]:
    """Yield adverse events and adherence, or that there are none to be had."""
    yield "heading", "Adverse events"
    if "adverse_events" in trial.absent or not trial.design.kinds:
        yield (
            "text",
            "No table of adverse events was given: they were not counted, which does not mean that there were none.",
        )
    else:
        yield "table", people_tables.harms_table(harms(trial, level=level), trial.design)
        yield "table", adverse_events_table(event_rates(trial, per="person_weeks", level=level), design=trial.design)
    sessions = trial.sessions_or_totals
    yield "heading", "Adherence"
    if sessions is None:
        yield "text", "No sessions were given."
        return
    try:
        yield "table", people_tables.adherence_table(attendance(trial))
    except InputError as error:
        yield "text", f"Adherence is not summarised: {error}"
        return
    if "session" in sessions and "week" in sessions:
        yield (
            "picture",
            _picture(plot_attendance(trial), "Sessions attended", "Each person's sessions attended by week."),
        )


def _missed(trial: Trial, seed: int, level: float) -> Iterator[Block]:
    """Yield the effects under other suppositions about missed visits, of the outcomes that have any."""
    yield "heading", "Missed visits"
    found, refused = list[Sensitivity](), list[str]()
    for outcome in sorted(set(trial.outcomes["outcome"]), key=trial.design.outcome_names.index):
        if not any(np.isnan(own).any() for own in one_outcome(trial, outcome).both):
            continue
        try:
            found += [sensitivity(trial, outcome=outcome, rule=rule, seed=seed, level=level) for rule in _RULES]
        except InputError as error:
            refused.append(f"{label_of(outcome, trial.design)}: {error}")
    if found:
        yield "table", people_tables.sensitivity_table(found, trial.design, trial.label)
    if refused:
        yield "list", refused
    if not found and not refused:
        yield "text", "Nobody who has any score of an outcome missed a visit of it: there is nothing to suppose."


def _picture(ax: Axes, title: str, described: str) -> Picture:
    """Turn what was drawn into a picture, and put it away."""
    figure = ax.figure.canvas.figure
    found = Picture(title, described, style.image(figure, "svg"), style.image(figure, "png"))
    plt.close(figure)
    return found


def _methods(trial: Trial, analysis: Analysis, seed: int) -> str:
    """Return a paragraph that can stand in a paper."""
    from importlib.metadata import version

    design, weeks = trial.design, trial.design.visits
    visits = ", ".join(f"{week:g}" for week in weeks)
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    arms = f"{design.treatment.label} minus {design.reference.label}"
    python = ".".join(map(str, sys.version_info[:3]))
    return (
        f"{trial.label or design.name}. People were analysed in the arm they were randomised to, with every observed "
        f"score of weeks {visits}. The effect is the difference between the arms, {arms}, estimated by "
        f"{_METHODS[analysis.method]} with {_DISTRIBUTIONS[analysis.distribution]}, and given with "
        f"{percent(analysis.level)} confidence intervals and two-sided p values; nothing is corrected for several "
        "outcomes or visits. Missed visits are taken as missing at random given the observed scores; where there were "
        "any, multiple imputation by jump to reference and copy reference shows what else they could mean (seed "
        f"{seed}). Adverse events are compared with exact limits. Computed with asteroid-repro {__version__} on Python "
        f"{python} ({packages})."
    )


def _code(code: str, analysis: Analysis, seed: int) -> str:
    given = "".join(f", {name}={value!r}" for name, value in analysis.arguments.items())
    read = code or "trial = ...  # ar.read_people(...), or ar.simulate_trial(...)"
    return f'import asteroid_repro as ar\n\n{read}\nar.report(trial, "report.html", seed={seed}{given})'
