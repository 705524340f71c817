"""Risk curves of SGD in high dimension: formulas derived in derivations/sgd.py. Generated, not edited."""

import numpy as np

SOURCE = "arXiv:2411.12135"
UPDATE = "x*r"
CLOSED_FORM = True


def _floats(*values):
    """Arrays of one floating type: the widest of the arrays given, float64 if there is none."""
    kinds = [v.dtype for v in values if isinstance(v, (np.ndarray, np.float32, np.float16))]
    kind = np.result_type(*kinds) if kinds else np.float64
    kind = kind if np.issubdtype(kind, np.floating) else np.float64
    return tuple(np.asarray(v, dtype=kind) for v in values)


def _spread(value, *arguments):
    """The value in the common shape and type of the arguments."""
    shape = np.broadcast_shapes(np.shape(value), *map(np.shape, arguments))
    return np.full(shape, value, dtype=np.result_type(*arguments))[()]


def preconditioner(variance):
    """Preconditioner p of a coordinate whose feature has this variance, p(1) = 1.

        p(kappa) = 1

    variance: variance of a feature, positive

    Step 'preconditioner' of the derivation 'sgd', exact; arXiv:2411.12135.
    """
    variance, = _floats(variance)
    return _spread(1.0, variance)


def noise_shape(correlation, variance_i, variance_j):
    """Shape S of the gradient noise, S(1, 1, 1) = 1.

        S(rho, kappa_i, kappa_j) = correlation*sqrt(variance_i)*sqrt(variance_j)

    correlation: correlation, (-1, 1)
    variance_i: variance of feature i, positive
    variance_j: variance of feature j, positive

    Step 'noise_shape' of the derivation 'sgd', exact; arXiv:2411.12135.
    """
    correlation, variance_i, variance_j = _floats(correlation, variance_i, variance_j)
    return correlation*np.sqrt(variance_i)*np.sqrt(variance_j)


def response(mean, std):
    """Mean response E h(r), r ~ N(mean, std^2).

        E h(r) = mean

    mean: mean of the residual, real
    std: standard deviation of the residual, positive

    Step 'response' of the derivation 'sgd', exact; arXiv:2411.12135.
    """
    mean, std = _floats(mean, std)
    return _spread(mean, mean, std)


def feature_slope():
    """E f'(Z), the constant in the drift factor.

        E f'(Z) = 1

    Step 'feature_slope' of the derivation 'sgd', exact; arXiv:2411.12135.
    """
    return 1.0


def feature_power():
    """E f(Z)^2, the constant in the noise power.

        E f(Z)^2 = 1

    Step 'feature_power' of the derivation 'sgd', exact; arXiv:2411.12135.
    """
    return 1.0


def drift_factor(mean, std):
    """Drift factor E f'(Z) E h'(r), r ~ N(mean, std^2).

        E f'(Z) E h'(r) = 1

    mean: mean of the residual, real
    std: standard deviation of the residual, positive

    Step 'drift_factor' of the derivation 'sgd', exact; arXiv:2411.12135.
    """
    mean, std = _floats(mean, std)
    return _spread(1.0, mean, std)


def noise_power(mean, std):
    """Noise power E f(Z)^2 E h(r)^2, r ~ N(mean, std^2).

        E f(Z)^2 E h(r)^2 = mean**2 + std**2

    mean: mean of the residual, real
    std: standard deviation of the residual, positive

    Step 'noise_power' of the derivation 'sgd', exact; arXiv:2411.12135.
    """
    mean, std = _floats(mean, std)
    return mean**2 + std**2


def drift_slope(mean, std):
    """Derivative of the drift factor in std^2.

        d(drift)/d(s^2) = 0

    mean: mean of the residual, real
    std: standard deviation of the residual, positive

    Step 'drift_slope' of the derivation 'sgd', exact; arXiv:2411.12135.
    """
    mean, std = _floats(mean, std)
    return _spread(0.0, mean, std)


def noise_slope(mean, std):
    """Derivative of the noise power in std^2.

        d(noise)/d(s^2) = 1

    mean: mean of the residual, real
    std: standard deviation of the residual, positive

    Step 'noise_slope' of the derivation 'sgd', exact; arXiv:2411.12135.
    """
    mean, std = _floats(mean, std)
    return _spread(1.0, mean, std)


def kinks():
    """Residuals at which h is not smooth."""
    return ()


def second_moment_factor(step, rate, batch_size):
    """Factor of E <e_j, v>^2 in one step, exact.

        factor of w_j = -2*rate*step + step**2*(rate**2 + rate**2/batch_size) + 1

    step: raw step eta/d, positive
    rate: eigenvalue of K, positive
    batch_size: batch size, integer >= 1

    Step 'factor' of the derivation 'sgd', exact; arXiv:2411.12135.
    """
    step, rate, batch_size = _floats(step, rate, batch_size)
    return step**2*(rate**2 + rate**2/batch_size) - 2*step*rate + 1


def second_moment_source(step, rate, batch_size):
    """Factor of 2P = sum_i lambda_i w_i + E eps^2 in one step, exact.

        factor of 2P = rate*step**2/batch_size

    step: raw step eta/d, positive
    rate: eigenvalue of K, positive
    batch_size: batch size, integer >= 1

    Step 'source' of the derivation 'sgd', exact; arXiv:2411.12135.
    """
    step, rate, batch_size = _floats(step, rate, batch_size)
    return rate*step**2/batch_size


def stability_term(step, rate, batch_size):
    """H_j: stable in mean square where all are positive and their sum is below 1.

        H_j = lambda_j w_j / (2P) at rest = rate*step/(2*batch_size - rate*step*(batch_size + 1))

    step: raw step eta/d, positive
    rate: eigenvalue of K, positive
    batch_size: batch size, integer >= 1

    Step 'stability' of the derivation 'sgd', exact; arXiv:2411.12135.
    """
    step, rate, batch_size = _floats(step, rate, batch_size)
    return step*rate/(2*batch_size - step*rate*(batch_size + 1))


def stationary_exact(noise_power, total):
    """Stationary risk from the sum of the H_j, exact.

        R at rest = -noise_power*total/(2*total - 2)

    noise_power: E eps^2, positive
    total: sum of the H_j, (0, 1)

    Step 'stationary_exact' of the derivation 'sgd', exact; arXiv:2411.12135.
    """
    noise_power, total = _floats(noise_power, total)
    return -total*noise_power/(2*total - 2)
