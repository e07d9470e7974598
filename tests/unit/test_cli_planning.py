"""The commands that simulate many trials: the same numbers as the functions, and one line for what is wrong."""

import csv
import io
import json
from pathlib import Path

import pytest

import asteroid_repro as ar
from asteroid_repro.cli.commands import main


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str, str]:
    """Run the command line; return its exit status and what it printed."""
    monkeypatch.setattr("sys.argv", ["asteroid-repro", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


def test_power_prints_what_the_function_says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = ("--set", "average_pain.effect=-8", "--set", "people_per_arm=30")
    status, out, err = run(capsys, monkeypatch, "power", *changes, "--trials", "600", "--seed", "3", "--json")
    wanted = ar.operating_characteristics(
        ar.ASTEROID.with_values(people_per_arm=30, average_pain={"effect": -8}), trials=600, seed=3
    )
    printed = json.loads(out)
    assert (status, err) == (0, "")
    assert printed["label"] == wanted.label
    assert len(printed["operating_characteristics"]) == len(wanted.rows)
    for row, own in zip(printed["operating_characteristics"], wanted.rows, strict=True):
        assert row["value"] == (own.value if own.value == own.value else None)  # NaN is null


def test_power_as_csv_of_one_outcome_and_week(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    status, out, _ = run(
        capsys, monkeypatch, "power", "--trials", "300", "--outcome", "disability", "--week", "6", "--csv"
    )
    label, _, table = out.partition("\n")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert status == 0
    assert label.startswith("# SIMULATED")
    assert {(row["outcome"], row["week"]) for row in rows} == {("disability", "6")}
    assert {"power", "coverage", "type_m"} <= {row["measure"] for row in rows}


def test_power_until_an_error_is_reached(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    status, out, _ = run(capsys, monkeypatch, "power", "--target-mcse", "0.004", "--json")
    rows = json.loads(out)["operating_characteristics"]
    assert status == 0
    assert max(row["mcse"] for row in rows if row["measure"] in ("power", "coverage")) <= 0.004


def test_what_if_says_what_differs_and_pairs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    status, out, _ = run(
        capsys, monkeypatch, "what-if", "--set", "disability.effect=-2", "--trials", "600", "--seed", "3", "--json"
    )
    printed = json.loads(out)
    wanted = ar.what_if(ar.ASTEROID, ar.ASTEROID.with_effect(disability=-2), trials=600, seed=3)
    assert status == 0
    assert [row["field"] for row in printed["differences"]] == ["disability.effect"]
    assert [row["change"] for row in printed["changes"] if row["change"] is not None] == [
        row.change for row in wanted.rows if row.change == row.change
    ]
    assert len(printed["verdicts"]) == len(wanted.verdicts)


def test_what_if_says_when_a_change_plays_no_part(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_it = ("what-if", "--trials", "300", "--set")
    assert "plays no part" in run(capsys, monkeypatch, *run_it, "adherence_mean=0.5")[2]
    assert run(capsys, monkeypatch, *run_it, "disability.effect=-2")[2] == ""


def test_what_if_of_two_scenarios(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    status, out, _ = run(capsys, monkeypatch, "what-if", "--to", "no_effect", "--trials", "300")
    assert status == 0
    assert "no_effect against ASTEROID" in out
    assert "average_pain.effect" in out


def test_sweep_goes_on_and_prints_its_table(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    arguments = ("sweep", str(tmp_path / "s"), "--over", "people_per_arm=10,20", "--trials", "200", "--csv")
    first, again = (run(capsys, monkeypatch, *arguments) for _ in range(2))
    assert first == again
    assert first[0] == 0
    assert {row["people_per_arm"] for row in csv.DictReader(io.StringIO(first[1].partition("\n")[2]))} == {"10", "20"}
    assert len(list((tmp_path / "s").glob("piece-*.parquet"))) == 2


def test_sweep_until_an_error_is_reached(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    arguments = ("sweep", str(tmp_path / "s"), "--over", "people_per_arm=20", "--json")
    status, out, _ = run(capsys, monkeypatch, *arguments, "--target-mcse", "0.005")
    rows = json.loads(out)["sweep"]
    assert status == 0
    assert max(row["mcse"] for row in rows if row["measure"] in ("power", "coverage")) <= 0.005
    status, _, err = run(capsys, monkeypatch, *arguments, "--target-mcse", "0.004")
    assert status == 2
    assert "target_mcse" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("power", "--set", "people=30"), "Did you mean 'people_per_arm'?"),
        (
            ("power", "--set", "people_per_arm"),
            "--set must be a field, an equals sign and a value, got 'people_per_arm'",
        ),
        (
            ("power", "--set", "average_pain.effect=-80"),
            "average_pain: treatment mean at week 6 must be inside the",
        ),
        (("power", "--outcome", "pain"), "outcome must be one of average_pain, current_pain, disability, got 'pain'"),
        (("power", "--week", "7"), "--week must be one of 6, 12, got 7."),
        (("power", "--week", "0"), "--week must be one of 6, 12, got 0."),
        (("power", "--trials", "1"), "trials must be a whole number of 2 or more, got 1."),
        (("power", "--trials", "500", "--target-mcse", "0.01"), "--trials must be left out beside --target-mcse"),
        (("power", "--target-mcse", "2"), "target_mcse must be in (0, 1), got 2.0."),
        (("power", "--jobs", "0"), "n_jobs must be a whole number of 1 or more, got 0."),
        (("power", "--method", "mrmm"), "Did you mean 'mmrm'?"),
        (("power", "--dask", "nonsense"), "--dask must be the address of a running scheduler, got nonsense"),
        (("what-if", "--to", "couch_to_5"), "couch_to_5k"),
        (("sweep", "there", "--over", "people_per_arm"), "--over must be a field, an equals sign and a value"),
        (("sweep", "there", "--over", "people=1,2"), "Did you mean 'people_per_arm'?"),
        (("sweep", "there", "--over", "people_per_arm=1", "--over", "people_per_arm=2"), "got people_per_arm twice"),
        (("power", "--set", "people_per_arm=9", "--set", "people_per_arm=8"), "got people_per_arm twice"),
        (("power", "--trials", "300", "--json", "--csv"), "--json must stand without --csv, got both."),
    ],
)
def test_wrong_input_is_one_line(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, monkeypatch, *arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_value_on_an_axis_may_be_a_list(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    over = ("--over", "average_pain.effect=[-5,-10],[-2,-8]", "--over", "missing_mechanism=mcar,mar")
    status, out, _ = run(capsys, monkeypatch, "sweep", str(tmp_path / "s"), *over, "--trials", "100", "--json")
    rows = json.loads(out)["sweep"]
    assert status == 0
    assert len({(str(row["average_pain.effect"]), row["missing_mechanism"]) for row in rows}) == 4


def test_what_if_until_an_error_is_reached(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    status, out, _ = run(
        capsys, monkeypatch, "what-if", "--set", "average_pain.effect=-8", "--target-mcse", "0.004", "--json"
    )
    changes = json.loads(out)["changes"]
    assert status == 0
    assert max(row["mcse"] for row in changes if row["measure"] in ("power", "coverage")) <= 0.004
