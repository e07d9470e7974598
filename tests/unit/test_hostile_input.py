"""Names that are code, pieces of a sweep that somebody touched, a killed process, a full disk."""

import errno
import os
import shutil
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

import asteroid_repro as ar
from asteroid_repro import ASTEROID, InputError
from asteroid_repro.checked_arguments import checked
from asteroid_repro.reporting.files import write_file
from asteroid_repro.reporting.records import to_csv
from asteroid_repro.sweeps.run_sweep import Sweep

SCRIPT = "<script>alert(1)</script>"
HOSTILE = ASTEROID.with_values(name=SCRIPT)
RUN: dict[str, Any] = {"trials": 40, "seed": 1}


def results() -> dict[str, Any]:
    """Return a result of every kind that shows the name of a scenario."""
    trial = ar.simulate_trial(HOSTILE, seed=1)
    return {
        "trial": trial,
        "effects": ar.estimate_effects(trial),
        "rates": ar.event_rates(trial),
        "attendance": ar.attendance(trial),
        "responders": ar.responders(trial, outcome="disability", points=10),
        "standardised": ar.standardised_effects(trial),
        "within_arm": ar.within_arm_changes(trial),
        "rerandomisation": ar.rerandomisation_test(trial, outcome="disability", allocations=99, seed=1),
        "sensitivity": ar.sensitivity(trial, outcome="disability", imputations=4, seed=1),
        "tipping": ar.tipping_point(trial, outcome="disability", deltas=[0.0, 2.0], imputations=4, seed=1),
        "table_one": ar.table_one(trial),
        "effects_table": ar.effects_table(ar.estimate_effects(trial), design=HOSTILE.design),
        "events_table": ar.adverse_events_table(ar.event_rates(trial)),
        "power": ar.operating_characteristics(HOSTILE, **RUN),
        "curve": ar.power_curve(HOSTILE, {"people_per_arm": [10, 20]}, **RUN),
        "what_if": ar.what_if(HOSTILE, HOSTILE.with_people(10, 10), trials=256, seed=1),
        "assurance": ar.assurance(HOSTILE, mean=-15, sd=5, nodes=3, **RUN),
        "size": ar.sample_size(HOSTILE, power=0.8, effect=-25, **RUN),
        "frailty": ar.coverage_by_frailty(HOSTILE, variances=[0], **RUN),
        "estimands": ar.estimands(HOSTILE, **RUN),
        "programme": ar.Programme.model_validate(
            ar.programme("couch_to_5k").model_dump() | {"description": SCRIPT, "name": "hostile"}
        ),
    }


def test_a_name_with_html_is_text_in_a_notebook() -> None:
    shown = 0
    for kind, result in results().items():
        html = result._repr_html_()
        assert "<script" not in html, kind
        shown += "&lt;script&gt;" in html
    assert shown > 12


@pytest.mark.parametrize(
    "name", ["a\nb", "a\n", "a\rb", "a\x0bb", "a\x1b[31mb", "a\u2028b", "a\x00b", "\ud800", "", "  "]
)
def test_a_label_is_one_line_of_text(name: str) -> None:
    with pytest.raises(InputError, match=r"must be one line of text|valid unicode|must be a valid string") as caught:
        ASTEROID.with_values(name=name)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-cmd|' /C calc'!A0", "\t=1"])
def test_text_in_a_csv_is_no_formula(text: str) -> None:
    line = to_csv("SIMULATED", [{"kind": text, "value": -1.5}]).splitlines()[2]
    assert line.lstrip('"').startswith("'")
    assert line.endswith(",-1.5")


@pytest.mark.parametrize("text", ["-15.30 (-25.33, -5.27)", "+0.5", "- 3", "a=b", "-.5"])
def test_a_printed_number_in_a_csv_stays_as_it_is(text: str) -> None:
    assert to_csv("SIMULATED", [{"kind": text}]).splitlines()[2].strip('"') == text


def swept(folder: Path) -> Sweep:
    return ar.sweep(ASTEROID, {"people_per_arm": [10, 20, 30]}, folder, trials=40, seed=3)


def piece(folder: Path, number: int) -> Path:
    return folder / f"piece-{number:05d}.parquet"


def copied(folder: Path) -> None:
    shutil.copy(piece(folder, 0), piece(folder, 1))


def exchanged(folder: Path) -> None:
    aside = folder / "aside"
    piece(folder, 0).rename(aside)
    piece(folder, 1).rename(piece(folder, 0))
    aside.rename(piece(folder, 1))


