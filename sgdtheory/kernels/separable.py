"""Separable updates in high dimension: formulas derived in derivations/separable.py. Generated, not edited."""

import numpy as np

SOURCE = "arXiv:2411.12135"


def _floats(*values):
    """Arrays of one floating type: the widest of the arrays given, float64 if there is none."""
    kinds = [v.dtype for v in values if isinstance(v, (np.ndarray, np.float32, np.float16))]
    kind = np.result_type(*kinds) if kinds else np.float64
    kind = kind if np.issubdtype(kind, np.floating) else np.float64
    return tuple(np.asarray(v, dtype=kind) for v in values)


def mode_risk(rates, projections):
    """Risk of each mode, from the projections <w_j, v>.

        r_j = projections**2*rates/2

    rates: rate: eigenvalue of P^(1/2) K P^(1/2), positive
    projections: projection <w_j, v> of the error, real

    Step 'mode_risk' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    rates, projections = _floats(rates, projections)
    return rates*projections**2/2


def decay(eta, rates, drift):
    """Rate at which a mode's risk decays.

        decay_j = 2*drift*eta*rates

    eta: learning rate; the raw step is eta / problem.scale, positive
    rates: rate: eigenvalue of P^(1/2) K P^(1/2), positive
    drift: drift factor at the current risk, positive

    Step 'decay' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    eta, rates, drift = _floats(eta, rates, drift)
    return 2*eta*rates*drift


def forcing(rates, weights, d):
    """What feeds a mode, to be multiplied by eta^2 and the noise power.

        forcing_j = rates*weights/(2*d)

    rates: rate: eigenvalue of P^(1/2) K P^(1/2), positive
    weights: weight w_j' Sigma w_j of a mode in the gradient noise, positive
    d: dimension of theta, integer >= 1

    Step 'forcing' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    rates, weights, d = _floats(rates, weights, d)
    return weights*rates/(2*d)


def stationary_level(eta, total, d):
    """R psi(R)/nu(R) at rest.

        R psi/nu at rest = eta*total/(4*d)

    eta: learning rate; the raw step is eta / problem.scale, positive
    total: sum of the weights, tr(P^(-1) Sigma), positive
    d: dimension of theta, integer >= 1

    Step 'stationary_level' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    eta, total, d = _floats(eta, total, d)
    return total*eta/(4*d)


def stationary_mode(eta, weights, d, drift, noise):
    """Risk of each mode at rest.

        r_j at rest = eta*noise*weights/(4*d*drift)

    eta: learning rate; the raw step is eta / problem.scale, positive
    weights: weight w_j' Sigma w_j of a mode in the gradient noise, positive
    d: dimension of theta, integer >= 1
    drift: drift factor at the current risk, positive
    noise: noise power at the current risk, positive

    Step 'stationary_mode' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    eta, weights, d, drift, noise = _floats(eta, weights, d, drift, noise)
    return eta*weights*noise/(4*drift*d)


def coupling(eta, rates, weights, d, drift, drift_slope, noise, noise_slope):
    """Derivative of dr_j/dt in the total risk, at rest; slopes are derivatives in the risk.

        coupling_j = eta**2*rates*weights*(noise_slope - drift_slope*noise/drift)/(2*d)

    eta: learning rate; the raw step is eta / problem.scale, positive
    rates: rate: eigenvalue of P^(1/2) K P^(1/2), positive
    weights: weight w_j' Sigma w_j of a mode in the gradient noise, positive
    d: dimension of theta, integer >= 1
    drift: drift factor at the current risk, positive
    drift_slope: derivative of the drift factor in the risk, real
    noise: noise power at the current risk, positive
    noise_slope: derivative of the noise power in the risk, real

    Step 'coupling' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    eta, rates, weights, d, drift, drift_slope, noise, noise_slope = _floats(eta, rates, weights, d, drift, drift_slope, noise, noise_slope)
    return weights*rates*eta**2*(-drift_slope*noise/drift + noise_slope)/(2*d)


