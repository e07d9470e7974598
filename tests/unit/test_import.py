"""What `import asteroid_repro` brings, and what it leaves for later."""

import json
import pkgutil
import subprocess
import sys

import pytest

import asteroid_repro

HEAVY = ("matplotlib", "statsmodels")
PROMISED = (
    "ASTEROID", "attendance", "audit", "estimate_effects", "event_rates", "operating_characteristics", "published",
    "scenario", "simulate_trial", "study", "verify",
)  # fmt: skip


def test_a_fresh_import_is_light_and_so_is_the_command_line() -> None:
    code = (
        "import asteroid_repro, asteroid_repro.cli.commands, json, sys;"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(HEAVY) & set(json.loads(done.stdout))
    assert done.stderr == ""


def test_power_with_a_normal_reference_does_without_scipy() -> None:
    """Its import would take a quarter of the command's time."""
    code = (
        "import asteroid_repro as ar, asteroid_repro.cli.commands, sys;"
        "ar.operating_characteristics(ar.ASTEROID, trials=16, seed=1, control_variate=False);"
        "print('scipy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_every_public_name_exists_and_says_what_it_is() -> None:
    for name in asteroid_repro.__all__:
        assert getattr(asteroid_repro, name).__doc__, name


def modules() -> list[str]:
    """Return the path of every module, without importing any but the packages."""
    return [each.name for each in pkgutil.walk_packages(asteroid_repro.__path__, "asteroid_repro.")]


def test_no_module_is_hidden_by_a_public_name() -> None:
    """``import asteroid_repro.verify as v`` fails where ``asteroid_repro.verify`` is a function."""
    assert len(modules()) > 80
    rooms = {path.split(".")[1] for path in modules()}
    assert not rooms & (set(asteroid_repro.__all__) - {"asteroid_repro"})


def test_every_module_can_be_imported_by_its_path_and_under_a_short_name() -> None:
    lines = [f"import {path} as m; assert m.__name__ == '{path}', m" for path in modules() if "__main__" not in path]
    code = "\n".join(lines)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", PROMISED)
def test_what_is_promised_is_public(name: str) -> None:
    assert name in asteroid_repro.__all__


def test_the_public_names_are_sorted_and_unique() -> None:
    names = asteroid_repro.__all__
    assert len(set(names)) == len(names)
    assert names == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
