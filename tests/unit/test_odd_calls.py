"""Public functions are called with one odd argument each: the answer is one line, or what the clean twin gives."""

import inspect
import math
import os
import pickle
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, Union, get_args, get_origin

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

import asteroid_repro as ar
from asteroid_repro import ASTEROID, InputError

ALL = os.environ.get("ODD_INPUTS") == "all"
"""Nightly every odd value is tried in every argument; otherwise a tenth of them, drawn with a fixed seed."""

SECONDS = 10
"""After so long a call has hung."""

FUNCTIONS = {name: found for name in ar.__all__ if inspect.isfunction(found := getattr(ar, name))}
DRAWINGS = {name for name in FUNCTIONS if name.startswith("plot_")}


@cache
def made() -> dict[str, Any]:
    """Make what the functions are given."""
    trial = ar.simulate_trial(ASTEROID, seed=2024)
    run: dict[str, Any] = {"trials": 40, "seed": 1}
    return {
        "trial": trial,
        "effects": ar.estimate_effects(trial),
        "rates": ar.event_rates(trial),
        "distribution": ar.sampling_distribution(ASTEROID, **run),
        "curve": ar.power_curve(ASTEROID, {"people_per_arm": [10, 20]}, **run),
        "what_if": ar.what_if(ASTEROID, ASTEROID.with_people(10, 10), trials=256, seed=1),
        "assurance": ar.assurance(ASTEROID, mean=-15, sd=5, nodes=3, **run),
        "rerun": ar.replication(-15.3, 5.1),
        "adjusted": ar.adjusted_from_print("-19.35 (-32.01, -6.69), p=0.003", baseline=(30.8, 40.1), people=(20, 20)),
        "multiverse": ar.multiverse(trials=40, seed=1),
        "posterior": ar.posterior(-15.3, 5.1, important=15, better="lower"),
        "audited": ar.audit_triple("-15.30 (-25.33, -5.27), p=0.003"),
        "found": ar.reconstruct("disability", n=2, seed=1),
        "verification": ar.verify(seed=1, trials=40),
        "screening": ar.CANDIDACY,
    }


