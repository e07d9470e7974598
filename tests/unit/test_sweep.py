"""A sweep keeps each finished piece, goes on where it was, and refuses what is not the same sweep."""

import json
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from asteroid_repro import ASTEROID, InputError, operating_characteristics
from asteroid_repro.evaluate.performance import OperatingCharacteristics, characteristics
from asteroid_repro.sweeps import run_sweep as sweep_module
from asteroid_repro.sweeps import sweep_manifest, sweep_pieces
from asteroid_repro.sweeps.run_sweep import Sweep, sweep
from asteroid_repro.sweeps.sweep_manifest import MANIFEST, plain
from asteroid_repro.sweeps.sweep_pieces import piece_name

OVER: dict[str, list[Any]] = {"people_per_arm": [10, 20], "average_pain.effect": [-5, -10.5]}
METHODS = ["random_intercept", "ancova"]
CALL: dict[str, Any] = {"trials": 60, "seed": 5, "method": METHODS}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return sweep(ASTEROID, OVER, tmp_path_factory.mktemp("whole"), **CALL)


@pytest.fixture
def folder(whole: Sweep, tmp_path: Path) -> Path:
    """Return a finished sweep to damage."""
    return Path(shutil.copytree(whole.folder, tmp_path / "sweep"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_rows_are_those_of_each_point_and_method_in_grid_order(whole: Sweep) -> None:
    parts = []
    for people, effect, method in product(*OVER.values(), METHODS):
        record = ASTEROID.with_values(**{"people_per_arm": people, "average_pain.effect": effect})
        part = operating_characteristics(record, trials=60, seed=5, method=method).to_frame()
        own = {"people_per_arm": people, "average_pain.effect": float(effect), "method": method, "trials": 60}
        parts.append(part.assign(**own))
    expected = pd.concat(parts, ignore_index=True)
    frame = whole.to_frame()
    assert list(frame) == [
        *OVER,
        "method",
        "outcome",
        "week",
        "measure",
        "value",
        "mcse",
        "low",
        "high",
        "worth",
        "trials",
    ]
    pd.testing.assert_frame_equal(frame, expected[list(frame)], check_exact=True)


def test_the_folder_holds_a_manifest_and_one_file_a_piece(whole: Sweep) -> None:
    assert sorted(contents(whole.folder)) == [MANIFEST, *map(piece_name, range(8))]
    assert (whole.pieces, whole.before, whole.now, whole.redone, whole.stopped) == (8, 0, 8, (), False)
    manifest = json.loads((whole.folder / MANIFEST).read_bytes())
    assert manifest == whole.manifest
    assert (manifest["seed"], manifest["trials"], manifest["level"], manifest["pieces"]) == (5, 60, 0.95, 8)
    assert (manifest["methods"], manifest["distributions"]) == (METHODS, ["z", "t"])
    assert manifest["grid"] == OVER
    assert manifest["format"] == 4
    assert manifest["assumptions"] == json.loads(json.dumps(ASTEROID.values()))
    assert manifest["assumptions"]["average_pain.effect"] == [-7.65, -15.3]
    assert len(manifest["content_sha256"]) == len(manifest["programmes"]["asteroid"]) == 64


def test_a_piece_says_simulated_and_has_its_columns_sorted(whole: Sweep) -> None:
    table = sweep_pieces.read_piece(whole.folder, whole.manifest, 7)
    assert table.column_names == sorted(
        [*OVER, "method", "outcome", "week", "measure", "value", "mcse", "low", "high", "worth", "trials"]
    )
    assert table.schema.metadata[b"label"].decode() == whole.label
    assert whole.label.startswith("SIMULATED (ASTEROID, sweep of people_per_arm x average_pain.effect")
    assert "not participant data" in whole._repr_html_()
    assert "8 of 8 pieces" in whole._repr_html_()


def test_a_rerun_does_nothing_and_another_folder_gets_the_same_bytes(whole: Sweep, tmp_path: Path) -> None:
    before = contents(whole.folder)
    again = sweep(ASTEROID, OVER, whole.folder, **CALL)
    assert (again.before, again.now) == (8, 0)
    assert contents(whole.folder) == before
    with ThreadPoolExecutor(2) as pool:
        elsewhere = sweep(ASTEROID, OVER, tmp_path / "new" / "folder", executor=pool, **CALL)
    assert contents(elsewhere.folder) == before


def test_only_missing_pieces_are_done(folder: Path, whole: Sweep) -> None:
    for number in (0, 3, 6):
        (folder / piece_name(number)).unlink()
    resumed = sweep(ASTEROID, OVER, folder, **CALL)
    assert (resumed.before, resumed.now, resumed.redone) == (5, 3, ())
    assert contents(folder) == contents(whole.folder)


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "text"])
def test_a_damaged_piece_is_named_and_redone(folder: Path, whole: Sweep, damage: str) -> None:
    path = folder / piece_name(4)
    good = path.read_bytes()
    flipped = good[:100] + bytes([good[100] ^ 1]) + good[101:]  # inside the first page of values
    path.write_bytes({"empty": b"", "cut": good[: len(good) // 2], "flipped": flipped, "text": b"notes"}[damage])
    with pytest.raises(InputError, match=r"must hold whole pieces, got piece-00004\.parquet damaged\. Run the sweep"):
        Sweep(folder, 8, 8, 0, (), False, whole.label, whole.manifest).to_frame()
    resumed = sweep(ASTEROID, OVER, folder, **CALL)
    assert (resumed.before, resumed.now, resumed.redone) == (7, 1, ("piece-00004.parquet",))
    assert contents(folder) == contents(whole.folder)


def test_leftovers_of_killed_runs_go_and_files_of_others_stay(folder: Path) -> None:
    leftovers = [f".piece-00002.parquet.{'0a' * 8}.tmp", f".{MANIFEST}.{'1b' * 8}.tmp"]
    others = ["piece-99999.parquet", "notes.txt", ".hidden.tmp", f".piece-2.parquet.{'0a' * 8}.tmp"]
    for name in leftovers + others:
        (folder / name).write_text("x")
    (folder / "subfolder").mkdir()
    assert sweep(ASTEROID, OVER, folder, **CALL).before == 8
    left = {path.name for path in folder.iterdir()}
    assert left >= {*others, "subfolder"}
    assert not left & set(leftovers)


def test_a_piece_of_another_sweep_is_neither_used_nor_overwritten(folder: Path, tmp_path: Path) -> None:
    other = sweep(ASTEROID, {"people_per_arm": [10]}, tmp_path / "other", trials=60, seed=6)
    path = folder / piece_name(1)
    shutil.copy(other.folder / piece_name(0), path)
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"piece-00001\.parquet must be a piece of this sweep, got one of another"):
        sweep(ASTEROID, OVER, folder, **CALL)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"seed": 6}, "seed: manifest has 5, asked for 6"),
        ({"trials": 61}, "trials: manifest has 60, asked for 61"),
        ({"level": 0.9}, "level: manifest has 0.95, asked for 0.9"),
        ({"method": METHODS[::-1]}, 'methods: manifest has ["random_intercept", "ancova"], asked for ["ancova", "ran'),
        ({"distribution": "t"}, 'distributions: manifest has ["z", "t"], asked for ["t", "t"]'),
        ({"over": OVER | {"people_per_arm": [10]}}, "grid.people_per_arm: manifest has [10, 20], asked for [10]"),
        (
            {"over": {"people_per_arm": [10, 20], "adherence_mean": [0.6]}},
            "manifest has none, asked for [0.6]; grid.average_pain.effect: manifest has [-5, -10.5], asked for none",
        ),
        ({"over": dict(reversed(OVER.items()))}, 'fields: manifest has ["people_per_arm", "average_pain.effect"], as'),
        (
            {"assumptions": ASTEROID.with_values(**{"disability.sd": 8, "name": "ASTEROID"})},
            "assumptions.disability.sd: manifest has [7.",
        ),
    ],
)
def test_a_folder_with_another_sweep_is_refused_with_the_difference(
    whole: Sweep, change: dict[str, Any], difference: str
) -> None:
    before = contents(whole.folder)
    arguments: dict[str, Any] = {"assumptions": ASTEROID, "over": OVER, "folder": whole.folder} | CALL | change
    with pytest.raises(InputError) as caught:
        sweep(**arguments)
    message = str(caught.value)
    assert message.startswith(f"folder must hold the same sweep, got another one in {whole.folder}: ")
    assert difference in message
    assert message.endswith("Choose another folder, or delete this one.")
    assert "\n" not in message
    assert contents(whole.folder) == before


