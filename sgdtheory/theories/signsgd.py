"""signSGD: one step exactly at any dimension, and the sign of a mean over a batch."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from sgdtheory.algorithms.separable import SeparableUpdate, SignSGD
from sgdtheory.errors import OutsideTheory, invalid
from sgdtheory.kernels import separable as common
from sgdtheory.kernels import signsgd as kernel
from sgdtheory.problems.linear_regression import LinearRegression
from sgdtheory.questions.claim import HIGH_DIMENSION, NumericalError, Source
from sgdtheory.questions.drift_and_noise import DriftAndNoise
from sgdtheory.questions.one_step import OneStep
from sgdtheory.registry import cell, find
from sgdtheory.values import Array

MOST_ALIGNED = 0.9
"""Above this correlation the panels of the exact step are graded."""

_DECADES = 40.0
"""Natural logarithms of w beyond its scale: exp(-40) is nothing."""


@cell
def drift_and_noise(problem: LinearRegression, algorithm: SignSGD) -> DriftAndNoise:
    """One sample: as every separable rule. A batch: the Laplace transform of 1/|r|, and noise that batches do not shrink."""
    single = find("drift_and_noise", LinearRegression, SeparableUpdate)(problem, algorithm.one_sample())
    if algorithm.batch_size == 1:
        return single
    from sgdtheory.solvers.tabulated import Tabulated

    drift = Tabulated(partial(_batch_drift, problem, algorithm.batch_size))
    where = Source("signsgd", "batch_factor", kernel.SOURCE)
    noise, noise_slope = single.noise.unchecked, single.noise_slope.unchecked
    return DriftAndNoise(problem, algorithm, where, drift, noise, drift.slope, noise_slope, HIGH_DIMENSION)


def _batch_drift(problem: LinearRegression, batch: int, risk: Array) -> Array:
    """psi_B = factor * integral over w > 0 of (E exp(-w^2 r^2))^B, by the trapezoid rule in log w."""
    std = np.sqrt(2.0 * np.asarray(risk, dtype=np.float64))
    low, high = -np.log(std + _spread(problem)) - _DECADES, -np.log(std) + _DECADES / min(batch - 1.0, 8.0)
    count = int(np.ceil(np.max(high - low) / 0.2)) + 1
    grid = np.linspace(low, high, count, axis=-1)
    w = np.exp(grid)
    mean = problem.noise.average(lambda m, s: kernel.square_transform(w[..., None], -m, s), np.broadcast_to(std[..., None], w.shape))
    step = (high - low) / (count - 1)
    return kernel.batch_factor(batch) * np.sum(mean**batch * w, axis=-1) * step


def _spread(problem: LinearRegression) -> float:
    """The weighted median of the noise components' sizes."""
    weights, means, variances = problem.noise.nodes(1.0, (0.0,))
    size = np.sqrt(means**2 + variances)
    order = np.argsort(size)
    return float(size[order][np.searchsorted(np.cumsum(weights[order]), 0.5 * weights.sum())])


@cell
def one_step(problem: LinearRegression, algorithm: SignSGD, *, error: Array) -> OneStep:
    """Price's integral for each distinct correlation; signs have the arcsine law, whatever the noise."""
    if algorithm.batch_size > 1:
        raise invalid(
            "batch_size",
            algorithm.batch_size,
            "1 for the exact moments of a signSGD step",
            "batches are known in the limit: sgt.risk_curve",
            OutsideTheory,
        )
    k = problem.covariance
    power = float(k.quadratic(error))
    if not power > 0.0:
        raise invalid("error", error, "a vector with risk > 0, outside the kernel of K", kind=OutsideTheory)
    std, variances = float(np.sqrt(power)), k.variances
    rho = np.clip(k.matvec(error) / (np.sqrt(variances) * std), -1.0, 1.0)
    distinct, back = np.unique(np.abs(rho), return_inverse=True)
    mean = np.sign(rho) * _alignment(problem, std, distinct)[back]
    second = np.asarray(kernel.noise_shape(k.correlation(), variances[:, None], variances[None, :]))
    step = algorithm.learning_rate_at(0.0) / problem.scale
    change = common.risk_change(step, float(k.matvec(error) @ mean), float(np.sum(k.matrix() * second)))
    return OneStep(problem, algorithm, mean, second, float(change), NumericalError(1e-12, "estimated"), Source("signsgd", "one_step", kernel.SOURCE))


def _alignment(problem: LinearRegression, std: float, rho: Array) -> Array:
    """E sign(x_i) sign(r), by Gauss' rule in the angle asin q, in which the integrand has no endpoint singularity.

    Near the right angle an atom of the noise makes it vanish faster than any power: there the panels are graded.
    """
    aligned = rho > MOST_ALIGNED
    value = np.empty_like(rho)
    if not np.all(aligned):
        value[~aligned] = _integral(problem, std, np.zeros(1), np.arcsin(rho[~aligned])[:, None], 64)
    if np.any(aligned):
        graded = 0.5 * np.pi * (1.0 - 0.5 ** np.arange(40.0))
        most = np.arcsin(rho[aligned])[:, None]
        edges = np.concatenate([np.minimum(graded, most), most], axis=1)
        parts = [_integral(problem, std, edges[:, i : i + 1], edges[:, i + 1 : i + 2], 20) for i in range(edges.shape[1] - 1)]
        value[aligned] = np.sum(parts, axis=0)
    return value


def _integral(problem: LinearRegression, std: float, least: Array, most: Array, count: int) -> Array:
    x, w = np.polynomial.legendre.leggauss(count)
    angle = least + (most - least) * 0.5 * (x + 1.0)
    rest = np.maximum(std * np.cos(angle), 1e-150)                       # standard deviation of <x, v> that q leaves

    def integrand(mean: Array, total: Array) -> Any:
        variance = np.maximum(total**2 - rest[..., None] ** 2, 0.0)
        # times cos(angle): the same formula with that deviation at q = 0, where nothing cancels
        return kernel.one_step_integrand(0.0, -mean, rest[..., None], variance)

    with np.errstate(under="ignore"):
        value = problem.noise.average(integrand, rest, (0.0,))
    return np.sum(w * 0.5 * (most - least) * value, axis=-1)