@cache
def calls(folder: Path) -> dict[str, dict[str, Any]]:
    """Return a good call of every public function, with nearly every argument given."""
    has, run = made(), {"trials": 40, "seed": 1}
    people: dict[str, Any] = {"trial": has["trial"], "outcome": "average_pain", "week": 12}
    imputed = people | {"imputations": 4, "seed": 1, "method": "ancova", "level": 0.9, "rule": "mar"}
    analysis = {"method": "mmrm", "distribution": "t", "level": 0.9}
    one = {"n_jobs": 1, "progress": False}
    design = ASTEROID.design
    return {
        "adjusted_from_print": {"line": "-19.35 (-32.01, -6.69), p=0.003", "baseline": (30.8, 40.1), "people": (20, 20),
                                "n_visits": 2, "correlations": [0.5], "sd_ratio": 1.0},
        "adjust_p_values": {"effects": has["effects"], "week": 12, "rule": "holm"},
        "adverse_events_table": {"rates": has["rates"], "design": design},
        "assurance": {"assumptions": ASTEROID, "mean": -15.0, "sd": 5.0, "shrinkage": 0.0, "outcome": "average_pain",
                      "week": 12, "nodes": 3} | analysis | run | one,
        "attendance": {"trial": has["trial"]},
        "audit": {"study": ar.study()},
        "audit_text": {"text": "Pain fell (-15.30 (95% CI -25.33 to -5.27) points, p=0.003).", "level": 0.95,
                       "sides": 2, "line": False},
        "audit_triple": {"triple": "-15.30 (-25.33, -5.27), p=0.003", "level": 0.95, "ratio": False},
        "changes_since": {"version_or_date": "0.1.0"},
        "compare_with_yardstick": {"rate": has["rates"].rows[0], "yardstick_per_1000": 8.0, "low": 5.0, "high": 12.0,
                                   "yardstick_level": 0.95},
        "coverage_by_frailty": {"assumptions": ASTEROID, "variances": [0, 1], "trials": 40, "seed": 1},
        "debit": {"percentage": "50", "n": 40, "sd": "0.51"},
        "effects_table": {"effects": has["effects"], "design": design},
        "estimands": {"assumptions": ASTEROID, "trials": 40, "seed": 1},
        "estimate_effects": {"trial": has["trial"], "covariates": ["age_years"], "covariance": "unstructured",
                             "by_arm": False, "margins": "equal", "likelihood": "REML"} | analysis,
        "event_rates": {"trial": has["trial"], "per": "running_hours", "method": "exact", "level": 0.9},
        "floor_and_ceiling": {"assumptions": ASTEROID},
        "grim": {"mean": "5.19", "n": 28, "step": 1},
        "grim_difference": {"difference": "1.25", "n_treatment": 20, "n_reference": 20, "step": 1},
        "grimmer": {"sd": "2.1", "mean": "5.0", "n": 20, "step": 1},
        "harms": {"trial": has["trial"], "method": "exact", "level": 0.9},
        "hours_for_precision": {"rate_per_1000_h": 10.0, "ratio": 2.0, "level": 0.9, "assurance": 0.8,
                                "dispersion": 1.0, "hours_per_person": 10.0},
        "inference_ledger": {"trial": has["trial"], "outcome": "average_pain", "week": 12},
        "multiverse": {"study": ar.study(), "trials": 40, "seed": 1},
        "posterior": {"estimate": -15.3, "se": 5.1, "important": 15.0, "better": "lower", "level": 0.9},
        "nuisance_from_print": {"line": "-15.30 (-25.33, -5.27), p=0.003", "people": (20, 20), "better": "lower",
                                "means": ("15.5", "30.8"), "visits": 2, "level": 0.95, "scale": (0, 100)},
        "operating_characteristics": {"assumptions": ASTEROID, "conditional": False, "target_mcse": 0.1}
        | analysis | run | one,
        "plot_adjusted": {"found": has["adjusted"], "design": design},
        "plot_assurance": {"found": has["assurance"], "design": design},
        "plot_attendance": {"trial": has["trial"]},
        "plot_event_rates": {"rates": has["rates"], "design": design},
        "plot_forest": {"effects": has["effects"], "design": design, "week": 12},
        "plot_multiverse": {"found": has["multiverse"], "design": design},
        "plot_posterior": {"found": has["posterior"]},
        "plot_participant_flow": {"trial": has["trial"]},
        "plot_power_curve": {"curve": has["curve"], "measure": "power", "target": 0.8, "design": design},
        "plot_programme": {"programme": ar.programme("couch_to_5k")},
        "plot_reconstructions": {"found": has["found"]},
        "plot_rerun": {"found": has["rerun"]},
        "plot_running_hours": {"trial": has["trial"]},
        "plot_sampling_distribution": {"distribution": has["distribution"], "outcome": "disability",
                                       "design": design, "week": 6},
        "plot_trajectories": {"trial": has["trial"], "outcome": "disability", "level": 0.9},
        "plot_triple": {"audit": has["audited"], "df": 38.0},
        "plot_what_if": {"found": has["what_if"], "measure": "power", "week": 12, "design": design},
        "power_curve": {"assumptions": ASTEROID, "over": {"people_per_arm": [10, 20]}, "outcome": "disability",
                        "week": 6, "measures": ["power", "bias"]} | analysis | run | one,
        "probability_rate_below": {"events": 3, "exposure": 300.0, "below_per_1000": 20.0, "prior_shape": 0.5,
                                   "prior_exposure": 0.0},
        "programme": {"name": "couch_to_5k", "study_name": "asteroid"},
        "programme_names": {"study_name": "asteroid"},
        "published": {},
        "read_people": {"outcomes": has["trial"].outcomes, "participants": has["trial"].participants,
                        "design": design, "say": None},
        "reanalyse": {"study": ar.study()},
        "reconstruct": {"outcome": "disability", "n": 1, "seed": 1, "week": 12},
        "replication": {"estimate": -15.3, "se": 5.1, "relative_size": 1.0, "level": 0.9, "shrinkage": 0.0},
        "report": {"trial": has["trial"], "seed": 1, "method": "ancova", "distribution": "t", "level": 0.9},
        "rerandomisation_test": people | {"statistic": "change", "exhaustive_up_to": 10, "allocations": 99, "seed": 1,
                                          "level": 0.9},
        "responders": people | {"points": 15.0, "level": 0.9},
        "sample_size": {"assumptions": ASTEROID, "power": 0.8, "outcome": "average_pain", "week": 12, "effect": -20.0,
                        "maximum": 100} | analysis | run | one,
        "sampling_distribution": {"assumptions": ASTEROID, "method": "ancova", "conditional": False,
                                  "progress": False} | run,
        "save_figure": {"figure": Figure(), "path_without_suffix": folder / "rerun"},
        "scenario": {"name": "no_effect", "study_name": "asteroid"},
        "scenario_names": {"study_name": "asteroid"},
        "sceptical_p_value": {"z_original": 3.0, "z_replication": 2.0, "variance_ratio": 1.0},
        "score_foretelling": {"study": ar.study("neck_pain"),
                              "people": ar.simulate_trial(ar.study("neck_pain").assumptions, seed=1)},
        "screen": {"candidacy": has["screening"], "wanted": 10, "seed": 1},
        "sensitivity": imputed | {"delta": 2.0, "delta_reference": 1.0, "covariates": ["age_years"],
                                  "baseline": "covariate", "variance": "rubin"},
        "simulate_trial": {"assumptions": ASTEROID, "seed": 1},
        "standardised_effects": {"trial": has["trial"], "sd": "baseline", "level": 0.9},
        "study": {"name_or_path": "asteroid"},
        "study_names": {},
        "sweep": {"assumptions": ASTEROID, "over": {"people_per_arm": [10]}, "folder": folder / "sweep",
                  "target_mcse": 0.1} | analysis | run | one,
        "table_one": {"trial": has["trial"]},
        "tipping_point": imputed | {"deltas": [0.0, 5.0]},
        "validate": {},
        "verdict_table": {"verification": has["verification"]},
        "verify": {"seed": 1, "trials": 40, "progress": False},
        "what_if": {"base": ASTEROID, "changed": ASTEROID.with_people(10, 10), "target_mcse": 0.1}
        | analysis | one | {"trials": 256, "seed": 1},
        "within_arm_changes": {"trial": has["trial"], "level": 0.9},
    }  # fmt: skip


