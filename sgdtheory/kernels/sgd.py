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


def second_moment_factor(step, rates, batch):
    """What a step multiplies a second moment by.

        factor_j = rates**2*step**2*(1 + 1/batch) - 2*rates*step + 1

    step: raw step, positive
    rates: eigenvalue of K, positive
    batch: batch size, integer >= 1

    Step 'second_moment_factor' of the derivation 'sgd', exact; arXiv:2411.12135.
    """
    step, rates, batch = _floats(step, rates, batch)
    return step**2*rates**2*(1 + 1/batch) - 2*step*rates + 1


def second_moment_source(step, rates, batch):
    """What a step adds to a second moment, times twice the full risk.

        source_j = rates*step**2/batch

    step: raw step, positive
    rates: eigenvalue of K, positive
    batch: batch size, integer >= 1

    Step 'second_moment_source' of the derivation 'sgd', exact; arXiv:2411.12135.
    """
    step, rates, batch = _floats(step, rates, batch)
    return rates*step**2/batch


def stability_term(step, rates, batch):
    """Part of an eigenvalue in H; SGD is mean-square stable while the sum is below 1.

        H_j = rates*step/(2*batch - rates*step*(batch + 1))

    step: raw step, positive
    rates: eigenvalue of K, positive
    batch: batch size, integer >= 1

    Step 'stability_term' of the derivation 'sgd', exact; arXiv:2411.12135.
    """
    step, rates, batch = _floats(step, rates, batch)
    return step*rates/(2*batch - step*rates*(batch + 1))


def stationary_exact(moment, total):
    """Mean risk at rest, exact at every dimension.

        R at rest = moment*total/(2 - 2*total)

    moment: second moment E eps^2 of the noise, which has mean 0, positive
    total: sum of the H_j, (0, 1)

    Step 'stationary_exact' of the derivation 'sgd', exact; arXiv:2411.12135.
    """
    moment, total = _floats(moment, total)
    return total*moment/(2 - 2*total)


def stationary_risk(moment, load):
    """Risk at rest in high dimension; load = eta tr K/(2d) < 1.

        R at rest = load*moment/(2 - 2*load)

    moment: second moment E eps^2 of the noise, which has mean 0, positive
    load: eta tr K/(2d), the limit of H, (0, 1)

    Step 'stationary_risk' of the derivation 'sgd', exact; arXiv:2411.12135.
    """
    moment, load = _floats(moment, load)
    return load*moment/(2 - 2*load)


def fluctuation(eta, risk_std, noise_std):
    """d Var R at rest for K = 1 and Gaussian noise, s^2 = 2R.

        d Var R at rest = (eta**4*(noise_std**2 + risk_std**2)**2/2 - 2*eta**3*risk_std**2*(noise_std**2 +
        risk_std**2) + eta**2*(noise_std**2*risk_std**2 + 2*risk_std**4))/(2*eta*(2 - eta))

    eta: learning rate; the raw step is eta / problem.scale, positive
    risk_std: standard deviation of the residual, positive
    noise_std: standard deviation of the label noise, positive

    Step 'fluctuation' of the derivation 'sgd', exact; arXiv:2411.12135.
    """
    eta, risk_std, noise_std = _floats(eta, risk_std, noise_std)
    t0 = risk_std**2
    t1 = noise_std**2
    t2 = t0 + t1
    return (t2**2*eta**4/2 - 2*t0*t2*eta**3 + eta**2*(2*risk_std**4 + t0*t1))/(2*eta*(2 - eta))
