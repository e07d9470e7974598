r"""The (restricted) likelihood of repeated measures in one table, with exact first and second derivatives.

Person i has scores :math:`y_i = X_i \beta + e_i` at the observed visits, :math:`e_i` normal with the rows and columns
:math:`\Sigma_i` of those visits. With :math:`W_i = \Sigma_i^{-1}`, :math:`A = \sum X'WX`, :math:`\Phi = A^{-1}`,
:math:`\hat\beta = \Phi \sum X'Wy` and residuals r the deviance is

.. math:: \sum \log|\Sigma_i| + \sum r'Wr + [\text{REML}] \log|A|

up to a constant. For parameters k, l with :math:`V_k = \partial\Sigma/\partial\theta_k`,
:math:`D_k = \sum X'WV_kWX`, :math:`z_k = \sum X'WV_kWr` and :math:`C = X\Phi X'` (0 under ML):

- gradient :math:`\sum \operatorname{tr} WV_k - \operatorname{tr} WV_kW(rr' + C)`;
- its expected derivative :math:`\sum \operatorname{tr} WV_kWV_l - 2\operatorname{tr} WV_kWV_lWC +
  \operatorname{tr} \Phi D_k\Phi D_l`;
- its derivative: minus that, plus :math:`2\sum r'WV_kWV_lWr - 2z_k'\Phi z_l` and the gradient in the direction
  :math:`\partial V_k/\partial\theta_l`.

All is computed from scores and designs multiplied by the inverse of the Cholesky factor of :math:`\Sigma_i`, once a
pattern of visits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.linalg import cholesky, inv

from asteroid_repro.estimate.inference import Likelihood
from asteroid_repro.estimate.mixed_model.blocks import Block, Blocks
from asteroid_repro.estimate.mixed_model.visit_covariance import Form, Shape


@dataclass(frozen=True)
class Whitened:
    r"""A block of people whose scores have been made uncorrelated, with variance 1.

    Attributes
    ----------
    root : numpy.ndarray, shape (own visits, own visits)
        Inverse L of the Cholesky factor: :math:`L \Sigma L' = I`.
    design : numpy.ndarray, shape (people, own visits, means)
        L X.
    residual : numpy.ndarray, shape (people, own visits)
        L r.
    """

    block: Block
    root: np.ndarray
    design: np.ndarray
    residual: np.ndarray

    def turned(self, matrices: np.ndarray) -> np.ndarray:
        """Return L M L' of matrices (..., visits, visits) of all visits."""
        own = matrices[..., self.block.visits[:, np.newaxis], self.block.visits]
        return np.asarray(self.root @ own @ self.root.T)


@dataclass(frozen=True)
class Deviance:
    """The deviance at some parameters of the covariance, with its derivatives in them.

    Attributes
    ----------
    value : float
        Up to a constant.
    gradient : numpy.ndarray, shape (parameters,)
        First derivatives.
    observed, expected : numpy.ndarray, shape (parameters, parameters)
        Second derivatives and their expectation: twice the information.
    beta : numpy.ndarray, shape (means,)
        Estimated means and slopes, standardised.
    variance : numpy.ndarray, shape (means, means)
        Their covariance.
    information_slopes : numpy.ndarray, shape (parameters, means, means)
        :math:`D_k`.
    shapes : tuple of Shape
        The covariance of each group, with the derivatives in all parameters.
    parts : tuple of Whitened
        The blocks.
    likelihood : {"REML", "ML"}
        Which.
    """

    value: float
    gradient: np.ndarray
    observed: np.ndarray
    expected: np.ndarray
    beta: np.ndarray
    variance: np.ndarray
    information_slopes: np.ndarray
    shapes: tuple[Shape, ...]
    parts: tuple[Whitened, ...]
    likelihood: Likelihood


def deviance_at(theta: np.ndarray, data: Blocks, form: Form, likelihood: Likelihood) -> Deviance:
    """Evaluate the likelihood and its derivatives.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where the covariance is not positive definite.

    References
    ----------
    .. [1] Harville (1977), J Am Stat Assoc 72:320-338. doi:10.1080/01621459.1977.10480998
    .. [2] Lindstrom & Bates (1988), J Am Stat Assoc 83:1014-1022. doi:10.1080/01621459.1988.10478693

    Examples
    --------
    >>> from asteroid_repro.estimate.mixed_model.blocks import make_blocks
    >>> from asteroid_repro.estimate.mixed_model.visit_covariance import covariance_form
    >>> scores = np.random.default_rng(7).normal(size=(12, 2))
    >>> data = make_blocks(scores, np.tile(np.eye(2), (12, 1, 1)), np.zeros(12, int))
    >>> at = deviance_at(np.array([1.0, 0.0, 1.0]), data, covariance_form("unstructured", [0, 6]), "REML")
    >>> at.expected.round(9).tolist()  # complete data: 11 degrees of freedom
    [[11.0, 0.0, 0.0], [0.0, 22.0, 0.0], [0.0, 0.0, 11.0]]
    """
    shapes = _shapes(theta, data.groups, form)
    for shape in shapes:
        cholesky(shape.matrix)  # also the visits that no one has together must be possible
    parts, beta, factor, log_determinant = _means(data, shapes)
    restricted = likelihood == "REML"
    value = log_determinant + sum(float((part.residual**2).sum()) for part in parts)
    if restricted:
        value -= 2 * float(np.log(np.diag(factor)).sum())
    variance = factor @ factor.T
    slopes = np.stack([shape.slopes for shape in shapes])
    gradient, information_slopes, z = _first(parts, slopes, factor, restricted=restricted)
    expected = expected_derivative(parts, slopes, factor, information_slopes, restricted=restricted)
    observed = -expected + 2 * _products(parts, slopes, [part.residual.T @ part.residual for part in parts])
    observed -= 2 * z @ variance @ z.T
    observed += _curvature(parts, shapes, factor, restricted=restricted)
    return Deviance(
        value, gradient, (observed + observed.T) / 2, expected, beta, variance, information_slopes, shapes, parts,
        likelihood,
    )  # fmt: skip


