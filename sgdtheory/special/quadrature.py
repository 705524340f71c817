"""Gaussian expectations E h(r) by adaptive composite Gauss-Legendre quadrature, for many (mean, std) at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from sgdtheory.errors import NotConverged, invalid
from sgdtheory.values import Array, array, number

NODES = 20
# Panel ends in z = (r - mean)/std. At the outermost the density is 1e-322: nothing is cut off that float64 could hold.
# Beyond the inner ones it is 1e-22.
_INNER = np.array([-10.0, -5.5, -2.0, 2.0, 5.5, 10.0])
_OUTER = np.array([-38.5, -25.0, -16.0, 16.0, 25.0, 38.5])
_REACH = 38.5
_ROUNDS = 60
_CHUNK = 16_384
_PAIRS = 2_048


@cache
def _rule() -> tuple[Array, Array]:
    """Nodes (n,), and as columns (n, 5) the weights and what reads off the last four Legendre coefficients."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    degrees = np.arange(NODES - 4, NODES)
    legendre = np.polynomial.legendre.legvander(nodes, NODES - 1)[:, degrees]
    return nodes, np.column_stack([weights, weights[:, None] * legendre * (2 * degrees + 1) / 2])


def gaussian_expectation(h: Callable[[Any], Any], mean: Any, std: Any, kinks: Iterable[float] = (), rtol: float = 1e-12,
                         atol: float = 0.0) -> Any:
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
    atol : float
        An error below this is good enough, too; for an h that is itself rounded, such as 1 - tanh(r)**2 at large r.

    Returns
    -------
    float or ndarray
        Of the broadcast shape of mean and std.

    Raises
    ------
    NotConverged
        If the estimated error stays above both tolerances, or E |h| is not finite.
    InvalidInput
        For std < 0 or arguments that are not finite.

    Notes
    -----
    Panels are graded on the scale std around the mean and on h's own scales around the origin, which a probe of h at
    the powers of two finds; a panel whose last Legendre coefficients are not small is halved. A spike of h away from
    the origin that is narrower than a panel, and not declared as a kink, cannot be seen.

    Examples
    --------
    >>> import numpy as np
    >>> gaussian_expectation(np.abs, 0.0, [1.0, 2.0], kinks=[0.0]) / np.sqrt(2 / np.pi)
    array([1., 2.])
    """
    rtol, atol = number("rtol", rtol, above=0.0, most=1.0), number("atol", atol, least=0.0)
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
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        if np.any(point):
            result[point] = h(m[point])
        if not np.all(point):
            result[~point] = _in_blocks(h, m[~point], s[~point], corners, rtol, atol)
    return result.reshape(mean.shape)[()]


def _in_blocks(h: Callable[[Any], Any], m: Array, s: Array, corners: Array, rtol: float, atol: float) -> Array:
    """All expectations, a bounded number at a time, on the scales that one probe of h found."""
    own = _probe(h, float(np.max(np.abs(m) + _REACH * s)), float(np.min(s)))
    result, open_ = _narrow(h, m, s, corners, own, rtol, atol)
    for i in range(0, len(open_), _PAIRS):
        part = open_[i : i + _PAIRS]
        result[part] = _expectations(h, m[part], s[part], corners, own, rtol, atol)
    return result


def _narrow(h: Callable[[Any], Any], m: Array, s: Array, corners: Array, own: _Scales, rtol: float, atol: float) -> tuple[Array, Any]:
    """Where std is far below the scales of h, two Hermite rules that agree; and which pairs are left to do."""
    result = np.zeros(m.shape)
    scales = own.octave[np.any(own.ends, axis=0)]
    narrow = s <= 0.1 * np.maximum(np.abs(m), scales[0]) if len(scales) else np.ones(m.shape, dtype=bool)
    narrow &= np.all(np.abs(corners - m[:, None]) > 12.0 * s[:, None], axis=1)
    at = np.nonzero(narrow)[0]
    nodes, columns = _hermite()
    for start in range(0, len(at), _CHUNK):
        part = at[start : start + _CHUNK]
        f = np.broadcast_to(h(m[part, None] + s[part, None] * nodes), (len(part), len(nodes)))
        many, few, size = f @ columns[0], f @ columns[1], np.abs(f) @ columns[0]
        good = np.abs(many - few) <= np.maximum(0.1 * rtol * size, 0.1 * atol)
        result[part] = many
        narrow[part[~(good & (size > 0.0))]] = False
    return result, np.nonzero(~narrow)[0]


@cache
def _hermite() -> tuple[Array, Array]:
    """Nodes of the rules with 14 and 9 points, and the weights (2, 23) of each."""
    nodes, weights = zip(*(np.polynomial.hermite_e.hermegauss(n) for n in (14, 9)), strict=True)
    columns = np.zeros((2, 23))
    columns[0, :14], columns[1, 14:] = (w / np.sum(w) for w in weights)
    return np.concatenate(nodes), columns


def _expectations(h: Callable[[Any], Any], m: Array, s: Array, corners: Array, own: _Scales, rtol: float, atol: float) -> Array:
    # r = base + s w and z = w - shift: where the origin is in reach, places next to it keep their digits.
    near = np.abs(m) <= _REACH * s
    base, shift = np.where(near, 0.0, m), np.where(near, m / s, 0.0)
    owner, a, b = _panels(base, shift, s, corners, own, _far_tails(h, m, s, corners, own))
    share = np.minimum(0.02, 0.5 / np.bincount(owner, minlength=len(m)))
    total, size, error = np.zeros(m.shape), np.zeros(m.shape), np.zeros(m.shape)
    before, stalled = np.zeros((2, *a.shape)), np.zeros(a.shape, dtype=int)
    most = 2000 + 50 * len(m) + 2 * len(owner)
    for count in range(_ROUNDS):
        value, magnitude, doubt = _apply(h, base[owner], shift[owner], s[owner], a, b)
        bad = ~np.isfinite(value)
        value[bad] = magnitude[bad] = doubt[bad] = 0.0
        scale = size + np.bincount(owner, magnitude, minlength=len(m))
        if count:
            # Beside a singularity the doubt stays, too, but there the parts exceed the whole.
            both = np.stack([doubt[::2] + doubt[1::2], magnitude[::2] + magnitude[1::2]])
            idle = (both[0] > 0.7 * before[0]) & (both[1] < 1.01 * before[1])
            stalled = np.where(np.repeat(idle, 2), np.repeat(stalled, 2) + 1, 0)
        more = np.zeros(bad.shape, dtype=bool)
        if np.any(bad):
            more[bad] = _overflows(h, m, s, owner[bad], (a - shift[owner])[bad], (b - shift[owner])[bad], np.maximum(rtol * scale, atol), count >= 8)
        # A panel may keep its share of the error. Where halving has not helped for long, h itself is rounded: the doubt
        # stays, and is counted.
        allowed = np.maximum(rtol * scale, atol)
        enough = error + np.bincount(owner, doubt, minlength=len(m)) <= 0.5 * allowed
        keep = enough[owner] | (doubt <= share[owner] * allowed[owner]) | (stalled >= 4) | bad
        total += np.bincount(owner[keep], value[keep], minlength=len(m))
        size += np.bincount(owner[keep], magnitude[keep], minlength=len(m))
        error += np.bincount(owner[keep], doubt[keep], minlength=len(m))
        split = ~keep | more
        if not np.any(split):
            break
        left, right, before, stalled = a[split], b[split], np.stack([doubt[split], magnitude[split]]), stalled[split]
        middle = 0.5 * (left + right)
        owner = np.repeat(owner[split], 2)
        a, b = np.column_stack([left, middle]).ravel(), np.column_stack([middle, right]).ravel()
        if len(owner) > most:
            raise NotConverged(_failure(m, s, owner[0], "too many panels; where h itself is rounded, give atol"))
    else:
        raise NotConverged(_failure(m, s, owner[0], "its panels cannot be refined further"))
    allowed = np.maximum(rtol * size, atol)
    worst = int(np.argmax(error - allowed))
    if error[worst] > allowed[worst]:
        why = f"the estimated error {error[worst]:.2g} exceeds {allowed[worst]:.2g} (E|h|={size[worst]:.4g})"
        raise NotConverged(_failure(m, s, worst, why))
    return total


def _overflows(h: Callable[[Any], Any], m: Array, s: Array, owner: Any, a: Array, b: Array, allowed: Array,
               last: bool) -> Any:
    """Which panels, of those where h is not finite, to halve further: the innermost on each side, until the last round.

    Then the density must have left nothing where h overflows.
    """
    inner = np.where(a >= 0.0, a, np.maximum(-b, 0.0))
    side = 2 * owner + (a >= 0.0)
    least = np.full(2 * len(m), np.inf)
    np.minimum.at(least, side, inner)
    innermost = inner == least[side]
    if not last:
        return innermost
    z = np.where(a >= 0.0, a, b)
    there = np.abs(h(m[owner] + s[owner] * z)) * np.exp(-0.5 * z * z)
    wrong = innermost & ~(there <= 1e-3 * allowed[owner])
    if np.any(wrong):
        raise NotConverged(_failure(m, s, owner[wrong][0], "h is not finite, or grows too fast"))
    return np.zeros(owner.shape, dtype=bool)


def _failure(m: Array, s: Array, i: int, why: str) -> str:
    return f"E h(r) at mean={m[i]:.6g}, std={s[i]:.6g}: {why}"


def _panels(base: Array, shift: Array, s: Array, corners: Array, own: _Scales, far: Any) -> tuple[Any, Array, Array]:
    """All panels of all pairs, flat: whose it is, and its ends in w.

    Where the density is flat, an octave of r counts by its weight; the octaves next to 0 that count for nothing get no panel.
    """
    top = np.maximum.accumulate(own.weight)
    flat = np.searchsorted(own.octave, s / 16.0) - 1
    needed = own.weight >= 1e-19 * np.where(flat < 0, 0.0, top[flat])[:, None]
    needed |= np.arange(len(top)) > flat[:, None]
    scales = np.concatenate([np.where(needed & there, side * own.octave, 0.0) for side, there in zip((1.0, -1.0), own.ends, strict=True)], axis=1)
    marks = np.concatenate([scales, np.broadcast_to(corners, (len(s), len(corners))), np.zeros((len(s), 1))], axis=1)
    last = np.where(far, _REACH, _INNER[-1])[:, None]
    grid = np.concatenate([np.concatenate([_INNER, _OUTER]) + shift[:, None], (marks - base[:, None]) / s[:, None]], axis=1)
    grid = np.sort(np.clip(grid, shift[:, None] - last, shift[:, None] + last), axis=1)
    a, b = grid[:, :-1], grid[:, 1:]
    there = b > a
    return np.nonzero(there)[0], a[there], b[there]


def _apply(h: Callable[[Any], Any], base: Array, shift: Array, s: Array, a: Array, b: Array) -> tuple[Array, Array, Array]:
    """Integral, integral of the absolute value and estimated error on every panel."""
    nodes, columns = _rule()
    value, magnitude, doubt = np.empty(a.shape), np.empty(a.shape), np.empty(a.shape)
    for start in range(0, len(a), _CHUNK):
        part = slice(start, start + _CHUNK)
        half = 0.5 * (b[part] - a[part])
        w = (0.5 * (a[part] + b[part]))[:, None] + half[:, None] * nodes
        z = w - shift[part, None]
        f = h(base[part, None] + s[part, None] * w) * np.exp(-0.5 * z * z)
        half *= 0.3989422804014327      # 1/sqrt(2 pi)
        sums = f @ columns
        value[part] = half * sums[:, 0]
        magnitude[part] = half * (np.abs(f) @ columns[:, 0])
        # Legendre coefficients that fall to q at degree n leave a Gauss rule an error like q^2; the rest is caution.
        last = half * np.max(np.abs(sums[:, 1:]), axis=1)
        ratio = last / np.maximum(magnitude[part], 1e-320)
        doubt[part] = magnitude[part] * np.minimum(ratio, (10.0 * ratio) ** 1.5)
    return value, magnitude, doubt


@cache
def _stencil() -> Array:
    """Weights that interpolate at 1 from 1/8, 1/4, 1/2, 2, 4, 8, and -1 for the value at 1 itself."""
    nodes = np.exp2(np.delete(np.arange(-3.0, 4.0), 3))
    weights = np.array([np.prod([(1.0 - t) / (u - t) for t in nodes if t != u]) for u in nodes])
    return np.insert(weights, 3, -1.0)


def _far_tails(h: Callable[[Any], Any], m: Array, s: Array, corners: Array, own: _Scales) -> Any:
    """Whether anything may count that is more than ten standard deviations from the mean.

    Not if the mean is near the origin, where |h r| bounds E |h| from below, and h grows slowly; nor if the mean is so far off
    that h varies too little to outweigh the density, and is not 0 there.
    """
    top = np.maximum.accumulate(own.weight)
    at = np.clip(np.searchsorted(own.octave, s) - 1, 0, len(top) - 1)
    beyond = np.clip(np.searchsorted(own.octave, 2.0 * _REACH * s), 0, len(top) - 1)
    grown = np.maximum.accumulate(own.weight / own.octave)[beyond]
    slow = (np.abs(m) <= 2.0 * s) & (grown <= 1e5 * top[at] / s)
    flat = (np.abs(m) > 300.0 * s) & (np.broadcast_to(h(m), m.shape) != 0.0)
    place = np.abs(corners - m[:, None]) / s[:, None]
    bends = np.any((place > _INNER[-1]) & (place < _REACH), axis=1)
    return ~(slow | flat) | bends


class _Scales(NamedTuple):
    """Powers of two, which of them end a panel on the positive and on the negative side, and |h r| near each."""

    octave: Array
    ends: NDArray[np.bool_]
    weight: Array


def _probe(h: Callable[[Any], Any], reach: float, least: float) -> _Scales:
    """The scales of h between ``least`` and ``reach``.

    Ends of panels are the powers of two on whose scale h is no polynomial: its six neighbours do not predict h there.
    """
    top = int(np.ceil(np.log2(max(reach, 2.0**-900))))
    low = max(min(-50, top - 60, int(np.floor(np.log2(max(least, 2.0**-900)))) - 40), -1000)
    k = np.arange(_below(h, low), top + 4)
    place = np.exp2(k[3:-3])
    ends, weight = np.zeros((2, len(place)), dtype=bool), np.zeros(len(place))
    for at, side in enumerate((1.0, -1.0)):
        y = np.broadcast_to(np.asarray(h(side * np.exp2(k)), dtype=np.float64), k.shape)
        near = np.max(sliding_window_view(np.abs(y), 7), axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            miss = np.abs(np.convolve(y, _stencil()[::-1], "valid")) / near
        miss = np.where(np.isfinite(miss), miss, 0.0)
        # Below its own scales h is smooth. A panel may reach over two octaves: singularities off the axis stay as far off as it is long.
        ends[at] = (miss > 1e-14) & (k[3:-3] % 2 == 0) & np.logical_or.accumulate(miss > 1e-3)
        weight = np.maximum(weight, np.where(np.isfinite(near), near, np.inf) * place)
    return _Scales(place, ends, weight)


def _below(h: Callable[[Any], Any], low: int) -> int:
    """The octave from which h has to be probed: ``low``, or less where h has a peak at the origin that is narrower still.

    Towards the origin |h r| falls, unless there is a peak (or a singularity that has no mean).
    """
    k = np.append(np.arange(-1020, low, 16), low + np.arange(4))  # sixteen octaves miss no flank: |h r| rises like r at most
    weight = np.zeros(k.shape)
    with np.errstate(all="ignore"):
        for side in (1.0, -1.0):
            size = np.abs(np.broadcast_to(np.asarray(h(side * np.exp2(k)), dtype=np.float64), k.shape))
            weight = np.maximum(weight, np.where(np.isfinite(size), size, 0.0) * np.exp2(k))
        summit = float(np.max(np.abs(h(np.zeros(1)))))
    deep, edge = weight[:-4], float(np.max(weight[-4:]))
    if edge == 0.0 and summit > 1e290 and weight[0] >= 1e-6 * np.max(weight):
        raise NotConverged("E h(r): h has a peak at the origin that is narrower than 1e-300")
    if len(deep) == 0 or not np.max(deep) > 4.0 * edge:
        return low
    # From below the peak, where |h r| is too small to count, so that the panels resolve its flank.
    return max(int(k[np.flatnonzero(deep >= 1e-24 * np.max(deep))[0]]) - 16, -1020)


def own_scales(h: Callable[[Any], Any], reach: float, least: float) -> Array:
    """The ends of panels that h needs for arguments up to ``reach``, averaged on scales down to ``least``."""
    own = _probe(h, reach, least)
    return np.concatenate([-own.octave[own.ends[1]][::-1], [0.0], own.octave[own.ends[0]]])
