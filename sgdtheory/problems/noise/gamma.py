"""Gamma laws as weights on a grid that is uniform in the logarithm: the mixing laws of Student and Laplace noise.

The trapezoid rule converges geometrically here, since the density of log G is analytic in the strip |Im| < pi/2 and
decays at both ends.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from sgdtheory.values import Array

_LONGEST_TAIL = 50.0


def log_gamma_nodes(shape: float, tolerance: float, *, low: float, high: float) -> tuple[Array, Array]:
    """Nodes z and weights (sum one) of z = log(G / shape), G ~ Gamma(shape).

    The grid is long enough for averages of exp(-low z) and exp(high z), ``low < shape``.
    """
    cut = 4.0 - np.log(tolerance)
    left = _first(lambda z: shape * _excess(-z) - low * z, cut, _LONGEST_TAIL if low >= 1.0 else np.inf)
    right = _first(lambda z: shape * _excess(z) - high * z, cut, np.inf)
    step = 2.0 * np.pi / _first(lambda w: _decay(shape + high, w), cut, np.inf)
    z = np.arange(-np.ceil(left / step), np.ceil(right / step) + 1.0) * step
    weights = np.exp(-shape * _excess(z))
    return z, weights / np.sum(weights)


def _excess(z: ArrayLike) -> Array:
    """exp(z) - 1 - z without cancellation."""
    z = np.asarray(z, dtype=np.float64)
    small = np.abs(z) < 0.5
    s = np.where(small, z, 0.0)
    series = np.zeros_like(s)
    for k in range(16, 1, -1):
        series = (series * s + 1.0) / k
    return np.where(small, series * s * s, np.expm1(np.where(small, 1.0, z)) - np.where(small, 1.0, z))


def _decay(x: float, w: float) -> float:
    """-log |Gamma(x + i w) / Gamma(x)| to leading order: how fast the trapezoid rule's error falls."""
    s = complex(x, w)
    return float((x - 0.5) * np.log(x) - x - ((s - 0.5) * np.log(s) - s).real)


def _first(rising: Callable[[float], float | Array], level: float, most: float) -> float:
    """The point at which a function that ends up increasing passes ``level``."""
    high = 1e-3
    while rising(high) < level:
        high *= 2.0
        if high >= most:
            return most
    low = 0.5 * high
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if rising(middle) < level else (low, middle)
    return min(high, most)
