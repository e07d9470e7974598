"""Scenarios and studies with one odd entry each: the answer is one line, or the record holds what was given."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import asteroid_repro as ar
from asteroid_repro import ASTEROID, InputError
from asteroid_repro.cli.commands import app
from asteroid_repro.study_folder import Study
from asteroid_repro.trial.changes import read_value

ALL = os.environ.get("ODD_INPUTS") == "all"
VALUES: dict[str, str] = {
    "true": "true",
    "number in text": '" 20 "',
    "number as text": '"20"',
    "nan": "nan",
    "infinite": "inf",
    "minus infinity": "-inf",
    "5,000 digits": "9" * 5000,
    "-1": "-1",
    "0": "0",
    "2.5": "2.5",
    "huge": "1e308",
    "huge whole": "9" * 300,
    "billion": "1000000000",
    "tiny": "5e-324",
    "list": "[1, 2, 3]",
    "truths": "[true, false]",
    "texts": '["1", "2"]',
    "ragged": "[[1], [1, 2]]",
    "deep": "[" * 500 + "]" * 500,
    "very deep": "[" * 100_000 + "]" * 100_000,
    "many": f"[{'1.0, ' * 5000}]",
    "empty": '""',
    "empty list": "[]",
    "date": "2024-01-01",
    "table": "{ a = 1 }",
    "line break": '"a\\nb"',
    "html": '"<script>"',
    "nul": '"\\u0000"',
    "endless list": f"[{', '.join(map(str, range(5000)))}]",
    "word": '"mar"',
}
"""As TOML writes them."""


def fields() -> list[str]:
    return [*ASTEROID.values(), "people_per_arm", "every_outcome.effect", "every_outcome.sd"]


def odd_entries() -> list[tuple[str, str]]:
    cases = [(field, what) for field in fields() for what in VALUES]
    return cases if ALL else [cases[at] for at in np.random.default_rng(22).permutation(len(cases))[: len(cases) // 10]]


def written(folder: Path, field: str, value: str) -> Path:
    path = folder / "odd.toml"
    path.write_text(f"{field} = {value}\n", encoding="utf-8")
    return path


def plain(value: Any) -> Any:
    return [plain(each) for each in value] if isinstance(value, list | tuple) else value


def problem(path: Path, field: str) -> str:
    """Return what went wrong: an error of another kind, several lines, or another value than was given."""
    import tomllib

    try:
        record = ar.scenario(path)
    except InputError as error:
        lines = str(error).splitlines()
        return "" if len(lines) == 1 and lines[0].startswith(str(path)) and len(lines[0]) < 3500 else str(error)
    except Exception as error:  # noqa: BLE001 - which is what is looked for
        return f"{type(error).__name__}: {error}"
    given: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    for step in field.split("."):
        given = given[step]
    field = field.replace("every_outcome", "average_pain").replace("people_per_arm", "n_treatment")
    if not isinstance(plain(record.values()[field]), type(given)):
        is_scalar_for_many = isinstance(given, int | float) and not isinstance(given, bool)
        return "" if is_scalar_for_many or isinstance(given, str | dict) else f"{given!r} was taken for {field}"
    held = plain(record.values()[field])
    return "" if held == given and type(held) is type(given) else f"{given!r} became {held!r}"


def test_an_odd_entry_of_a_scenario_is_refused_or_kept_as_it_is(tmp_path: Path) -> None:
    found = []
    for field, what in odd_entries():
        if said := problem(written(tmp_path, field, VALUES[what]), field):
            found.append(f"{field} = {what}: {said[:300]}")
    assert found == []


@pytest.mark.parametrize("what", VALUES)
def test_an_odd_value_on_the_command_line_is_one_line(what: str) -> None:
    """The same values after --set, where they are read as JSON; a value that is taken gives a power."""
    from typer.testing import CliRunner

    done = CliRunner().invoke(app, ["power", "--set", f"missing_treatment={VALUES[what]}", "--trials", "16", "--json"])
    assert done.exception is None or isinstance(done.exception, InputError), done.exception
    if done.exception is None:
        assert what in {"0", "tiny"}


def test_what_is_read_from_the_command_line_is_no_number_of_5000_digits() -> None:
    assert read_value("9" * 5000) == "9" * 5000
    assert read_value("[" * 100_000) == "[" * 100_000


@pytest.mark.parametrize("given", [1, 1.0, "true", "yes", " true "])
def test_a_truth_value_is_true_or_false(given: Any) -> None:
    with pytest.raises(ValueError, match="valid boolean"):
        ar.Design.model_validate(
            ASTEROID.design.model_dump() | {"adverse_events": [{"name": "a", "label": "A", "flare": given}]}
        )


@pytest.mark.parametrize("name", ["study.toml", "claims.toml", "assumptions.toml", "sources.toml", "screening.toml"])
@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"a = " + b"9" * 5000, b"a = " + b"[" * 50_000, b"x" * 3_000_000, b"\0", b"a = 1"]
)
def test_a_file_of_a_study_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    shutil.copytree(ar.study().folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / name).write_bytes(content)

    def everything(own: Study) -> object:
        return own.ledger, own.assumptions, own.screening

    with pytest.raises(InputError, match=f"^[^\n]*{name}[^\n]*$") as caught:
        everything(ar.study(tmp_path))
    assert len(str(caught.value)) < 3500


def test_a_trial_has_no_more_people_and_visits_than_fit_into_memory() -> None:
    with pytest.raises(InputError, match="n_treatment must be at most 50000"):
        ASTEROID.with_people(10**9, 20)
    with pytest.raises(InputError, match="at most 100 items"):
        ASTEROID.with_values(visits=list(range(5000)))
    with pytest.raises(InputError, match="weeks must be at most 1000"):
        ASTEROID.with_values(programme=ar.programme("couch_to_5k").model_dump(mode="json") | {"weeks": 10**9})


def test_json_of_a_changed_record_is_the_record() -> None:
    record = ASTEROID.with_values(missing_treatment=0.1)
    assert json.loads(record.model_dump_json())["missing_treatment"] == 0.1