class Mute:
    """An object that cannot even say what it is."""

    def __repr__(self) -> str:
        raise RuntimeError


WRONG: dict[str, Any] = {
    "true": True,
    "false": False,
    "nan": math.nan,
    "numpy nan": np.float32(math.nan),
    "complex": 1j,
    "5,000 digits": 10**5000,
    "bytes": b"20",
    "number in text": " 20 ",
    "list of lists": [[]],
    "object": object(),
    "mute": Mute(),
    "class": int,
    "module": math,
    "dict": {1: 2},
    "set": {1, 2},
    "array": np.arange(4).reshape(2, 2),
    "date": np.datetime64("2024-01-01"),
    "missing": pd.NA,
    "none": None,
}
"""Values that are wrong wherever a number is wanted, and mostly elsewhere."""

DOUBTFUL: dict[str, Any] = {
    "0": 0,
    "-1": -1,
    "tiny": 5e-324,
    "huge": 1e308,
    "huge whole": 10**300,
    "infinite": math.inf,
    "minus infinity": -math.inf,
    "billion": 10**9,
    "2^63": 2**63,
    "numpy unsigned": np.uint64(2**64 - 1),
    "int8": np.int8(-128),
    "2.5": 2.5,
    "0.999999999999": 1 - 1e-12,
    "empty": "",
    "empty list": [],
    "empty table": pd.DataFrame(),
    "line break": "a\nb",
    "html": "<script>alert(1)</script>",
    "nul": "\0",
    "lone surrogate": "\ud800",
    "long text": "x" * 10_000,
    "number as text": "1e999",
    "numbers as text": "5" * 5000,
    "list": [1, 2],
    "pair": ("a", "b"),
}
"""Values that may be good somewhere: a result or one line, and no more is asked."""

TWINS: dict[str, Callable[[Any], Any]] = {
    "int64": np.int64,
    "int16": np.int16,
    "float64": np.float64,
    "longdouble": np.longdouble,
    "array": np.array,
    "series": pd.Series,
    "tuple": tuple,
    "path": Path,
    "str": np.str_,
}
"""Other ways to write a good value; the result is the same."""


