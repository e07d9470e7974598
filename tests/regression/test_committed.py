"""The committed data/ and figures/ are what the code makes. Regression: made by this code itself.

Random draws are the same on every machine; matrix products and fits may differ in the last bits, so numbers are
compared with rtol 1e-8 (tables) and 1e-3 points of the drawing (figures).
"""

import json
import re
from pathlib import Path

import matplotlib.image
import numpy as np
import pandas as pd
import pytest

from asteroid_repro import InputError, scenario, study
from asteroid_repro.reporting.files import read_table
from asteroid_repro.reproduction import Reproduction, reproduce

ROOT = Path(__file__).parents[2]
NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")
IDENTIFIER = re.compile(r"\b[A-Za-z]?[0-9a-f]{10}\b")  # hashed from the drawing's content


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Reproduction]:
    folder = tmp_path_factory.mktemp("reproduced")
    return folder, reproduce(folder)


def _committed(kind: str) -> list[str]:
    found = [*ROOT.glob(f"data/**/*.{kind}"), *ROOT.glob(f"figures/*.{kind}")]
    return sorted(str(path.relative_to(ROOT)) for path in found)


def test_every_committed_file_is_made_and_every_made_file_committed(made: tuple[Path, Reproduction]) -> None:
    folder, done = made
    written = {str(path.relative_to(folder)) for path in done.files}
    committed = {name for kind in ("csv", "html", "json", "md", "svg", "png") for name in _committed(kind)}
    assert committed - {"data/README.md"} == written


def test_the_run_passed(made: tuple[Path, Reproduction]) -> None:
    assert made[1].verification.ok


@pytest.mark.parametrize("name", _committed("csv"))
def test_tables(made: tuple[Path, Reproduction], name: str) -> None:
    assert (made[0] / name).read_text().splitlines()[0] == (ROOT / name).read_text().splitlines()[0]
    assert (ROOT / name).read_text().startswith("# SIMULATED")
    pd.testing.assert_frame_equal(read_table(made[0] / name), read_table(ROOT / name), rtol=1e-8)


def test_the_report(made: tuple[Path, Reproduction]) -> None:
    """Its words and numbers; pictures are compared as figures, and versions are those of the machine."""
    pages = [(place / "data" / "report.html").read_text() for place in (made[0], ROOT)]
    texts = [re.sub(r'src="data:[^"]*"|Computed with [^<]*', "", page) for page in pages]
    assert _close(texts[0], texts[1], 2e-3)


def test_verdicts(made: tuple[Path, Reproduction]) -> None:
    ours, theirs = (json.loads((place / "data" / "verdicts.json").read_text()) for place in (made[0], ROOT))
    assert ours["summary"] == theirs["summary"]
    for mine, yours in zip(ours["claims"], theirs["claims"], strict=True):
        numbers = {key for key, value in yours.items() if isinstance(value, float)}
        assert {key: mine[key] for key in numbers} == pytest.approx({key: yours[key] for key in numbers}, rel=1e-8)
        assert all(mine[key] == yours[key] for key in yours.keys() - numbers)


@pytest.mark.parametrize("name", [*_committed("md"), "README.md"])
def test_pages(made: tuple[Path, Reproduction], name: str) -> None:
    if name == "data/README.md":
        assert (ROOT / name).exists()
    elif name == "README.md":
        verdicts = read_table(made[0] / "data" / "verdicts.csv", text=True).fillna("")
        page = (ROOT / name).read_text()
        for row in verdicts.itertuples():
            assert f"| {row.claim} | {row.role} | {row.published} |" in page
        assert page.count("| missed |") == made[1].verification.count("missed")
    else:
        assert _close((made[0] / name).read_text(), (ROOT / name).read_text(), 2e-3)


@pytest.mark.parametrize("name", _committed("svg"))
def test_drawings(made: tuple[Path, Reproduction], name: str) -> None:
    texts = [IDENTIFIER.sub("id", (place / name).read_text()) for place in (made[0], ROOT)]
    assert _close(texts[0], texts[1], 1e-3)


@pytest.mark.parametrize("name", _committed("png"))
def test_pictures(made: tuple[Path, Reproduction], name: str) -> None:
    ours, theirs = (matplotlib.image.imread(place / name) for place in (made[0], ROOT))
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).mean() < 0.002


def _names(folder: Path, done: Reproduction) -> set[str]:
    return {str(path.relative_to(folder)) for path in done.files}


def test_a_study_without_a_programme_has_no_sessions_and_its_own_outcomes(tmp_path: Path) -> None:
    other = study(ROOT / "tests" / "studies" / "stretching")
    done = reproduce(tmp_path, other, trials=300)
    names = _names(tmp_path, done)
    simulated = {"participants", "outcomes", "adverse_events", "effects", "event_rates"}
    assert {name for name in names if "simulated" in name} == {f"data/simulated/{name}.csv" for name in simulated}
    drawn = {"participant-flow", "forest", "event-rates"}
    drawn |= {
        f"{kind}-{name}" for kind in ("trajectories", "sampling-distribution") for name in ("back-function", "sleep")
    }
    assert {name for name in names if "figures" in name} == {
        f"figures/{name}.{kind}" for name in drawn for kind in ("svg", "png")
    }
    effects = read_table(tmp_path / "data" / "simulated" / "effects.csv")
    assert set(effects["method"]) == {other.design.analysis.method}
    assert set(read_table(tmp_path / "data" / "simulated" / "event_rates.csv")["arm"]) == set(other.design.arm_names)


def test_running_it_twice_writes_the_same_bytes(tmp_path: Path) -> None:
    other = study(ROOT / "tests" / "studies" / "stretching")
    first, second = (reproduce(tmp_path / run, other, trials=300).files for run in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_a_scenario_is_an_option_and_its_name_is_on_every_file(tmp_path: Path) -> None:
    done = reproduce(tmp_path, assumptions=scenario("no_effect"), trials=300)
    assert done.verification.scenario == "no_effect"
    for name in _names(tmp_path, done):
        if name.endswith(".csv"):
            assert "no_effect" in (tmp_path / name).read_text().splitlines()[0]


def test_a_programme_without_sessions_leaves_their_figures_out(tmp_path: Path) -> None:
    names = _names(tmp_path, reproduce(tmp_path, assumptions=scenario("waitlist"), trials=300))
    assert not [name for name in names if "attendance" in name or "running" in name or "sessions" in name]
    rates = read_table(tmp_path / "data" / "simulated" / "event_rates.csv")
    assert set(rates["per"]) == {"person_weeks"}


def test_a_study_without_claims_is_refused_in_a_line(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    design = (ROOT / "tests" / "studies" / "stretching" / "study.toml").read_text()
    (folder / "study.toml").write_text(design)
    with pytest.raises(InputError, match=r"mine must hold claims\.toml to reproduce, got none\. Add it"):
        reproduce(tmp_path / "out", study(folder))


def _close(ours: str, theirs: str, tolerance: float) -> bool:
    if NUMBER.sub("0", ours) != NUMBER.sub("0", theirs):
        return False
    numbers = [np.array([float(found) for found in NUMBER.findall(text)]) for text in (ours, theirs)]
    return bool((np.abs(numbers[0] - numbers[1]) <= tolerance).all())
