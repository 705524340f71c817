"""E f(x_i) f(x_j) for jointly normal features: Mehler's series in Hermite polynomials, with Parseval's remainder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sgdtheory.errors import NotConverged, invalid
from sgdtheory.special.quadrature import _rule, gaussian_expectation, own_scales
from sgdtheory.values import Array, array, integer, number

Places = NDArray[np.intp]
MOST_TERMS = 4096
_MOST_NESTED = 200
# Half the Gaussian weight goes into the bounded Hermite function; the other half is below 1e-27 here.
_REACH = 16.0


def hermite_coefficients(f: Callable[[Any], Any], std: Any, order: int, kinks: Iterable[float] = ()) -> Array:
    """a_k = E f(std Z) He_k(Z)/sqrt(k!), k = 0..order, Z ~ N(0, 1).

    Then f(std Z) = sum_k a_k He_k(Z)/sqrt(k!) in mean square and sum_k a_k^2 = E f(std Z)^2.

    Parameters
    ----------
    f : callable
        Takes and returns a float64 array; smooth between its kinks, at most of polynomial growth.
    std : array_like of shape (n,) or scalar
        Standard deviations >= 0.
    order : int
        Highest degree.
    kinks : iterable of float
        Where f jumps or bends. Unlike in :func:`gaussian_expectation`, none may be left out.

    Returns
    -------
    ndarray of shape (order + 1,) or (n, order + 1)

    Examples
    --------
    >>> np.round(hermite_coefficients(lambda x: x**3, 1.0, 3), 12) ** 2
    array([0., 9., 0., 6.])
    """
    order = integer("order", order, least=0)
    single = np.ndim(std) == 0
    s = array("std", np.atleast_1d(std), (None,))
    if np.any(s < 0.0):
        raise invalid("std", float(np.min(s)), ">= 0")
    points = tuple(kinks)
    corners = np.unique(array("kinks", points, (None,))) if points else np.empty(0)
    result = np.empty((len(s), order + 1))
    # With no kink but 0 one grid serves all; else a kink's place in z = x/std differs for each.
    shared = not np.any(corners)
    for group in ([np.arange(len(s))] if shared else np.split(np.arange(len(s)), len(s))):
        z, weights = _grid(f, s[group], corners, order)
        with np.errstate(under="ignore"):
            values = np.broadcast_to(f(s[group, None] * z), (len(group), len(z))) * weights
        if not np.all(np.isfinite(values)):
            raise NotConverged("the Hermite coefficients of f do not exist: f is not finite, or grows too fast")
        result[group] = _project(values, z, order)
    return result[0] if single else result


def _grid(f: Callable[[Any], Any], s: Array, corners: Array, order: int) -> tuple[Array, Array]:
    """Nodes z and weights (times the square root of the density) that resolve He_order and f's own scales."""
    positive = s[s > 0.0]
    width = min(0.5, 6.0 / np.sqrt(order + 1.0))
    ends = [np.linspace(-_REACH, _REACH, 2 * int(np.ceil(_REACH / width)) + 1)]
    if len(positive):
        own = own_scales(f, _REACH * float(np.max(positive)), float(np.min(positive)))
        steps = np.exp2(np.unique(np.round(np.log2(positive))))
        ends += [np.concatenate([own / t for t in steps]), np.concatenate([corners / t for t in np.unique(positive)])]
    grid = np.unique(np.clip(np.concatenate(ends), -_REACH, _REACH))
    nodes, columns = _rule()
    half = 0.5 * np.diff(grid)
    z = (0.5 * (grid[1:] + grid[:-1]))[:, None] + half[:, None] * nodes
    weights = half[:, None] * columns[:, 0] * np.exp(-0.25 * z * z) * 0.6316187777460647      # (2 pi)^(-1/4)
    return z.ravel(), weights.ravel()


def _project(values: Array, z: Array, order: int) -> Array:
    """Sums of the weighted values against the Hermite functions, built by their recurrence (bounded, hence stable)."""
    result = np.empty((len(values), order + 1))
    before, now = np.zeros_like(z), 0.6316187777460647 * np.exp(-0.25 * z * z)
    block = np.empty((min(64, order + 1), len(z)))
    for start in range(0, order + 1, len(block)):
        stop = min(start + len(block), order + 1)
        for k in range(start, stop):
            block[k - start] = now
            before, now = now, (z * now - np.sqrt(k) * before) / np.sqrt(k + 1.0)
        result[:, start:stop] = values @ block[: stop - start].T
    return result