@contextmanager
def no_hang() -> Iterator[None]:
    """Interrupt what takes too long."""

    def late(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@dataclass(frozen=True)
class Odd:
    """A call with one odd argument."""

    name: str
    argument: str
    what: str

    def __str__(self) -> str:
        return f"{self.name}({self.argument}={self.what})"


def drawn(cases: list[Odd], seed: int) -> list[Odd]:
    return (
        cases if ALL else [cases[at] for at in np.random.default_rng(seed).permutation(len(cases))[: len(cases) // 10]]
    )


def asked(odd_values: dict[str, Any], folder: Path) -> list[Odd]:
    return [
        Odd(name, argument, what)
        for name, given in calls(folder).items()
        for argument in given
        for what in odd_values
        if argument != "say"  # what is called there is the caller's own
    ]


def takes_numbers_only(odd: Odd) -> bool:
    """Whether the signature says that the argument is a number, and nothing else."""
    kind = inspect.signature(FUNCTIONS[odd.name]).parameters[odd.argument].annotation
    kinds = get_args(kind) if get_origin(kind) in (Union, type(int | str)) else (kind,)
    return set(kinds) <= {int, float, type(None)}


def called(odd: Odd, value: Any, folder: Path) -> Any:
    try:
        with no_hang():
            return FUNCTIONS[odd.name](**calls(folder)[odd.name] | {odd.argument: value})
    finally:
        plt.close("all")
        shutil.rmtree(folder / "sweep", ignore_errors=True)


def answered(odd: Odd, value: Any, folder: Path) -> str:
    """Return what went wrong: an error that is no InputError, or one of several lines."""
    try:
        called(odd, value, folder)
    except InputError as error:
        return "" if len(str(error).splitlines()) == 1 and len(str(error)) < 3500 else f"{odd}: {error}"
    except Exception as error:  # noqa: BLE001 - which is what is looked for
        return f"{odd}: {type(error).__name__}: {error}"
    needed = calls(folder)[odd.name][odd.argument] is not None and odd.what != "none"
    if odd.what in WRONG and needed and takes_numbers_only(odd):
        return f"{odd} was taken"
    return ""


def test_there_is_a_good_call_of_every_public_function(tmp_path: Path) -> None:
    given = calls(tmp_path)
    assert given.keys() == FUNCTIONS.keys()
    for name, arguments in given.items():
        FUNCTIONS[name](**arguments)
        plt.close("all")


def test_what_is_wrong_or_doubtful_ends_in_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # an odd name may be one that a file can have
    values = WRONG | DOUBTFUL
    tried = drawn(asked(values, tmp_path), seed=22)
    assert len(tried) > (5000 if ALL else 500)
    assert [problem for odd in tried if (problem := answered(odd, values[odd.what], tmp_path))] == []


def same(one: Any, other: Any) -> bool:
    """Whether two results hold the same, 5 and 5.0 being one number."""
    if isinstance(one, pd.DataFrame):
        return list(one) == list(other) and all(same(one[name].tolist(), other[name].tolist()) for name in one)
    if is_dataclass(one):
        return all(same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other or (one != one and other != other))  # noqa: PLR0124 - NaN


def twin_of(good: Any, what: str) -> Any:
    """Return another way to write a good value; none where there is no such way."""
    kinds = {"int64": int, "int16": int, "float64": float, "longdouble": float, "str": str, "path": Path}
    if type(good) is not kinds.get(what, list) and not isinstance(good, kinds.get(what, list)):
        return None
    return None if isinstance(good, bool) or good == [] else TWINS[what](good)


def test_other_ways_to_write_a_good_value_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tried = 0
    for odd in drawn(asked(TWINS, tmp_path), seed=23):
        good = calls(tmp_path)[odd.name][odd.argument]
        if odd.name not in DRAWINGS and (twin := twin_of(good, odd.what)) is not None:
            tried += 1
            assert same(called(odd, twin, tmp_path), called(odd, good, tmp_path)), odd
    assert tried > (100 if ALL else 10)


def test_a_function_can_be_sent_to_another_process() -> None:
    for function in FUNCTIONS.values():
        assert pickle.loads(pickle.dumps(function)) is function  # noqa: S301 - our own bytes
