"""Small-sample inference with any covariance, by a second and independent route: N x N matrices, numerical derivatives.

The likelihood is written here from its definition, one row a score, and the covariance by logarithms of its Cholesky
factor; nothing is shared with the package but the fitted covariance. On the random intercept the same route is held
against pbkrtest and lmerTest (references.json), which gives it standing where R has no reference.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from asteroid_repro.estimate.effects.methods import estimate_arrays
from asteroid_repro.estimate.likelihood.covariance import matrices, structure
from asteroid_repro.estimate.likelihood.patterns import patterns
from asteroid_repro.estimate.likelihood.reml_fit import fit_reml

FOLDER = Path(__file__).parent
VISITS = 3
SATURATED = np.array([[0, 1, 2], [3, 4, 5]])
CONSTRAINED = np.array([[0, 1, 2], [0, 3, 4]])
CHANGE = np.array([-1.0, 0, 1, 1, 0, -1])  # running minus waitlist, week 12 minus baseline
Covariances = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Dense:
    """All scores of a trial: values, their person and visit, and the design of the means."""

    y: np.ndarray
    person: np.ndarray
    visit: np.ndarray
    x: np.ndarray

    def v(self, covariance: np.ndarray) -> np.ndarray:
        """Return the covariance of all scores."""
        same = self.person[:, np.newaxis] == self.person
        return np.where(same, covariance[np.ix_(self.visit, self.visit)], 0.0)

    def phi(self, covariance: np.ndarray) -> np.ndarray:
        """Return the covariance of the means."""
        return np.linalg.inv(self.x.T @ np.linalg.solve(self.v(covariance), self.x))

    def deviance(self, covariance: np.ndarray) -> float:
        """Return minus twice the logarithm of the restricted likelihood, up to a constant."""
        v = self.v(covariance)
        a = self.x.T @ np.linalg.solve(v, self.x)
        residual = self.y - self.x @ np.linalg.solve(a, self.x.T @ np.linalg.solve(v, self.y))
        determinants = np.linalg.slogdet(v)[1] + np.linalg.slogdet(a)[1]
        return float(determinants + residual @ np.linalg.solve(v, residual))


def arms(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores (visits, people) of both arms of a data set."""
    wide = pd.read_csv(FOLDER / "data" / f"{name}.csv")
    scores = wide[["week_0", "week_6", "week_12"]].to_numpy().T
    running = (wide["arm"] == "running").to_numpy()
    return scores[:, running], scores[:, ~running]


def dense(name: str, columns: np.ndarray) -> Dense:
    """Lay a data set out with one row a score."""
    both = arms(name)
    scores = np.concatenate(both, axis=1)
    visit, person = np.nonzero(~np.isnan(scores))
    arm = (person >= both[0].shape[1]).astype(int)
    x = (columns[arm, visit][:, np.newaxis] == np.arange(columns.max() + 1)).astype(float)
    return Dense(scores[visit, person], person, visit, x)


def fitted(name: str, covariance: str, columns: np.ndarray) -> np.ndarray:
    """Return the package's parameters of the covariance."""
    running, waitlist = arms(name)
    return fit_reml(patterns(running[..., np.newaxis], waitlist[..., np.newaxis]), covariance, columns).parameters[:, 0]


def entries_to_matrix(covariance: str) -> Covariances:
    """Return the function from a form's parameters to the covariance matrix."""
    form = structure(covariance)
    return lambda parameters: matrices(form.entries(parameters[:, np.newaxis], VISITS), VISITS)[..., 0]


def log_cholesky(covariance: np.ndarray) -> np.ndarray:
    """Return the entries of the Cholesky factor, its diagonal as logarithms: another way to write the covariance."""
    factor = np.linalg.cholesky(covariance)
    return np.concatenate([np.log(np.diag(factor)), factor[np.tril_indices(VISITS, -1)]])


def from_log_cholesky(parameters: np.ndarray) -> np.ndarray:
    factor = np.diag(np.exp(parameters[:VISITS]))
    factor[np.tril_indices(VISITS, -1)] = parameters[VISITS:]
    covariance: np.ndarray = factor @ factor.T
    return covariance


