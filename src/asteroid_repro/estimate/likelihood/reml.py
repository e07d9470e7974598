r"""The restricted likelihood of repeated measures with missing visits, with exact first and second derivatives.

Person i of arm a has scores :math:`y_i = X_a \beta + e_i` at the observed visits, :math:`e_i` normal with the rows and
columns of the covariance :math:`\Sigma` of those visits; :math:`W_i` is the inverse of that part, 0 elsewhere. With
:math:`A = \sum X'WX`, :math:`\Phi = A^{-1}`, :math:`\hat\beta = \Phi \sum X'Wy` and residuals r the deviance (minus
twice the logarithm of the restricted likelihood, up to a constant) is
:math:`\sum \log |\Sigma_i| + \log |A| + \sum r'Wr`.

In the direction :math:`E_k` of one entry of the covariance, with :math:`C = X \Phi X'`:

- gradient: :math:`\sum \operatorname{tr} W E_k - \operatorname{tr} W (C + rr') W E_k`;
- information :math:`\operatorname{tr} P E_k P E_l = \sum \operatorname{tr} W E_k W E_l -
  2 \operatorname{tr} E_k W C W E_l W + \operatorname{tr} \Phi D_k \Phi D_l`, :math:`D_k = \sum X' W E_k W X`, the
  expectation of the second derivative;
- second derivative: minus that, plus :math:`2 \sum r' W E_k W E_l W r - 2 z_k' \Phi z_l`,
  :math:`z_k = \sum X' W E_k W r`.
"""

from dataclasses import dataclass

import numpy as np

from asteroid_repro.estimate.likelihood.covariance import Structure, matrices
from asteroid_repro.estimate.likelihood.patterns import Patterns
from asteroid_repro.estimate.likelihood.symmetric import Inverse, invert


@dataclass(frozen=True)
class Criterion:
    r"""The deviance at some covariance, with its derivatives in the parameters of the covariance.

    Attributes
    ----------
    deviance : numpy.ndarray, shape (trials,)
        NaN where the covariance is not positive definite.
    gradient : numpy.ndarray, shape (parameters, trials)
        First derivatives.
    observed, expected : numpy.ndarray, shape (parameters, parameters, trials)
        Second derivatives and their expectation: twice the information.
    slopes : numpy.ndarray, shape (entries, parameters, trials)
        Derivatives of the entries of the covariance matrix.
    curvatures : numpy.ndarray, shape (entries, parameters, parameters, trials)
        Their second derivatives.
    weights : Inverse
        Inverses of the covariance of the visits each pattern has, shape (patterns, visits, visits, trials): 0 in the
        rows and columns of visits it lacks. ``positive`` is of the covariance of all visits.
    columns : numpy.ndarray of int, shape (2, visits)
        Which mean an arm (treatment first) has at a visit.
    beta : numpy.ndarray, shape (means, trials)
        Estimated means, points.
    variance : numpy.ndarray, shape (means, means, trials)
        Their covariance :math:`\Phi`, squared points.
    information_slopes : numpy.ndarray, shape (means, means, entries, trials)
        :math:`D_k`; the information A of the means changes by its negative.
    """

    deviance: np.ndarray
    gradient: np.ndarray
    observed: np.ndarray
    expected: np.ndarray
    slopes: np.ndarray
    curvatures: np.ndarray
    weights: Inverse
    columns: np.ndarray
    beta: np.ndarray
    variance: np.ndarray
    information_slopes: np.ndarray