def greedy_rate(drift, noise, lean, forced):
    """Learning rate at which the risk falls fastest.

        eta* = drift*lean/(forced*noise)

    drift: drift factor at the current risk, positive
    noise: noise power at the current risk, positive
    lean: sum of rates times mode risks, positive
    forced: sum of the forcings, positive

    Step 'greedy_rate' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    drift, noise, lean, forced = _floats(drift, noise, lean, forced)
    return lean*drift/(forced*noise)


def greedy_fall(drift, noise, lean, forced):
    """dR/dt at the greedy learning rate.

        dR/dt at eta* = -drift**2*lean**2/(forced*noise)

    drift: drift factor at the current risk, positive
    noise: noise power at the current risk, positive
    lean: sum of rates times mode risks, positive
    forced: sum of the forcings, positive

    Step 'greedy_fall' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    drift, noise, lean, forced = _floats(drift, noise, lean, forced)
    return -lean**2*drift**2/(forced*noise)


def risk_change(step, along, trace):
    """Expected change of the risk in one step.

        E R(v - gamma u) - R(v) = -along*step + step**2*trace/2

    step: raw step, positive
    along: (Kv)'E u for the update u, real
    trace: tr(K E u u'), positive

    Step 'risk_change' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    step, along, trace = _floats(step, along, trace)
    return -along*step + trace*step**2/2


def batch_second_moment(single, outer, batch):
    """E u_i u_j of a mean over a batch.

        E u_i u_j of the mean = outer*(1 - 1/batch) + single/batch

    single: E u_i u_j of a single sample, real
    outer: E u_i E u_j, real
    batch: batch size, integer >= 1

    Step 'batch_second_moment' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    single, outer, batch = _floats(single, outer, batch)
    return outer*(1 - 1/batch) + single/batch


def batch_noise(noise, batch):
    """Noise power of a batch.

        nu_B = noise/batch

    noise: noise power at the current risk, positive
    batch: batch size, integer >= 1

    Step 'batch_noise' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    noise, batch = _floats(noise, batch)
    return noise/batch


def compression(power, drift, noise):
    """Noise compression: SGD's noise at equal drift over the rule's.

        Psi = drift**2*power/noise

    power: E r^2 = 2R + E eps^2, positive
    drift: drift factor at the current risk, positive
    noise: noise power at the current risk, positive

    Step 'compression' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    power, drift, noise = _floats(power, drift, noise)
    return power*drift**2/noise


def rate_ratio(compression, before, after):
    """Slowest rate over SGD's, at equal small stationary risk.

        rate / rate of SGD = before*compression/after

    compression: noise compression at the stationary risk, positive
    before: average condition number of K: (tr K/d)/lambda_min, positive
    after: average condition number of the modes: (G/d)/lambda_min, positive

    Step 'rate_ratio' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    compression, before, after = _floats(compression, before, after)
    return compression*before/after


def linear_feature_moment(covariance, outer, noise, slope):
    """E x_i x_j h(r)^2 for f(x) = x.

        E x_i x_j h(r)^2 = covariance*noise + 2*outer*slope

    covariance: covariance of two features, real
    outer: (Kv)_i (Kv)_j, real
    noise: noise power at the current risk, positive
    slope: derivative of the noise power in the variance of <x, v>, real

    Step 'linear_feature_moment' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    covariance, outer, noise, slope = _floats(covariance, outer, noise, slope)
    return covariance*noise + 2*slope*outer


def conditional_std(std, rho):
    """Standard deviation of <x, v> given one feature.

        std of <x, v> given a feature = std*sqrt(1 - rho**2)

    std: standard deviation of the residual, positive
    rho: correlation, (-1, 1)

    Step 'conditional_std' of the derivation 'separable', exact; arXiv:2411.12135.
    """
    std, rho = _floats(std, rho)
    return std*np.sqrt(1 - rho**2)
