"""The positive stable law A with E exp(-s A) = exp(-s^b), 0 < b < 1, as weights and values of A.

With k = (1-b)/b, Zolotarev's integral over an angle theta gives the density of y = log A:

    p(y) = (1/(pi k)) int_0^pi E exp(-E) d theta,     E(theta, y) = a(theta) exp(-y/k),
    a(theta) = (sin(b theta) / sin(theta))^(1/(1-b)) sin((1-b) theta) / sin(b theta).

For b <= 1/2 the density is as smooth as the functions that are averaged, and the trapezoid rule in y converges
geometrically. Beyond, Gauss panels are graded from the peak, whose width shrinks with 1-b, to the tail exp(-b y).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sgdtheory.values import Array

_POINTS = 16
# Levels of log E between which E exp(-E) is resolved by one Gauss rule; outside it is below rounding.
_LEVELS = np.concatenate([np.arange(-40.0, -4.0, 4.0), np.arange(-4.0, 1.0), np.arange(1.0, 3.8, 0.45)])
_WIDEST = 2.5


@lru_cache(maxsize=32)
def positive_stable_nodes(index: float, tolerance: float) -> tuple[Array, Array]:
    """Weights and values of A with index b = ``index``; bounded functions are averaged to ``tolerance``."""
    k = (1.0 - index) / index
    points, gauss = np.polynomial.legendre.leggauss(_POINTS)
    lowest = np.log(k) + np.log(index) / (1.0 - index)  # log a at theta = 0
    cut = 4.0 - np.log(tolerance)
    start, far = k * (lowest - np.log(750.0)), cut / index
    if k >= 1.0:
        # exp(-A) and exp(-1/A) are bounded in the strip |Im y| < pi/2.
        step = np.pi**2 / cut
        y = np.arange(start, far, step)
        weights = step * _density(y, index, k)
    else:
        edges = _panels(k, start, far, k * lowest)
        middle, half = 0.5 * (edges[1:] + edges[:-1]), 0.5 * np.diff(edges)
        y = (middle[:, None] + half[:, None] * points).ravel()
        weights = (half[:, None] * gauss).ravel() * _density(y, index, k)
    kept = weights > 1e-3 * tolerance * np.max(weights) * np.exp(-np.abs(y))
    weights, values = weights[kept], np.exp(y[kept])
    weights = weights / np.sum(weights)
    for result in (weights, values):
        result.setflags(write=False)
    return weights, values


def _panels(k: float, start: float, far: float, bulk: float) -> Array:
    """Edges in y: of width k up to the bulk of the law, beyond it growing with the distance from the bulk."""
    edges = [start]
    while edges[-1] < far:
        edges.append(edges[-1] + min(max(k, 0.4 * (edges[-1] - bulk - 3.0 * k)), _WIDEST))
    return np.array(edges)


def _log_a(theta: Array, rest: Array, index: float) -> Array:
    """log a(theta) with ``rest`` = pi - theta given apart, so that both ends keep full precision."""
    delta = 1.0 - index
    turn = delta * theta
    cotangent = np.where(theta < 1.5, np.cos(theta) / np.sin(theta), -np.cos(rest) / np.sin(rest))
    ratio = np.log1p(-2.0 * np.sin(0.5 * turn) ** 2 - cotangent * np.sin(turn))
    return ratio / delta + np.log(np.sin(turn)) - np.log(np.sin(index * theta))


def _density(y: Array, index: float, k: float) -> Array:
    """Density of log A at ``y``."""
    levels = _LEVELS + (y / k)[:, None]
    lower = np.zeros(levels.shape)
    upper = np.full(levels.shape, 45.0)
    for _ in range(60):
        x = 0.5 * (lower + upper)
        below = _log_a(*_angles(x), index) < levels
        lower, upper = np.where(below, x, lower), np.where(below, upper, x)
    x = 0.5 * (lower + upper)
    points, gauss = np.polynomial.legendre.leggauss(_POINTS)
    middle, half = 0.5 * (x[:, 1:] + x[:, :-1]), 0.5 * np.diff(x, axis=1)
    x = middle[..., None] + half[..., None] * points
    theta, rest = _angles(x)
    log_e = _log_a(theta, rest, index) - (y / k)[:, None, None]
    height = np.exp(np.minimum(log_e, 7.0) - np.exp(np.minimum(log_e, 7.0)))
    return np.sum(half[..., None] * gauss * height * rest, axis=(1, 2)) / (np.pi * k)


def _angles(x: Array) -> tuple[Array, Array]:
    """theta and pi - theta = pi exp(-x), both accurate; x is linear in theta at 0 and logarithmic at pi."""
    return -np.pi * np.expm1(-x), np.pi * np.exp(-x)
