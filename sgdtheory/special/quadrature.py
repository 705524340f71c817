"""Gaussian expectations E h(r) by adaptive composite Gauss-Legendre quadrature, for many (mean, std) at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import numpy as np

from sgdtheory.errors import NotConverged, invalid
from sgdtheory.values import Array, array, number

NODES = 20
# Panel ends in z = (r - mean)/std. At the outermost the density is 1e-322, so nothing is cut off that float64 could hold.
_Z_ENDS = (-38.5, -24.0, -15.0, -9.0, -4.5, -1.5, 1.5, 4.5, 9.0, 15.0, 24.0, 38.5)
_ROUNDS = 60
_MOST_PANELS = 200_000
_CHUNK = 16_384
_EPS = 2.220446049250313e-16


@cache
def _rule() -> tuple[Array, Array]:
    """Nodes (n,), and as columns (n, 5): the weights, and four null rules, which read off the last four Legendre coefficients."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    degrees = np.arange(NODES - 4, NODES)
    legendre = np.polynomial.legendre.legvander(nodes, NODES - 1)[:, degrees]
    return nodes, np.column_stack([weights, weights[:, None] * legendre * (2 * degrees + 1) / 2])


def gaussian_expectation(h: Callable[[Any], Any], mean: Any, std: Any, kinks: Iterable[float] = (), rtol: float = 1e-12) -> Any:
    """E h(r) for r ~ N(mean, std^2), with its error under control.

    Parameters
    ----------
    h : callable
        Takes a float64 array and returns one of the same shape (or a constant). Smooth between its kinks.
    mean, std : array_like
        Broadcast against each other; std >= 0, and where it is 0 the answer is h(mean).
    kinks : iterable of float
        Where h jumps or bends. A kink left out costs time, not accuracy.
    rtol : float
        Largest estimated error, relative to E |h(r)|. (Relative to E h(r) itself where h keeps its sign.)

    Returns
    -------
    float or ndarray
        Of the broadcast shape of mean and std.

    Raises
    ------
    NotConverged
        If the estimated error stays above rtol, or E |h| is not finite.
    InvalidInput
        For std < 0 or arguments that are not finite.

    Notes
    -----
    Panels are graded on the scale std around the mean and on h's own scales around the origin, which a probe of h at the powers
    of two finds; a panel whose last Legendre coefficients are not small is halved. A spike of h away from the origin that is
    narrower than a panel, and not declared as a kink, cannot be seen.

    Examples
    --------
    >>> import numpy as np
    >>> gaussian_expectation(np.abs, 0.0, [1.0, 2.0], kinks=[0.0]) / np.sqrt(2 / np.pi)
    array([1., 2.])
    """
    rtol = number("rtol", rtol, above=0.0, most=1.0)
    mean, std = np.broadcast_arrays(np.asarray(mean, dtype=np.float64), np.asarray(std, dtype=np.float64))
    if not np.all(np.isfinite(mean)):
        raise invalid("mean", mean, "finite")
    if not np.all(np.isfinite(std) & (std >= 0.0)):
        raise invalid("std", std, "finite and >= 0")
    ends = tuple(kinks)
    corners = np.unique(array("kinks", ends, (None,))) if ends else np.empty(0)
    m, s = mean.ravel(), std.ravel()
    result = np.empty(m.shape)
    point = s == 0.0
    with np.errstate(over="ignore", under="ignore"):
        if np.any(point):
            result[point] = h(m[point])
        if not np.all(point):
            result[~point] = _expectations(h, m[~point], s[~point], corners, rtol)
    return result.reshape(mean.shape)[()]