def gradient(function: Callable[[np.ndarray], float], at: np.ndarray, size: float = 1e-4) -> np.ndarray:
    """Central differences with one step of Richardson's extrapolation."""
    steps = size * np.maximum(np.abs(at), 0.1) * np.eye(len(at))
    near, far = ((np.array([function(at + k * s) - function(at - k * s) for s in steps])) for k in (1, 2))
    slope: np.ndarray = (8 * near - far) / (12 * steps.sum(axis=1))
    return slope


def hessian(function: Callable[[np.ndarray], float], at: np.ndarray) -> np.ndarray:
    """Second differences: gradients of gradients."""
    steps = 1e-3 * np.maximum(np.abs(at), 0.1) * np.eye(len(at))
    rows = [(gradient(function, at + s, 1e-3) - gradient(function, at - s, 1e-3)) / (2 * s.sum()) for s in steps]
    return np.array(rows)


def satterthwaite_df(data: Dense, to_matrix: Covariances, parameters: np.ndarray, contrast: np.ndarray) -> float:
    """Satterthwaite's degrees of freedom from numerical derivatives in any parameters."""
    slope = gradient(lambda p: float(contrast @ data.phi(to_matrix(p)) @ contrast), parameters)
    second = hessian(lambda p: data.deviance(to_matrix(p)), parameters)
    v = float(contrast @ data.phi(to_matrix(parameters)) @ contrast)
    return float(v**2 / (slope @ np.linalg.solve(second, slope)))


def kenward_roger(
    data: Dense, to_matrix: Covariances, parameters: np.ndarray, contrast: np.ndarray
) -> tuple[float, float]:
    """Standard error and degrees of freedom by the general formulas of the 1997 paper, in its notation."""
    steps = 1e-3 * np.maximum(np.abs(parameters), 0.1) * np.eye(len(parameters))
    sizes = steps.sum(axis=1)

    def v(p: np.ndarray) -> np.ndarray:
        return data.v(to_matrix(p))

    first = [(v(parameters + s) - v(parameters - s)) / (2 * size) for s, size in zip(steps, sizes, strict=True)]
    inverse, phi = np.linalg.inv(v(parameters)), data.phi(to_matrix(parameters))
    projection = inverse - inverse @ data.x @ phi @ data.x.T @ inverse
    p = [-data.x.T @ inverse @ one @ inverse @ data.x for one in first]
    count = len(parameters)
    information = np.array([[np.trace(projection @ a @ projection @ b) / 2 for b in first] for a in first])
    w = np.linalg.inv(information)
    inner = np.zeros_like(phi)
    for i in range(count):
        for j in range(count):
            q = data.x.T @ inverse @ first[i] @ inverse @ first[j] @ inverse @ data.x
            s, t = steps[i], steps[j]
            mixed = v(parameters + s + t) - v(parameters + s - t) - v(parameters - s + t) + v(parameters - s - t)
            r = data.x.T @ inverse @ (mixed / (4 * sizes[i] * sizes[j])) @ inverse @ data.x
            inner += w[i, j] * (q - p[i] @ phi @ p[j] - r / 4)
    adjusted = phi + 2 * phi @ inner @ phi
    theta = np.outer(contrast, contrast) / (contrast @ phi @ contrast)
    traces = np.array([np.trace(theta @ phi @ one @ phi) for one in p])
    a1 = float(traces @ w @ traces)
    pairs = [[np.trace(theta @ phi @ a @ phi @ theta @ phi @ b @ phi) for b in p] for a in p]
    a2 = float((w * np.array(pairs)).sum())
    return float(np.sqrt(contrast @ adjusted @ contrast)), _f_degrees_of_freedom(a1, a2)


