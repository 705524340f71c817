"""Rightmost eigenvalue of a diagonal matrix plus rank one, diag(-rates) + coupling 1'."""

from __future__ import annotations

from typing import Any

import numpy as np

from sgdtheory.errors import invalid
from sgdtheory.values import Array, array

_DENSE = 2000


def slowest_rate(rates: Any, coupling: Any) -> float:
    """The rightmost eigenvalue of diag(-rates) + coupling 1': the slowest rate of the modes near a stationary state.

    Its eigenvalues mu solve sum_j c_j / (mu + lambda_j) = 1. For couplings of one sign they are real and interlace with
    -lambda_j, and one safeguarded root search of O(m) a step finds the rightmost; for mixed signs (m <= 2000) it is the
    largest real part among the dense eigenvalues.

    Parameters
    ----------
    rates, coupling : array_like of shape (m,)
        lambda_j and c_j.

    Returns
    -------
    float
        Negative where the stationary state is stable.

    Examples
    --------
    >>> round(slowest_rate([1.0, 2.0], [0.5, 0.5]), 12)
    -0.292893218813
    """
    rates = array("rates", rates, (None,))
    coupling = array("coupling", coupling, (rates.size,))
    if coupling.min() < 0.0 < coupling.max():
        if rates.size > _DENSE:
            raise invalid(
                "coupling", "mixed signs", f"of one sign for more than {_DENSE} modes", "compress the modes first"
            )
        return float(np.linalg.eigvals(np.diag(-rates) + coupling[:, None]).real.max())
    distinct, where, count = np.unique(rates, return_inverse=True, return_counts=True)
    total = np.bincount(where, weights=coupling, minlength=distinct.size)
    loose = distinct[(total == 0.0) | (count > 1)]  # eigenvalues -lambda that the coupling does not move
    joined, strength = distinct[total != 0.0], total[total != 0.0]
    candidates = [] if loose.size == 0 else [-float(loose[0])]
    if joined.size:
        shift = _rise(joined - joined[0], strength) if strength[0] > 0.0 else -_fall(joined - joined[0], -strength)
        candidates.append(shift - float(joined[0]))
    return max(candidates)


def _rise(gaps: Array, strength: Array) -> float:
    """x > 0 with sum_j c_j / (x + gap_j) = 1, all c_j > 0."""
    low, high = float(strength[0]), float(strength.sum())
    x = high
    for _ in range(200):
        terms = strength / (x + gaps)
        value = float(terms.sum())
        low, high = (x, high) if value >= 1.0 else (low, x)
        # Newton on 1/value: concave, nearly linear
        step = (1.0 - value) * value / float((terms / (x + gaps)).sum())
        new = x - step
        new = new if low <= new <= high else 0.5 * (low + high)
        if abs(new - x) <= 2e-16 * x:
            break
        x = new
    return x


def _fall(gaps: Array, strength: Array) -> float:
    """u in (0, second gap) with c_0 / u - sum_{j>0} c_j / (gap_j - u) = 1, all c_j > 0."""
    low, high = 0.0, min(float(strength[0]), float(gaps[1]) if gaps.size > 1 else np.inf)
    if gaps.size == 1:
        return high
    for _ in range(300):
        u = 0.5 * (low + high)
        if u in (low, high):
            break
        value = strength[0] / u - float((strength[1:] / (gaps[1:] - u)).sum())
        low, high = (u, high) if value > 1.0 else (low, u)
    return 0.5 * (low + high)