def _expectations(h: Callable[[Any], Any], m: Array, s: Array, corners: Array, rtol: float) -> Array:
    own = np.union1d(corners, _own_scales(h, float(np.max(np.abs(m) + 38.5 * s))))
    reach = np.full(m.shape, _Z_ENDS[-1])
    owner, a, b = _panels(m, s, own, reach)
    total, size, error = np.zeros(m.shape), np.zeros(m.shape), np.zeros(m.shape)
    for _ in range(_ROUNDS):
        value, magnitude, doubt = _apply(h, m[owner], s[owner], a, b)
        if not np.all(np.isfinite(value)):
            raise NotConverged(_failure(m, s, owner[~np.isfinite(value)][0], "h is not finite, or grows too fast for E|h| to be finite"))
        # A panel may keep its share of the error; what rounding alone does is not refined.
        scale = size + np.bincount(owner, magnitude, minlength=len(m))
        keep = doubt <= np.maximum(0.02 * rtol * scale[owner], 4 * _EPS * magnitude)
        kept = owner[keep]
        total += np.bincount(kept, value[keep], minlength=len(m))
        size += np.bincount(kept, magnitude[keep], minlength=len(m))
        error += np.bincount(kept, doubt[keep], minlength=len(m))
        if np.all(keep):
            break
        middle = 0.5 * (a + b)[~keep]
        owner, a, b = np.repeat(owner[~keep], 2), np.column_stack([a[~keep], middle]).ravel(), np.column_stack([middle, b[~keep]]).ravel()
        if len(owner) > _MOST_PANELS:
            raise NotConverged(_failure(m, s, owner[0], "it needs too many panels"))
    else:
        raise NotConverged(_failure(m, s, owner[0], "its panels cannot be refined further"))
    worst = int(np.argmax(error - rtol * size))
    if error[worst] > rtol * size[worst]:
        raise NotConverged(_failure(m, s, worst, f"the estimated error {error[worst]:.2g} exceeds rtol={rtol:g} of E|h|={size[worst]:.4g}"))
    return total


def _failure(m: Array, s: Array, i: int, why: str) -> str:
    return f"E h(r) at mean={m[i]:.6g}, std={s[i]:.6g}: {why}"


def _panels(m: Array, s: Array, own: Array, reach: Array) -> tuple[Array, Array, Array]:
    """All panels of all pairs, flat: whose it is, and its ends in z."""
    limit = reach[:, None]
    with np.errstate(over="ignore"):
        around_origin = (own - m[:, None]) / s[:, None]
    grid = np.concatenate([np.broadcast_to(_Z_ENDS, (len(m), len(_Z_ENDS))), around_origin], axis=1)
    grid = np.sort(np.clip(grid, -limit, limit), axis=1)
    a, b = grid[:, :-1], grid[:, 1:]
    there = b > a
    return np.nonzero(there)[0], a[there], b[there]


def _apply(h: Callable[[Any], Any], m: Array, s: Array, a: Array, b: Array) -> tuple[Array, Array, Array]:
    """Integral, integral of the absolute value and estimated error on every panel."""
    nodes, columns = _rule()
    value, magnitude, doubt = np.empty(a.shape), np.empty(a.shape), np.empty(a.shape)
    for start in range(0, len(a), _CHUNK):
        part = slice(start, start + _CHUNK)
        half = 0.5 * (b[part] - a[part])
        z = (0.5 * (a[part] + b[part]))[:, None] + half[:, None] * nodes
        f = h(m[part, None] + s[part, None] * z) * np.exp(-0.5 * z * z)
        half *= 0.3989422804014327      # 1/sqrt(2 pi)
        sums = f @ columns
        value[part] = half * sums[:, 0]
        magnitude[part] = half * (np.abs(f) @ columns[:, 0])
        # Legendre coefficients that decay like q at degree n leave a Gauss rule an error like q^2; q^1.5 and the factor are caution.
        last = half * np.max(np.abs(sums[:, 1:]), axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(last > 0.0, last / magnitude[part], 0.0)
        doubt[part] = magnitude[part] * np.minimum(ratio, (10.0 * ratio) ** 1.5)
    return value, magnitude, doubt


def _own_scales(h: Callable[[Any], Any], reach: float) -> Array:
    """Powers of two, either sign, at which h bends: where it departs from the straight line between the neighbouring powers."""
    top = int(np.ceil(np.log2(max(reach, 2.0**-60))))
    k = np.arange(min(-50, top - 60), top + 1)
    kept: list[Array] = []
    for side in (1.0, -1.0):
        r = side * np.exp2(k)
        y = np.broadcast_to(np.asarray(h(r), dtype=np.float64), r.shape)
        with np.errstate(invalid="ignore", divide="ignore"):
            bend = np.abs(y[1:-1] - (2.0 * y[:-2] + y[2:]) / 3.0) / np.maximum.accumulate(np.abs(y))[2:]
        bend = np.where(np.isfinite(bend), bend, 0.0)
        strong = bend > 1e-3
        if np.any(strong):
            first = int(np.argmax(strong))
            # Algebraic tails bend less and less and need a panel end only every other octave.
            weak = (bend > 1e-17) & (np.arange(len(bend)) > first) & (k[1:-1] % 2 == 0)
            strong[max(first - 1, 0)] = True
            kept.append(r[1:-1][strong | weak])
    return np.concatenate([[0.0], *kept]) if kept else np.zeros(1)