def emptied(folder: Path) -> None:
    pq.write_table(pq.read_table(piece(folder, 1)).slice(0, 0), piece(folder, 1))


def edited(folder: Path) -> None:
    table = pq.read_table(piece(folder, 1))
    column = table.column_names.index("value")
    pq.write_table(table.set_column(column, table.schema.field(column), [[0.5] * len(table)]), piece(folder, 1))


@pytest.mark.parametrize("harm", [copied, exchanged, emptied, edited])
def test_a_piece_that_somebody_touched_is_done_again(tmp_path: Path, harm: Any) -> None:
    clean = swept(tmp_path).to_frame()
    harm(tmp_path)
    held = Sweep(tmp_path, 3, 3, 0, (), stopped=False, label="", manifest=manifest(tmp_path))
    with pytest.raises(InputError, match=r"must hold whole pieces, got piece-0000\d"):
        held.to_frame()
    again = swept(tmp_path)
    assert len(again.redone) == (2 if harm is exchanged else 1)
    pd.testing.assert_frame_equal(again.to_frame(), clean)


def manifest(folder: Path) -> Any:
    from asteroid_repro.sweeps.sweep_manifest import stored_manifest

    return stored_manifest(folder)


def test_a_piece_without_its_mark_is_refused(tmp_path: Path) -> None:
    swept(tmp_path)
    pq.write_table(pq.read_table(piece(tmp_path, 1)).replace_schema_metadata(None), piece(tmp_path, 1))
    with pytest.raises(InputError, match=r"must be a piece of this sweep, got one of another\. Move it away"):
        swept(tmp_path)


def test_a_piece_of_another_folder_is_refused_and_a_folder_among_the_leftovers_is_left(tmp_path: Path) -> None:
    swept(tmp_path / "one")
    ar.sweep(ASTEROID, {"people_per_arm": [11, 21, 31]}, tmp_path / "two", trials=40, seed=3)
    leftover = tmp_path / "two" / ".piece-00001.parquet.0123456789abcdef.tmp"
    leftover.mkdir()
    ar.sweep(ASTEROID, {"people_per_arm": [11, 21, 31]}, tmp_path / "two", trials=40, seed=3)
    assert leftover.is_dir()
    shutil.copy(piece(tmp_path / "two", 1), piece(tmp_path / "one", 1))
    with pytest.raises(InputError, match="must be a piece of this sweep, got one of another"):
        swept(tmp_path / "one")


def test_a_killed_process_is_one_line() -> None:
    def killed(n_jobs: int) -> None:
        raise BrokenProcessPool(f"{n_jobs} were terminated abruptly")

    with pytest.raises(
        InputError, match=r"^n_jobs must be processes that live to the end, .* Run it again with fewer\.$"
    ):
        checked(killed)(2)


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"^folder must be one to write to, got .*: No space left on device"):
        swept(tmp_path / "sweep")
    assert [path for path in tmp_path.rglob("*") if path.is_file() and not path.name.endswith(".tmp")] == []
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="must be a place to write to, got: No space left on device"):
        write_file(tmp_path / "table.csv", "SIMULATED")
    assert not (tmp_path / "table.csv").exists()


def ended(shell: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", "-c", shell.replace("COMMAND", f"'{sys.executable}' -m asteroid_repro scenarios")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_full_standard_output_is_told() -> None:
    done = ended("COMMAND > /dev/full")
    assert done.returncode == 2
    assert done.stderr.startswith("asteroid-repro: standard output must take what is written, got: No space left")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of its own")
def test_a_closed_standard_output_is_told() -> None:
    done = ended("COMMAND >&-")
    assert done.returncode == 2
    assert done.stderr == (
        "asteroid-repro: standard output must be open, got a closed one. Send it to a file, or to /dev/null.\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="arguments are UTF-16 there")
@pytest.mark.parametrize("language", [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_arguments_in_utf8_are_read_in_any_locale(language: dict[str, str]) -> None:
    line = "\u221215.30 (\u221225.33, \u22125.27), p=0.003"
    command = [sys.executable, "-m", "asteroid_repro", "audit"]
    own = os.environ | language
    done = subprocess.run([*command, line], capture_output=True, env=own, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    wrong = subprocess.run(
        [*map(os.fsencode, command), b"\xff"], capture_output=True, env=os.environ | language, check=False
    )
    assert wrong.returncode == 2
    assert wrong.stderr.startswith(b"asteroid-repro: arguments must be UTF-8, got ")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of its own")
def test_a_reader_that_leaves_early_is_no_traceback() -> None:
    assert "Traceback" not in ended("COMMAND --json | head -c 10 > /dev/null").stderr