def criterion(parameters: np.ndarray, data: Patterns, form: Structure, columns: np.ndarray) -> Criterion:
    """Evaluate the restricted likelihood and its derivatives.

    Parameters
    ----------
    parameters : numpy.ndarray, shape (parameters, trials)
        Of the covariance of a person's visits.
    data : Patterns
        The sufficient statistics.
    form : Structure
        The form of the covariance.
    columns : numpy.ndarray of int, shape (2, visits)
        Which mean an arm (treatment first) has at a visit; arms that share a number share the mean.

    Returns
    -------
    Criterion
        NaN, not an error, where the covariance is not positive definite.

    References
    ----------
    .. [1] Harville (1977), J Am Stat Assoc 72:320-338. doi:10.1080/01621459.1977.10480998
    .. [2] Laird & Ware (1982), Biometrics 38:963-974. doi:10.2307/2529876

    Examples
    --------
    >>> from asteroid_repro.estimate.likelihood.covariance import structure
    >>> from asteroid_repro.estimate.likelihood.patterns import patterns
    >>> scores = np.random.default_rng(7).normal(size=(2, 12, 1))
    >>> data, identity = patterns(scores[:, :5], scores[:, 5:]), np.array([[1.0], [0.0], [1.0]])
    >>> at = criterion(identity, data, structure("unstructured"), np.array([[0, 1], [2, 3]]))
    >>> (at.expected[:, :, 0] * 2).round(9).tolist()  # complete data: n - 2 = 10 degrees of freedom
    [[20.0, 0.0, 0.0], [0.0, 40.0, 0.0], [0.0, 0.0, 20.0]]
    """
    weights = _inverse_covariances(matrices(form.entries(parameters, data.visits), data.visits), data)
    beta, inverse = _means(weights, data, columns)
    residual_sums, residual_squares = _residuals(beta, data, columns)
    people = data.counts.sum(axis=1)
    deviance = (people * weights.log_determinant).sum(axis=0) + inverse.log_determinant
    deviance += np.einsum("pvwt,pvwt->t", weights.matrix, residual_squares)
    by_arm = np.einsum("pat,pijt->paijt", data.counts, weights.matrix)
    arms = np.einsum("paijt,pmnt->aijmnt", by_arm, weights.matrix)
    information_slopes = _information_slopes(arms, columns, len(beta))
    variances = np.stack([inverse.matrix[np.ix_(own, own)] for own in columns])
    fitted = _sandwich(weights.matrix, np.einsum("pat,avwt->pvwt", data.counts, variances))
    noise = _sandwich(weights.matrix, residual_squares)
    expected = entry_pairs(arms.sum(axis=0)) - 2 * entry_pairs(np.einsum("pijt,pmnt->ijmnt", fitted, weights.matrix))
    turned = np.einsum("qrt,rskt->qskt", inverse.matrix, information_slopes)
    expected += np.einsum("qskt,sqlt->klt", turned, turned)
    z = _residual_slopes(weights.matrix, residual_sums, columns, len(beta))
    observed = 2 * entry_pairs(np.einsum("pijt,pmnt->ijmnt", noise, weights.matrix)) - expected
    observed -= 2 * np.einsum("qkt,qlt->klt", z, np.einsum("qrt,rlt->qlt", inverse.matrix, z))
    gradient = entries_of(np.einsum("pt,pvwt->vwt", people, weights.matrix) - (fitted + noise).sum(axis=0))
    slopes, curvatures = form.slopes(parameters, data.visits), form.curvatures(parameters, data.visits)
    if slopes.shape[0] != slopes.shape[1]:  # unstructured: the parameters are the entries
        observed, expected = (np.einsum("ekt,eft,flt->klt", slopes, second, slopes) for second in (observed, expected))
        observed += np.einsum("eklt,et->klt", curvatures, gradient)
        gradient = np.einsum("ekt,et->kt", slopes, gradient)
    derivatives = deviance, gradient, observed, expected, slopes, curvatures
    return Criterion(*derivatives, weights, columns, beta, inverse.matrix, information_slopes)


def _inverse_covariances(covariance: np.ndarray, data: Patterns) -> Inverse:
    """Invert the covariance of the visits each pattern has; see :class:`Criterion`."""
    visits, _, trials = covariance.shape
    matrix = np.zeros((len(data.observed), visits, visits, trials))
    log_determinant = np.empty((len(data.observed), trials))
    for pattern, observed in enumerate(data.observed):
        own = np.ix_(observed, observed)
        inverse = invert(covariance[own])
        matrix[pattern][own] = inverse.matrix
        log_determinant[pattern] = inverse.log_determinant
    return Inverse(matrix, log_determinant, invert(covariance).positive)


def entries_of(symmetric: np.ndarray) -> np.ndarray:
    r"""Return :math:`\operatorname{tr} M E_k` of a symmetric M (visits, visits, ...) for every covariance entry.

    Examples
    --------
    >>> entries_of(np.array([[4.0, 1.0], [1.0, 9.0]])).tolist()
    [4.0, 2.0, 9.0]
    """
    row, column = np.triu_indices(len(symmetric))
    return np.asarray((2 * _halved_diagonal(len(symmetric)) * symmetric[row, column].T).T)