def noise_shape_series(f: Callable[[Any], Any], correlation: Any, variance_i: Any, variance_j: Any,
                       kinks: Iterable[float] = (), rtol: float = 1e-10) -> Any:
    """E f(x_i) f(x_j) / E f(Z)^2 for jointly normal x_i, x_j of mean 0, from Mehler's series.

    sum_k a_k(std_i) a_k(std_j) correlation^k, where what is left out after k = K is at most
    |correlation|^(K+1) sqrt(E f(x_i)^2 - sum a_k(std_i)^2) sqrt(E f(x_j)^2 - sum a_k(std_j)^2).

    Parameters
    ----------
    f : callable
        Takes and returns a float64 array; smooth between its kinks, at most of polynomial growth.
    correlation, variance_i, variance_j : array_like
        Broadcast against each other; correlation in [-1, 1], variances > 0.
    kinks : iterable of float
        Where f jumps or bends; none may be left out.
    rtol : float
        Largest remainder, relative to the sum of the terms' absolute values.

    Returns
    -------
    float or ndarray

    Raises
    ------
    NotConverged
        If 4096 terms do not reach rtol. (At correlation 1 or -1, and for a few pairs near it, quadrature serves.)

    Examples
    --------
    >>> round(float(noise_shape_series(np.sign, 0.5, 1.0, 2.0, kinks=[0.0])), 12)
    0.333333333333
    """
    rtol = number("rtol", rtol, above=0.0, most=1.0)
    rho, u, v = np.broadcast_arrays(*(np.asarray(q, dtype=np.float64) for q in (correlation, variance_i, variance_j)))
    for name, value, domain, good in (("correlation", rho, "in [-1, 1]", np.abs(rho) <= 1.0 + 1e-14),
                                      ("variance_i", u, "finite and > 0", (u > 0.0) & (u < np.inf)),
                                      ("variance_j", v, "finite and > 0", (v > 0.0) & (v < np.inf))):
        if not np.all(good):
            raise invalid(name, float(value[~good][0]), domain)
    points = tuple(kinks)
    shape, rho = rho.shape, np.clip(rho.ravel(), -1.0, 1.0)
    stds, where = np.unique(np.sqrt(np.concatenate([u.ravel(), v.ravel()])), return_inverse=True)
    i, j = where.ravel()[: rho.size], where.ravel()[rho.size:]
    power = gaussian_expectation(lambda x: f(x) ** 2, 0.0, stds, points)
    unit = gaussian_expectation(lambda x: f(x) ** 2, 0.0, 1.0, points)
    result = np.empty(rho.shape)
    done = np.abs(rho) == 1.0
    _exact_ends(f, rho, stds, i, j, done, result, points)
    terms = 32
    while not np.all(done):
        a = hermite_coefficients(f, stds, terms - 1, points)
        # What rounding leaves of the difference counts as left out.
        left = np.maximum(power - np.sum(a * a, axis=1), 4e-15 * power)
        open_ = np.nonzero(~done)[0]
        value, size = _mehler(a, rho[open_], i[open_], j[open_])
        remainder = np.abs(rho[open_]) ** terms * np.sqrt(left[i[open_]] * left[j[open_]])
        good = remainder <= rtol * size
        result[open_[good]] = value[good]
        done[open_[good]] = True
        if terms >= MOST_TERMS and not np.all(done):
            _nested(f, rho, stds, i, j, np.nonzero(~done)[0], result, points, rtol)
            break
        terms *= 4 if terms < 512 else 2
    return (result / unit).reshape(shape)[()]


def _mehler(a: Array, rho: Array, i: Places, j: Places) -> tuple[Array, Array]:
    """sum_k a_ik a_jk rho^k by Horner's rule, and the same with absolute values."""
    value, size, r = np.zeros(rho.shape), np.zeros(rho.shape), np.abs(rho)
    for column in a.T[::-1]:
        term = column[i] * column[j]
        value = value * rho + term
        size = size * r + np.abs(term)
    return value, size


def _exact_ends(f: Callable[[Any], Any], rho: Array, stds: Array, i: Places, j: Places, ends: Any, result: Array,
                kinks: tuple[float, ...]) -> None:
    """Where the correlation is 1 or -1 the pair is one variable: x_j = +-(std_j/std_i) x_i."""
    triples = np.column_stack([i[ends], j[ends], rho[ends]])
    unique, back = np.unique(triples, axis=0, return_inverse=True)
    values = np.empty(len(unique))
    for n, (p, q, sign) in enumerate(unique):
        s, t = stds[int(p)], sign * stds[int(q)]
        at = [k / s for k in kinks] + [k / t for k in kinks]
        values[n] = gaussian_expectation(partial(_product, f, s, t), 0.0, 1.0, at)
    result[ends] = values[back.ravel()]


def _product(f: Callable[[Any], Any], s: float, t: float, z: Array) -> Any:
    return f(s * z) * f(t * z)


def _nested(f: Callable[[Any], Any], rho: Array, stds: Array, i: Places, j: Places, pairs: Places, result: Array,
            kinks: tuple[float, ...], rtol: float) -> None:
    """A quadrature in a quadrature for the few pairs whose correlation is too near 1."""
    if len(pairs) > _MOST_NESTED:
        worst = pairs[np.argmax(np.abs(rho[pairs]))]
        raise NotConverged(f"Mehler's series at correlation {rho[worst]:.10g} needs more than {MOST_TERMS} terms for "
                           f"rtol={rtol:g}, at {len(pairs)} pairs; give a larger rtol")
    for n in pairs:
        s, t, c = stds[i[n]], stds[j[n]], rho[n]
        rest = t * np.sqrt((1.0 - c) * (1.0 + c))

        def outer(z: Array, s: float = s, mean: float = c * t, rest: float = rest) -> Array:
            return f(s * z) * gaussian_expectation(f, mean * z, rest, kinks, 0.1 * rtol)

        at = [k / s for k in kinks] + [k / (c * t) for k in kinks]
        result[n] = gaussian_expectation(outer, 0.0, 1.0, at, rtol)
