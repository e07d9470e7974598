"""What was read, in lines: people by arm, visits, what is missing, who is left out of which outcome."""

from collections.abc import Iterator

from asteroid_repro.reading.identifiers import listed
from asteroid_repro.trial.participant_data import Trial


def summary(trial: Trial) -> tuple[str, ...]:
    """Say what a trial has.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> summary(simulate_trial(ASTEROID, seed=2024))[0]
    'People: 40, of whom 20 Running (the treatment) and 20 Waitlist (the reference).'
    """
    design = trial.design
    counts = [int((trial.participants["arm"] == name).sum()) for name in design.arm_names]
    treatment, reference = (arm.label for arm in design.arms)
    weeks = ", ".join(f"{week:g}" for week in design.visits)
    people = (
        f"{sum(counts)}, of whom {counts[0]} {treatment} (the treatment) and {counts[1]} {reference} (the reference)"
    )
    first = (
        f"People: {people}.",
        f"Visits: weeks {weeks}. Outcomes: {', '.join(outcome.label for outcome in design.outcomes)}.",
    )
    return (*first, *_missing(trial), *_unsaid(trial))


def _missing(trial: Trial) -> Iterator[str]:
    """Say how many scores are missing, by visit and arm, and who has none."""
    arm_of = trial.participants.set_index("participant")["arm"]
    for outcome in trial.design.outcomes:
        own = trial.outcomes[trial.outcomes["outcome"] == outcome.name]
        wide = own.pivot_table(index="participant", columns="week", values="value", dropna=False).reindex(arm_of.index)
        absent = wide.isna().groupby(arm_of).sum().reindex(list(trial.design.arm_names), fill_value=0)
        if not absent.to_numpy().any():
            yield f"{outcome.label}: nothing missing."
            continue
        by_visit = [
            f"week {week:g} {' + '.join(map(str, absent[week]))}" for week in absent.columns if absent[week].any()
        ]
        yield f"{outcome.label}: missing ({' + '.join(arm.label for arm in trial.design.arms)}): {', '.join(by_visit)}."
        nobody = wide.index[wide.isna().all(axis=1)]
        if len(nobody):
            yield f"{outcome.label}: {len(nobody)} people have no score and are left out of it: {listed(nobody)}."


def _unsaid(trial: Trial) -> Iterator[str]:
    """Say what nobody said and nothing supposes."""
    silent = [outcome.label for outcome in trial.design.outcomes if outcome.better is None]
    if silent:
        yield f"Which way is better is not said for {listed(silent)}: no effect is said to favour anybody (better=...)."
    open_scale = [outcome.label for outcome in trial.design.outcomes if not outcome.is_bounded]
    if open_scale:
        yield f"No scale is said for {listed(open_scale)}: only scores far outside the others are refused (scales=...)."
