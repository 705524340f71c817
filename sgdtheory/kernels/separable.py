"""Risk equation of separable updates: formulas derived in derivations/separable.py. Generated, not edited."""

import numpy as np

SOURCE = "arXiv:2411.12135"


def _floats(*values):
    """Arrays of one floating type: the widest of the arrays given, float64 if there is none."""
    kinds = [v.dtype for v in values if isinstance(v, np.ndarray) or (isinstance(v, np.floating) and not isinstance(v, float))]
    kind = np.result_type(*kinds) if kinds else np.float64
    kind = kind if np.issubdtype(kind, np.floating) else np.float64
    return tuple(np.asarray(v, dtype=kind) for v in values)


def mode_risk(rate, projection):
    """Risk of a mode.

        r_j = projection**2*rate/2

    rate: rate of a mode: eigenvalue of P^(1/2) K P^(1/2), positive
    projection: projection <w, v> of the error on a mode, real

    Step 'mode_risk' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    rate, projection = _floats(rate, projection)
    return rate*projection**2/2


def forcing(rate, weight, scale):
    """Noise forcing of a mode, times eta^2 nu.

        forcing of a mode = rate*weight/(2*scale)

    rate: rate of a mode: eigenvalue of P^(1/2) K P^(1/2), positive
    weight: noise weight w' Sigma w of a mode, positive
    scale: dimension of theta, integer >= 1

    Step 'forcing' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    rate, weight, scale = _floats(rate, weight, scale)
    return weight*rate/(2*scale)


def decay(learning_rate, rate, drift):
    """Decay rate of a mode's risk.

        decay of a mode = 2*drift*learning_rate*rate

    learning_rate: learning rate; the raw step is eta / problem.scale, positive
    rate: rate of a mode: eigenvalue of P^(1/2) K P^(1/2), positive
    drift: drift factor, positive

    Step 'decay' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    learning_rate, rate, drift = _floats(learning_rate, rate, drift)
    return 2*learning_rate*rate*drift


def stationary_level(learning_rate, weight_sum, scale):
    """R psi(R) / nu(R) at rest.

        R psi(R) / nu(R) = learning_rate*weight_sum/(4*scale)

    learning_rate: learning rate; the raw step is eta / problem.scale, positive
    weight_sum: sum of the noise weights, positive
    scale: dimension of theta, integer >= 1

    Step 'balance' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    learning_rate, weight_sum, scale = _floats(learning_rate, weight_sum, scale)
    return weight_sum*learning_rate/(4*scale)


def stationary_mode(learning_rate, weight, scale, drift, noise):
    """Risk of a mode at rest.

        r_j at rest = learning_rate*noise*weight/(4*drift*scale)

    learning_rate: learning rate; the raw step is eta / problem.scale, positive
    weight: noise weight w' Sigma w of a mode, positive
    scale: dimension of theta, integer >= 1
    drift: drift factor, positive
    noise: noise power, positive

    Step 'stationary_mode' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    learning_rate, weight, scale, drift, noise = _floats(learning_rate, weight, scale, drift, noise)
    return learning_rate*weight*noise/(4*drift*scale)


def coupling(learning_rate, rate, weight, scale, drift, drift_slope, noise, noise_slope):
    """Derivative of a mode's flow in R, at rest.

        d/dR of dr_j/dt at rest = learning_rate**2*rate*weight*(drift*noise_slope -
        drift_slope*noise)/(2*drift*scale)

    learning_rate: learning rate; the raw step is eta / problem.scale, positive
    rate: rate of a mode: eigenvalue of P^(1/2) K P^(1/2), positive
    weight: noise weight w' Sigma w of a mode, positive
    scale: dimension of theta, integer >= 1
    drift: drift factor, positive
    drift_slope: derivative of psi in R, real
    noise: noise power, positive
    noise_slope: derivative of nu in R, real

    Step 'jacobian' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    learning_rate, rate, weight, scale, drift, drift_slope, noise, noise_slope = _floats(learning_rate, rate, weight, scale, drift, drift_slope, noise, noise_slope)
    return weight*rate*learning_rate**2*(noise_slope*drift - drift_slope*noise)/(2*drift*scale)


def greedy_rate(drift, noise, weighted_risk, forcing_sum):
    """Learning rate of steepest descent.

        greedy eta = drift*weighted_risk/(forcing_sum*noise)

    drift: drift factor, positive
    noise: noise power, positive
    weighted_risk: sum of rate times risk over the modes, positive
    forcing_sum: sum of the forcings, positive

    Step 'greedy' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    drift, noise, weighted_risk, forcing_sum = _floats(drift, noise, weighted_risk, forcing_sum)
    return weighted_risk*drift/(forcing_sum*noise)


def risk_change(step, alignment, trace):
    """Change of the risk in one step, exact.

        R(v - gamma u) - R(v) = -alignment*step + step**2*trace/2

    step: raw step eta/d, positive
    alignment: alignment (K v)'u of a step u, real
    trace: u'K u of a step u, positive

    Step 'risk_change' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    step, alignment, trace = _floats(step, alignment, trace)
    return trace*step**2/2 - alignment*step


def batch_noise(noise, batch_size):
    """Noise power of a batch of averaged updates.

        batch_noise = noise/batch_size

    noise: noise power, positive
    batch_size: batch size, integer >= 1

    Step 'batch_noise' of the derivation 'separable', limit; arXiv:2411.12135.
    """
    noise, batch_size = _floats(noise, batch_size)
    return noise/batch_size


def batch_second_moment(single, mean_product, batch_size):
    """Second moment of the mean of a batch, exact.

        batch_second_moment = mean_product - mean_product/batch_size + single/batch_size

    single: entry of the single-sample second moment E u u', real
    mean_product: product of two means, real
    batch_size: batch size, integer >= 1

    Step 'batch_second_moment' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    single, mean_product, batch_size = _floats(single, mean_product, batch_size)
    return mean_product - mean_product/batch_size + single/batch_size


def compression(residual_power, drift, noise):
    """Noise compression.

        Psi = drift**2*residual_power/noise

    residual_power: residual power 2P = 2R + E eps^2, positive
    drift: drift factor, positive
    noise: noise power, positive

    Step 'compression' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    residual_power, drift, noise = _floats(residual_power, drift, noise)
    return residual_power*drift**2/noise


def linear_feature_moment(covariance, product, noise, noise_slope):
    """E x_i x_j h(r)^2, exact; noise_slope is the derivative of E h^2 in s^2.

        E x_i x_j h(r)^2 = covariance*noise + 2*noise_slope*product

    covariance: covariance of two features, real
    product: (K v)_i (K v)_j, real
    noise: noise power, positive
    noise_slope: derivative of E h^2 in s^2, real

    Step 'linear_feature_moment' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    covariance, product, noise, noise_slope = _floats(covariance, product, noise, noise_slope)
    return 2*product*noise_slope + covariance*noise


def rate_ratio(compression, condition_before, condition_after):
    """Slowest rate over SGD's at equal small stationary risk.

        rate / rate of SGD = compression*condition_before/condition_after

    compression: noise compression, positive
    condition_before: average condition number of K, positive
    condition_after: average condition number after preconditioning, positive

    Step 'rate_ratio' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    compression, condition_before, condition_after = _floats(compression, condition_before, condition_after)
    return compression*condition_before/condition_after
