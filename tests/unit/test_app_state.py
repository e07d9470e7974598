"""The state of the what-if page: it comes back from a link or a file, and its code prints its numbers."""

import re
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asteroid_repro import ASTEROID, InputError, event_rates
from asteroid_repro.app.code import MEASURES, code
from asteroid_repro.app.controls import CONTROLS, Control
from asteroid_repro.app.results import distribution, one_trial, results
from asteroid_repro.app.state import State, changed, from_query, from_toml
from asteroid_repro.app.words import summary, what_changed

FEW = settings(max_examples=60, deadline=None)
WHOLE = ("people_per_arm", "seed", "trial_seed")


def _value(name: str, control: Control) -> st.SearchStrategy[Any]:
    if control.choices is not None:
        return st.sampled_from(sorted(control.choices))
    if name in WHOLE:
        return st.integers(int(control.low), int(control.high))
    return st.floats(control.low, control.high)


@st.composite
def states(draw: Callable[..., Any]) -> State:
    """Draw a state that can exist, by moving a few controls and leaving out what is impossible."""
    state = State()
    for name in draw(st.lists(st.sampled_from(sorted(CONTROLS)), unique=True, max_size=6)):
        try:
            state = changed(state, **{name: draw(_value(name, CONTROLS[name]))})
        except InputError:
            continue
    return state


def test_left_alone_the_page_is_asteroid() -> None:
    assert State().assumptions() is ASTEROID
    assert State().to_query() == ""
    assert State().fields() == {}


def test_there_is_a_control_for_every_field_and_its_start_is_in_its_range() -> None:
    assert list(CONTROLS) == list(State.model_fields)
    for name, control in CONTROLS.items():
        value = getattr(State(), name)
        assert value in control.choices if control.choices else control.low <= value <= control.high


@FEW
@given(states())
def test_a_link_and_a_file_restore_the_state(state: State) -> None:
    assert from_query(state.to_query()) == state
    assert from_query("?" + state.to_query()) == state
    assert from_toml(state.to_toml()) == state
    assert from_query(state.to_query()).assumptions() == state.assumptions()


@FEW
@given(states())
def test_no_state_asks_for_unbounded_work(state: State) -> None:
    assert 256 <= state.trials <= 2000
    assert state.assumptions().n_people * state.trials <= 2 * 50 * 2000


def test_every_control_reaches_the_assumptions() -> None:
    state = changed(
        State(), effect_disability=-3, sd_current_pain=18, visit_correlation=0.4, people_per_arm=30,
        missing_running=0.1, missing_mechanism="mar", adherence_mean=0.6, programme="couch_to_5k", lower_limb_rate=50,
    )  # fmt: skip
    got = state.assumptions()
    assert got.disability.effect == (-1.5, -3.0)
    assert got.current_pain.sd == (18.0, 18.0, 18.0)
    assert got.visit_correlation[0] == (1.0, 0.4, 0.4)
    assert (got.n_running, got.n_waitlist) == (30, 30)
    assert (got.missing_running, got.missing_waitlist, got.missing_mechanism) == (0.1, 0.0, "mar")
    assert (got.adherence_mean, got.programme, got.lower_limb_rate) == (0.6, "couch_to_5k", 0.05)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("people_per_arm=100000", "people_per_arm must be from 5 to 100, got 100000. Correct it."),
        ("people_per_arm=3.5", "people_per_arm must be a valid integer"),
        ("level=2", "level must be from 0.8 to 0.99, got 2. Correct it."),
        ("effect_average_pain=nan", "effect_average_pain must be a finite number"),
        ("method=lmm", "method must be one of random_intercept, mmrm"),
        ("programme=/etc/passwd.toml", "programme must be one of asteroid"),
        ("people=30", "people must be a known field"),
        ("seed=1&seed=2", "seed must be given once, got it twice. Leave one out."),
        ("adherence_sd=0.5", "adherence_sd must be between"),
        ("effect_average_pain=-44", "running mean at week 12 must be inside the scale"),
        ("sd_disability=45", "sd must be below"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(query: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        from_query(query)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_state_is_refused() -> None:
    with pytest.raises(InputError, match="must be TOML"):
        from_toml("people_per_arm = ")
    with pytest.raises(InputError, match="must be a known field"):
        from_toml('name = "asteroid"')


def test_the_file_explains_every_control() -> None:
    text = State().to_toml()
    assert set(tomllib.loads(text)) == set(CONTROLS)
    for control in CONTROLS.values():
        assert f"# {control.label}" in text


@pytest.mark.parametrize(
    "state",
    [
        State(),
        State(outcome="disability", effect_disability=-3, people_per_arm=30, method="ancova", level=0.9, seed=3),
        State(missing_running=0.2, missing_mechanism="mnar", visit_correlation=0.6, lower_limb_rate=50, trial_seed=7),
        State(programme="walking_only", effect_average_pain=0),
    ],
    ids=["asteroid", "analysis", "missing", "walking"],
)
def test_the_code_prints_the_numbers_of_the_page(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    exec(code(state), {})  # noqa: S102 - the program that the page offers
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    found, one = results(state), one_trial(state)
    numbers = {words[0]: [float(word) for word in words[1:]] for words in printed[1:]}
    for name in MEASURES:
        measure = found.measure(name)
        assert numbers[name] == pytest.approx([measure.value, measure.low, measure.high], rel=1e-12, nan_ok=True)
    change = found.change("power")
    assert numbers["power_change"] == pytest.approx([change.change, change.mcse], rel=1e-12)
    for rate in one.rates.rows if one.rates is not None else ():
        wanted = [rate.events, rate.exposure, rate.rate_per_1000, rate.ci_low, rate.ci_high]
        assert numbers[rate.kind] == pytest.approx(wanted, rel=1e-12)
    assert (one.rates is None) == ("all" not in numbers)
    assert " ".join(printed[0]) == found.performance.label


def test_the_figure_is_of_the_trials_that_are_judged() -> None:
    state = State(people_per_arm=30)
    mean = results(state).measure("mean_estimate").value
    assert distribution(state).estimates["average_pain"][-1].mean() == pytest.approx(mean, rel=1e-9)


def test_the_words_say_what_changed_and_by_how_much() -> None:
    sentences = what_changed(results(State(people_per_arm=40, effect_average_pain=-10)))
    assert sentences[0].startswith("Changed: effect on average pain \N{MINUS SIGN}10 (ASTEROID: \N{MINUS SIGN}15.3)")
    assert "people per arm 40 (ASTEROID: 20)" in sentences[0]
    assert re.search(r"from [\d.]+ % under ASTEROID to [\d.]+ %: .* percentage points \(95 % limits", sentences[1])
    assert "that is not there" in summary(results(State(effect_average_pain=0)))


def test_the_rates_of_the_trial_have_the_level_of_the_page() -> None:
    state = State(level=0.9)
    one = one_trial(state)
    assert one.rates == event_rates(one.trial, level=0.9)
