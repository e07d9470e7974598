"""The named scenarios: each loads, differs from ASTEROID as it says, and names its source."""

import json
import re

import pytest
from typer import Typer
from typer.testing import CliRunner

from asteroid_repro import (
    ASTEROID,
    InputError,
    programme,
    programme_names,
    published,
    scenario,
    scenario_names,
    simulate_trial,
    study,
)


def app() -> Typer:
    """Return the command line, imported here so that the other tests need none of it."""
    from asteroid_repro.cli.commands import app as command_line

    return command_line


OTHERS = [name for name in scenario_names() if name != "asteroid"]
PROGRAMMES = [name for name in programme_names() if name != "asteroid"]
WITHOUT_EFFECT = ("no_effect", "prognostic_adherence_no_effect", "waitlist", "walking_only")
CLAIM = re.compile(r"[a-z]\w*(?:\.\w+)+")


def changed(name: str) -> dict[str, object]:
    """Return the values, name and description aside, in which a scenario differs from ASTEROID."""
    own, base = scenario(name).values(), ASTEROID.values()
    assert list(own) == list(base)
    return {key: own[key] for key in own if own[key] != base[key] and key not in {"name", "description"}}


def test_each_programme_has_a_scenario_and_the_mechanisms_have_theirs() -> None:
    assert set(OTHERS) == {
        *PROGRAMMES, "no_effect", "decaying_correlation", "prognostic_adherence", "prognostic_adherence_no_effect",
        "dose_dependent_effect", "varying_effects", "decaying_same_error", "neck_pain_correlations",
        "headache_correlation",
    }  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_every_scenario_loads_and_differs_from_asteroid(name: str) -> None:
    assert scenario(name).name == name
    assert changed(name)


@pytest.mark.parametrize("name", OTHERS)
def test_every_scenario_describes_itself_in_two_lines(name: str) -> None:
    description = scenario(name).description
    assert description != ASTEROID.description
    assert description.endswith(".")
    assert len(description) <= 240
    assert "\n" not in description


@pytest.mark.parametrize("name", scenario_names())
def test_every_scenario_names_claims_or_none_and_what_is_assumed(name: str) -> None:
    record = study().scenario_record(name)
    assert record.name == name
    assert bool(record.claims) == record.source.startswith("Claims ")
    assert "Assumption: " in record.source
    known = {claim.id for claim in published().claims}
    assert set(record.claims) <= known
    assert set(CLAIM.findall(record.source)) <= known
    assert record.source.count("..") == 0


@pytest.mark.parametrize("name", PROGRAMMES)
def test_a_programme_scenario_changes_the_programme_and_says_what_its_effect_rests_on(name: str) -> None:
    record, changes = scenario(name), changed(name)
    assert record.programme.name == name
    if programme(name).to_frame()["running_minutes_a_week"].sum() > 0:
        assert changes == {"programme": name, "dose_response": 1.0}
    else:
        assert set(changes) == {"programme", *(f"{outcome}.effect" for outcome in ASTEROID.design.outcome_names)}
    if name != "waitlist":
        assert "not known" in record.description


def test_the_mechanism_scenarios_change_one_thing() -> None:
    assert changed("prognostic_adherence") == {"adherence_prognosis": -0.5}
    assert changed("dose_dependent_effect") == {"dose_response": 1.0}
    assert changed("varying_effects") == {"effect_variation": 0.5}
    null = changed("prognostic_adherence_no_effect")
    assert null.pop("adherence_prognosis") == -0.5
    assert null == changed("no_effect")


@pytest.mark.parametrize("name", OTHERS)
def test_effects_are_those_of_asteroid_or_none(name: str) -> None:
    wanted = ASTEROID.without_effect() if name in WITHOUT_EFFECT else ASTEROID
    assert [outcome.effect for outcome in scenario(name).outcomes] == [outcome.effect for outcome in wanted.outcomes]


@pytest.mark.parametrize("name", scenario_names())
def test_every_scenario_simulates_a_trial_that_is_not_absurd(name: str) -> None:
    record = scenario(name)
    trial = simulate_trial(record, seed=1)
    assert f"({name}," in trial.label.lower()
    assert len(trial.sessions) == record.n_treatment * record.n_sessions
    assert (
        trial.sessions["run_minutes"] + trial.sessions["walk_minutes"] <= record.programme.session_minutes + 1e-9
    ).all()
    planned = record.programme.to_frame()["running_minutes_a_week"].to_numpy()
    # Who starts on a higher stage runs more at first, but never more than the hardest stage in every session.
    hardest = max(stage.run_seconds(stage.repeats[1]) / 60 for stage in record.programme.stages)
    assert trial.sessions["run_minutes"].sum() <= record.n_treatment * record.n_sessions * hardest
    assert (trial.sessions["run_minutes"].sum() > 0) == (planned.sum() > 0)
    assert planned.sum() > 0 or trial.adverse_events.empty


def test_an_unknown_scenario_has_no_source_and_suggests_the_nearest() -> None:
    with pytest.raises(InputError, match=r"scenario must be a name or a \.toml file, got 'wait_list'.*'waitlist'\?"):
        study().scenario_record("wait_list")


def test_the_command_lists_name_description_and_source() -> None:
    done = CliRunner().invoke(app(), ["scenarios", "--json"])
    assert done.exit_code == 0
    listed = json.loads(done.output)["scenarios"]
    assert [row["scenario"] for row in listed] == scenario_names()
    for row in listed:
        record = study().scenario_record(row["scenario"])
        assert row == {"scenario": record.name, "description": record.description, "source": record.source}


def test_the_table_on_the_screen_has_every_scenario_and_why() -> None:
    done = CliRunner().invoke(app(), ["scenarios"])
    assert done.exit_code == 0
    assert all(name in done.output for name in scenario_names())
    assert "Assumption: " in done.output


def test_a_scenario_on_the_screen_never_puts_a_claim_above_a_changed_value() -> None:
    done = CliRunner().invoke(app(), ["scenarios", "no_effect"])
    assert done.exit_code == 0
    lines = done.output.splitlines()
    effects = [number for number, line in enumerate(lines) if line == "effect = [0.0, 0.0]"]
    assert len(effects) == 3
    assert all(lines[number - 1].startswith("# Changed by scenario no_effect") for number in effects)
