"""Quantiles of the Marchenko-Pastur law."""

from __future__ import annotations

import numpy as np

from sgdtheory.values import Array

_SERIES_BELOW = 0.3
_TERMS = 40


def marchenko_pastur_quantiles(d: int, ratio: float) -> Array:
    """Quantiles at (j - 1/2)/d, j = 1..d, of the law of mean 1 and ratio in (0, 1], in decreasing order.

    In the angle phi in [0, pi] of x = 1 + ratio - 2 sqrt(ratio) cos(phi) the law has the smooth density
    (2/pi) sin(phi)^2 / x, whose integral is elementary; it is inverted by bisection.
    """
    q = np.sqrt(ratio)
    levels = (np.arange(d, 0, -1) - 0.5) / d
    low, high = np.zeros(d), np.full(d, np.pi)
    for _ in range(60):
        middle = 0.5 * (low + high)
        below = _distribution(middle, q) < levels
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (1.0 - q) ** 2 + 4.0 * q * np.sin(0.25 * (low + high)) ** 2


def _distribution(phi: Array, q: float) -> Array:
    # sum_{n >= 2} q^(n-2) sin(n phi)/n in closed form, and as the series itself where the closed form cancels
    if q < _SERIES_BELOW:
        n = np.arange(2, _TERMS)
        tail = np.sin(np.outer(phi, n)) @ (q ** (n - 2.0) / n)
    else:
        tail = (np.arctan2(q * np.sin(phi), 1.0 - q * np.cos(phi)) - q * np.sin(phi)) / q**2
    return (phi + q * np.sin(phi) - (1.0 - q * q) * tail) / np.pi