def test_every_difference_is_named_and_derived_ones_are_not(whole: Sweep) -> None:
    with pytest.raises(InputError) as caught:
        sweep(ASTEROID, OVER, whole.folder, **CALL | {"seed": 1, "trials": 99})
    differences = str(caught.value).partition(f"{whole.folder}: ")[2]
    assert differences == (
        "seed: manifest has 5, asked for 1; trials: manifest has 60, asked for 99. "
        "Choose another folder, or delete this one."
    )


@pytest.mark.parametrize(
    ("name", "value", "shown"), [("version", "0.0.1", '"0.0.1"'), ("format", 0, "0"), ("format", None, "null")]
)
def test_another_version_or_layout_is_refused(folder: Path, name: str, value: object, shown: str) -> None:
    manifest = json.loads((folder / MANIFEST).read_bytes())
    (folder / MANIFEST).write_text(json.dumps(manifest | {name: value}))
    with pytest.raises(InputError, match=f"{name}: manifest has {shown}, asked for"):
        sweep(ASTEROID, OVER, folder, **CALL)


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"seed": 1}', "\x00\xff"])
def test_a_file_that_is_no_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"manifest\.json must be the manifest of a sweep, got another file\. Choose"):
        sweep(ASTEROID, OVER, tmp_path, **CALL)
    assert (tmp_path / MANIFEST).read_text(encoding="utf-8") == text


