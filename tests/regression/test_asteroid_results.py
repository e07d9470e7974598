"""ASTEROID's results go through the general path of any two-arm trial and stay what they were before it was built.

The figures were made by commit a5cdd13, which knew ASTEROID only. On one machine they are the same bits; matrix
products and fits differ between kinds of processors, hence rtol 1e-9.
"""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
BEFORE: dict[str, list[list[float]]] = json.loads((HERE / "asteroid_results.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def now() -> dict[str, list[list[float]]]:
    place = importlib.util.spec_from_file_location("asteroid_results", HERE / "asteroid_results.py")
    assert place is not None
    assert place.loader is not None
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    found: dict[str, list[list[float]]] = module.results()
    return found


def test_every_result_is_there(now: dict[str, list[list[float]]]) -> None:
    assert list(now) == list(BEFORE)


@pytest.mark.parametrize("name", BEFORE)
def test_the_numbers_are_those_of_the_first_house(name: str, now: dict[str, list[list[float]]]) -> None:
    np.testing.assert_allclose(np.array(now[name]), np.array(BEFORE[name]), rtol=1e-9, atol=1e-9)
