"""SGD: noise enters through its second moment only, and the mean risk is known exactly at any dimension."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sgdtheory.algorithms.separable import SGD
from sgdtheory.errors import OutsideTheory, invalid
from sgdtheory.kernels import separable as common
from sgdtheory.kernels import sgd as kernel
from sgdtheory.problems.linear_regression import LinearRegression
from sgdtheory.questions.claim import EXACT, NumericalError, Source
from sgdtheory.questions.drift_and_noise import DriftAndNoise
from sgdtheory.questions.risk_curve import RiskCurve
from sgdtheory.questions.stationary_risk import StationaryRisk
from sgdtheory.registry import answer, cell
from sgdtheory.values import Array

MOST_STEPS = 10**8
"""Every step is taken, and its risk kept."""


def noise_moment(problem: LinearRegression) -> float:
    """E eps^2, else our error."""
    value = float(problem.noise.second_moment)
    if not np.isfinite(value):
        raise invalid(
            "noise", problem.noise, "a law with a finite variance for SGD", "signSGD and clipped SGD need no moment of the noise", OutsideTheory
        )
    return value


def centred(problem: LinearRegression) -> float:
    """E eps^2 of a law with mean 0, else our error."""
    value = noise_moment(problem)
    if abs(problem.noise.mean) > 1e-9 * np.sqrt(value):
        raise invalid("noise", problem.noise, "a law with mean 0 for the exact recursion", f"shift it by {-problem.noise.mean:.6g}", OutsideTheory)
    return value


@cell
def drift_and_noise(problem: LinearRegression, algorithm: SGD) -> DriftAndNoise:
    """The rule's kernel at r ~ N(0, 2R + E eps^2): h is linear, so only second moments matter."""
    moment, batch = noise_moment(problem), algorithm.batch_size

    def at(function: Any, factor: float = 1.0) -> Callable[[Array], Array]:
        return lambda r: factor * np.broadcast_to(function(0.0, np.sqrt(2.0 * np.asarray(r) + moment)), np.shape(r)).astype(np.float64)

    noise, slope = at(kernel.noise_power), at(kernel.noise_slope, 2.0)
    return DriftAndNoise(
        problem,
        algorithm,
        _source("drift_factor"),
        at(kernel.drift_factor),
        lambda r: common.batch_noise(noise(r), batch),
        at(kernel.drift_slope, 2.0),
        lambda r: common.batch_noise(slope(r), batch),
    )


def _source(result: str) -> Source:
    return Source("sgd", result, kernel.SOURCE)


@cell
def exact_risk_curve(problem: LinearRegression, algorithm: SGD, *, horizon: float, times: Array) -> RiskCurve:
    """The recursion of the second moments along the eigenvectors of K, step by step."""
    moment, batch, d = centred(problem), algorithm.batch_size, problem.scale
    m = answer("modes", problem, algorithm)
    rates, risks = m.rates, np.array(m.initial)
    last = int(np.floor(horizon * d + 1e-9))
    if last > MOST_STEPS:
        most = f"at most {MOST_STEPS / d:.6g} at d={d} ({MOST_STEPS:.0e} steps)"
        raise invalid("horizon", horizon, most, "sgt.risk_curve costs no more for a longer one")
    total = np.empty(last + 1)
    total[0] = risks.sum()
    step = None
    for n in range(last):
        now = algorithm.learning_rate_at(n / d) / d
        if now != step:
            step = now
            factor = kernel.second_moment_factor(step, rates, batch)
            source = rates / 2.0 * kernel.second_moment_source(step, rates, batch)
        with np.errstate(over="ignore", invalid="ignore"):
            risks = factor * risks + source * (2.0 * total[n] + moment)
            total[n + 1] = risks.sum()
        if not np.isfinite(total[n + 1]):
            raise invalid(
                "learning_rate",
                algorithm.learning_rate,
                f"small enough for a finite mean risk up to time {horizon:g}",
                f"the mean risk overflows at time {(n + 1) / d:.4g}; sgt.exact_stationary_risk names the stability threshold",
                OutsideTheory,
            )

    def evaluate(t: Array) -> Array:
        return total[np.minimum(np.floor(np.asarray(t) * d + 1e-6).astype(int), last)]

    return RiskCurve(
        problem,
        algorithm,
        horizon,
        times,
        evaluate(times),
        EXACT,
        NumericalError(1e-15 * max(10, last), "estimated"),
        _source("second_moments"),
        evaluate=evaluate,
    )


@cell
def exact_stationary_risk(problem: LinearRegression, algorithm: SGD) -> StationaryRisk:
    """The fixed point of the recursion."""
    moment, d, batch = centred(problem), problem.scale, algorithm.batch_size
    eta = algorithm.constant_learning_rate
    if eta is None:
        raise invalid("learning_rate", algorithm.learning_rate, "a number for a stationary risk", kind=OutsideTheory)
    rates = answer("modes", problem, algorithm).rates
    gains = _gains(eta / d, rates, batch)
    if gains is None or gains.sum() >= 1.0:
        most = _threshold(rates, batch) * d
        raise invalid(
            "learning_rate",
            eta,
            "below the mean-square stability threshold",
            f"here that is learning_rate < {most:.6g} (raw step {most / d:.3g})",
            OutsideTheory,
        )
    value = float(kernel.stationary_exact(moment, gains.sum()))
    shares = gains / gains.sum() * value
    return StationaryRisk(problem, algorithm, value, shares, (value,), EXACT, NumericalError(1e-13, "estimated"), _source("stationary_exact"))


def _gains(step: float, rates: Array, batch: int) -> Array | None:
    """Each eigenvalue's part of H; None where a mode does not contract."""
    if np.any(np.abs(kernel.second_moment_factor(step, rates, batch)) >= 1.0):
        return None
    with np.errstate(divide="ignore"):
        gains = np.asarray(kernel.stability_term(step, rates, batch))
    return gains if np.all(np.isfinite(gains)) and gains.min() >= 0.0 else None


def _threshold(rates: Array, batch: int) -> float:
    low, high = 0.0, 4.0 / float(rates.max())
    for _ in range(200):
        middle = 0.5 * (low + high)
        gains = _gains(middle, rates, batch)
        low, high = (middle, high) if gains is not None and gains.sum() < 1.0 else (low, middle)
    return low