def test_the_contents_of_a_programme_file_are_part_of_the_sweep(tmp_path: Path) -> None:
    shipped = Path(str(sweep_manifest.__file__)).parents[1] / "studies" / "asteroid" / "programmes" / "short_jogs.toml"
    plan = tmp_path / "plan.toml"
    plan.write_bytes(shipped.read_bytes())
    over = {"programme": ["asteroid", str(plan)]}
    first = sweep(ASTEROID, over, tmp_path / "sweep", trials=60, seed=1)
    assert first.to_frame()["programme"].unique().tolist() == over["programme"]
    text = plan.read_text(encoding="utf-8")
    plan.write_text("# a comment changes nothing\n" + text, encoding="utf-8")
    assert sweep(ASTEROID, over, tmp_path / "sweep", trials=60, seed=1).now == 0
    plan.write_text(text.replace('description = "', 'description = "Another. '), encoding="utf-8")
    with pytest.raises(InputError, match=r"programmes\..*: manifest has"):
        sweep(ASTEROID, over, tmp_path / "sweep", trials=60, seed=1)


def test_a_programme_is_read_once(tmp_path: Path) -> None:
    """The file may change under a record: the record, and so the sweep, keeps what was in it."""
    shipped = Path(str(sweep_manifest.__file__)).parents[1] / "studies" / "asteroid" / "programmes"
    plan = tmp_path / "plan.toml"
    plan.write_bytes((shipped / "short_jogs.toml").read_bytes())
    record = ASTEROID.with_values(programme=str(plan), dose_response=1.0)
    small: dict[str, Any] = {"people_per_arm": [10]}
    sweep(record, small, tmp_path / "sweep", trials=60, seed=1)
    plan.write_bytes((shipped / "higher_dose.toml").read_bytes())
    assert sweep(record, small, tmp_path / "sweep", trials=60, seed=1).now == 0
    before = contents(tmp_path / "sweep")
    plan.unlink()
    (tmp_path / "sweep" / piece_name(0)).unlink()
    assert sweep(record, small, tmp_path / "sweep", trials=60, seed=1).now == 1
    assert contents(tmp_path / "sweep") == before


