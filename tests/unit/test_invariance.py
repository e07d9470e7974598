"""What may not change a result, and how results change with the data, on random incomplete trials."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asteroid_repro import estimate_effects
from asteroid_repro.estimate.effects.methods import METHODS, estimate_arrays

FEW = settings(max_examples=6, derandomize=True)
COMBINATIONS = [(name, each) for name, method in METHODS.items() for each in method.distributions if each != "z"]
every_method = pytest.mark.parametrize(("method", "distribution"), COMBINATIONS)
seeds = st.integers(0, 10_000)


@cache
def table(seed: int) -> pd.DataFrame:
    """Return a trial of 12 treated and 16 others with about one visit in eight missing, as NaN."""
    rng = np.random.default_rng(seed)
    scores = 40 + 9 * rng.normal(size=(28, 3)) + 12 * rng.normal(size=(28, 1))
    gone = rng.random(scores.shape) < 0.12
    gone[gone.all(axis=1)] = False
    scores[gone] = np.nan
    person, visit = np.indices(scores.shape).reshape(2, -1)
    arm = np.where(person < 12, "treatment", "reference")
    return pd.DataFrame(
        {"participant": person, "arm": arm, "week": 6 * visit, "outcome": "disability", "value": scores.ravel()}
    )


def numbers(data: pd.DataFrame, method: str, distribution: str) -> pd.DataFrame:
    """Return the numbers of the effects, a row a week."""
    frame = estimate_effects(data, method=method, distribution=distribution).to_frame()  # type: ignore[arg-type]
    return frame[["estimate", "se", "df", "ci_low", "ci_high", "p_value"]]


def assert_close(got: pd.DataFrame, wanted: pd.DataFrame) -> None:
    """Compare to 1e-7: a fit ends 1e-9 from its maximum, whatever way it takes there."""
    pd.testing.assert_frame_equal(got, wanted, rtol=1e-7, atol=1e-7)


@every_method
@FEW
@given(seed=seeds)
def test_row_order_and_labels_of_people_do_not_matter(method: str, distribution: str, seed: int) -> None:
    data = table(seed)
    shuffled = data.sample(frac=1, random_state=seed).assign(participant=lambda rows: 1000 - rows["participant"])
    assert_close(numbers(shuffled, method, distribution), numbers(data, method, distribution))


@every_method
@FEW
@given(seed=seeds)
def test_a_missing_row_is_a_missing_value(method: str, distribution: str, seed: int) -> None:
    data = table(seed)
    pd.testing.assert_frame_equal(
        numbers(data.dropna(subset="value"), method, distribution), numbers(data, method, distribution)
    )


@every_method
@FEW
@given(seed=seeds)
def test_wide_or_long_and_the_order_of_categories_do_not_matter(method: str, distribution: str, seed: int) -> None:
    """A wide table laid out long again has other rows in another order, and empty cells as rows."""
    data = table(seed)
    wide = data.dropna(subset="value").pivot_table(index=["participant", "arm"], columns="week", values="value")
    long = wide.reset_index().melt(["participant", "arm"], var_name="week", value_name="value")
    long = long.assign(outcome="disability", week=long["week"].astype(int))
    categories = data.astype(dict.fromkeys(("participant", "arm", "week", "outcome"), "category"))
    categories["arm"] = categories["arm"].cat.set_categories(["reference", "treatment"])
    categories["week"] = categories["week"].cat.set_categories([12, 0, 6])
    wanted = numbers(data, method, distribution)
    for other in (long, categories):
        pd.testing.assert_frame_equal(numbers(other, method, distribution), wanted)


@every_method
@FEW
@given(seed=seeds)
def test_swapped_arms_flip_the_sign(method: str, distribution: str, seed: int) -> None:
    data = table(seed)
    wanted = numbers(data, method, distribution)
    swapped = data.assign(arm=data["arm"].map({"treatment": "reference", "reference": "treatment"}))
    flipped = wanted.assign(estimate=-wanted["estimate"], ci_low=-wanted["ci_high"], ci_high=-wanted["ci_low"])
    assert_close(numbers(swapped, method, distribution), flipped)


@every_method
@FEW
@given(seed=seeds, scale=st.sampled_from([0.01, 3.0, 250.0]), shift=st.sampled_from([-1000.0, 0.0, 20.0]))
def test_shift_and_scale_carry_through(method: str, distribution: str, seed: int, scale: float, shift: float) -> None:
    data = table(seed)
    wanted = numbers(data, method, distribution)
    points = ["estimate", "se", "ci_low", "ci_high"]
    wanted[points] *= scale
    got = numbers(data.assign(value=shift + scale * data["value"]), method, distribution)
    got[points], wanted[points] = got[points] / scale, wanted[points] / scale
    assert_close(got, wanted)


@every_method
@FEW
@given(seed=seeds)
def test_no_effect_is_0_because_a_variance_is(method: str, distribution: str, seed: int) -> None:
    """People who resemble themselves less than others: the variance between them is estimated as 0."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(3, 28, 1))
    apart = 50 + 10 * (noise - 0.95 * noise.mean(axis=0))
    apart[2, [3, 20]] = np.nan
    fit = estimate_arrays(apart[:, :12], apart[:, 12:], method=method, distribution=distribution)  # type: ignore[arg-type]
    assert fit.boundary.all() or method != "random_intercept"
    assert fit.converged.all()
    assert (np.abs(fit.estimate) > 1e-6).all()
    assert (fit.standard_error > 0).all()
