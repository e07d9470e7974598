"""The main job: ar.audit, simulate, estimate, ar.verify, draw. One line per step."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

import asteroid_repro as ar
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.reporting.files import write_file, write_table
from asteroid_repro.reporting.result_tables import audit_markdown, verdict_json, verdict_markdown
from asteroid_repro.verdicts.verdict import Verification


@dataclass(frozen=True)
class Reproduction:
    """What one run made.

    Attributes
    ----------
    verification : Verification
        The verdicts.
    files : tuple of pathlib.Path
        Every file written.
    """

    verification: Verification
    files: tuple[Path, ...]


def reproduce(
    out: Path,
    study: ar.Study | None = None,
    assumptions: ar.TrialAssumptions | None = None,
    *,
    seed: int = 2024,
    trials: int = 20_000,
    progress: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Reproduction:
    """Do everything and write it below a folder: ``data/`` (tables, verdicts, audit) and ``figures/``.

    Effects are estimated by the study's own analysis. What the study does not have is left out: sessions without a
    programme, event rates without adverse events. Running it twice with the same seed writes the same bytes.

    Parameters
    ----------
    out : pathlib.Path
        The folder.
    study : Study, optional
        ASTEROID when not given.
    assumptions : TrialAssumptions, optional
        For instance one of the study's scenarios; its own assumptions when not given.
    seed : int
        Of the one trial that is shown and of the simulated trials behind the verdicts; chosen before looking at any
        result, not for what it shows.
    trials : int
        Simulated trials behind the verdicts.
    progress : bool
        Show a progress bar on a terminal.
    say : callable
        Told of each step in a line.

    Returns
    -------
    Reproduction
        The verdicts and the files.

    Raises
    ------
    InputError
        A study without claims or assumptions, a folder that cannot be written to, or a seed or number of trials that
        cannot be used.
    """
    study = study or ar.study()
    if not study.ledger.claims:
        raise ar.InputError(f"{study.folder} must hold claims.toml to reproduce, got none. Add it, or use simulate.")
    supposed, data = assumptions or study.assumptions, out / "data"
    say("Auditing the printed numbers")
    files = [write_file(data / "audit.md", audit_markdown(ar.audit(study)))]
    say(f"Simulating one trial (seed {seed})")
    trial = ar.simulate_trial(supposed, seed=seed)
    say("Estimating effects, event rates and attendance")
    results = _estimated(trial)
    tables = {name: table for name, table in trial.tables().items() if len(table) or name != "sessions"}
    tables |= {name: result.to_frame() for name, result in results.items()}
    files += [write_table(data / "simulated" / f"{name}.csv", table, trial.label) for name, table in tables.items()]
    say("Writing the report of the one trial's people")
    own: Any = trial.design.analysis.model_dump()
    files += ar.report(trial, data / "report.html", seed=seed, **own).files
    say(f"Verifying every claim against {trials:,} simulated trials")
    verification = ar.verify(study, seed=seed, assumptions=supposed, trials=trials, progress=progress)
    files.append(write_file(data / "verdicts.md", verdict_markdown(verification)))
    files.append(write_table(data / "verdicts.csv", ar.verdict_table(verification), verification.label))
    files.append(write_file(data / "verdicts.json", verdict_json(verification)))
    say("Drawing the figures")
    results["verification"] = verification
    results["reanalysis"] = ar.reanalyse(study)
    results["distribution"] = ar.sampling_distribution(supposed, trials=trials, seed=seed, progress=progress)
    for name, axes in _figures(trial, study.ledger, results):
        files += ar.save_figure(axes, out / "figures" / name)
        plt.close(axes.figure)  # type: ignore[arg-type]  # these axes lie in a figure, not in a subfigure
    return Reproduction(verification, tuple(files))


def _estimated(trial: ar.Trial) -> dict[str, Any]:
    """Estimate what the trial has, by the study's own analysis."""
    analysis = trial.design.analysis
    results: dict[str, Any] = {"effects": ar.estimate_effects(trial, **analysis.model_dump())}
    if trial.design.kinds:
        per = None if trial.has_exposure else "person_weeks"  # where nobody ran there is no rate per hour of running
        results["event_rates"] = ar.event_rates(trial, per=per, level=analysis.level)
    if len(trial.sessions):
        results["attendance"] = ar.attendance(trial)
    return results


def _figures(trial: ar.Trial, ledger: Ledger, results: dict[str, Any]) -> Iterator[tuple[str, Axes]]:
    """Draw one figure after the other, each with the name of its file."""
    printed: dict[str, Any] = {"design": trial.design, "ledger": ledger}
    yield "participant-flow", ar.plot_participant_flow(trial)
    yield "forest", ar.plot_forest(results["effects"], verification=results["verification"], **printed)
    if "event_rates" in results:
        yield "event-rates", ar.plot_event_rates(results["event_rates"], **printed)
    if "attendance" in results:
        yield "attendance", ar.plot_attendance(trial)
        yield "running-hours", ar.plot_running_hours(trial)
    for outcome in trial.design.outcome_names:
        name = outcome.replace("_", "-")
        yield f"trajectories-{name}", ar.plot_trajectories(trial, outcome, level=trial.design.analysis.level)
        found = ar.plot_sampling_distribution(results["distribution"], outcome, **printed)
        yield f"sampling-distribution-{name}", found
    for outcome, curve in results["reanalysis"].curves.items():
        found = ar.plot_adjusted(curve, sourced=results["reanalysis"].sourced, design=trial.design, outcome=outcome)
        yield f"reanalysis-{outcome.replace('_', '-')}", found
