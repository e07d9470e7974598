"""The beta distribution of personal attendance probabilities behind an observed mean and spread of attendance."""

_ROUNDS = 100


def beta_shape(mean: float, sd: float) -> tuple[float, float]:
    """Return the two parameters of the beta distribution with a mean and an SD, which must be below the largest.

    Examples
    --------
    >>> [round(parameter, 9) for parameter in beta_shape(0.5, 12**-0.5)]
    [1.0, 1.0]
    """
    size = mean * (1 - mean) / sd**2 - 1
    return mean * size, (1 - mean) * size


def attendance_beta(mean: float, sd: float, sessions: int, decline: float = 0.0, weeks: int = 1) -> tuple[float, float]:
    r"""Find the beta distribution of personal attendance probabilities behind an observed spread.

    In week w person i comes with probability :math:`p_w = p + d c_w p (1 - p)`, with :math:`c_w` falling in equal steps
    from 1 to -1. The observed share of N sessions then has variance
    :math:`V + [m - E p^2 - d^2 C\, E p^2 (1 - p)^2]/N`, with m and V the mean and variance of p and C the mean of
    :math:`c_w^2`: coin flips add to the spread, so the probabilities spread less than the shares. The last expectation
    hardly depends on V, so V is found by putting it in again and again.

    Returns
    -------
    tuple of float
        The two parameters of the beta distribution.

    Examples
    --------
    >>> a, b = attendance_beta(0.70, 0.20, 36)
    >>> round(a / (a + b), 6)
    0.7
    """
    spread = mean * (1 - mean)
    centred_squares = (weeks + 1) / (3 * (weeks - 1)) if weeks > 1 else 0.0  # of equal steps from 1 to -1
    variance = without_decline = (sessions * sd**2 - spread) / (sessions - 1)
    for _ in range(_ROUNDS):
        a, b = beta_shape(mean, variance**0.5)
        fourth = a * (a + 1) * b * (b + 1) / ((a + b) * (a + b + 1) * (a + b + 2) * (a + b + 3))
        before, variance = variance, without_decline + decline**2 * centred_squares * fourth / (sessions - 1)
        if abs(variance - before) <= 1e-15:
            break
    return beta_shape(mean, variance**0.5)
