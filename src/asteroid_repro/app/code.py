"""The Python code that reproduces a state of the what-if page."""

from typing import Final

from asteroid_repro.app.state import State

MEASURES: Final = ("power", "coverage", "type_s", "type_m", "bias")
"""The measures that the page shows, in order."""

_PROGRAM: Final = """\
# SIMULATED: reproduces one state of the what-if page of asteroid-repro.
import asteroid_repro as ar

changed = ar.with_fields(ar.ASTEROID, {fields})
analysis = {analysis}

oc = ar.operating_characteristics(changed, trials={trials}, seed={seed}, **analysis)
print(oc.label)
for measure in {measures}:
    row = oc.value("{outcome}", measure)
    print(measure, row.value, row.low, row.high)

against = ar.what_if(ar.ASTEROID, changed, trials={trials}, seed={seed}, **analysis)
for row in against.rows:
    if (row.outcome, row.week, row.measure) == ("{outcome}", {week}, "power"):
        print("power_change", row.change, row.mcse)

trial = ar.simulate_trial(changed, seed={trial_seed})
if trial.sessions["run_minutes"].sum() > 0:
    for rate in ar.event_rates(trial, level={level}).rows:
        print(rate.kind, rate.events, rate.exposure, rate.rate_per_1000, rate.ci_low, rate.ci_high)
"""


def code(state: State) -> str:
    """Return a program that prints the numbers of a state: for each measure its value and the limits of its error.

    Parameters
    ----------
    state : State
        The state of the page.

    Returns
    -------
    str
        Python source. It prints the label; each measure with value and limits; the paired change of power against
        ``ASTEROID`` with its standard error; and for the trial shown each kind of event with events, hours, rate per
        1000 running hours and exact limits.

    Examples
    --------
    >>> print(code(State()).splitlines()[3])
    changed = ar.with_fields(ar.ASTEROID, {})
    """
    return _PROGRAM.format(
        fields=_mapping(state.fields()),
        analysis=f'{{"method": "{state.method}", "level": {state.level!r}}}',
        trials=state.trials,
        seed=state.seed,
        measures=str(MEASURES).replace("'", '"'),
        outcome=state.outcome,
        week=state.assumptions().visits[-1],
        trial_seed=state.trial_seed,
        level=state.level,
    )


def _mapping(fields: dict[str, object]) -> str:
    if not fields:
        return "{}"
    lines = [f'    "{name}": {value!r},'.replace("'", '"') for name, value in fields.items()]
    return "\n".join(["{", *lines, "}"])