def _f_degrees_of_freedom(a1: float, a2: float) -> float:
    """Match the first two moments of F, for one contrast (l = 1); the scale must come out as 1."""
    b = (a1 + 6 * a2) / 2
    g = (2 * a1 - 5 * a2) / (3 * a2)
    c1, c2, c3 = (number / (3 + 2 * (1 - g)) for number in (g, 1 - g, 3 - g))
    mean = 1 / (1 - a2)
    variance = 2 * (1 + c1 * b) / ((1 - c2 * b) ** 2 * (1 - c3 * b))
    df = 4 + 3 / (variance / (2 * mean**2) - 1)
    assert df / (mean * (df - 2)) == pytest.approx(1, rel=1e-6)
    return df


def ours(name: str, method: str, distribution: str) -> tuple[float, float]:
    """Return the package's standard error and degrees of freedom at week 12."""
    fit = estimate_arrays(*arms(name), method=method, distribution=distribution)  # type: ignore[arg-type]
    return float(fit.standard_error[1]), float(fit.df[1])


FITS = [
    ("mmrm", "unstructured", SATURATED, CHANGE),
    ("mmrm_ar1", "ar1", SATURATED, CHANGE),
    ("mmrm_compound_symmetry", "compound_symmetry", SATURATED, CHANGE),
    ("clda", "unstructured", CONSTRAINED, np.array([0.0, 0, 1, 0, -1])),
]
DATA_SETS = ["complete", "mcar", "dropout", "boundary_mcar", "n12", "unequal", "null_1_trial_0", "null_2_trial_1"]


@pytest.mark.parametrize("name", DATA_SETS)
@pytest.mark.parametrize(("method", "covariance", "columns", "contrast"), FITS)
def test_satterthwaite_agrees(
    name: str, method: str, covariance: str, columns: np.ndarray, contrast: np.ndarray
) -> None:
    data, to_matrix, parameters = dense(name, columns), entries_to_matrix(covariance), fitted(name, covariance, columns)
    if covariance == "unstructured":  # at a maximum the answer does not depend on how the covariance is written
        to_matrix, parameters = from_log_cholesky, log_cholesky(to_matrix(parameters))
    assert gradient(lambda p: data.deviance(to_matrix(p)), parameters) == pytest.approx(0, abs=1e-5)
    se, df = ours(name, method, "satterthwaite")
    assert se == pytest.approx(np.sqrt(contrast @ data.phi(to_matrix(parameters)) @ contrast), rel=1e-8)
    assert df == pytest.approx(satterthwaite_df(data, to_matrix, parameters, contrast), rel=1e-4)


@pytest.mark.parametrize("name", DATA_SETS)
@pytest.mark.parametrize(("method", "covariance", "columns", "contrast"), FITS)
def test_kenward_roger_agrees(
    name: str, method: str, covariance: str, columns: np.ndarray, contrast: np.ndarray
) -> None:
    data, parameters = dense(name, columns), fitted(name, covariance, columns)
    se, df = kenward_roger(data, entries_to_matrix(covariance), parameters, contrast)
    assert ours(name, method, "kenward_roger") == pytest.approx((se, df), rel=1e-5)


@pytest.mark.parametrize("name", ["mcar", "n12", "unequal"])
def test_this_route_agrees_with_pbkrtest_and_lmertest_on_the_random_intercept(name: str) -> None:
    """There compound symmetry is the random intercept, and R has both."""
    rows = pd.read_json(FOLDER / "references.json", typ="series")["rows"]
    wanted = {
        row["distribution"]: (row["se"], row["df"])
        for row in rows
        if (row["data_set"], row["software"], row["method"], row["week"]) == (name, "lmerTest", "random_intercept", 12)
    }
    data, to_matrix = dense(name, SATURATED), entries_to_matrix("compound_symmetry")
    parameters = fitted(name, "compound_symmetry", SATURATED)
    assert parameters[0] > 0
    assert kenward_roger(data, to_matrix, parameters, CHANGE) == pytest.approx(wanted["kenward_roger"], rel=1e-5)
    df = satterthwaite_df(data, to_matrix, parameters, CHANGE)
    assert df == pytest.approx(wanted["satterthwaite"][1], rel=1e-4)
