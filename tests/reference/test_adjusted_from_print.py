"""The adjustment of print against analysis of covariance by statsmodels, on data sets that print the line."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from asteroid_repro import adjusted_from_print


def data_set(seed: int, n: tuple[int, int], rho: float, ratio: float) -> pd.DataFrame:
    """Return two visits of two arms whose pooled covariance is exactly SD 20 and 20 `ratio` at correlation `rho`."""
    rng = np.random.default_rng(seed)
    scores = [arm - arm.mean(axis=0) for arm in (rng.standard_normal((size, 2)) for size in n)]
    pooled = sum(arm.T @ arm for arm in scores) / (sum(n) - 2)
    wanted = np.array([[1, rho * ratio], [rho * ratio, ratio**2]]) * 400
    change = np.linalg.solve(np.linalg.cholesky(pooled).T, np.linalg.cholesky(wanted).T)
    means = [np.array([31.0, 14.0]), np.array([42.0, 43.0])]
    frames = [
        pd.DataFrame(arm @ change + mean, columns=["first", "last"]).assign(treated=float(not number))
        for number, (arm, mean) in enumerate(zip(scores, means, strict=True))
    ]
    return pd.concat(frames)


@pytest.mark.parametrize(("n", "rho", "ratio"), [((20, 20), 0.5, 1.0), ((12, 31), 0.3, 1.4), ((8, 9), 0.8, 0.7)])
def test_adjusting_the_printed_change_gives_the_analysis_of_covariance(
    n: tuple[int, int], rho: float, ratio: float
) -> None:
    table = data_set(1, n, rho, ratio)
    change = smf.ols("I(last - first) ~ treated", table).fit()
    low, high = change.conf_int().loc["treated"]
    line = f"{change.params['treated']:.9f} ({low:.9f}, {high:.9f})"
    found = adjusted_from_print(line, baseline=(31, 42), people=n, correlations=[rho], sd_ratio=ratio)
    (one,) = (r for r in found.rows if (r.model, r.distribution, r.likelihood) == ("MMRM", "t", "REML"))
    ancova = smf.ols("last ~ first + treated", table).fit()
    limits = ancova.conf_int().loc["treated"]
    theirs = [ancova.params["treated"], ancova.bse["treated"], *limits, ancova.pvalues["treated"]]
    assert [one.estimate, one.se, one.ci_low, one.ci_high, one.p_value] == pytest.approx(theirs, rel=1e-6)
    assert one.slope == pytest.approx(ancova.params["first"], rel=1e-9)
    assert one.sd == pytest.approx(20, rel=1e-6)
