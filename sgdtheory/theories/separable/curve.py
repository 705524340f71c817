"""Drift and noise, modes, and the risk curve they make."""

from __future__ import annotations

from typing import Any

import numpy as np

from sgdtheory.algorithms.separable import SeparableUpdate
from sgdtheory.kernels import separable as common
from sgdtheory.problems.linear_regression import LinearRegression
from sgdtheory.questions.claim import HIGH_DIMENSION, NumericalError
from sgdtheory.questions.drift_and_noise import DriftAndNoise
from sgdtheory.questions.modes import Modes
from sgdtheory.questions.risk_curve import RiskCurve
from sgdtheory.registry import answer, cell
from sgdtheory.solvers import modes as mode_solver
from sgdtheory.solvers import spectra
from sgdtheory.theories.separable.assumptions import check, require_noise_power
from sgdtheory.theories.separable.averages import factors, table_error, tail_error
from sgdtheory.theories.separable.rule import COMMITTED, kernel, source
from sgdtheory.values import Array


@cell
def drift_and_noise(problem: LinearRegression, algorithm: SeparableUpdate) -> DriftAndNoise:
    """psi, nu and their slopes in R: the kernel's, averaged over the noise law."""
    require_noise_power(problem, algorithm)
    batch = algorithm.batch_size
    drift, noise, drift_slope, noise_slope = factors(algorithm, problem.noise)
    return DriftAndNoise(
        problem,
        algorithm,
        source(algorithm, "drift_factor" if algorithm.update in COMMITTED else "mode_rate"),
        drift,
        lambda r: common.batch_noise(noise(r), batch),
        drift_slope,
        lambda r: common.batch_noise(noise_slope(r), batch),
        numerical_error=NumericalError(tail_error(algorithm, problem.noise) + 1e-12, "estimated"),
    )


@cell
def modes(problem: LinearRegression, algorithm: SeparableUpdate) -> Modes:
    """Eigenpairs of P^(1/2) K P^(1/2), and the noise shape in them."""
    k, module, given = problem.covariance, kernel(algorithm), dict(algorithm.parameters)
    variances = k.variances
    preconditioner = np.broadcast_to(module.preconditioner(variances, **given), variances.shape)
    spectrum = spectra.symmetrised(variances if k.is_diagonal else k.matrix(), preconditioner)
    weights = spectrum.weights(noise_shape(problem, algorithm))
    rates, initial = spectrum.rates, common.mode_risk(spectrum.rates, spectrum.projections(problem.error))
    forcing = common.forcing(rates, weights, problem.scale)
    return Modes(problem, algorithm, source(algorithm, "risk_splits", "separable"), rates, weights, initial, forcing)


def noise_shape(problem: LinearRegression, algorithm: SeparableUpdate) -> Array:
    """Sigma: its diagonal (d,) for a diagonal covariance, else (d, d)."""
    k, module, given = problem.covariance, kernel(algorithm), dict(algorithm.parameters)
    if k.is_diagonal:
        return np.asarray(module.noise_shape(np.ones(k.d), k.variances, k.variances, **given))
    return np.asarray(module.noise_shape(k.correlation(), k.variances[:, None], k.variances[None, :], **given))


@cell
def risk_curve(problem: LinearRegression, algorithm: SeparableUpdate, *, horizon: float, rtol: float, times: Array) -> RiskCurve:
    """The mode equations, integrated."""
    assumptions = check(problem, algorithm)
    m, a = answer("modes", problem, algorithm), answer("drift_and_noise", problem, algorithm)
    eta = algorithm.learning_rate_at if callable(algorithm.learning_rate) else algorithm.learning_rate

    def solve(rates: Array, initial: Array, forcing: Array) -> Any:
        return mode_solver.integrate(
            mode_solver.System(rates, initial, forcing, a.drift.unchecked, a.noise.unchecked, eta, algorithm.breaks), horizon, rtol
        )

    def bound(rate: float, side: float) -> Any:
        scalar = solve(np.array([rate]), np.array([m.initial.sum()]), np.array([m.forcing.sum()]))
        slack = 1.0 + side * 2.0 * max(scalar.numerical_error, rtol)
        return lambda t: scalar(t) * slack

    trajectory = solve(m.rates, m.initial, m.forcing)
    return RiskCurve(
        problem,
        algorithm,
        horizon,
        times,
        trajectory(times),
        HIGH_DIMENSION,
        NumericalError(trajectory.numerical_error + table_error(algorithm) + a.numerical_error.value, "estimated"),
        source(algorithm, "risk_equation", "separable"),
        assumptions,
        trajectory,
        lambda: (bound(float(m.rates.max()), -1.0), bound(float(m.rates.min()), 1.0)),
        rtol,
    )
