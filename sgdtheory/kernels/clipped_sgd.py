"""Risk curves of clipped SGD in high dimension: formulas derived in derivations/clipped_sgd.py. Generated, not
edited.
"""

import numpy as np

from sgdtheory import special

SOURCE = "arXiv:2406.11733"
UPDATE = "x*Max(-c, Min(c, r))"
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


def preconditioner(variance, *, c):
    """Preconditioner p of a coordinate whose feature has this variance, p(1) = 1.

        p(kappa) = 1

    variance: variance of a feature, positive
    c: parameter c of the update rule, positive

    Step 'preconditioner' of the derivation 'clipped_sgd', exact; arXiv:2406.11733.
    """
    variance, = _floats(variance)
    return _spread(1.0, variance)


def noise_shape(correlation, variance_i, variance_j, *, c):
    """Shape S of the gradient noise, S(1, 1, 1) = 1.

        S(rho, kappa_i, kappa_j) = correlation*sqrt(variance_i)*sqrt(variance_j)

    correlation: correlation, (-1, 1)
    variance_i: variance of feature i, positive
    variance_j: variance of feature j, positive
    c: parameter c of the update rule, positive

    Step 'noise_shape' of the derivation 'clipped_sgd', exact; arXiv:2406.11733.
    """
    correlation, variance_i, variance_j = _floats(correlation, variance_i, variance_j)
    return correlation*np.sqrt(variance_i)*np.sqrt(variance_j)


def response(mean, std, *, c):
    """Mean response E h(r), r ~ N(mean, std^2).

        E h(r) = -c*(2 - erfc(sqrt(2)*(-c - mean)/(2*std)))/2 + c*erfc(sqrt(2)*(c - mean)/(2*std))/2 +
        mean*(-erf(sqrt(2)*(-c - mean)/(2*std)) + erf(sqrt(2)*(c - mean)/(2*std)))/2 - sqrt(2)*std*exp(-(c -
        mean)**2/(2*std**2))/(2*sqrt(pi)) + sqrt(2)*std*exp(-(-c - mean)**2/(2*std**2))/(2*sqrt(pi))

    mean: mean of the residual, real
    std: standard deviation of the residual, positive
    c: parameter c of the update rule, positive

    Step 'response' of the derivation 'clipped_sgd', exact; arXiv:2406.11733.
    """
    mean, std, c = _floats(mean, std, c)
    t0 = c - mean
    t1 = 2**0.5
    t2 = t1/std
    t3 = t2/2
    t4 = c/2
    t5 = mean/2
    t6 = -c - mean
    t7 = 1/(2*std**2)
    t8 = (1/(4*np.pi))**0.5*t1*std
    return special.refined((t4*special.erfc(t0*t3), -t5*special.erf_around(-t2*t5, -t2*t4), -t4*special.erfc(-t3*t6), t8*np.exp(-t7*t6**2), -t8*np.exp(-t7*t0**2)), lambda mean, std, c: -c*special.erfc(-(1/2)**0.5*(-c - mean)/std)/2 + c*special.erfc((1/2)**0.5*(c - mean)/std)/2 + special.between(lambda r: r, -c, c, mean, std, 0), mean, std, c)


def feature_slope(*, c):
    """E f'(Z), the constant in the drift factor.

        E f'(Z) = 1

    c: parameter c of the update rule, positive

    Step 'feature_slope' of the derivation 'clipped_sgd', exact; arXiv:2406.11733.
    """
    return 1.0


def feature_power(*, c):
    """E f(Z)^2, the constant in the noise power.

        E f(Z)^2 = 1

    c: parameter c of the update rule, positive

    Step 'feature_power' of the derivation 'clipped_sgd', exact; arXiv:2406.11733.
    """
    return 1.0


def drift_factor(mean, std, *, c):
    """Drift factor E f'(Z) E h'(r), r ~ N(mean, std^2).

        E f'(Z) E h'(r) = -erf(sqrt(2)*(-c - mean)/(2*std))/2 + erf(sqrt(2)*(c - mean)/(2*std))/2

    mean: mean of the residual, real
    std: standard deviation of the residual, positive
    c: parameter c of the update rule, positive

    Step 'drift_factor' of the derivation 'clipped_sgd', exact; arXiv:2406.11733.
    """
    mean, std, c = _floats(mean, std, c)
    return special.erf_around(-(1/2)**0.5*mean/std, (1/2)**0.5*c/std)/2


