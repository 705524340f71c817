"""One function, smooth on a known scale, at very many points: interpolated where the points are dense."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sgdtheory.solvers.chebyshev import chebyshev, fit, rule
from sgdtheory.values import Array

RTOL = 1e-13


def weighted_sums(function: Callable[[Array, Array], Array], points: Array, weights: Array, scales: Array) -> Array:
    """sum_k weights_k function(points_k, scale), for every scale; function smooth in its first argument on that scale.

    Intervals of two scales that hold more points than an interpolant needs are interpolated. A scale for which the errors,
    as estimated between the nodes, exceed 1e-13 of the sum is summed point by point.

    Parameters
    ----------
    function : callable
        Takes two arrays of shape (n,), returns one.
    points, weights : ndarray of shape (k,)
    scales : ndarray of shape (n,)
        Positive.

    Returns
    -------
    ndarray of shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(-2.0, 2.0, 999)
    >>> total = weighted_sums(lambda m, s: np.exp(-(m**2) / (2.0 + 2.0 * s**2)), x, np.ones(999), np.array([1.0]))
    >>> bool(abs(total[0] / np.exp(-(x**2) / 4.0).sum() - 1.0) < 1e-12)
    True
    """
    order = np.argsort(points, kind="stable")
    points, weights = points[order], weights[order]
    places = rule().places
    plans = [_plan(points, s) for s in scales.tolist()]
    asked = [np.concatenate([points[single], *(a + s * (1.0 + places) for a, _ in cells)]) for (single, cells), s in zip(plans, scales, strict=True)]
    values = np.split(function(np.concatenate(asked), np.repeat(scales, [a.size for a in asked])), np.cumsum([a.size for a in asked])[:-1])
    result = np.empty(scales.shape)
    for i, ((single, cells), s, found) in enumerate(zip(plans, scales.tolist(), values, strict=True)):
        apart = int(single.sum())
        total, error = float(weights[single] @ found[:apart]), 0.0
        if cells:
            coefficients, missed = fit(found[apart:].reshape(len(cells), places.size))
            for (a, part), c, e in zip(cells, coefficients, missed, strict=True):
                total += float(weights[part] @ (chebyshev((points[part] - a) / s - 1.0) @ c))
                error += float(e * np.abs(weights[part]).sum())
        result[i] = total if error <= RTOL * abs(total) else weights @ function(points, np.full(points.shape, s))
    return result


def _plan(points: Array, scale: float) -> tuple[Array, list[tuple[float, slice]]]:
    """Which points are evaluated one by one, and the lower ends and points of the intervals that are interpolated."""
    cell = np.floor((points - points[0]) / (2.0 * scale))
    starts = np.flatnonzero(np.diff(cell, prepend=-1.0))
    ends = np.append(starts[1:], points.size)
    single = np.ones(points.size, dtype=bool)
    cells = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if end - start > rule().places.size:
            single[start:end] = False
            cells.append((float(points[0] + 2.0 * scale * cell[start]), slice(start, end)))
    return single, cells