def test_what_no_value_shows_is_another_sweep_all_the_same(tmp_path: Path) -> None:
    """Whether a kind of event is a flare stands in the design; it lowers the dose, and so may change a figure."""
    design = ASTEROID.design
    calm = [event.model_copy(update={"flare": False}) for event in design.adverse_events]
    other = ASTEROID.model_copy(update={"design": design.model_copy(update={"adverse_events": tuple(calm)})})
    small: dict[str, Any] = {"people_per_arm": [10]}
    sweep(ASTEROID, small, tmp_path, trials=60, seed=1)
    with pytest.raises(
        InputError, match=r'in .*: content_sha256: manifest has "[0-9a-f]{64}", asked for "[0-9a-f]{64}"\.'
    ):
        sweep(other, small, tmp_path, trials=60, seed=1)


def test_where_a_value_comes_from_is_no_part_of_the_sweep(tmp_path: Path) -> None:
    small: dict[str, Any] = {"people_per_arm": [10]}
    sweep(ASTEROID, small, tmp_path, trials=60, seed=1)
    assert sweep(ASTEROID.model_copy(update={"provenance": ()}), small, tmp_path, trials=60, seed=1).now == 0


def test_left_out_the_analysis_is_that_of_the_study(tmp_path: Path) -> None:
    own = sweep(ASTEROID, {"people_per_arm": [10]}, tmp_path / "own", trials=60, seed=1)
    said = sweep(
        ASTEROID, {"people_per_arm": [10]}, tmp_path / "said",
        trials=60, seed=1, method="random_intercept", distribution="z", level=0.95,
    )  # fmt: skip
    assert contents(own.folder) == contents(said.folder)
    assert "random_intercept with z, level 0.95" in own.label


def test_another_level_is_that_of_every_piece(tmp_path: Path) -> None:
    frame = sweep(ASTEROID, {"people_per_arm": [10]}, tmp_path, trials=60, seed=1, level=0.7).to_frame()
    whole = operating_characteristics(ASTEROID.with_people(10, 10), trials=60, seed=1, level=0.7).to_frame()
    np.testing.assert_array_equal(frame["value"], whole["value"])


def test_an_automatic_sweep_reaches_its_standard_error_in_every_piece(tmp_path: Path) -> None:
    """Plain power near a half would take 12 pieces of 10,000."""
    over: dict[str, Any] = {"average_pain.effect": [-10.0]}
    done = sweep(ASTEROID, over, tmp_path, trials="auto", target_mcse=0.0015, seed=1)
    assert (done.manifest["trials"], done.manifest["target_mcse"]) == ("auto", 0.0015)
    frame = done.to_frame()
    assert frame["trials"].unique().tolist() == [20_000]
    assert frame.query("measure in ('power', 'coverage')")["mcse"].max() <= 0.0015
    assert "trials until MCSE 0.0015 each" in done.label
    with pytest.raises(InputError, match=r"target_mcse: manifest has 0\.0015, asked for 0\.001"):
        sweep(ASTEROID, over, tmp_path, trials="auto", target_mcse=0.001, seed=1)


