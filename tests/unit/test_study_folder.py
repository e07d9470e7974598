"""A trial is a folder: what is in it, that another trial needs no Python, and that nothing changes under a record."""

import shutil
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from asteroid_repro import (
    ASTEROID,
    InputError,
    Study,
    TrialAssumptions,
    inference_ledger,
    published,
    scenario,
    scenario_names,
    simulate_trial,
    study,
    study_names,
    verify,
)
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.mechanism.scale_bounds import floor_and_ceiling
from asteroid_repro.simulate.block import simulate_block
from asteroid_repro.study_contents import study_contents
from asteroid_repro.tables.checking import check_table

FOLDER = Path(__file__).parents[1] / "studies" / "stretching"
STRETCHING = study(FOLDER)


def asteroid_with(folder: Path, **appended: str) -> Study:
    """Copy ASTEROID's folder and append lines to some of its files."""
    shutil.copytree(study().folder, folder)
    for name, text in appended.items():
        path = folder / f"{name}.toml"
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    return study(folder)


def replaced(path: Path, old: str, new: str) -> None:
    """Replace a text that a file has once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (path, old)
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def four_outcomes(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """ASTEROID with a fourth outcome, added in TOML alone."""
    folder = tmp_path_factory.mktemp("studies") / "asteroid4"
    scale = 'label = "Sleep"\nminimum = 0\nmaximum = 21\nstep = 1\nbetter = "lower"\nimportant = 3\n'
    parts = {
        "treatment_baseline": "8",
        "reference_baseline": "8.5",
        "reference_change": "[-0.2, -0.4]",
        "effect": "[-1, -2]",
        "sd": "3.5",
    }
    assumed = "".join(f'{name} = {{ value = {value}, because = "made up" }}\n' for name, value in parts.items())
    made = asteroid_with(folder, study=f"\n[outcomes.sleep]\n{scale}", assumptions=f"\n[sleep]\n{assumed}")
    replaced(
        folder / "assumptions.toml",
        "[[1, 0.7, 0.5], [0.7, 1, 0.5], [0.5, 0.5, 1]]",
        "[[1, 0.7, 0.5, 0.3], [0.7, 1, 0.5, 0.3], [0.5, 0.5, 1, 0.3], [0.3, 0.3, 0.3, 1]]",
    )
    return made


# What is in a folder ---------------------------------------------------------------------------------------------


def test_the_shipped_studies_are_those_with_a_design() -> None:
    assert study_names() == ["asteroid", "acupuncture_headache", "neck_pain"]
    assert study() is study("asteroid")
    assert study().assumptions is ASTEROID
    assert study(study().folder) == study()  # the same folder and design, read again


def test_a_study_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        STRETCHING.folder = Path()  # type: ignore[misc]


def test_the_made_up_study_is_what_its_folder_says() -> None:
    design = STRETCHING.design
    assert design.arm_names == ("stretching", "usual_care")
    assert design.outcome_names == ("back_function", "sleep")
    assert list(design.visits) == [0, 4, 26, 52]
    assert [outcome.sign for outcome in design.outcomes] == [1, -1]
    assert (design.outcome("back_function").n_steps, design.outcome("sleep").n_steps) == (20, None)
    assert design.kinds == ("muscle_pain", "fall")
    assert (design.analysis.method, design.analysis.distribution, design.analysis.level) == ("ancova", "t", 0.95)
    assert STRETCHING.assumptions.sessions is None
    assert STRETCHING.assumptions.n_sessions == 0
    assert STRETCHING.programmes == ()
    assert STRETCHING.screening is None
    assert {claim.role for claim in STRETCHING.ledger.claims} == {"fitted", "derived", "predicted", "context"}


def test_values_of_the_made_up_study_come_from_its_claims() -> None:
    record = STRETCHING.assumptions
    assert record.arm_sizes == (40, 38)
    # Adjusting at slope 0.6 adds 0.4 of the difference at baseline, 4.1 - 4.3, to the difference in change.
    assert record.back_function.effect == pytest.approx((0.512, 1.024, 1.28), rel=1e-12)
    # Back from the SD to the printed lower limit: the analysis of covariance at correlation 0.6, t with 75 df.
    se = record.back_function.sd[0] * np.sqrt((1 / 40 + 1 / 38) * (1 - 0.36) * (1 + 1 / 74))
    assert 1.2 - 1.9921 * se == pytest.approx(0.35, abs=1e-12)
    assert record.cross_outcome_correlation == ((1.0, -0.4), (-0.4, 1.0))
    assert [event.name for event in record.adverse_events] == ["muscle_pain", "fall"]  # the order of the design


def test_scenarios_of_a_folder_are_public_by_name_and_by_path() -> None:
    assert scenario_names(FOLDER) == ["stretching", "drop_out", "no_effect"]
    assert scenario("stretching", FOLDER) == STRETCHING.assumptions
    lost = scenario("drop_out", FOLDER)
    assert (lost.missing_treatment, lost.missing_mechanism) == (0.3, "mnar")
    assert STRETCHING.scenario_record("drop_out").source.startswith("Claims people.all. Assumption: three in ten")
    assert STRETCHING.scenario(FOLDER / "scenarios" / "drop_out.toml") == lost


def test_assumptions_may_have_a_name_of_their_own(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "mine")
    replaced(tmp_path / "mine" / "assumptions.toml", "description = ", 'name = "Cautious"\ndescription = ')
    record = study(tmp_path / "mine").assumptions
    assert (record.name, record.design.name) == ("Cautious", "Stretching")
    assert "(Cautious, seed 1" in simulate_trial(record, seed=1).label


def test_a_folder_of_print_alone_has_a_ledger_and_no_assumptions(tmp_path: Path) -> None:
    for name in ("study.toml", "claims.toml", "sources.toml"):
        shutil.copy(FOLDER / name, tmp_path)
    own = study(tmp_path)
    assert len(own.ledger.claims) == len(STRETCHING.ledger.claims)
    assert not own.has_assumptions
    with pytest.raises(InputError, match=r"must hold assumptions\.toml to simulate, got none"):
        _ = own.assumptions


def test_a_folder_of_assumptions_alone_simulates(tmp_path: Path) -> None:
    study_file = 'name = "A"\ntitle = "B"\nvisits = [0, 1.5]\n[treatment]\nname = "a"\nlabel = "A"\n[reference]\n'
    study_file += (
        'name = "b"\nlabel = "B"\n[analysis]\nmethod = "ancova"\n[outcomes.y]\nlabel = "Y"\nbetter = "higher"\n'
    )
    (tmp_path / "study.toml").write_text(study_file, encoding="utf-8")
    values = {
        "people_per_arm": 5, "visit_correlation": 0.5, "cross_outcome_correlation": 0, "driving_outcome": '"y"',
        "every_outcome.treatment_baseline": 0, "every_outcome.reference_baseline": 0,
        "y.reference_change": [0], "y.effect": 1, "y.sd": 2,
    }  # fmt: skip
    lines = [f'{name} = {{ value = {value}, because = "made up" }}' for name, value in values.items()]
    (tmp_path / "assumptions.toml").write_text("\n".join(lines), encoding="utf-8")
    record = study(tmp_path).assumptions
    assert record.cross_outcome_correlation == ((1.0,),)
    assert record.outcome("y").effect == (1.0,)
    assert {record.source(name) for name in ("n_treatment", "n_reference", "y.reference_baseline")} == {
        "Assumption: made up."
    }
    trial = simulate_trial(record, seed=1)
    assert trial.outcomes["week"].unique().tolist() == [0, 1.5]
    assert trial.adverse_events.empty
    assert record.without_effect().with_effect(y=3).outcome("y").effect == (3.0,)  # one visit: no ratio to keep


# One simulated trial ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_a_simulated_trial_goes_by_the_names_of_the_study(seed: int) -> None:
    trial = simulate_trial(STRETCHING.assumptions, seed=seed)
    people, outcomes, events = trial.participants, trial.outcomes, trial.adverse_events
    assert people["arm"].value_counts().to_dict() == {"stretching": 40, "usual_care": 38}
    assert list(people.columns) == ["participant", "arm", "age_years", "work"]
    assert set(people["work"]) == {"paid", "none"}
    assert people["age_years"].between(18, 80).all()
    assert set(outcomes["outcome"]) == {"back_function", "sleep"}
    assert sorted(outcomes["week"].unique()) == [0, 4, 26, 52]
    assert len(outcomes) == 78 * 2 * 4
    arm = people.set_index("participant")["arm"]
    assert (outcomes["participant"].map(arm) == outcomes["arm"]).all()
    back_function = outcomes.loc[outcomes["outcome"] == "back_function", "value"]
    assert back_function.between(0, 10).all()
    assert (back_function % 0.5 == 0).all()
    assert (outcomes.loc[outcomes["outcome"] == "sleep", "value"] % 0.5 != 0).all()
    assert trial.sessions.empty
    assert list(events.columns) == ["participant", "week", "kind", "serious"]
    assert set(events["kind"]) == {"muscle_pain", "fall"}
    assert events["week"].between(1, 52).all()
    assert events["week"].is_monotonic_increasing
    assert set(events["participant"].map(arm)) == {"stretching", "usual_care"}
    assert "Stretching" in trial.label
    for name, table in trial.tables().items():
        if len(table):
            pd.testing.assert_frame_equal(check_table(table, name), table)


def test_the_trial_is_the_first_of_its_block() -> None:
    record = STRETCHING.assumptions
    block = simulate_block(solve(record), 5, 0, 7)
    trial = simulate_trial(record, seed=5)
    for arm, scores in zip(record.design.arm_names, (block.outcomes.treatment, block.outcomes.reference), strict=True):
        own = trial.outcomes[trial.outcomes["arm"] == arm]
        wide = own.pivot_table(index="participant", columns=["outcome", "week"], values="value")
        assert sorted(map(tuple, wide.to_numpy())) == sorted(map(tuple, scores[..., 0].reshape(8, -1).T))
    counts = trial.adverse_events["kind"].value_counts()
    assert counts.to_dict() == dict(zip(record.design.kinds, block.other_events[..., 0].sum(axis=1), strict=True))
    assert trial.adverse_events["serious"].sum() == block.other_serious[..., 0].sum()
    np.testing.assert_array_equal(block.events, block.other_events.sum(axis=1))


def test_events_of_a_year_are_spread_over_the_year() -> None:
    many = STRETCHING.assumptions.with_values(adverse_events={"fall": {"rate": 1.0, "reference_rate": 1.0}})
    weeks = simulate_trial(many, seed=3).adverse_events["week"]
    assert len(weeks) > 2000
    assert sorted(weeks.unique()) == list(range(1, 53))
    assert abs(weeks.mean() - 26.5) < 4 * 15 / np.sqrt(len(weeks))


def test_a_reference_arm_beside_a_programme_has_its_events_without_sessions() -> None:
    record = ASTEROID.with_values(**{"adverse_events.syncope.reference_rate": 0.2})
    trial = simulate_trial(record, seed=1)
    arm = trial.participants.set_index("participant")["arm"]
    outside = trial.adverse_events[trial.adverse_events["session"].isna()]
    assert set(outside["participant"].map(arm)) == {"waitlist"}
    assert set(outside["kind"]) == {"syncope"}
    assert 20 < len(outside) < 90  # 48 expected
    inside = trial.adverse_events.dropna(subset="session").astype({"session": int})
    before = simulate_trial(ASTEROID, seed=1).adverse_events
    pd.testing.assert_frame_equal(inside.reset_index(drop=True), before)
    checked = check_table(trial.adverse_events, "adverse_events", arms=None, kinds=record.design.kinds)
    assert len(checked) == len(trial.adverse_events)


def test_missed_visits_stay_in_the_table_without_a_value() -> None:
    trial = simulate_trial(scenario("drop_out", FOLDER), seed=1)
    gone = trial.outcomes.assign(gone=trial.outcomes["value"].isna())
    missing = gone.pivot_table(index="participant", columns=["outcome", "week"], values="gone", aggfunc="any")
    assert not missing.xs(0, axis=1, level="week").to_numpy().any()
    assert 8 < missing[("sleep", 52)].sum() < 38
    assert (missing["sleep"] == missing["back_function"]).to_numpy().all()


def test_floor_and_ceiling_are_told_of_the_scales_that_have_ends() -> None:
    table = floor_and_ceiling(STRETCHING.assumptions)
    assert set(table["outcome"]) == {"back_function"}
    assert table["arm"].tolist() == ["stretching"] * 4 + ["usual_care"] * 4
    assert table["week"].tolist() == [0, 4, 26, 52] * 2
    np.testing.assert_allclose(table["mean"][:4], STRETCHING.assumptions.means("back_function")["treatment"], atol=1e-8)
    assert (table[["floor_share", "ceiling_share"]] > 0).all().all()


# Any number of outcomes ------------------------------------------------------------------------------------------


def test_a_fourth_outcome_is_added_in_toml_alone(four_outcomes: Study) -> None:
    record = four_outcomes.assumptions
    assert record.design.outcome_names == ("average_pain", "current_pain", "disability", "sleep")
    trial = simulate_trial(record, seed=1)
    sleep = trial.outcomes.loc[trial.outcomes["outcome"] == "sleep", "value"]
    assert len(sleep) == 120
    assert sleep.between(0, 21).all()
    assert len(trial.sessions) == 720
    # The people, their programme and its events are ASTEROID's own.
    own = simulate_trial(ASTEROID, seed=1)
    for name in ("participants", "adverse_events"):
        pd.testing.assert_frame_equal(trial.tables()[name], own.tables()[name])


def test_no_effect_is_none_on_any_of_four_outcomes(four_outcomes: Study) -> None:
    for name in ("no_effect", "waitlist", "walking_only", "prognostic_adherence_no_effect"):
        effects = [outcome.effect for outcome in four_outcomes.scenario(name).outcomes]
        assert effects == [(0.0, 0.0)] * 4
    record = four_outcomes.assumptions
    assert [outcome.effect for outcome in record.without_effect().outcomes] == [(0.0, 0.0)] * 4
    assert record.sleep.effect == (-1.0, -2.0)
    assert record.with_equal_baselines().sleep.treatment_baseline == 8.25


def test_one_effect_a_person_bears_on_all_four_outcomes(four_outcomes: Study) -> None:
    record = four_outcomes.assumptions.with_values(effect_variation=1.0, n_treatment=400, n_reference=2)
    none = record.without_effect()
    ours, theirs = (simulate_block(solve(each), 4, 0, 20).complete.treatment for each in (record, none))
    gain = (ours - theirs)[:, -1].reshape(4, -1)
    assert np.corrcoef(gain)[3, :3].min() > 0.5


@pytest.mark.parametrize("outcome", ["back_function", "sleep"])
def test_one_outcome_will_do(tmp_path: Path, outcome: str) -> None:
    shutil.copytree(FOLDER, tmp_path / "one")
    other = {"back_function": "sleep", "sleep": "back_function"}[outcome]
    for name, table in (("study", f"outcomes.{other}"), ("assumptions", other)):
        path = tmp_path / "one" / f"{name}.toml"
        before, _, after = path.read_text(encoding="utf-8").partition(f"[{table}]\n")
        path.write_text(before + after[after.index("\n[") + 1 :], encoding="utf-8")
    replaced(tmp_path / "one" / "assumptions.toml", 'value = "back_function"', f'value = "{outcome}"')
    record = study(tmp_path / "one").assumptions
    assert record.design.outcome_names == (outcome,)
    assert record.cross_outcome_correlation == ((1.0,),)
    assert set(simulate_trial(record, seed=1).outcomes["outcome"]) == {outcome}


# Nothing changes under a record ----------------------------------------------------------------------------------


def results(record: TrialAssumptions) -> pd.DataFrame:
    """Return what hangs on the programme."""
    return simulate_trial(record, seed=2).sessions


def test_a_programme_edited_after_the_record_was_made_changes_nothing(tmp_path: Path) -> None:
    own = asteroid_with(tmp_path / "asteroid")
    path = tmp_path / "asteroid" / "programmes" / "short_jogs.toml"
    record = own.assumptions.with_values(programme="short_jogs")
    from_file = ASTEROID.with_values(programme=str(path))
    before = results(record)
    replaced(path, "weeks = 12", "weeks = 3")
    pd.testing.assert_frame_equal(results(record), before)
    pd.testing.assert_frame_equal(results(from_file), before)
    solve.cache_clear()
    pd.testing.assert_frame_equal(results(record), before)
    assert record.with_values(adherence_mean=0.6).programme.weeks == 12  # a copy keeps what was read
    assert own.assumptions.with_values(programme="short_jogs").programme.weeks == 12  # so does the study
    assert from_file.with_values(name="mine").programme.weeks == 12
    path.unlink()
    assert from_file.with_values(n_treatment=30).programme.weeks == 12
    assert study(tmp_path / "asteroid").programmes != own.programmes  # read anew, it is another study


def test_assumptions_edited_after_they_were_read_change_nothing(tmp_path: Path) -> None:
    own = asteroid_with(tmp_path / "asteroid")
    record = own.assumptions
    path = tmp_path / "asteroid" / "assumptions.toml"
    replaced(path, "running_speed_sd = { value = 1.5", "running_speed_sd = { value = 2.5")
    assert own.assumptions is record
    assert study(tmp_path / "asteroid").assumptions.running_speed_sd == 2.5


def test_a_scenario_edited_after_the_study_was_read_changes_nothing(tmp_path: Path) -> None:
    own = study(shutil.copytree(FOLDER, tmp_path / "stretching"))
    before = own.scenario("no_effect")
    path = own.folder / "scenarios" / "no_effect.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("effect = 0", "effect = [0, 0, 1]"), encoding="utf-8")
    assert own.scenario("no_effect") == before
    assert study(own.folder).scenario("no_effect") != before


def test_assumptions_of_another_study_are_not_held_against_a_ledger() -> None:
    with pytest.raises(InputError, match=r"assumptions must be of the study ASTEROID, got those of Stretching\."):
        verify(seed=1, assumptions=STRETCHING.assumptions, trials=100)
    trial = simulate_trial(STRETCHING.assumptions, seed=1)
    with pytest.raises(InputError, match=r"ledger must be given for a trial of Stretching, got none\."):
        inference_ledger(trial, "back_function")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("study.toml", 'method = "ancova"', 'method = "ancva"', "Did you mean 'ancova'?"),
        ("study.toml", 'distribution = "t"', 'distribution = "kenward_roger"', "distribution must be one of"),
    ],
)
def test_study_check_refuses_an_analysis_that_does_not_exist(
    file: str, old: str, new: str, said: str, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "stretching"))
    path = folder / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=r"study\.toml") as caught:
        study_contents(study(folder))
    assert said in str(caught.value)


def test_study_check_names_claims_about_what_the_trial_does_not_have(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "stretching"))
    path = folder / "claims.toml"
    text = path.read_text(encoding="utf-8")
    assert "week = 26" in text
    path.write_text(text.replace("week = 26", "week = 30"), encoding="utf-8")
    assert any("no visit at week 30" in line for line in study_contents(study(folder)))


def test_the_important_changes_of_asteroid_are_the_published_yardsticks() -> None:
    claimed = {scale: published()[f"yardstick.minimal_important_change.{scale}"].value for scale in ("vas", "odi")}
    important = {outcome.name: outcome.important for outcome in study().design.outcomes}
    assert important == {name: claimed["odi" if name == "disability" else "vas"] for name in important}
