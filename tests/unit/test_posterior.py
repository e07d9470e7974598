"""The Bayesian reading: closed form against numerical integration, and the meaning of its priors."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from asteroid_repro import InputError, plot_posterior, posterior


@settings(max_examples=50)
@given(
    estimate=st.floats(-40, 40), se=st.floats(1, 20), mean=st.floats(-30, 30), sd=st.floats(1, 30),
    important=st.floats(2, 30),
)  # fmt: skip
def test_the_posterior_is_prior_times_likelihood(
    estimate: float, se: float, mean: float, sd: float, important: float
) -> None:
    found = posterior(estimate, se, important=important, better="lower", priors={"own": (mean, sd)}).rows[-1]
    grid = np.linspace(found.mean - 12 * found.sd, found.mean + 12 * found.sd, 4001)
    logarithm = stats.norm.logpdf(grid, mean, sd) + stats.norm.logpdf(estimate, grid, se)
    density = np.exp(logarithm - logarithm.max())  # a prior 55 standard errors away is next to nothing everywhere
    weights = density / density.sum()
    assert found.mean == pytest.approx((weights * grid).sum(), abs=1e-6 * (1 + abs(found.mean)))
    assert found.sd == pytest.approx(math.sqrt((weights * (grid - found.mean) ** 2).sum()), rel=1e-6)
    assert found.important_benefit == pytest.approx(weights[grid < -important].sum(), abs=0.005)
    assert found.benefit == pytest.approx(weights[grid < 0].sum(), abs=0.005)


def test_a_sceptic_doubts_an_important_benefit_and_an_enthusiast_a_harm() -> None:
    _, sceptical, enthusiastic = posterior(-5, 3, important=10, better="lower").rows
    assert stats.norm.cdf(-10, sceptical.prior_mean, sceptical.prior_sd) == pytest.approx(0.05)
    assert stats.norm.sf(0, enthusiastic.prior_mean, enthusiastic.prior_sd) == pytest.approx(0.05)


def test_where_higher_is_better_all_is_mirrored() -> None:
    lower, higher = posterior(-5, 3, important=10, better="lower"), posterior(5, 3, important=10, better="higher")
    for one, other in zip(lower.rows, higher.rows, strict=True):
        assert (one.mean, one.benefit, one.important_benefit) == pytest.approx(
            (-other.mean, other.benefit, other.important_benefit)
        )


def test_a_flat_prior_is_the_likelihood_with_its_interval() -> None:
    flat = posterior(-15.30, 5.117, important=15, better="lower", level=0.9).rows[0]
    assert (flat.mean, flat.sd) == pytest.approx((-15.30, 5.117), rel=1e-12)
    assert (flat.low, flat.high) == pytest.approx((-15.30 - 1.644854 * 5.117, -15.30 + 1.644854 * 5.117), abs=1e-5)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"se": 0.0}, "se must be"),
        ({"important": -1.0}, "important must be"),
        ({"better": "smaller"}, "better must be"),
        ({"priors": {"firm": (0.0, 0.0)}}, "prior firm must have an SD above 0"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, object], said: str) -> None:
    given_ = {"estimate": -5.0, "se": 3.0, "important": 10.0, "better": "lower"} | change
    with pytest.raises(InputError, match=said):
        posterior(**given_)  # type: ignore[arg-type]  # what is wrong is the point


def test_the_figure_goes_from_firm_doubt_to_the_flat_prior() -> None:
    ax = plot_posterior(posterior(-15.3, 5.117, important=15, better="lower"))
    beyond = next(line for line in ax.lines if str(line.get_label()).startswith("Benefit beyond"))
    up = np.asarray(beyond.get_ydata())
    assert (np.diff(up) >= 0).all()
    assert up[0] < 0.01 < up[-1] < 0.5235
