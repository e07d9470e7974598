"""The main job: audit, simulate, estimate, verify, draw. One line per step."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asteroid_repro.estimate.attendance import attendance
from asteroid_repro.estimate.effects.estimate_effects import estimate_effects
from asteroid_repro.estimate.safety.rates import event_rates
from asteroid_repro.evaluate.sampling import sampling_distribution
from asteroid_repro.figures.gallery import draw_all
from asteroid_repro.ledger.ledger import published
from asteroid_repro.reporting.files import write_file, write_table
from asteroid_repro.reporting.result_tables import audit_markdown, verdict_json, verdict_markdown, verdict_table
from asteroid_repro.simulate.trial_tables import simulate_trial
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.verdicts.audit_ledger import audit
from asteroid_repro.verdicts.verdict import Verification, verify

ILLUSTRATIVE_SEED: Final = 2024
"""Seed of the one trial that is shown; chosen before looking at any result, not for what it shows."""
TRIALS: Final = 20_000


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
    assumptions: TrialAssumptions,
    *,
    seed: int = ILLUSTRATIVE_SEED,
    trials: int = TRIALS,
    progress: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Reproduction:
    """Do everything and write it below a folder: ``data/`` (tables, verdicts, audit) and ``figures/``.

    Running it twice with the same seed writes the same bytes.

    Parameters
    ----------
    out : pathlib.Path
        The folder.
    assumptions : TrialAssumptions
        Usually ``ASTEROID``.
    seed : int
        Of the one trial that is shown and of the simulated trials behind the verdicts.
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
        A folder that cannot be written to, or a seed or number of trials that cannot be used.
    """
    data, figures = out / "data", out / "figures"
    say("Auditing the printed numbers")
    files = [write_file(data / "audit.md", audit_markdown(audit()))]
    say(f"Simulating one trial (seed {seed})")
    trial = simulate_trial(assumptions, seed=seed)
    files += [
        write_table(data / "simulated" / f"{name}.csv", table, trial.label) for name, table in trial.tables().items()
    ]
    say("Estimating effects, event rates and attendance")
    effects, rates = estimate_effects(trial, method="random_intercept"), event_rates(trial)
    results = {
        "effects": effects.to_frame(),
        "event_rates": rates.to_frame(),
        "attendance": attendance(trial).to_frame(),
    }
    files += [write_table(data / "simulated" / f"{name}.csv", table, trial.label) for name, table in results.items()]
    say(f"Verifying every claim against {trials:,} simulated trials")
    verification = verify(seed=seed, assumptions=assumptions, trials=trials, progress=progress)
    files += _write_verdicts(data, verification, trial.label)
    say("Drawing the figures")
    distribution = sampling_distribution(assumptions, trials=trials, seed=seed, progress=progress)
    files += draw_all(
        figures,
        trial=trial,
        effects=effects,
        rates=rates,
        distribution=distribution,
        verification=verification,
        ledger=published(),
    )
    return Reproduction(verification, tuple(files))


def _write_verdicts(data: Path, verification: Verification, label: str) -> list[Path]:
    return [
        write_file(data / "verdicts.md", verdict_markdown(verification, label)),
        write_table(data / "verdicts.csv", verdict_table(verification), label),
        write_file(data / "verdicts.json", verdict_json(verification, label)),
    ]
