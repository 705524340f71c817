"""Risk curves of signSGD in high dimension: formulas derived in derivations/signsgd.py. Generated, not edited."""

import numpy as np

from sgdtheory import special

SOURCE = "arXiv:2411.12135"
UPDATE = "sign(x)*sign(r)"
CLOSED_FORM = True


def _floats(*values):
    """Arrays of one floating type: the widest of the arrays given, float64 if there is none."""
    kinds = [v.dtype for v in values if isinstance(v, np.ndarray) or (isinstance(v, np.floating) and not isinstance(v, float))]
    kind = np.result_type(*kinds) if kinds else np.float64
    kind = kind if np.issubdtype(kind, np.floating) else np.float64
    return tuple(np.asarray(v, dtype=kind) for v in values)


def _spread(value, *arguments):
    """The value in the common shape and type of the arguments."""
    shape = np.broadcast_shapes(np.shape(value), *map(np.shape, arguments))
    return np.full(shape, value, dtype=np.result_type(*arguments))[()]


def preconditioner(variance):
    """Preconditioner p of a coordinate whose feature has this variance, p(1) = 1.

        p(kappa) = 1/sqrt(variance)

    variance: variance of a feature, positive

    Step 'preconditioner' of the derivation 'signsgd', exact; arXiv:2411.12135.
    """
    variance, = _floats(variance)
    return 1/np.sqrt(variance)


def noise_shape(correlation, variance_i, variance_j):
    """Shape S of the gradient noise, S(1, 1, 1) = 1.

        S(rho, kappa_i, kappa_j) = 2*asin(correlation)/pi

    correlation: correlation, (-1, 1)
    variance_i: variance of feature i, positive
    variance_j: variance of feature j, positive

    Step 'noise_shape' of the derivation 'signsgd', exact; arXiv:2411.12135.
    """
    correlation, variance_i, variance_j = _floats(correlation, variance_i, variance_j)
    return _spread((2/np.pi)*np.arcsin(correlation), correlation, variance_i, variance_j)


def response(mean, std):
    """Mean response E h(r), r ~ N(mean, std^2).

        E h(r) = erf(sqrt(2)*mean/(2*std))

    mean: mean of the residual, real
    std: standard deviation of the residual, positive

    Step 'response' of the derivation 'signsgd', exact; arXiv:2411.12135.
    """
    mean, std = _floats(mean, std)
    return special.erf((1/2)**0.5*mean/std)


def feature_slope():
    """E f'(Z), the constant in the drift factor.

        E f'(Z) = sqrt(2)/sqrt(pi)

    Step 'feature_slope' of the derivation 'signsgd', exact; arXiv:2411.12135.
    """
    return (2/np.pi)**0.5


def feature_power():
    """E f(Z)^2, the constant in the noise power.

        E f(Z)^2 = 1

    Step 'feature_power' of the derivation 'signsgd', exact; arXiv:2411.12135.
    """
    return 1


def drift_factor(mean, std):
    """Drift factor E f'(Z) E h'(r), r ~ N(mean, std^2).

        E f'(Z) E h'(r) = 2*exp(-mean**2/(2*std**2))/(pi*std)

    mean: mean of the residual, real
    std: standard deviation of the residual, positive

    Step 'drift_factor' of the derivation 'signsgd', exact; arXiv:2411.12135.
    """
    mean, std = _floats(mean, std)
    return (2/np.pi)*np.exp(-mean**2/(2*std**2))/std


def noise_power(mean, std):
    """Noise power E f(Z)^2 E h(r)^2, r ~ N(mean, std^2).

        E f(Z)^2 E h(r)^2 = 1

    mean: mean of the residual, real
    std: standard deviation of the residual, positive

    Step 'noise_power' of the derivation 'signsgd', exact; arXiv:2411.12135.
    """
    mean, std = _floats(mean, std)
    return _spread(1, mean, std)


def drift_slope(mean, std):
    """Derivative of the drift factor in std^2.

        d(drift)/d(s^2) = (mean**2/std**2 - 1)*exp(-mean**2/(2*std**2))/(pi*std**3)

    mean: mean of the residual, real
    std: standard deviation of the residual, positive

    Step 'drift_slope' of the derivation 'signsgd', exact; arXiv:2411.12135.
    """
    mean, std = _floats(mean, std)
    return (1/np.pi)*(mean**2/std**2 - 1)*np.exp(-mean**2/(2*std**2))/std**3


def noise_slope(mean, std):
    """Derivative of the noise power in std^2.

        d(noise)/d(s^2) = 0

    mean: mean of the residual, real
    std: standard deviation of the residual, positive

    Step 'noise_slope' of the derivation 'signsgd', exact; arXiv:2411.12135.
    """
    mean, std = _floats(mean, std)
    return _spread(0, mean, std)


def kinks():
    """Residuals at which h is not smooth."""
    return (0,)
