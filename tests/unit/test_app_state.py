"""The state of the what-if page: it comes back from a link or a file, and its code prints its numbers."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.patches import Rectangle

import asteroid_repro as ar
from asteroid_repro import ASTEROID, InputError
from asteroid_repro.app.code import MEASURES, code
from asteroid_repro.app.controls import NOT_ASSUMED, Control, controls_of
from asteroid_repro.app.figures import distribution_figure
from asteroid_repro.app.results import against_start, change, distribution, measure, one_trial, performance, rates
from asteroid_repro.app.state import State, from_query, from_toml
from asteroid_repro.app.words import percent, points, summary, what_changed

FEW = settings(max_examples=60)
STUDY, BREATHING = ar.study(), ar.study(Path(__file__).parents[1] / "studies" / "breathing")
STUDIES = {"asteroid": STUDY, "breathing": BREATHING}


def of(study: ar.Study = STUDY, **changes: Any) -> State:
    """Return a state; two underscores stand for a dot."""
    return State(study, {name.replace("__", "."): value for name, value in changes.items()})


def _value(control: Control) -> st.SearchStrategy[Any]:
    if control.choices is not None:
        return st.sampled_from(sorted(control.choices))
    low, high = (end / control.scale for end in control.ends)
    return st.integers(int(low), int(high)) if isinstance(control.start, int) else st.floats(low, high)


@st.composite
def states(draw: Callable[..., Any]) -> State:
    """Draw a state that can exist, by moving a few controls and leaving out what is impossible."""
    state = State(draw(st.sampled_from(list(STUDIES.values()))))
    for name in draw(st.lists(st.sampled_from(sorted(state.controls)), unique=True, max_size=6)):
        try:
            state = State(state.study, {**state.changes, name: draw(_value(state.controls[name]))})
        except InputError:
            continue
    return state


def test_left_alone_the_page_is_the_study() -> None:
    assert State().assumptions is ASTEROID
    assert State(BREATHING).assumptions is BREATHING.assumptions
    assert (State().to_query(), State().assumed) == ("", {})


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_every_control_is_a_value_of_the_assumptions_and_starts_in_its_range(study: ar.Study) -> None:
    controls = controls_of(study)
    for name, control in controls.items():
        low, high = control.ends
        assert control.start in control.choices if control.choices else low <= control.start * control.scale <= high
        assert control.label
        assert name in NOT_ASSUMED or name == "people_per_arm" or (name in study.assumptions.values() and control.help)


def test_the_controls_of_a_study_are_its_outcomes_arms_and_events_in_its_words() -> None:
    controls = controls_of(BREATHING)
    assert [control.label for control in controls.values()] == [
        "Outcome shown",
        "Effect on walking distance",
        "Effect on breathlessness",
        "SD of walking distance",
        "SD of breathlessness",
        "Correlation between visits",
        "People per arm",
        "Drop-out, breathing exercises",
        "Drop-out, leaflet",
        "Why people drop out",
        "Dizziness events, breathing exercises",
        "Dizziness events, leaflet",
        "Fall events, breathing exercises",
        "Fall events, leaflet",
        "Method",
        "Confidence level",
        "Seed of the many trials",
        "Seed of the trial shown",
    ]
    assert controls["walking.effect"].group == "Effect of breathing exercises at week 26"
    assert (
        controls["walking.effect"].unit
        == "metres, breathing exercises minus leaflet; \N{UPWARDS ARROW} above 0 is a benefit"
    )
    assert controls["adverse_events.fall.rate"].unit == "events per 1000 person-weeks"
    assert (controls["method"].start, controls["level"].start) == ("ancova", 0.9)


def test_the_range_of_an_effect_is_that_of_its_scale_farther_towards_what_is_better() -> None:
    assert controls_of(STUDY)["average_pain.effect"].ends == (-45, 15)
    assert controls_of(BREATHING)["breathlessness.effect"].ends == (-4.5, 1.5)
    assert controls_of(BREATHING)["walking.effect"].ends == (-240, 240)  # three SDs on a scale without ends


def test_without_a_programme_nothing_is_said_of_sessions() -> None:
    text = " ".join(f"{one.group} {one.label} {one.unit}" for one in controls_of(BREATHING).values()).lower()
    assert not re.search(r"session|attend|programme|running|hour", text)


@FEW
@given(states())
def test_a_link_and_a_file_restore_the_state(state: State) -> None:
    assert from_query(state.to_query(), state.study) == state
    assert from_query("?" + state.to_query(), state.study) == state
    assert from_toml(state.to_toml(), state.study) == state


@FEW
@given(state=states())
def test_the_file_is_a_scenario_of_the_study(state: State, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("state") / "what-if.toml"
    path.write_text(state.to_toml(), encoding="utf-8")
    record = ar.scenario(str(path), state.study.folder)
    assert record.values() == state.assumptions.values() | {"name": "what-if"}


@FEW
@given(states())
def test_no_state_asks_for_unbounded_work(state: State) -> None:
    assert 256 <= state.trials <= 2000
    record = state.assumptions
    assert record.n_people * len(record.visits) * len(record.outcomes) * state.trials <= max(1_800_000, 256 * 9000)


def test_every_control_reaches_the_assumptions() -> None:
    got = of(
        disability__effect=-3, current_pain__sd=18, visit_correlation=0.4, people_per_arm=30, missing_treatment=0.1,
        missing_mechanism="mar", adherence_mean=0.6, programme="couch_to_5k", adverse_events__lower_limb__rate=0.05,
    ).assumptions  # fmt: skip
    assert got.disability.effect == (-1.5, -3.0)
    assert got.current_pain.sd == (18.0, 18.0, 18.0)
    assert got.visit_correlation[0] == (1.0, 0.4, 0.4)
    assert (got.n_treatment, got.n_reference) == (30, 30)
    assert (got.missing_treatment, got.missing_reference, got.missing_mechanism) == (0.1, 0.0, "mar")
    assert (got.adherence_mean, got.programme.name, got.adverse_events[0].rate) == (0.6, "couch_to_5k", 0.05)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "people_per_arm=100000",
            "People per arm (people_per_arm) must be a whole number from 5 to 500, got 100000. Correct it.",
        ),
        ("people_per_arm=3.5", "People per arm (people_per_arm) must be a whole number from 5 to 500, got 3.5."),
        ("people_per_arm=many", "People per arm (people_per_arm) must be a whole number from 5 to 500, got 'many'."),
        ("level=2", "Confidence level (level) must be a number from 0.8 to 0.99, got 2. Correct it."),
        (
            "average_pain.effect=NaN",
            "Effect on average pain (average_pain.effect) must be a number from -45 to 15, got nan.",
        ),
        ("adverse_events.syncope.rate=-1", "Syncope events (adverse_events.syncope.rate) must be a number from 0 to"),
        ("method=lmm", "Method (method) must be one of random_intercept, mmrm"),
        ("programme=/etc/passwd.toml", "Programme (programme) must be one of asteroid"),
        (
            "people_per_arms=30",
            "control must be one of the page, got 'people_per_arms'. Did you mean",
        ),
        ("seed=1&seed=2", "seed must be given once, got it twice. Leave one out."),
        ("adherence_sd=0.5", "adherence_sd must be between"),
        ("average_pain.effect=-44", "treatment mean at week 12 must be inside the scale"),
        ("disability.sd=45", "sd must be below"),
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
    with pytest.raises(InputError, match="'n_treatment'"):
        from_toml("n_treatment = 30")


def test_a_file_may_be_written_by_hand() -> None:
    assert from_toml('name = "mine"\npeople_per_arm = 40\n[average_pain]\neffect = -8').changes == {
        "average_pain.effect": -8,
        "people_per_arm": 40,
    }


def test_the_file_explains_what_it_changes_and_holds_no_more() -> None:
    state = of(people_per_arm=30, adverse_events__lower_limb__rate=0.05, method="ancova", outcome="disability")
    text = state.to_toml()
    assert set(tomllib.loads(text)) == {"people_per_arm", "adverse_events", "because"}
    assert "# Lower limb events (Events per running hour.)" in text
    assert '# what-if page: method = "ancova"' in text


@pytest.mark.parametrize(
    "state",
    [
        State(),
        of(outcome="disability", disability__effect=-3, people_per_arm=30, method="ancova", level=0.9, seed=3),
        of(missing_treatment=0.2, missing_mechanism="mnar", visit_correlation=0.6, trial_seed=7),
        of(programme="walking_only", average_pain__effect=0, adverse_events__lower_limb__rate=0.05),
        of(BREATHING, outcome="breathlessness", people_per_arm=25, adverse_events__fall__rate=0.02),
    ],
    ids=["asteroid", "analysis", "missing", "walking", "breathing"],
)
def test_the_code_prints_the_numbers_of_the_page(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    exec(code(state), {})  # noqa: S102 - the program that the page offers
    label, *lines = capsys.readouterr().out.splitlines()
    printed = [line.split() for line in lines]
    numbers = {words[0]: [float(word) for word in words[1:]] for words in printed[: len(MEASURES) + 1]}
    for name in MEASURES:
        found = measure(state, name)
        assert numbers[name] == pytest.approx([found.value, found.low, found.high], rel=1e-12, nan_ok=True)
    found_change = change(state, "power")
    assert numbers["power_change"] == pytest.approx([found_change.change, found_change.mcse], rel=1e-12)
    shown = rates(one_trial(state), state["level"])
    events = {(words[0], words[1]): [float(word) for word in words[2:]] for words in printed[len(MEASURES) + 1 :]}
    wanted = {
        (rate.arm, rate.kind): [rate.events, rate.exposure, rate.rate_per_1000, rate.ci_low, rate.ci_high]
        for rate in (shown.rows if shown else ())
    }
    assert events.keys() == wanted.keys()
    assert all(events[key] == pytest.approx(wanted[key], rel=1e-12) for key in wanted)
    assert label == performance(state).label


def test_the_first_numbers_are_those_of_the_analysis_of_the_paper() -> None:
    assert summary(State()).startswith("84.9 % (84.4 to 85.3) of trials like this would find average pain lowered")
    assert summary(State()).endswith(" by running at week 12, a benefit; with the paper's analysis.")
    wanted = ar.operating_characteristics(ASTEROID, trials=2000, seed=1, method="random_intercept", distribution="z")
    assert performance(State()) == wanted
    assert performance(State(BREATHING)).analysis.method == "ancova"
    assert performance(State(BREATHING)).analysis.level == 0.9
    assert performance(of(method="mmrm")).analysis.distribution == "t"


def test_the_figure_is_of_the_trials_that_are_judged() -> None:
    state = of(people_per_arm=30)
    plain = ar.operating_characteristics(state.assumptions, **state.arguments, control_variate=False)
    mean = plain.value("average_pain", "mean_estimate").value
    assert distribution(state).estimates["average_pain"][-1].mean() == pytest.approx(mean, rel=1e-9)


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_each_outcome_starts_at_its_own_effect_and_spread_under_its_own_name(study: ar.Study) -> None:
    controls = controls_of(study)
    for scale, assumed in zip(study.design.outcomes, study.assumptions.outcomes, strict=True):
        for part, values in (("effect", assumed.effect), ("sd", assumed.sd)):
            control = controls[f"{scale.name}.{part}"]
            assert control.start == values[-1]
            assert scale.label.lower() in control.label.lower()


def test_the_figure_is_of_the_method_of_the_page() -> None:
    """With an imbalance at baseline, change scores and ANCOVA differ in every trial."""
    wanted = ar.sampling_distribution(ASTEROID, trials=2000, seed=1, method="ancova").estimates["current_pain"]
    assert (distribution(of(method="ancova")).estimates["current_pain"] == wanted).all()


def test_the_figure_of_the_page_is_of_the_last_visit() -> None:
    state = of(outcome="disability")
    estimates = distribution(state).estimates["disability"][-1]
    (axes,) = distribution_figure(state).axes
    bars = [bar for bar in axes.patches[1:] if isinstance(bar, Rectangle)]  # the first is the shaded band
    assert bars[0].get_x() <= estimates.min() <= bars[0].get_x() + bars[0].get_width()
    assert bars[-1].get_x() <= estimates.max() <= bars[-1].get_x() + bars[-1].get_width()


def test_another_outcome_shown_needs_no_new_trials() -> None:
    state = of(people_per_arm=30)
    assert performance(state) is performance(of(people_per_arm=30, outcome="disability", trial_seed=3))
    assert against_start(state) is against_start(of(people_per_arm=30, outcome="disability"))


def test_the_words_say_what_changed_and_by_how_much() -> None:
    sentences = what_changed(of(people_per_arm=40, average_pain__effect=-10))
    assert sentences[0].startswith("Changed: effect on average pain \N{MINUS SIGN}10 (ASTEROID: \N{MINUS SIGN}15.3)")
    assert "people per arm 40 (ASTEROID: 20)" in sentences[0]
    assert re.search(r"from [\d.]+ % under ASTEROID to [\d.]+ %: .* percentage points \(95 % limits", sentences[1])
    assert "favour running under ASTEROID only" in sentences[2]
    assert "that is not there" in summary(of(average_pain__effect=0))


def test_the_words_give_the_study_s_numbers_first_and_those_of_the_page_as_the_new_ones() -> None:
    state = of(people_per_arm=40)
    _, power, _, precision = what_changed(state)
    found, width = change(state, "power"), change(state, "interval_width")
    assert found.base < found.changed
    assert f"from {percent(found.base)} under ASTEROID to {percent(found.changed)}: " in power
    assert width.changed < width.base
    assert f"is {points(width.changed)} points wide on average (ASTEROID: {points(width.base)})." in precision


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (of(average_pain__effect=5), "find average pain raised by running at week 12, a harm"),
        (State(BREATHING), "find walking distance raised by breathing exercises at week 26, a benefit"),
        (of(BREATHING, walking__effect=-60), "walking distance lowered by breathing exercises at week 26, a harm"),
        (
            of(BREATHING, outcome="breathlessness"),
            "breathlessness lowered by breathing exercises at week 26, a benefit",
        ),
    ],
)
def test_benefit_and_harm_follow_which_way_is_better(state: State, words: str) -> None:
    assert words in summary(state)


def test_the_words_of_a_study_are_its_own() -> None:
    sentences = " ".join(what_changed(of(BREATHING, walking__effect=50)))
    assert "effect on walking distance 50 (BREATHE: 30)" in sentences
    assert "favour breathing exercises under BREATHE only" in sentences
    assert "The 90 % interval is" in sentences
    assert "metres wide" in sentences


def test_the_share_of_the_sentence_has_the_right_sign() -> None:
    state = of(average_pain__effect=-1)
    power, wrong = measure(state, "power").value, measure(state, "type_s").value
    assert wrong > 0
    assert f"{100 * power * (1 - wrong):.1f} %" in summary(state)


def test_the_rates_of_the_trial_have_the_level_of_the_page() -> None:
    trial = one_trial(of(level=0.9))
    assert rates(trial, 0.9) == ar.event_rates(trial, level=0.9)
