"""The script that fits the programme: what it leaves free, and what it writes. The fit itself takes a minute."""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import asteroid_repro as ar

ROOT = Path(__file__).parents[2]
ASSUMPTIONS = (Path(ar.study().folder) / "assumptions.toml").read_text(encoding="utf-8")
FITTED = {
    "adherence_decline": 0.5,
    "completion_mean": 0.6,
    "running_speed_mean": 9.25,
    "adverse_events.lower_limb.rate": 0.07,
    "adverse_events.low_back_pain.rate": 0.01,
    "adverse_events.syncope.rate": 0.02,
}


@pytest.fixture(scope="module")
def script() -> Any:
    specification = importlib.util.spec_from_file_location("fit_programme", ROOT / "benchmarks" / "fit_programme.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_numbers_that_are_there_leave_the_file_as_it_is(script: Any) -> None:
    values = ar.ASTEROID.values()
    assert script.rewritten(ASSUMPTIONS, {name: values[name] for name in FITTED}) == ASSUMPTIONS


def test_other_numbers_change_those_lines_alone_and_nothing_else_in_them(script: Any, tmp_path: Path) -> None:
    assert script.rewritten(ASSUMPTIONS, FITTED, 99).count("fit_trials = 99") == len(FITTED)
    text = script.rewritten(ASSUMPTIONS, FITTED)
    changed = [(old, new) for old, new in zip(ASSUMPTIONS.splitlines(), text.splitlines(), strict=True) if old != new]
    assert len(changed) == len(FITTED)
    for (old, new), value in zip(changed, FITTED.values(), strict=True):
        start, _, rest = old.partition("value = ")
        assert new == f"{start}value = {value!r}{rest[rest.index(',') :]}"
    folder = tmp_path / "study"
    folder.mkdir()
    for path in Path(ar.study().folder).glob("*.toml"):
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "programmes").symlink_to(Path(ar.study().folder) / "programmes")
    (folder / "assumptions.toml").write_text(text, encoding="utf-8")
    values = ar.study(folder).assumptions.values()
    assert {name: values[name] for name in FITTED} == FITTED
    assert values["adverse_events.syncope.reference_rate"] == 0


def test_an_entry_that_is_not_there_is_an_error(script: Any) -> None:
    with pytest.raises(ValueError, match=r"must have the entries adverse_events\.rate, each in a line of its own"):
        script.rewritten(ASSUMPTIONS, {"adverse_events.rate": 1.0})


def test_everything_that_the_study_says_is_fitted_is_fitted(script: Any) -> None:
    fitted = {one.field for one in ar.ASTEROID.provenance if one.fitted_to}
    assert fitted == set(FITTED)
    found = script.fit_programme(ar.ASTEROID, trials=400)
    assert set(found) == fitted
    assert found["completion_mean"] == pytest.approx(0.691, abs=0.05)
    rates = [found[f"adverse_events.{kind}.rate"] for kind in ("lower_limb", "low_back_pain", "syncope")]
    assert rates == pytest.approx([7 * rates[1], rates[1], rates[1]], abs=1e-5)  # as the counts, 7, 1 and 1


def test_the_least_penalty_lies_between_speed_and_decline(script: Any) -> None:
    """On the line v = 12 - 2 d the penalty (3 - 2 d)^2 + 4 d^2 is least at d = 3/4."""
    declines = np.linspace(0, 1, 5)
    assert script.least_penalty(declines, 12 - 2 * declines) == pytest.approx(0.75, abs=1e-4)


def test_rates_that_are_three_times_too_large_are_brought_back(script: Any) -> None:
    """In two steps, as the fit takes them, since events cost running hours. 500 trials know the rates to 2 %."""
    fitted = {name: value for name, value in ar.ASTEROID.values().items() if name in FITTED and name.endswith(".rate")}
    rates = {name: 3 * value for name, value in fitted.items()}
    for _ in range(2):
        rates = script.rates(ar.ASTEROID.with_values(**rates), 500, 1)
    assert sum(rates.values()) == pytest.approx(sum(fitted.values()), rel=0.08)