def noise_power(mean, std, *, c):
    """Noise power E f(Z)^2 E h(r)^2, r ~ N(mean, std^2).

        E f(Z)^2 E h(r)^2 = c**2*(2 - erfc(sqrt(2)*(-c - mean)/(2*std)))/2 + c**2*erfc(sqrt(2)*(c - mean)/(2*std))/2
        - sqrt(2)*std*(c - mean)*exp(-(-c - mean)**2/(2*std**2))/(2*sqrt(pi)) - sqrt(2)*std*(c + mean)*exp(-(c -
        mean)**2/(2*std**2))/(2*sqrt(pi)) + (mean**2 + std**2)*(-erf(sqrt(2)*(-c - mean)/(2*std)) + erf(sqrt(2)*(c -
        mean)/(2*std)))/2

    mean: mean of the residual, real
    std: standard deviation of the residual, positive
    c: parameter c of the update rule, positive

    Step 'noise_power' of the derivation 'clipped_sgd', exact; arXiv:2406.11733.
    """
    mean, std, c = _floats(mean, std, c)
    t0 = c + mean
    t1 = -t0
    t2 = (1/2)**0.5
    t3 = t2/std
    t4 = c**2/2
    t5 = c - mean
    t6 = std**2
    t7 = 1/(2*t6)
    t8 = (1/np.pi)**0.5*t2*std
    return special.refined((t4*special.erfc(-t1*t3), t4*special.erfc(t3*t5), -(mean**2 + t6)*special.erf_around(-mean*t3, -t3*c)/2, -t0*t8*np.exp(-t7*t5**2), -t5*t8*np.exp(-t7*t1**2)), lambda mean, std, c: c**2*special.erfc(-(1/2)**0.5*(-c - mean)/std)/2 + c**2*special.erfc((1/2)**0.5*(c - mean)/std)/2 + special.between(lambda r: r**2, -c, c, mean, std, 0), mean, std, c)


def drift_slope(mean, std, *, c):
    """Derivative of the drift factor in std^2.

        d(drift)/d(s^2) = -sqrt(2)*(c - mean)*exp(-(c - mean)**2/(2*std**2))/(4*sqrt(pi)*std**3) - sqrt(2)*(c +
        mean)*exp(-(c + mean)**2/(2*std**2))/(4*sqrt(pi)*std**3)

    mean: mean of the residual, real
    std: standard deviation of the residual, positive
    c: parameter c of the update rule, positive

    Step 'drift_slope' of the derivation 'clipped_sgd', exact; arXiv:2406.11733.
    """
    mean, std, c = _floats(mean, std, c)
    t0 = c + mean
    t1 = 1/(2*std**2)
    t2 = (1/(8*np.pi))**0.5/std**3
    t3 = c - mean
    return -t0*t2*np.exp(-t1*t0**2) - t2*t3*np.exp(-t1*t3**2)


def noise_slope(mean, std, *, c):
    """Derivative of the noise power in std^2.

        d(noise)/d(s^2) = -sqrt(2)*c*exp(-(c + mean)**2/(2*std**2))/(2*sqrt(pi)*std) - sqrt(2)*c*exp(-(c -
        mean)**2/(2*std**2))/(2*sqrt(pi)*std) - erf(sqrt(2)*(-c - mean)/(2*std))/2 + erf(sqrt(2)*(c -
        mean)/(2*std))/2

    mean: mean of the residual, real
    std: standard deviation of the residual, positive
    c: parameter c of the update rule, positive

    Step 'noise_slope' of the derivation 'clipped_sgd', exact; arXiv:2406.11733.
    """
    mean, std, c = _floats(mean, std, c)
    t0 = (1/2)**0.5/std
    t1 = t0*c
    t2 = 1/(2*std**2)
    t3 = (1/np.pi)**0.5*t1
    return special.refined((special.erf_around(-mean*t0, t1)/2, -t3*np.exp(-t2*(c + mean)**2), -t3*np.exp(-t2*(c - mean)**2)), lambda mean, std, c: special.between(lambda r: -c**2 + r**2, -c, c, mean, std, 2)/2, mean, std, c)


def kinks(*, c):
    """Residuals at which h is not smooth."""
    return (-c, c,)


def drift_gaussian(std, *, c):
    """Drift factor with Gaussian noise, r ~ N(0, std^2).

        mu, Gaussian noise = erf(sqrt(2)*c/(2*std))

    std: standard deviation of the residual, positive
    c: parameter c of the update rule, positive

    Step 'drift_gaussian' of the derivation 'clipped_sgd', exact; arXiv:2406.11733.
    """
    std, c = _floats(std, c)
    return special.erf((1/2)**0.5*c/std)


def criterion(power, drift, noise, *, c):
    """Clipping criterion: clipping beats SGD at this risk where it exceeds 1.

        CCC = drift**2*power/noise

    power: E r^2 = 2R + E eps^2, positive
    drift: drift factor: probability that the residual is not clipped, positive
    noise: noise power, positive
    c: parameter c of the update rule, positive

    Step 'criterion' of the derivation 'clipped_sgd', exact; arXiv:2406.11733.
    """
    power, drift, noise = _floats(power, drift, noise)
    return power*drift**2/noise