def test_a_fractional_week_makes_the_weeks_fractions_in_every_piece(tmp_path: Path) -> None:
    over: dict[str, Any] = {"visits": [[0, 6, 12], [0, 6.5, 12]]}
    frame = sweep(ASTEROID, over, tmp_path, trials=60, seed=1).to_frame()
    assert frame.groupby("visits")["week"].unique().map(list).to_dict() == {
        "[0, 6, 12]": [6.0, 12.0], "[0, 6.5, 12]": [6.5, 12.0],
    }  # fmt: skip
    whole = sweep(ASTEROID, {"visits": [[0, 6, 12], [0, 6, 26]]}, tmp_path / "whole", trials=60, seed=1)
    assert whole.to_frame()["week"].unique().tolist() == [6, 12, 26]
    assert whole.to_frame()["week"].dtype == int


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"average_pain.sd": [20, 60]}, r"average_pain\.sd=60: average_pain: "),
        ({"people_per_arm": [10, 1]}, "people_per_arm=1: n_treatment must be 2 or more"),
        # Possible as a record, but no latent score has it: only the calibration can tell.
        (
            {"people_per_arm": [10], "average_pain.sd": [20, 0.01]},
            r"people_per_arm=10, average_pain\.sd=0\.01: average_pain\.sd must be one that",
        ),
        ({}, "over must name a field and its values, got none"),
        ({"people_per_arm": []}, "people_per_arm must have at least one value"),
        ({"people_per_arm": 20}, "people_per_arm must have a list of values, got 20"),
        ({"people_per_arm": [20, 20.0]}, "people_per_arm must have each value once, got 20 twice"),
        ({"people": [20]}, "people=20: field must be a name of the assumptions, got 'people'"),
    ],
)
def test_an_impossible_grid_is_found_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, over: Any, message: str
) -> None:
    monkeypatch.setattr(sweep_module, "characteristics", lambda *_, **__: pytest.fail("work was begun"))
    with pytest.raises(InputError, match=message):
        sweep(ASTEROID, over, tmp_path / "sweep", **CALL)
    assert not (tmp_path / "sweep").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trials": 1}, "trials must be a whole number of 2 or more, got 1"),
        ({"trials": "many"}, "trials must be a whole number of 2 or more, got 'many'"),
        ({"target_mcse": 0}, r"target_mcse must be in \(0, 1\), got 0"),
        ({"seed": -1}, "seed must be a whole number of 0 or more, got -1"),
        ({"level": 1.0}, r"level must be in \(0, 1\), got 1\.0"),
        ({"method": "magic"}, "method must be one of"),
        ({"method": []}, r"method must name one method or more, each once, got \[\]"),
        ({"method": ["ancova", "ancova"]}, "method must name one method or more, each once"),
        ({"distribution": "kenward_roger"}, "distribution must be one of t, z for ancova"),
        ({"n_jobs": 0}, "n_jobs must be a whole number of 1 or more, got 0"),
    ],
)
def test_bad_arguments_are_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        sweep(ASTEROID, OVER, tmp_path / "sweep", **CALL | change)
    assert not (tmp_path / "sweep").exists()


def test_a_place_that_cannot_hold_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match=r"Choose another folder\.$"):
            sweep(ASTEROID, {"people_per_arm": [10]}, place, trials=60, seed=1)


def test_without_pyarrow_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    message = r"^sweep needs pyarrow, got no such package\. Install asteroid-repro\[cluster\]\.$"
    with pytest.raises(InputError, match=message):
        sweep(ASTEROID, OVER, tmp_path, **CALL)


