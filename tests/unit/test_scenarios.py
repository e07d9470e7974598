"""The named scenarios: each loads, differs from ASTEROID as it says, and names its source."""

import json
import re

import pytest
from typer.testing import CliRunner

from asteroid_repro import ASTEROID, InputError, published, scenario, scenario_names, simulate_trial
from asteroid_repro.cli.commands import app
from asteroid_repro.scenario_files import leading_comment, scenario_source
from asteroid_repro.trial.programme import programme, programme_names
from asteroid_repro.trial.quantities import OUTCOMES

OTHERS = [name for name in scenario_names() if name != "asteroid"]
PROGRAMMES = [name for name in programme_names() if name != "asteroid"]
WITHOUT_EFFECT = ("no_effect", "prognostic_adherence_no_effect", "waitlist", "walking_only")
CLAIM = re.compile(r"[a-z]\w*(?:\.\w+)+")


def changed(name: str) -> dict[str, object]:
    """Return the fields, name and description aside, in which a scenario differs from ASTEROID."""
    own, base = scenario(name).model_dump(), ASTEROID.model_dump()
    return {key: own[key] for key in own if own[key] != base[key] and key not in {"name", "description"}}


def test_each_programme_has_a_scenario_and_the_mechanisms_have_theirs() -> None:
    assert set(OTHERS) == {
        *PROGRAMMES, "no_effect", "decaying_correlation", "prognostic_adherence", "prognostic_adherence_no_effect",
        "dose_dependent_effect", "varying_effects",
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
    source = scenario_source(name)
    assert re.match(r"Source: (claim [a-z]|claims [a-z]|none[.;]|the claims with role fitted\.)", source)
    assert "Assumption: " in source
    known = {claim.id for claim in published().claims}
    claims = set(CLAIM.findall(source))
    assert claims <= known
    assert bool(claims) == source.startswith("Source: claim")


@pytest.mark.parametrize("name", PROGRAMMES)
def test_a_programme_scenario_changes_the_programme_and_says_what_its_effect_rests_on(name: str) -> None:
    record, changes = scenario(name), changed(name)
    assert record.programme == name
    if programme(name).to_frame()["running_minutes_a_week"].sum() > 0:
        assert changes == {"programme": name, "dose_response": 1.0}
    else:
        assert set(changes) == {"programme", *OUTCOMES}
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
    wanted = ASTEROID
    if name in WITHOUT_EFFECT:
        wanted = ASTEROID.with_effect(average_pain=0, current_pain=0, disability=0)
    assert [scenario(name).outcome(key).effect for key in OUTCOMES] == [wanted.outcome(key).effect for key in OUTCOMES]


@pytest.mark.parametrize("name", scenario_names())
def test_every_scenario_simulates_a_trial_that_is_not_absurd(name: str) -> None:
    record = scenario(name)
    trial = simulate_trial(record, seed=1)
    assert f"({name}," in trial.label.lower()
    assert len(trial.sessions) == record.n_treatment * record.n_sessions
    assert (trial.sessions["run_minutes"] + trial.sessions["walk_minutes"] <= record.plan.session_minutes + 1e-9).all()
    planned = record.plan.to_frame()["running_minutes_a_week"].to_numpy()
    # Who starts on a higher stage runs more at first, but never more than the hardest stage in every session.
    hardest = max(stage.run_seconds(stage.repeats[1]) / 60 for stage in record.plan.stages)
    assert trial.sessions["run_minutes"].sum() <= record.n_treatment * record.n_sessions * hardest
    assert (trial.sessions["run_minutes"].sum() > 0) == (planned.sum() > 0)
    assert planned.sum() > 0 or trial.adverse_events.empty


def test_an_unknown_scenario_has_no_source_and_suggests_the_nearest() -> None:
    with pytest.raises(InputError, match=r"scenario must be a name, got 'wait_list'\. Did you mean 'waitlist'\?"):
        scenario_source("wait_list")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ""),
        ("weeks = 3\n# later", ""),
        ("#Source: none", "Source: none"),
        ("# Source: none;\n#  more.\n\n# not this", "Source: none; more."),
        ("\n# after an empty line", ""),
    ],
)
def test_the_source_is_the_comment_at_the_top(text: str, wanted: str) -> None:
    assert leading_comment(text) == wanted


def test_the_command_lists_name_programme_description_and_source() -> None:
    done = CliRunner().invoke(app, ["scenarios", "--json"])
    assert done.exit_code == 0
    listed = json.loads(done.output)["scenarios"]
    assert [row["scenario"] for row in listed] == scenario_names()
    for row in listed:
        record = scenario(row["scenario"])
        assert list(row) == ["scenario", "programme", "description", "source"]
        assert row["programme"] == record.programme
        assert row["description"] == record.description
        assert row["source"] == scenario_source(row["scenario"])


def test_the_table_on_the_screen_has_every_scenario_and_its_programme() -> None:
    done = CliRunner().invoke(app, ["scenarios"])
    assert done.exit_code == 0
    assert all(name in done.output for name in [*scenario_names(), *programme_names()])
    assert "Source: none" in done.output
