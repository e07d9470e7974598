"""Files are whole or not there; tables for people round without losing what they say."""

import json
import math
from pathlib import Path

import pandas as pd
import pytest

from asteroid_repro import ASTEROID, InputError, audit, simulate_trial, study, verdict_table, verify
from asteroid_repro.reporting.files import read_table, write_file, write_table
from asteroid_repro.reporting.records import markdown, rows, to_csv, to_json
from asteroid_repro.reporting.result_tables import audit_markdown, listed_table, verdict_json, verdict_markdown
from asteroid_repro.tables.text_table import cells


def test_a_file_is_written_with_its_folder_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "note.txt"
    assert write_file(path, "first") == path
    write_file(path, b"second\r\n")
    assert path.read_bytes() == b"second\r\n"
    assert [entry.name for entry in path.parent.iterdir()] == ["note.txt"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    path = write_file(tmp_path / "note.txt", "old")

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Path, "replace", fail)
    monkeypatch.setattr("os.replace", fail)
    with pytest.raises((InputError, KeyboardInterrupt)) as caught:
        write_file(path, "new")
    monkeypatch.undo()
    if isinstance(error, OSError):
        assert str(caught.value).startswith(f"{path} must be a place to write to, got: No space left on device")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_hold_a_file_is_refused(tmp_path: Path) -> None:
    in_the_way = write_file(tmp_path / "file", "x")
    with pytest.raises(InputError, match=r"must be a place to write to, got: .*Choose another folder"):
        write_file(in_the_way / "below.txt", "y")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="must be a place to write to"):
        write_file(tmp_path / "folder", "y")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder"]


def test_a_table_comes_back_under_its_label(tmp_path: Path) -> None:
    for name, table in simulate_trial(ASTEROID, seed=3).tables().items():
        path = write_table(tmp_path / f"{name}.csv", table, "SIMULATED (x, seed 3)")
        assert path.read_text().splitlines()[0] == "# SIMULATED (x, seed 3)"
        pd.testing.assert_frame_equal(read_table(path), table, rtol=1e-11, check_dtype=False, check_column_type=False)


def test_a_csv_has_the_same_bytes_every_time_and_no_carriage_returns(tmp_path: Path) -> None:
    table = pd.DataFrame({"value": [1 / 3, 1e-20], "arm": ["running", "waitlist"]})
    first, second = (write_table(tmp_path / name, table, "x").read_bytes() for name in ("a.csv", "b.csv"))
    assert first == second == b"# x\nvalue,arm\n0.333333333333,running\n1e-20,waitlist\n"


def test_a_label_of_two_lines_cannot_become_a_row(tmp_path: Path) -> None:
    path = write_table(tmp_path / "a.csv", pd.DataFrame({"a": [1]}), "SIMULATED (two\nlines)")
    assert read_table(path)["a"].tolist() == [1]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "No columns"), (b"# only a comment\n", "No columns"), (b"\xff\xfe\x00\x81", ""), (b'a,b\n1,"2\n', "")],
)
def test_a_file_that_is_no_table_is_refused_in_one_line(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_table(path)
    assert str(caught.value).startswith(f"{path} must be a table of comma-separated values, got: {reason}")
    assert "\n" not in str(caught.value)


def test_an_absent_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.csv must be a file that can be read, got: No such file"):
        read_table(tmp_path / "absent.csv")
    with pytest.raises(InputError, match="must be a file that can be read, got: "):
        read_table(tmp_path)


def test_a_table_without_rows_keeps_its_columns(tmp_path: Path) -> None:
    path = write_table(tmp_path / "empty.csv", pd.DataFrame(columns=["week", "kind"]), "x")
    assert path.read_bytes() == b"# x\nweek,kind\n"


def test_a_table_and_the_rows_of_a_command_are_the_same_csv(tmp_path: Path) -> None:
    table = pd.DataFrame({"df": [math.inf, 38.5], "se": [math.nan, 1 / 3], "ok": [True, False], "kind": ['a,"b', "c"]})
    text = to_csv("SIMULATED", rows(table))
    assert write_table(tmp_path / "a.csv", table, "SIMULATED").read_text() == text
    assert text == '# SIMULATED\ndf,se,ok,kind\ninf,,True,"a,""b"\n38.5,0.333333333333,False,c\n'


def test_rows_and_json_keep_every_digit_and_null_what_is_no_number() -> None:
    tiny = 1.2345678901234567e-12
    frame = pd.DataFrame({"p": [tiny, math.nan], "df": [math.inf, 38.0], "n": [1, 2], "ok": [True, False]})
    assert json.loads(to_json({"rows": (rows(frame),)})) == {
        "rows": [[{"p": tiny, "df": None, "n": 1, "ok": True}, {"p": None, "df": 38.0, "n": 2, "ok": False}]]
    }


def test_json_keeps_letters_and_ends_with_a_line_feed() -> None:
    assert to_json({"é": 1, "a": math.nan}) == '{\n "é": 1,\n "a": null\n}\n'


def test_cells_show_significant_digits_and_leave_whole_numbers() -> None:
    assert cells([0.00012346, 123456, math.inf, math.nan, "a"]) == ["0.0001235", "123456", "inf", "", "a"]


def test_markdown_escapes_the_bars_of_a_cell() -> None:
    assert markdown(pd.DataFrame({"a": ["x|y"]})) == "| a |\n| --- |\n| x\\|y |"


def test_the_verdict_table_shows_every_check_once() -> None:
    result = verify(seed=1, trials=200)
    table = verdict_table(result)
    checked = [row for row in result.rows if row.verdict != "listed"]
    assert table["claim"].tolist() == [row.claim for row in checked]
    assert table["verdict"].tolist() == [row.verdict for row in checked]
    assert len(table) + len(listed_table(result)) == len(result.rows)
    estimate = table.set_index("claim").loc["average_pain.week12.estimate"]
    assert estimate["published"] == "-15.30 points"
    (row,) = (row for row in checked if row.claim == "average_pain.week12.estimate")
    assert row.reproduced is not None
    assert abs(float(str(estimate["reproduced"])) - row.reproduced) <= 0.5e-4  # two digits more than printed
    predicted = table[table["role"] == "predicted"]["MCSE or interval"]
    assert predicted.str.fullmatch(r"\(-?[\d.]+, -?[\d.]+\)").all()


def test_the_verdict_page_and_its_json_say_simulated_and_agree() -> None:
    result = verify(seed=1, trials=200)
    page, document = verdict_markdown(result), json.loads(verdict_json(result))
    assert f"\n{result.label}.\n" in page
    assert result.summary in page
    assert result.findings in page
    assert (document["summary"], document["ok"], document["trials"]) == (result.summary, result.ok, 200)
    assert [claim["verdict"] for claim in document["claims"]] == [row.verdict for row in result.rows]
    assert (document["label"], document["allowed_standard_errors"]) == (result.label, result.k)
    assert document["label"].startswith("SIMULATED")


@pytest.mark.parametrize("folder", ["asteroid", Path(__file__).parents[1] / "studies" / "stretching"])
def test_the_audit_page_has_a_row_for_every_finding(folder: str | Path) -> None:
    result = audit(study(folder))
    page = audit_markdown(result)
    assert sum(line.startswith("|") for line in page.splitlines()) == len(result.to_frame()) + 2
    assert "Nothing here is simulated" in page
