"""A wheel without the repository: what is installed from it works, from any folder."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds what the wheel holds, and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as held:
        held.extractall(folder / "installed")
    return folder / "installed"


def ended(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    own = os.environ | {"PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, check=False)


def test_it_is_the_wheel_that_runs(installed: Path, tmp_path: Path) -> None:
    done = ended(installed, tmp_path, "-c", "import asteroid_repro; print(asteroid_repro.__file__)")
    assert Path(done.stdout.strip()).is_relative_to(installed)


@pytest.mark.parametrize("command", ["audit", "power --trials 300 --json"])
def test_a_command_says_the_same_as_in_the_repository(installed: Path, tmp_path: Path, command: str) -> None:
    done = ended(installed, tmp_path, "-m", "asteroid_repro", *command.split())
    here = ended(ROOT / "src", tmp_path, "-m", "asteroid_repro", *command.split())
    assert (done.stdout, done.stderr, done.returncode) == (here.stdout, here.stderr, here.returncode)
    assert done.stdout


def test_reproduce_verifies_and_writes_data_and_figures(installed: Path, tmp_path: Path) -> None:
    done = ended(installed, tmp_path, "-m", "asteroid_repro", "reproduce", "--trials", "300", "--out", "results")
    assert "Traceback" not in done.stderr
    assert {path.name for path in (tmp_path / "results" / "figures").glob("*.svg")} == {
        path.name for path in (ROOT / "figures").glob("*.svg")
    }
    verdicts = json.loads((tmp_path / "results" / "data" / "verdicts.json").read_text(encoding="utf-8"))
    assert len(verdicts) > 1


def test_the_installation_validates(installed: Path, tmp_path: Path) -> None:
    done = ended(installed, tmp_path, "-m", "asteroid_repro", "validate", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["answer"].startswith("This installation agrees with its references in all ")
