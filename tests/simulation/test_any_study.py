"""Studies that nobody wrote Python for go through everything: one made up, one ASTEROID with a fourth outcome."""

import shutil
from pathlib import Path
from typing import Any

import pytest

import asteroid_repro as ar
from asteroid_repro.estimate.effects.methods import METHODS
from asteroid_repro.reproduction import reproduce

STRETCHING = Path(__file__).parents[1] / "studies" / "stretching"
ASTEROID = ar.study().folder
FOURTH = {
    "study.toml": """
[outcomes.vitality]
label = "Vitality"
minimum = 0
maximum = 20
step = 1
better = "higher"
important = 2
""",
    "assumptions.toml": """
[vitality]
treatment_baseline = { value = 9, because = "made up" }
reference_baseline = { value = 9, because = "made up" }
reference_change = { value = [0, 0], because = "made up" }
effect = { value = [1, 2], because = "made up" }
sd = { value = 4, because = "made up" }
""",
}


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> ar.Study:
    """Return ASTEROID with a fourth outcome, added in TOML alone."""
    folder = tmp_path_factory.mktemp("studies") / "asteroid_and_vitality"
    shutil.copytree(ASTEROID, folder)
    for name, more in FOURTH.items():
        path = folder / name
        path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    path = folder / "assumptions.toml"
    three, rows = "[[1, 0.7, 0.5], [0.7, 1, 0.5], [0.5, 0.5, 1]]", [[1, 0.7, 0.5, -0.3], [0.7, 1, 0.5, -0.3]]
    text = path.read_text(encoding="utf-8")
    assert three in text
    four_rows = [*rows, [0.5, 0.5, 1, -0.3], [-0.3, -0.3, -0.3, 1]]
    path.write_text(text.replace(three, str(four_rows)), encoding="utf-8")
    return ar.study(folder)


@pytest.fixture(scope="module", params=["stretching", "four"])
def studied(request: pytest.FixtureRequest) -> ar.Study:
    """Return one study after the other."""
    found: ar.Study = ar.study(STRETCHING) if request.param == "stretching" else request.getfixturevalue("four")
    return found


def test_the_fourth_outcome_changes_nothing_of_the_other_arms_people(four: ar.Study) -> None:
    assert four.assumptions.design.outcome_names[:3] == ar.ASTEROID.design.outcome_names
    assert four.scenario("no_effect").outcome("vitality").effect == (0.0, 0.0)
    assert four.assumptions.without_effect().outcome("vitality").effect == (0.0, 0.0)


def test_every_method_estimates_every_outcome(studied: ar.Study) -> None:
    trial = ar.simulate_trial(studied.assumptions, seed=1)
    spaced = len({b - a for a, b in zip(studied.design.visits, studied.design.visits[1:], strict=False)}) == 1
    for method, own in METHODS.items():
        if own.equally_spaced and not spaced:
            continue
        for distribution in own.distributions:
            effects = ar.estimate_effects(trial, method=method, distribution=distribution)
            assert {row.outcome for row in effects.rows} == set(studied.design.outcome_names)
            assert len(effects.rows) == len(studied.design.outcomes) * (len(studied.design.visits) - 1)


def test_operating_characteristics_what_if_and_planning(studied: ar.Study) -> None:
    assumed, last = studied.assumptions, studied.design.visits[-1]
    how: dict[str, Any] = {"trials": 600, "seed": 1}
    found = ar.operating_characteristics(assumed, **how)
    nothing = ar.operating_characteristics(studied.scenario("no_effect"), **how)
    changed = ar.what_if(assumed, studied.scenario("no_effect"), **how)
    for outcome in studied.design.outcome_names:
        bias = found.value(outcome, "bias", last)
        assert abs(bias.value) <= 4 * bias.mcse
        assert found.value(outcome, "favours_treatment").value > nothing.value(outcome, "favours_treatment").value
        assert {row.outcome for row in changed.rows} >= {outcome}
    assert ar.sample_size(assumed, power=0.8, trials=400, seed=1).people_per_arm >= 2
    assert ar.power_curve(assumed, {"people_per_arm": [20, 60]}, trials=400, seed=1).to_frame().shape[0] > 0


def test_claims_are_verified_and_a_planted_wrong_one_fails(studied: ar.Study, tmp_path: Path) -> None:
    right = ar.verify(studied, seed=1, trials=2000)
    assert right.ok
    folder = tmp_path / "planted"
    shutil.copytree(studied.folder, folder)
    claims = folder / "claims.toml"
    role = next(row.claim for row in right.rows if row.role == "derived" and row.verdict == "passed")
    before, _, after = claims.read_text(encoding="utf-8").partition(f'id = "{role}"')
    printed = studied.ledger[role].printed
    claims.write_text(
        before + f'id = "{role}"' + after.replace(f'printed = "{printed}"', 'printed = "987"', 1), "utf-8"
    )
    wrong = ar.verify(ar.study(folder), seed=1, trials=2000)
    assert role in [row.claim for row in wrong.rows if row.verdict == "failed"]
    assert not wrong.ok


def test_the_audit_and_everything_that_reproduce_writes(studied: ar.Study, tmp_path: Path) -> None:
    assert len(ar.audit(studied).to_frame()) > 0
    done = reproduce(tmp_path, studied, trials=300)
    names = {path.name for path in done.files}
    assert "forest.png" in names
    for outcome in studied.design.outcome_names:
        assert f"trajectories-{outcome.replace('_', '-')}.svg" in names
    assert ("running-hours.png" in names) == (studied.assumptions.n_sessions > 0)


def test_tables_for_a_paper_name_what_is_better(studied: ar.Study) -> None:
    trial = ar.simulate_trial(studied.assumptions, seed=1)
    shown = ar.effects_table(ar.estimate_effects(trial)).markdown()
    for outcome in studied.design.outcomes:
        assert outcome.label in shown or outcome.name.replace("_", " ").capitalize() in shown
    assert studied.design.treatment.label in ar.table_one(trial).markdown()


def test_the_what_if_page_answers_for_every_outcome(studied: ar.Study) -> None:
    pytest.importorskip("panel", reason="the what-if page needs the extra app")
    from asteroid_repro.app.html import comparison, headline
    from asteroid_repro.app.page import page_of
    from asteroid_repro.tables.rounding import number

    for outcome in studied.design.outcomes:
        for wanted, word in ((1, "benefit"), (-1, "harm")):
            effect = wanted if outcome.better == "higher" else -wanted
            state = page_of(f"outcome={outcome.name}&{outcome.name}.effect={effect}", studied).state
            way = "raised" if effect > 0 else "lowered"
            found = f"would find {outcome.label} {way} by {studied.design.treatment.label}"
            said = headline(state).lower()
            assert found.lower() in said
            assert f", a {word}; with " in said
            assert f"changed: effect on {outcome.label} {number(effect, 0)} (".lower() in comparison(state).lower()