def _shapes(theta: np.ndarray, groups: int, form: Form) -> tuple[Shape, ...]:
    """Return the covariance of each group; its derivatives in the parameters of the others are 0."""
    own = [form.at(part) for part in theta.reshape(groups, -1)]
    if groups == 1:
        return tuple(own)
    size = len(theta) // groups
    wide = []
    for group, shape in enumerate(own):
        part, visits = slice(group * size, (group + 1) * size), len(shape.matrix)
        slopes, curvatures = np.zeros((len(theta), visits, visits)), None
        slopes[part] = shape.slopes
        if shape.curvatures is not None:
            curvatures = np.zeros((len(theta), *slopes.shape))
            curvatures[part, part] = shape.curvatures
        wide.append(Shape(shape.matrix, slopes, curvatures))
    return tuple(wide)


def _means(data: Blocks, shapes: Sequence[Shape]) -> tuple[tuple[Whitened, ...], np.ndarray, np.ndarray, float]:
    """Return the blocks made uncorrelated, the means, a root F of their covariance FF' and sum log |Sigma|."""
    whitened, log_determinant = [], 0.0
    information, totals = np.zeros((data.means, data.means)), np.zeros(data.means)
    for block in data.blocks:
        own = cholesky(shapes[block.group].matrix[block.visits[:, np.newaxis], block.visits])
        root = inv(own)
        design, scores = root @ block.design, block.scores @ root.T
        flat = design.reshape(-1, data.means)
        information += flat.T @ flat
        totals += flat.T @ scores.ravel()
        log_determinant += 2 * len(scores) * float(np.log(np.diag(own)).sum())
        whitened.append((block, root, design, scores))
    factor = inv(cholesky(information)).T
    beta = factor @ (factor.T @ totals)
    parts = tuple(Whitened(block, root, design, scores - design @ beta) for block, root, design, scores in whitened)
    return parts, beta, factor, log_determinant


def _fitted(part: Whitened, factor: np.ndarray) -> np.ndarray:
    """Return the sum of L C L' over the people of a block."""
    spread = (part.design @ factor).swapaxes(0, 1).reshape(part.design.shape[1], -1)
    return np.asarray(spread @ spread.T)


def _first(
    parts: Sequence[Whitened], slopes: np.ndarray, factor: np.ndarray, *, restricted: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradient, D_k (parameters, means, means) and z_k (parameters, means)."""
    number, means = slopes.shape[1], len(factor)
    gradient, information_slopes, z = np.zeros(number), np.zeros((number, means, means)), np.zeros((number, means))
    for part in parts:
        turned = part.turned(slopes[part.block.group])
        around = len(part.residual) * np.eye(len(part.root)) - part.residual.T @ part.residual
        if restricted:
            around -= _fitted(part, factor)
        gradient += np.einsum("kij,ij->k", turned, around)
        moved = (turned[:, np.newaxis] @ part.design).reshape(number, -1, means)
        flat = part.design.reshape(-1, means)
        information_slopes += flat.T @ moved
        z += part.residual.ravel() @ moved
    return gradient, information_slopes, z


def _products(parts: Sequence[Whitened], slopes: np.ndarray, middles: Sequence[np.ndarray]) -> np.ndarray:
    """Return the sums of tr B_k B_l M over blocks, B_k = L V_k L', for symmetric M."""
    total = np.zeros((slopes.shape[1],) * 2)
    for part, middle in zip(parts, middles, strict=True):
        turned = part.turned(slopes[part.block.group])
        total += turned.reshape(len(turned), -1) @ (turned @ middle).reshape(len(turned), -1).T
    return (total + total.T) / 2


def expected_derivative(
    parts: Sequence[Whitened], slopes: np.ndarray, factor: np.ndarray, information_slopes: np.ndarray, *,
    restricted: bool,
) -> np.ndarray:  # fmt: skip
    """Return the expected second derivative in directions (groups, directions, visits, visits) of the covariance."""
    sizes = [len(part.residual) * np.eye(len(part.root)) for part in parts]
    if not restricted:
        return _products(parts, slopes, sizes)
    middles = [size - 2 * _fitted(part, factor) for size, part in zip(sizes, parts, strict=True)]
    turned = factor.T @ information_slopes @ factor
    flat = turned.reshape(len(turned), -1)
    return np.asarray(_products(parts, slopes, middles) + flat @ flat.T)


def _curvature(
    parts: Sequence[Whitened], shapes: Sequence[Shape], factor: np.ndarray, *, restricted: bool
) -> np.ndarray:
    """Return the gradient in the directions of the second derivatives of the covariance."""
    total = np.zeros((len(shapes[0].slopes),) * 2)
    for part in parts:
        bent = shapes[part.block.group].curvatures
        if bent is None:
            continue
        around = len(part.residual) * np.eye(len(part.root)) - part.residual.T @ part.residual
        if restricted:
            around -= _fitted(part, factor)
        own = part.block.visits
        total += np.tensordot(bent[:, :, own[:, np.newaxis], own], part.root.T @ around @ part.root, 2)
    return total
