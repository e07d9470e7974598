"""The command line: one line for what is wrong, exit 0, 1 or 2, JSON that parses, the same numbers as in Python."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pandas as pd
import pytest
from typer.main import get_command
from typer.testing import CliRunner

import asteroid_repro
from asteroid_repro import ASTEROID, audit, estimate_effects, reproduction, scenario, simulate_trial, verify
from asteroid_repro.cli.commands import app, main

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/_static/json-output.schema.json").read_text(encoding="utf-8"))
BREATHING = Path(__file__).parents[1] / "studies" / "breathing"
CONTRADICTION = "-5.20 (-10.12, -0.24), p=0.038"
SOUND = "-15.30 (-25.33, -5.27), p=0.003"


def run(*arguments: str) -> tuple[int, str]:
    """Run a command in this process; return exit status and output."""
    result = CliRunner().invoke(app, list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def commands() -> dict[str, Any]:
    """Return the commands by name."""
    group: Any = get_command(app)
    return dict(group.commands)


def options(command: str) -> set[str]:
    return {option for parameter in commands()[command].params for option in parameter.opts}


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Return a function that runs a command that must be refused and gives its one line on standard error."""

    def call(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["asteroid-repro", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        out, err = capsys.readouterr()
        assert caught.value.code == 2
        assert out == ""
        assert err.endswith("\n")
        assert err.count("\n") == 1
        return err

    return call


@pytest.mark.parametrize("command", [*sorted(set(commands()) - {"study"}), "study new", "study check"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    code, output = run(*command.split(), "--help")
    assert code == 0
    assert "Usage" in output
    assert "asteroid-repro" in output.partition("Options")[0]


@pytest.mark.parametrize("command", sorted(set(commands()) - {"study"}))
def test_every_command_takes_a_study_and_prints_json_and_csv(command: str) -> None:
    assert "--study" in options(command) or command in {"replication", "validate"}  # two numbers, or no trial at all
    assert {"--json", "--csv"} <= options(command) or command == "app"


def test_the_commands_of_the_design_exist_and_long_ones_take_a_seed() -> None:
    assert {"reproduce", "simulate", "estimate", "audit", "verify", "scenarios", "study"} <= set(commands())
    for name in ("reproduce", "simulate", "estimate", "verify", "reconstruct", "power", "what-if", "sweep"):
        assert "--seed" in options(name)


@pytest.mark.parametrize(
    ("arguments", "code", "key"),
    [
        (("simulate", "--seed", "3"), 0, "outcomes"),
        (("estimate", "--seed", "3"), 0, "effects"),
        (("verify", "--trials", "200"), 0, "claims"),
        (("audit",), 0, "audit"),
        (("audit", SOUND), 0, "results"),
        (("audit", CONTRADICTION), 0, "results"),
        (("audit", CONTRADICTION, "--kind", "wald"), 1, "results"),
        (("audit", CONTRADICTION, "--strict"), 1, "results"),
        (("scenarios",), 0, "scenarios"),
        (("scenarios", "no_effect"), 0, "values"),
        (("reconstruct", "--outcome", "current_pain", "--n", "2"), 0, "ranges"),
        (("power", "--trials", "300"), 0, "operating_characteristics"),
        (("what-if", "--trials", "300", "--set", "people_per_arm=30"), 0, "changes"),
        (("sample-size", "--trials", "300", "--effect", "-25"), 0, "sizes"),
        (("power-curve", "--trials", "300", "--over", "people_per_arm=10,20"), 0, "power_curve"),
        (("assurance", "--trials", "300", "--mean", "-15.3", "--sd", "5"), 0, "assurance"),
        (("replication", "--estimate", "-15.3", "--se", "5.117"), 0, "replication"),
    ],
)
def test_json_parses_and_the_exit_status_says_what_was_found(arguments: tuple[str, ...], code: int, key: str) -> None:
    status, output = run(*arguments, "--json")
    document = json.loads(output)
    assert status == code
    assert not key or key in document
    if key:  # an audited line is a record of its own
        jsonschema.validate(document, SCHEMA)


@pytest.mark.parametrize("arguments", [("simulate",), ("estimate",), ("verify", "--trials", "200")])
def test_simulated_output_says_simulated(arguments: tuple[str, ...]) -> None:
    assert "SIMULATED" in run(*arguments, "--json")[1]


def test_a_failed_check_exits_with_1(tmp_path: Path) -> None:
    changed = tmp_path / "less.toml"
    changed.write_text("adherence_mean = 0.6\n")
    code, output = run("verify", "--trials", "500", "--scenario", str(changed))
    assert code == 1
    last = output.rstrip().splitlines()[-1]
    assert last.endswith("0 not run")
    assert " 0 failed" not in last


def test_a_reproduction_with_a_failed_check_exits_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = verify(assumptions=ASTEROID.with_values(adherence_mean=0.6), seed=1, trials=200)
    for verification, status in ((failed, 1), (verify(seed=1, trials=200), 0)):
        done = reproduction.Reproduction(verification, ())
        monkeypatch.setattr(reproduction, "reproduce", lambda *_, done=done, **__: done)
        assert run("reproduce", "--json")[0] == status


def test_an_audit_that_the_ledger_did_not_expect_exits_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    surprising = replace(audit(), as_recorded=False)
    monkeypatch.setattr(asteroid_repro, "audit", lambda *_: surprising)
    assert run("audit", "--json")[0] == 1


def test_a_file_of_ratios_is_audited_on_the_log_scale_at_its_level(tmp_path: Path) -> None:
    """Limits whose middle is the estimate on the log scale only; 90 % limits with the p value of 90 % limits."""
    path = tmp_path / "ratios.csv"
    path.write_text('line\n"2.00 (1.00, 4.00), p=0.100"\n')
    wald = ("--kind", "wald", "--json")
    code, output = run("audit", "--file", str(path), "--ratio", "--level", "0.9", *wald)
    (found,) = json.loads(output)["results"]
    assert (code, found["verdict"], found["scale"], found["level"]) == (0, "compatible", "ratio", 0.9)
    assert run("audit", "--file", str(path), "--scale", "difference", "--level", "0.9", *wald)[0] == 1
    assert run("audit", "--file", str(path), "--ratio", *wald)[0] == 1


def test_verify_ends_with_the_verdict_line() -> None:
    code, output = run("verify", "--trials", "200")
    assert code == 0
    assert output.rstrip().splitlines()[-1].endswith("passed, 0 failed, 0 not run")


def test_verdicts_as_junit_fail_what_failed_and_skip_what_was_not_checked(tmp_path: Path) -> None:
    path = tmp_path / "out" / "verdicts.xml"
    for changed, status in (((), 0), (("--set", "adherence_mean=0.6"), 1)):
        assert run("verify", "--trials", "500", *changed, "--junit", str(path))[0] == status
        suite = ET.fromstring(path.read_text(encoding="utf-8").partition("\n")[2])  # noqa: S314 - our own file
        result = verify(
            assumptions=ASTEROID.with_values(adherence_mean=0.6) if changed else None, seed=2024, trials=500
        )
        assert int(suite.attrib["tests"]) == len(result.rows)
        assert int(suite.attrib["failures"]) == result.count("failed") == len(suite.findall(".//failure"))
        passed = [case.attrib["name"] for case in suite.iter("testcase") if not len(case)]
        assert passed == [row.claim for row in result.rows if row.verdict in ("passed", "foretold")]


def test_a_table_for_people_is_short_and_all_of_it_is_there_for_the_asking() -> None:
    run_it = ("power", "--trials", "300")
    short, whole = run(*run_it)[1], run(*run_it, "--all")[1]
    assert short.splitlines()[0] in whole
    assert "interval_width" not in short
    assert whole.count("interval_width") == 6
    one = run(*run_it, "--measure", "rmse", "--week", "6")[1]
    assert one.count("rmse") == 3
    assert "power  " not in one
    assert "No check failed" in run("verify", "--trials", "200")[1].splitlines()[0]
    assert "design.randomised" in run("verify", "--trials", "200", "--all")[1]


def test_the_sentence_is_about_the_outcome_that_was_asked_for_or_changed() -> None:
    for more, outcome in (
        ((), "average pain"),
        (("--set", "disability.effect=-9"), "disability (Oswestry)"),
        (("--outcome", "current_pain", "--set", "disability.effect=-9"), "current pain"),
        (("--set", "disability.effect=-9", "--set", "current_pain.sd=20"), "average pain"),
    ):
        assert f"{outcome} lowered by running at week 12, a benefit" in flat(run("power", "--trials", "300", *more)[1])


def test_a_harm_is_called_a_harm_and_no_effect_an_error() -> None:
    harm = flat(run("power", "--trials", "2000", "--set", "average_pain.effect=8")[1])
    assert "would find average pain raised by running at week 12, a harm" in harm
    assert 30 < float(harm.partition(" %")[0]) < 40
    none = flat(run("power", "--trials", "2000", "--scenario", "no_effect")[1])
    assert "would find an effect on average pain at week 12 that is not there" in none
    assert float(none.partition(" %")[0]) < 9
    better = flat(run("power", "--study", str(BREATHING), "--trials", "300")[1])
    assert "a benefit" in better


def flat(output: str) -> str:
    """Return the first paragraph in one line."""
    return " ".join(output.partition("\n\n")[0].split())


def test_an_impossible_scenario_file_ends_with_one_line(refused: Callable[..., str], tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("adherence_mean = 1.3\n")
    for command in ("simulate", "estimate", "verify"):
        line = refused(command, "--scenario", str(path))
        assert line.startswith(f"asteroid-repro: {path}: adherence_mean must be in (0, 1), got 1.3")


@pytest.mark.parametrize(
    ("arguments", "fragments"),
    [
        (("simulate", "--scenario", "no_efect"), ("scenario must be", "'no_efect'", "'no_effect'?")),
        (("scenarios", "astroid"), ("'astroid'", "'asteroid'?")),
        (("simulate", "--scenario", "absent.toml"), ("absent.toml", "must be a readable file")),
        (("simulate", "--seed", "-1"), ("seed must be a whole number of 0 or more", "-1")),
        (("verify", "--trials", "1"), ("trials must be a whole number of 2 or more", "1")),
        (("estimate", "absent.csv"), ("absent.csv must be a file that can be read",)),
        (("estimate", "--method", "mmrn"), ("method must be one of", "'mmrn'", "'mmrm'?")),
        (("estimate", "--distribution", "w"), ("distribution must be", "got 'w'")),
        (("estimate", "--level", "95"), ("level must be in (0, 1)", "95")),
        (("audit", "no numbers here"), ("no numbers here",)),
    ],
)
def test_wrong_input_ends_with_one_line(
    refused: Callable[..., str], arguments: tuple[str, ...], fragments: tuple[str, ...]
) -> None:
    line = refused(*arguments)
    assert all(fragment in line for fragment in fragments), line


def test_a_place_that_cannot_be_written_to_is_refused(refused: Callable[..., str], tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("x")
    assert "must be a place to write to" in refused("simulate", "--out", str(in_the_way))


def test_estimates_of_the_exported_table_are_those_of_the_trial(tmp_path: Path) -> None:
    assert run("simulate", "--seed", "8", "--out", str(tmp_path))[0] == 0
    files = {entry.name for entry in tmp_path.iterdir()}
    assert files == {"participants.csv", "outcomes.csv", "sessions.csv", "adverse_events.csv"}
    for method in ("random_intercept", "mmrm", "ancova"):
        _, output = run("estimate", str(tmp_path / "outcomes.csv"), "--method", method, "--json")
        got = pd.DataFrame(json.loads(output)["effects"])
        wanted = estimate_effects(simulate_trial(ASTEROID, seed=8), method=method).to_frame()
        columns = ["estimate", "se", "ci_low", "ci_high", "p_value"]
        pd.testing.assert_frame_equal(got[columns], wanted[columns], rtol=1e-10, atol=1e-14)


def test_a_scenario_printed_as_toml_can_be_read_again(tmp_path: Path) -> None:
    _, output = run("scenarios", "decaying_correlation")
    path = tmp_path / "mine.toml"
    path.write_text(output, encoding="utf-8")
    assert scenario(str(path)).values() == scenario("decaying_correlation").values()


def test_a_scenario_says_where_each_value_comes_from_and_no_claim_above_a_changed_one() -> None:
    _, output = run("scenarios", "no_effect")
    above = dict(zip(output.splitlines()[1:], output.splitlines(), strict=False))
    assert above["n_treatment = 20"] == "# Claim design.running."
    assert above["effect = [0.0, 0.0]"].startswith("# Changed by scenario no_effect (was [")
    assert "Running" in above["effect = [0.0, 0.0]"] or "null" in above["effect = [0.0, 0.0]"]
    rows = json.loads(run("scenarios", "no_effect", "--json")[1])["values"]
    roles = {row["field"]: row["role"] for row in rows}
    assert {roles[f"{outcome}.effect"] for outcome in ASTEROID.design.outcome_names} == {"changed"}
    assert roles["adherence_mean"] == "claim"


def test_the_scenarios_of_a_folder_are_listed_with_their_reasons() -> None:
    listed = json.loads(run("scenarios", "--study", str(BREATHING), "--json")[1])["scenarios"]
    assert [row["scenario"] for row in listed] == ["breathing", "weaker"]
    assert listed[1]["source"] == "Assumption: made up."


def test_estimate_takes_the_arms_of_the_study_where_the_table_has_them(tmp_path: Path) -> None:
    assert run("simulate", "--study", str(BREATHING), "--out", str(tmp_path))[0] == 0
    table = pd.read_csv(tmp_path / "outcomes.csv", comment="#")
    wanted = estimate_effects(table, treatment="breathing", reference="leaflet").to_frame()
    own = json.loads(run("estimate", str(tmp_path / "outcomes.csv"), "--study", str(BREATHING), "--json")[1])
    assert [row["estimate"] for row in own["effects"]] == pytest.approx(wanted["estimate"].tolist(), rel=1e-12)
    other = table.replace({"breathing": "drug", "leaflet": "pill"})
    other.to_csv(tmp_path / "other.csv", index=False)
    named = ("--treatment", "drug", "--reference", "pill")
    effects = json.loads(run("estimate", str(tmp_path / "other.csv"), *named, "--json")[1])["effects"]
    assert [row["estimate"] for row in effects] == pytest.approx(wanted["estimate"].tolist(), rel=1e-12)
    with pytest.raises(asteroid_repro.InputError, match="drug"):
        run("estimate", str(tmp_path / "other.csv"))


def test_a_new_study_is_written_and_can_be_checked(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    code, output = run("study", "new", str(folder))
    assert code == 0
    assert f"asteroid-repro study check {folder}" in output
    code, output = run("study", "check", str(folder))
    assert code == 0
    assert "Print: 5 claims" in output
    assert run("power", "--study", str(folder), "--trials", "100")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "fragments"),
    [
        (("study", "check", "asteriod"), ("'asteriod'", "'asteroid'?")),
        (("simulate", "--study", "nowhere"), ("study must be a name or a folder", "'nowhere'")),
        (("study", "new", str(BREATHING)), ("folder must be new or empty",)),
        (("power", "--study", str(BREATHING), "--outcome", "wlking"), ("'wlking'", "'walking'?")),
        (("power", "--study", str(BREATHING), "--week", "12"), ("--week must be one of 4, 10.5, 26", "got 12")),
        (("reconstruct", "--study", str(BREATHING), "--outcome", "pain"), ("'pain'",)),
    ],
)
def test_a_wrong_study_ends_with_one_line(
    refused: Callable[..., str], arguments: tuple[str, ...], fragments: tuple[str, ...]
) -> None:
    line = refused(*arguments)
    assert all(fragment in line for fragment in fragments), line


def test_a_study_without_claims_has_an_empty_audit(tmp_path: Path) -> None:
    run("study", "new", str(tmp_path / "mine"))
    for name in ("claims", "sources", "assumptions"):
        (tmp_path / "mine" / f"{name}.toml").unlink()
    code, output = run("audit", "--study", str(tmp_path / "mine"))
    assert code == 0
    assert "Audit: none" in output
    assert run("audit", "--study", str(tmp_path / "mine"), "--csv")[1].splitlines()[1].startswith("topic,")


@pytest.mark.parametrize("command", ["verify", "scenarios", "audit", "power"])
def test_nothing_breaks_on_a_screen_of_80_columns(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    trials = ("--trials", "200") if command in ("verify", "power") else ()
    assert run(command, *trials)[0] == 0


def test_square_brackets_are_text_not_markup(tmp_path: Path) -> None:
    """The screen table must show a cell such as "[adherence.sd]" and not take it for a style."""
    table = simulate_trial(ASTEROID, seed=8).outcomes.replace({"average_pain": "pain [worst]"})
    table.to_csv(tmp_path / "outcomes.csv", index=False)
    code, output = run("estimate", str(tmp_path / "outcomes.csv"))
    assert code == 0
    assert "pain [worst]" in output


def test_the_version_and_the_bare_command() -> None:
    assert run("--version") == (0, f"{asteroid_repro.__version__}\n")
    assert "Usage" in run()[1]


def test_as_a_module_it_exits_2_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("adherence_mean = 1.3\n")
    done = subprocess.run(
        [sys.executable, "-m", "asteroid_repro", "verify", "--scenario", "bad.toml"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ("asteroid-repro: bad.toml: adherence_mean must be in (0, 1), got 1.3. Correct it.\n")


def test_in_a_pipe_there_is_no_progress_bar_and_no_colour() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "asteroid_repro", "verify", "--trials", "200"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
