"""Risk curves of signSGD in high dimension: formulas derived in derivations/signsgd.py. Generated, not edited."""

import numpy as np

from sgdtheory import special

SOURCE = "arXiv:2411.12135"
UPDATE = "sign(x)*sign(r)"
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
    return 1.0


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
    return _spread(1.0, mean, std)


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
    return _spread(0.0, mean, std)


def kinks():
    """Residuals at which h is not smooth."""
    return (0,)


def one_step_gaussian(correlation, risk_std, variance):
    """E sign(x) sign(r) for a feature of this correlation; Gaussian noise.

        E sign(x) sign(r), Gaussian noise = 2*asin(correlation*risk_std/sqrt(risk_std**2 + variance))/pi

    correlation: correlation, (-1, 1)
    risk_std: standard deviation sqrt(2R) of <x, v>, positive
    variance: variance of a Gaussian component of the noise, whose mean is -m, positive

    Step 'one_step_gaussian' of the derivation 'signsgd', exact; arXiv:2411.12135.
    """
    correlation, risk_std, variance = _floats(correlation, risk_std, variance)
    return (2/np.pi)*np.arcsin(correlation*risk_std/np.sqrt(risk_std**2 + variance))


def stationary_gaussian(level, noise_std):
    """Risk at rest with Gaussian noise; level = R psi(R) at rest.

        R at rest, Gaussian noise = pi*level*(pi*level/2 + sqrt(pi**2*level**2/4 + noise_std**2))/2

    level: eta tr(K^(1/2) diagonal)/(4d): R psi(R)/nu(R) at rest, positive
    noise_std: standard deviation of the label noise, positive

    Step 'stationary_gaussian' of the derivation 'signsgd', exact; arXiv:2411.12135.
    """
    level, noise_std = _floats(level, noise_std)
    return (np.pi/2)*level*((np.pi/2)*level + np.sqrt((np.pi**2/4)*level**2 + noise_std**2))


def compression_gaussian():
    """Noise compression with Gaussian noise.

        Psi, Gaussian noise = 4/pi**2

    Step 'compression_gaussian' of the derivation 'signsgd', exact; arXiv:2411.12135.
    """
    return (4/np.pi**2)


def equivalent_noise(risk, drift):
    """Variance of the Gaussian noise that has the same drift factor.

        variance of the equivalent Gaussian noise = -2*risk + 4/(pi**2*drift**2)

    risk: risk v'Kv/2, without the label noise, positive
    drift: drift factor, averaged over the noise, positive

    Step 'equivalent_noise' of the derivation 'signsgd', exact; arXiv:2411.12135.
    """
    risk, drift = _floats(risk, drift)
    return -2*risk + (4/np.pi**2)/drift**2


def pull(eta, risk, drift, drift_slope):
    """Rate of return to rest for K = 1.

        rate of return = 2*eta*(drift + drift_slope*risk)

    eta: learning rate; the raw step is eta / problem.scale, positive
    risk: risk v'Kv/2, without the label noise, positive
    drift: drift factor, averaged over the noise, positive
    drift_slope: derivative of the drift factor in the risk, real

    Step 'pull' of the derivation 'signsgd', exact; arXiv:2411.12135.
    """
    eta, risk, drift, drift_slope = _floats(eta, risk, drift, drift_slope)
    return 2*eta*(drift_slope*risk + drift)


def fluctuation(eta, risk, drift, drift_slope):
    """d Var R at rest for K = 1.

        d Var R at rest = eta*risk*(-2*drift**2*risk + 1)/(2*drift + 2*drift_slope*risk)

    eta: learning rate; the raw step is eta / problem.scale, positive
    risk: risk v'Kv/2, without the label noise, positive
    drift: drift factor, averaged over the noise, positive
    drift_slope: derivative of the drift factor in the risk, real

    Step 'fluctuation' of the derivation 'signsgd', exact; arXiv:2411.12135.
    """
    eta, risk, drift, drift_slope = _floats(eta, risk, drift, drift_slope)
    return risk*eta*(-2*risk*drift**2 + 1)/(2*drift_slope*risk + 2*drift)


def square_transform(w, mean, std):
    """E exp(-w^2 r^2), r ~ N(mean, std^2).

        E exp(-w^2 r^2) = exp(-mean**2*w**2/(2*std**2*w**2 + 1))/sqrt(2*std**2*w**2 + 1)

    w: variable of the Laplace transform, positive
    mean: mean of the residual, real
    std: standard deviation of the residual, positive

    Step 'square_transform' of the derivation 'signsgd', exact; arXiv:2411.12135.
    """
    w, mean, std = _floats(w, mean, std)
    return np.exp(-mean**2*w**2/(2*std**2*w**2 + 1))/np.sqrt(2*std**2*w**2 + 1)


def batch_factor(batch):
    """Batch drift over the integral of the transform's power.

        factor of the batch drift = 2*sqrt(2)*(batch - 1)/pi

    batch: batch size of two or more, integer >= 2

    Step 'batch_factor' of the derivation 'signsgd', limit; arXiv:2411.12135.
    """
    batch, = _floats(batch)
    return (8/np.pi**2)**0.5*(batch - 1)


def batch_gaussian(batch, std):
    """Drift factor of a batch of two or more with Gaussian noise.

        psi_B, Gaussian noise = 2*gamma(batch/2 + 1/2)/(sqrt(pi)*std*gamma(batch/2))

    batch: batch size of two or more, integer >= 2
    std: standard deviation of the residual, positive

    Step 'batch_gaussian' of the derivation 'signsgd', limit; arXiv:2411.12135.
    """
    batch, std = _floats(batch, std)
    return (4/np.pi)**0.5*np.exp(special.gammaln(batch/2 + 1/2))/(std*np.exp(special.gammaln(batch/2)))


def one_step_integrand(q, mean, risk_std, variance):
    """Integrated over q from 0 to rho: E sign(x) sign(r), for one component of the noise.

        E sign(x) sign(r) = 2*risk_std*exp(mean**2/(2*q**2*risk_std**2 - 2*risk_std**2 -
        2*variance))/(pi*sqrt(-q**2*risk_std**2 + risk_std**2 + variance))

    q: correlation on the way from 0 to rho, (-1, 1)
    mean: mean of the residual, real
    risk_std: standard deviation sqrt(2R) of <x, v>, positive
    variance: variance of a Gaussian component of the noise, whose mean is -m, positive

    Step 'one_step' of the derivation 'signsgd', exact; arXiv:2411.12135.
    """
    q, mean, risk_std, variance = _floats(q, mean, risk_std, variance)
    return (2/np.pi)*risk_std*np.exp(mean**2/(2*q**2*risk_std**2 - 2*risk_std**2 - 2*variance))/np.sqrt(-q**2*risk_std**2 + risk_std**2 + variance)


def batch_integrand(u, batch):
    """Integrated over u from 0 to the correlation: E sign of a batch mean; Gaussian noise.

        E sign of the batch mean = 2*(1 - u**2)**(batch/2 - 1)*gamma(batch/2 + 1/2)/(sqrt(pi)*gamma(batch/2))

    u: correlation on the way from 0 to q, (-1, 1)
    batch: batch size, integer >= 1

    Step 'batch_one_step' of the derivation 'signsgd', exact; arXiv:2411.12135.
    """
    u, batch = _floats(u, batch)
    return (4/np.pi)**0.5*(1 - u**2)**(batch/2 - 1)*np.exp(special.gammaln(batch/2 + 1/2))/np.exp(special.gammaln(batch/2))
