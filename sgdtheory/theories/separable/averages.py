"""psi, nu and their slopes in R: a kernel averaged over the label noise, directly where that is cheap, else from tables."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import numpy as np

from sgdtheory.algorithms.separable import SGD, SeparableUpdate
from sgdtheory.errors import OutsideTheory, invalid
from sgdtheory.problems.noise import NoiseLaw
from sgdtheory.solvers.many_points import weighted_sums
from sgdtheory.solvers.tabulated import RTOL, Tabulated
from sgdtheory.theories.separable.rule import average, kernel
from sgdtheory.values import Array

Factors = tuple[Callable[[Array], Array], ...]
_MANY = 128

LAST_MASS = 1e-17
"""Probability beyond the last component of a heavy-tailed law's mixture."""

WORST_TAIL = 1e-3
"""A larger error of the noise power is refused."""


def factors(algorithm: SeparableUpdate, noise: NoiseLaw) -> Factors:
    """psi(R), nu(R) of single samples and their derivatives in R.

    psi and nu of a kernel that integrates are tabulated: in the variance of the residual if the noise is a mixture of centred
    normal laws, one table then serving every such law; else in the risk. Slopes are asked for at single points.
    """
    module, given = kernel(algorithm), dict(algorithm.parameters)
    kinks = module.kinks(**given)
    slopes = (partial(_slope, partial(f, **given), noise, kinks) for f in (module.drift_slope, module.noise_slope))
    if module.CLOSED_FORM:
        return *(partial(average, partial(f, **given), noise, kinks) for f in (module.drift_factor, module.noise_power)), *slopes
    rule = algorithm.update, tuple(sorted(given.items()))
    if _centred(noise):
        return *(partial(_mixed, table, noise) for table in _of_variance(rule)), *slopes
    return *_of_risk(rule, noise), *slopes


def table_error(algorithm: SeparableUpdate) -> float:
    """What the tables add to the relative error of psi and of nu."""
    return 0.0 if kernel(algorithm).CLOSED_FORM else RTOL


def tail_error(algorithm: SeparableUpdate, noise: NoiseLaw) -> float:
    """Relative error of nu from the end of a heavy-tailed law's mixture, where h is unbounded; SGD takes the exact second moment."""
    if noise.tail_exponent == np.inf or algorithm.update == SGD.rule:
        return 0.0
    share = 2.0 * algorithm.residual_growth / noise.tail_exponent
    error = 10.0 * LAST_MASS ** (1.0 - share) if share > 0.0 else 0.0
    if error > WORST_TAIL:
        told = f"the largest residuals decide E h^2 (relative error {error:.1g})"
        raise invalid("noise", noise, f"of lighter tails for {algorithm!r}", told, OutsideTheory)
    return error


def _slope(function: Any, noise: NoiseLaw, kinks: tuple[float, ...], risk: Any) -> Array:
    return 2.0 * average(function, noise, kinks, risk)


def _centred(noise: NoiseLaw) -> bool:
    try:
        return not np.any(noise.gaussian_mixture().means)
    except OutsideTheory:
        return False


def _mixed(table: Tabulated, noise: NoiseLaw, risk: Any) -> Array:
    """The mean of a function of the residual's variance."""
    std = np.sqrt(2.0 * np.asarray(risk, dtype=np.float64))
    with np.errstate(under="ignore", over="ignore"):
        return noise.average(lambda mean, total: table(total**2), std)


@lru_cache(maxsize=64)
def _of_variance(rule: tuple[str, Any]) -> tuple[Tabulated, Tabulated]:
    module, given = _kernel(rule)

    def table(function: Any) -> Tabulated:
        return Tabulated(lambda variance: function(0.0, np.sqrt(variance), **given), width=10.0, reach=(1e-60, 1e60))

    return table(module.drift_factor), table(module.noise_power)


@lru_cache(maxsize=16)
def _of_risk(rule: tuple[str, Any], noise: NoiseLaw) -> tuple[Tabulated, Tabulated]:
    module, given = _kernel(rule)
    kinks = module.kinks(**given)

    def table(function: Any) -> Tabulated:
        return Tabulated(_average(partial(function, **given), noise, kinks))

    return table(module.drift_factor), table(module.noise_power)


def _average(function: Any, noise: NoiseLaw, kinks: tuple[float, ...]) -> Callable[[Array], Array]:
    """The mean over the noise at each risk; very many atoms share interpolants."""
    weights, means, variances = noise.nodes(np.ones(1), kinks) if noise.has_atoms else (np.empty(0),) * 3
    if variances.ndim == 1 and variances.size >= _MANY and not variances.any():
        return lambda risk: weighted_sums(function, -means, weights, np.sqrt(2.0 * risk))
    return partial(average, function, noise, kinks)


def _kernel(rule: tuple[str, Any]) -> tuple[Any, dict[str, float]]:
    text, given = rule
    return kernel(SeparableUpdate(1.0, update=text, parameters=dict(given))), dict(given)