def entry_pairs(outer: np.ndarray) -> np.ndarray:
    r"""Return :math:`\operatorname{tr} E_k L E_l R` for every two covariance entries.

    Parameters
    ----------
    outer : numpy.ndarray, shape (visits, visits, visits, visits, ...)
        :math:`L_{ij} R_{mn}` of symmetric L and R, or a sum of such products.

    Examples
    --------
    >>> entry_pairs(np.einsum("ij,mn->ijmn", np.eye(2), np.eye(2))).tolist()
    [[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 1.0]]
    """
    row, column = np.triu_indices(len(outer))
    own_row, own_column = row[:, np.newaxis], column[:, np.newaxis]
    pairs = outer[own_column, row, column, own_row] + outer[own_row, row, column, own_column]
    pairs += outer[own_column, column, row, own_row] + outer[own_row, column, row, own_column]
    scale = _halved_diagonal(len(outer))
    return np.asarray((np.outer(scale, scale) * pairs.T).T)


def _halved_diagonal(visits: int) -> np.ndarray:
    """Factor that makes e_r e_c' + e_c e_r' the derivative of a symmetric matrix in its entry (r, c)."""
    row, column = np.triu_indices(visits)
    return np.where(row == column, 0.5, 1.0)


def _sandwich(weight: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Return W M W by pattern."""
    return np.asarray(np.einsum("pijt,pjkt->pikt", np.einsum("pijt,pjkt->pikt", weight, middle), weight))


def _means(weights: Inverse, data: Patterns, columns: np.ndarray) -> tuple[np.ndarray, Inverse]:
    """Return the means by generalised least squares, and the inverse of their information A."""
    by_arm = np.einsum("pat,pijt->aijt", data.counts, weights.matrix)
    totals = np.einsum("pijt,pjat->ait", weights.matrix, data.sums)
    count = int(columns.max()) + 1
    information = np.zeros((count, count, data.counts.shape[-1]))
    scores = np.zeros((count, data.counts.shape[-1]))
    for arm, own in enumerate(columns):
        information[np.ix_(own, own)] += by_arm[arm]
        scores[own] += totals[arm]
    inverse = invert(information)
    return np.einsum("qrt,rt->qt", inverse.matrix, scores), inverse


def _residuals(beta: np.ndarray, data: Patterns, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return sums (patterns, visits, 2, trials) and, over the arms, sums of products of the residuals by pattern."""
    mu = beta[columns].transpose(1, 0, 2)
    crossed = np.einsum("pvat,wat->pvwt", data.sums, mu)
    squares = data.products.sum(axis=3) - crossed - crossed.swapaxes(1, 2)
    squares += np.einsum("pat,vat,wat->pvwt", data.counts, mu, mu)
    return data.sums - data.counts[:, np.newaxis] * mu, squares


def _information_slopes(arms: np.ndarray, columns: np.ndarray, means: int) -> np.ndarray:
    """Return D_k of each entry; arms holds the sums of W_ij W_mn over the people of an arm."""
    row, column = np.triu_indices(columns.shape[1])
    scale = _halved_diagonal(columns.shape[1])[:, np.newaxis]
    slopes = np.zeros((means, means, len(row), arms.shape[-1]))
    for arm, own in enumerate(columns):
        by_entry = arms[arm][:, row, column] + arms[arm][:, column, row]
        slopes[np.ix_(own, own)] += scale * by_entry.swapaxes(1, 2)
    return slopes


def _residual_slopes(weight: np.ndarray, residual_sums: np.ndarray, columns: np.ndarray, means: int) -> np.ndarray:
    """Return z_k of each entry, shape (means, entries, trials)."""
    row, column = np.triu_indices(columns.shape[1])
    scale = _halved_diagonal(columns.shape[1])[:, np.newaxis]
    weighted = np.einsum("pijt,pjat->piat", weight, residual_sums)
    crossed = np.einsum("pijt,pmat->aijmt", weight, weighted)
    slopes = np.zeros((means, len(row), weight.shape[-1]))
    for arm, own in enumerate(columns):
        slopes[own] += scale * (crossed[arm][:, row, column] + crossed[arm][:, column, row])
    return slopes
