"""Sums and differences that keep their digits: what a closed form needs where its terms nearly cancel."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from sgdtheory.special.functions import erf, erfc

_LOSS = 300.0  # a sum that loses more than this factor to cancellation is computed otherwise


@cache
def _legendre() -> Any:
    return np.polynomial.legendre.leggauss(12)


def erf_around(middle: Any, half: Any) -> Any:
    """erf(middle + half) - erf(middle - half) with full relative accuracy: short intervals by quadrature, far ones by erfc.

    The interval is given by its middle and half its length, because the difference of its rounded ends would have lost them.

    Parameters
    ----------
    middle, half : array_like
        Broadcast against each other.

    Examples
    --------
    >>> from sgdtheory.special import erf_around
    >>> f"{erf_around(10.0, 1e-30):.12e}"
    '8.395312462709e-74'
    """
    m, h = np.asarray(middle), np.asarray(half)
    kind = np.result_type(m, h)
    m, h = np.broadcast_arrays(
        *(np.asarray(v, dtype=kind if np.issubdtype(kind, np.floating) else np.float64) for v in (m, h))
    )
    m, size = np.abs(m), np.abs(h)
    short = size * np.maximum(1.0, m) < 0.5
    value = np.where(m > size, erfc(np.where(m > size, m - size, 0.0)) - erfc(m + size), erf(m + size) - erf(m - size))
    if np.any(short):
        nodes, weights = _legendre()
        total = np.zeros_like(value)
        for x, w in zip(nodes.tolist(), weights.tolist(), strict=True):
            # exp(-(m + x size)^2), with the large part of the exponent kept apart
            total = total + w * np.exp(-np.where(short, x * size * (2.0 * m + x * size), 0.0))
        value = np.where(short, total * size * np.exp(-m * m) * 1.1283791670955126, value)
    return np.where(h >= 0.0, value, -value)[()]


def between(h: Callable[[Any], Any], low: float, high: float, mean: Any, std: Any, order: int = 0) -> Any:
    """E h(r) on low < r < high for a polynomial h, r ~ N(mean, std^2), by a fixed rule: short intervals keep all digits.

    Parameters
    ----------
    h : callable
        A polynomial; takes a float64 array.
    low, high : float
    mean, std : array_like
    order : int
        0, or 2 for the second derivative of the average in the mean, E h(r) (z^2 - 1)/std^2 with z = (r - mean)/std.

    Examples
    --------
    >>> from sgdtheory.special import between
    >>> f"{between(lambda r: r**2, -1e-6, 1e-6, 0.0, 1.0):.12e}"
    '2.659615202675e-19'
    """
    m, s = np.broadcast_arrays(np.asarray(mean, dtype=np.float64), np.asarray(std, dtype=np.float64))
    # Beyond 38.5 standard deviations the density is below what float64 holds.
    a, b = np.maximum(low, m - 38.5 * s), np.minimum(high, m + 38.5 * s)
    length = np.maximum(b - a, 0.0)
    # A panel over which the density changes by less than a factor e^2: its twelve nodes then see a polynomial.
    farthest = np.minimum(np.maximum(np.abs(a - m), np.abs(b - m)) / s, 38.5)
    panels = np.ceil(length / s * np.maximum(1.0, farthest) / 2.0)
    count = int(np.max(panels, initial=1.0))
    nodes, weights = _legendre()
    total = np.zeros(m.shape)
    width = length / np.maximum(panels, 1.0)
    for k in range(count):
        inside = k < np.maximum(panels, 1.0)
        for x, w in zip(nodes.tolist(), weights.tolist(), strict=True):
            r = a + (k + 0.5 * (1.0 + x)) * width
            z = (r - m) / s
            bell = np.exp(-0.5 * z * z) * ((z * z - 1.0) / s**2 if order else 1.0)
            total += np.where(inside, w * bell * h(r), 0.0)
    return (total * 0.5 * width / s * 0.3989422804014327)[()]


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
    result, lost, mean, std, *rest = map(np.array, np.broadcast_arrays(total, lost, mean, std, *parameters))
    m, s = mean[lost], std[lost]
    rows = np.stack([p[lost] for p in rest], axis=-1) if rest else np.zeros((m.size, 0))
    values = np.empty(m.shape)
    for row in np.unique(rows, axis=0):
        same = np.all(rows == row, axis=-1)
        values[same] = otherwise(m[same], s[same], *row.tolist())
    result[lost] = values
    return result[()]
