"""Sums and differences that keep their digits: what a closed form needs where its terms nearly cancel."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from sgdtheory.special.functions import erf, erfc

_LOSS = 300.0       # a sum that loses more than this factor to cancellation is computed otherwise


@cache
def _legendre() -> Any:
    return np.polynomial.legendre.leggauss(12)


def erf_between(low: Any, high: Any) -> Any:
    """erf(high) - erf(low) with full relative accuracy: near ends by quadrature, far out by erfc.

    Parameters
    ----------
    low, high : array_like
        Broadcast against each other.

    Examples
    --------
    >>> from sgdtheory.special import erf_between
    >>> erf_between(10.0, 10.5)
    2.0884875837616954e-45
    """
    a, b = np.asarray(low), np.asarray(high)
    kind = np.result_type(a, b)
    a, b = np.broadcast_arrays(*(np.asarray(v, dtype=kind if np.issubdtype(kind, np.floating) else np.float64) for v in (a, b)))
    lower, upper = np.minimum(a, b), np.maximum(a, b)
    flip = upper < -lower                                       # reflect, so that the interval lies mostly to the right
    left, right = np.where(flip, -upper, lower), np.where(flip, -lower, upper)
    far = left > 0.0
    value = np.where(far, erfc(np.where(far, left, 1.0)) - erfc(right), erf(right) - erf(left))
    near = (right - left) * np.maximum(1.0, np.abs(left + right)) < 1.0
    if np.any(near):
        nodes, weights = _legendre()
        middle, half = 0.5 * (left + right), 0.5 * (right - left)
        total = np.zeros_like(value)
        for x, w in zip(nodes.tolist(), weights.tolist(), strict=True):
            t = middle + half * x
            total = total + w * np.exp(-t * t)
        value = np.where(near, total * half * 1.1283791670955126, value)
    return np.where(b >= a, value, -value)[()]


def refined(terms: tuple[Any, ...], otherwise: Callable[..., Any], mean: Any, std: Any, *parameters: Any) -> Any:
    """The sum of the terms, or ``otherwise(mean, std, *parameters)`` where they cancel to less than 1/300 of their size.

    Parameters
    ----------
    terms : tuple of array_like
    otherwise : callable
        Takes arrays of mean and std and numbers for the parameters.
    mean, std : array_like
    *parameters : array_like
    """
    total = sum(terms[1:], terms[0])
    size = sum((np.abs(t) for t in terms[1:]), np.abs(terms[0]))
    # Not written as size > LOSS * |total|: terms that are infinite or not a number count as lost, too.
    lost = ~(size <= _LOSS * np.abs(total)) & (size != 0.0)
    if not np.any(lost):
        return total
    result, lost, mean, std, *parameters = (np.array(v) for v in np.broadcast_arrays(total, lost, mean, std, *parameters))
    m, s, rows = mean[lost], std[lost], np.stack([p[lost] for p in parameters], axis=-1) if parameters else np.zeros((int(lost.sum()), 0))
    values = np.empty(m.shape)
    for row in np.unique(rows, axis=0):
        same = np.all(rows == row, axis=-1)
        values[same] = otherwise(m[same], s[same], *row.tolist())
    result[lost] = values
    return result[()]