def test_an_interrupt_keeps_the_finished_pieces(tmp_path: Path, whole: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def interrupted(*args: Any) -> OperatingCharacteristics:
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return characteristics(*args)

    with monkeypatch.context() as patch:
        patch.setattr(sweep_module, "characteristics", interrupted)
        stopped = sweep(ASTEROID, OVER, tmp_path, **CALL)
    assert (stopped.before, stopped.now, stopped.stopped) == (0, 3, True)
    assert stopped.to_frame().equals(whole.to_frame().iloc[: len(stopped.to_frame())])
    resumed = sweep(ASTEROID, OVER, tmp_path, **CALL)
    assert (resumed.before, resumed.now, resumed.stopped) == (3, 5, False)
    assert contents(tmp_path) == contents(whole.folder)


def test_a_piece_with_fewer_trials_than_asked_for_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Operating characteristics end an interrupted run with the trials they have."""

    monkeypatch.setattr(sweep_module, "characteristics", lambda *args: replace(characteristics(*args), stopped=True))
    stopped = sweep(ASTEROID, OVER, tmp_path, **CALL)
    assert (stopped.now, stopped.stopped) == (0, True)
    assert sorted(contents(tmp_path)) == [MANIFEST]
    with pytest.raises(InputError, match="must hold whole pieces, got none that is finished"):
        stopped.to_frame()


def test_an_error_in_one_piece_names_it_and_keeps_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(record: Any, *args: Any) -> OperatingCharacteristics:
        if record.n_treatment == 20:
            raise InputError("trials must leave 2 usable fits or more, got 0 of 60. Check the spread.")
        return characteristics(record, *args)

    monkeypatch.setattr(sweep_module, "characteristics", fails)
    with pytest.raises(InputError, match=r"^people_per_arm=20, average_pain\.effect=-5: trials must leave 2 usable"):
        sweep(ASTEROID, OVER, tmp_path, **CALL)
    assert len(list(tmp_path.glob("piece-*.parquet"))) == 4


def test_a_temporary_file_taken_by_another_run_is_written_again(
    folder: Path, whole: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that starts in the same folder takes the file of a running one for a leftover."""
    (folder / piece_name(2)).unlink()
    taken: list[Path] = []

    write = sweep_manifest.write_temporary

    def take_once(path: Path, data: bytes) -> Path:
        temporary = write(path, data)
        if not taken:
            taken.append(temporary)
            sweep_pieces.remove_leftovers(folder)
        return temporary

    monkeypatch.setattr(sweep_manifest, "write_temporary", take_once)
    assert sweep(ASTEROID, OVER, folder, **CALL).now == 1
    assert len(taken) == 1
    assert contents(folder) == contents(whole.folder)


def test_of_two_first_runs_with_other_arguments_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other run writes its manifest between our look at the folder and our own manifest."""
    small: dict[str, Any] = {"people_per_arm": [10]}
    first = sweep(ASTEROID, small, tmp_path, trials=60, seed=1)
    looks: list[Path] = []

    def nothing_at_first(folder: Path) -> dict[str, Any] | None:
        looks.append(folder)
        return None if len(looks) == 1 else sweep_manifest.stored_manifest(folder)

    monkeypatch.setattr(sweep_module, "stored_manifest", nothing_at_first)
    with pytest.raises(InputError, match="seed: manifest has 1, asked for 2"):
        sweep(ASTEROID, small, tmp_path, trials=60, seed=2)
    assert (tmp_path / piece_name(0)).read_bytes()
    assert sweep(ASTEROID, small, tmp_path, trials=60, seed=1).before == first.pieces


def test_two_runs_at_once_end_with_the_same_bytes(tmp_path: Path, whole: Sweep) -> None:
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(sweep, ASTEROID, OVER, tmp_path, **CALL) for _ in range(2)]
        assert all(run.result().before + run.result().now == 8 for run in runs)
    assert contents(tmp_path) == contents(whole.folder)


def test_lists_are_text_whole_numbers_are_whole_and_arrays_are_lists(tmp_path: Path) -> None:
    over: dict[str, Any] = {"average_pain.sd": ([16, 19, 22], 20), "adherence_mean": np.array([0.6, 0.7])}
    frame = sweep(ASTEROID, over, tmp_path, trials=60, seed=1).to_frame()
    assert frame["average_pain.sd"].unique().tolist() == ["[16, 19, 22]", "20"]
    assert frame["adherence_mean"].unique().tolist() == [0.6, 0.7]
    same: dict[str, Any] = {"average_pain.sd": [(16.0, 19.0, 22.0), 20.0], "adherence_mean": [0.6, 0.7]}
    assert sweep(ASTEROID, same, tmp_path, trials=60, seed=1).now == 0


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (np.float64(2), 2),
        (np.arange(2), [0, 1]),
        (range(2), [0, 1]),
        ("ab", "ab"),
        ({"a": 1}, {"a": 1}),
        (-0.0, 0),
        (2.0**60, 2.0**60),
        (None, None),
    ],
)
def test_plain_values_are_those_of_json(given: object, expected: object) -> None:
    found = plain(given)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("progress", [False, True])
def test_there_is_no_bar_where_no_terminal_is(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], *, progress: bool
) -> None:
    sweep(ASTEROID, {"people_per_arm": [10]}, tmp_path, trials=60, seed=1, progress=progress)
    assert capfd.readouterr() == ("", "")
