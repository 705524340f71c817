"""The same curve from fewer modes: Gauss rules for the two spectral measures.

The modes enter R only through F(s) = sum_j r_j(0) e^{-lambda_j s} and K(s) = sum_j f_j e^{-lambda_j s}. The slowest
modes are kept; the others are cut into panels, geometric in the distance from the slowest rate (so that late times are
as good as early ones), and in each panel the weights are replaced by their p-point Gauss rule. On a panel
[c - h, c + h] of mass w its error for e^{-lambda s} is at most each of
    4 w e^{-c s} sum_{k >= 2p} I_k(h s)       (Gauss is exact to degree 2p - 1; Chebyshev series of the exponential)
    s^{2p} e^{-(c-h) s} |pi_p|^2 / (2p)!      (pi_p the orthogonal polynomial, its norm known from the recurrence)
    w e^{-(c-h) s} ,
whatever the spectrum. p grows until this is below the tolerance, relative to F and K, at every s of a fine grid. As
K, F > 0, the feedback carries such an error into R as it would a forcing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sgdtheory.values import Array

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PANEL = 4.0  # ratio of largest to smallest distance from the slowest rate in a panel
_KEPT = 24  # slowest modes of each measure that stay as they are
_WORTH = 0.7  # largest part of the modes that may remain
_FEWEST, _MOST = 6, 18  # points of a panel's Gauss rule


def compress_measures(rates: Array, measures: tuple[Array, Array], rtol: float) -> tuple[Array, Array, float] | None:
    """Fewer rates (m,) with two rows of weights (2, m), and the proved relative error; None where that saves nothing.

    Parameters
    ----------
    rates : ndarray of shape (n,)
        lambda_j >= 0.
    measures : two ndarrays of shape (n,)
        Weights >= 0.
    rtol : float
        Largest relative error of sum_j w_j e^{-lambda_j s} at any s >= 0, for both.
    """
    given = rates.size
    rates, both = _ascending(rates, np.array(measures))
    parts = [_split(rates, weights) for weights in both]
    exact = [(r, w) for r, w, _, _, _ in parts]
    joined = (rates, both, 0.0) if rates.size <= _WORTH * given else None
    x = np.concatenate([p[2] for p in parts])
    if x.size == 0:
        return joined
    # On a panel the error falls by (sqrt(_PANEL) + 1)^2 / (sqrt(_PANEL) - 1)^2 = 9 a point, a little less at first.
    first = min(max(_FEWEST, math.ceil(math.log(1.0 / rtol) / math.log(9.0)) - 1), _MOST)
    panels = _Panels(x, np.concatenate([p[3] for p in parts]), np.concatenate([p[4] for p in parts]))
    owner = np.repeat([0, 1], [len(p[4]) for p in parts])
    for points in range(1, _MOST + 1):
        panels.extend()
        if points < first or (points - first) % 2:
            continue
        if panels.starts.size * points + sum(r.size for r, _ in exact) > _WORTH * rates.size:
            return joined
        nodes, weights = panels.rules()
        bound = 0.0
        for which in (0, 1):
            mine = owner == which
            kept, held = exact[which]
            bound = max(bound, panels.bound(mine, np.append(kept, nodes[mine]), np.append(held, weights[mine])))
        if bound <= rtol:
            break
    else:
        return joined
    return (*_merged(exact, [(nodes[owner == k].ravel(), weights[owner == k].ravel()) for k in (0, 1)]), bound)


def _ascending(rates: Array, both: Array) -> tuple[Array, Array]:
    """Rates in ascending order, equal ones joined."""
    steps = np.diff(rates)
    if (steps <= 0.0).all():
        rates, both, steps = rates[::-1], both[:, ::-1], -steps[::-1]
    elif not (steps >= 0.0).all():
        order = np.argsort(rates, kind="stable")
        rates, both = rates[order], both[:, order]
        steps = np.diff(rates)
    if (steps == 0.0).any():
        starts = np.flatnonzero(np.append(True, steps > 0.0))
        rates, both = rates[starts], np.add.reduceat(both, starts, axis=1)
    return rates, both


def _split(rates: Array, weights: Array) -> tuple[Array, Array, Array, Array, NDArray[np.intp]]:
    """Rates and weights that stay; rates and weights in panels, one after the other, and the panels' sizes."""
    if not weights.all():
        rates, weights = rates[weights > 0.0], weights[weights > 0.0]
    n = rates.size
    edges = [min(_KEPT, n)]
    while edges[-1] < n:
        edges.append(int(rates.searchsorted(rates[0] + _PANEL * (rates[edges[-1]] - rates[0]), side="left")))
        edges[-1] = max(edges[-1], edges[-2] + 1)
    bounds = np.array(edges)
    sizes = np.diff(bounds)
    large = sizes > _MOST
    chosen = np.repeat(np.append(False, large), np.append(bounds[0], sizes))
    return rates[~chosen], weights[~chosen], rates[chosen], weights[chosen], sizes[large]


class _Panels:
    """Orthogonal polynomials of all panels at once, by the three-term recurrence with sums per panel."""

    def __init__(self, rates: Array, weights: Array, sizes: NDArray[np.intp]) -> None:
        self.sizes, self.starts = sizes, np.concatenate(([0], np.cumsum(sizes)[:-1]))
        self.low, high = rates[self.starts], rates[self.starts + sizes - 1]
        self.half, self.middle = 0.5 * (high - self.low), 0.5 * (high + self.low)
        self.x = (rates - np.repeat(self.middle, sizes)) / np.repeat(self.half, sizes)
        self.mass = np.add.reduceat(weights, self.starts)
        self.weights = weights / np.repeat(self.mass, sizes)
        self.here, self.before = np.ones_like(self.x), np.zeros_like(self.x)
        self.alpha: list[Array] = []
        self.beta: list[Array] = []  # squares of the off-diagonal, beta[k] = |pi_{k+1}|^2 / |pi_k|^2

    def extend(self) -> None:
        """One more point: the next polynomial, normalised."""
        weighted = self.weights * self.here
        alpha = np.add.reduceat(weighted * self.here * self.x, self.starts)
        new = (self.x - np.repeat(alpha, self.sizes)) * self.here
        if self.beta:
            new -= np.repeat(np.sqrt(self.beta[-1]), self.sizes) * self.before
        square = np.add.reduceat(self.weights * new * new, self.starts)
        done = square < 1e-26  # the panel has no more distinct points than polynomials so far
        square[done] = 0.0
        self.alpha.append(alpha)
        self.beta.append(square)
        scale = np.where(done, 0.0, 1.0 / np.sqrt(np.where(done, 1.0, square)))
        self.before, self.here = self.here, new * np.repeat(scale, self.sizes)

    def rules(self) -> tuple[Array, Array]:
        """Rates and weights of the Gauss rules, (panels, points)."""
        p = len(self.alpha)
        matrix = np.zeros((self.starts.size, p, p))
        index = np.arange(p)
        matrix[:, index, index] = np.array(self.alpha).T
        matrix[:, index[1:], index[:-1]] = np.sqrt(np.array(self.beta[:-1])).T
        values, vectors = np.linalg.eigh(matrix)
        nodes = self.middle[:, None] + self.half[:, None] * np.clip(values, -1.0, 1.0)
        return nodes, self.mass[:, None] * vectors[:, 0, :] ** 2

    def bound(self, mine: Array, rates: Array, weights: Array) -> float:
        """Largest relative error over s of the panels ``mine`` against the whole measure, given by its rule."""
        if not mine.any():
            return 0.0
        p = len(self.alpha)
        k = 2.0 * p
        half, mass, gaps = self.half[mine], self.mass[mine], rates - rates.min()
        low = self.low[mine] - rates.min()
        first, last = 0.1 / float(gaps.max()), 100.0 / float(low.min())
        s = np.geomspace(first, last, 2 + int(3.0 * np.log(last / first)))
        x = np.multiply.outer(s, half)
        decay = np.multiply.outer(s, low)
        root = np.sqrt(x * x + k * k)
        ratio = x / (k + root)  # I_{k+1} / I_k is below it
        # Debye's form of I_k; its next term is below 1 % for k >= 12
        rest = (k + k * k / (root + x)) / (k + root)  # 1 - ratio, without cancellation
        bessel = np.exp(root - x + k * np.log(ratio) - decay) / np.sqrt(2.0 * np.pi * root) / rest
        with np.errstate(divide="ignore"):
            norm = np.log(np.array(self.beta)).sum(axis=0)[mine]
        derivative = np.exp(np.minimum(k * np.log(x) - decay + norm - math.lgamma(k + 1.0), 0.0))
        error = np.minimum(np.minimum(4.04 * bessel, derivative), np.exp(-decay)) @ mass
        return float((error / (np.exp(-np.multiply.outer(s, gaps)) @ weights)).max())


def _merged(exact: list[tuple[Array, Array]], rules: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    """Both measures on one ascending list of rates."""
    rates = np.concatenate([exact[0][0], rules[0][0], exact[1][0], rules[1][0]])
    both = np.zeros((2, rates.size))
    first = exact[0][0].size + rules[0][0].size
    both[0, :first] = np.concatenate((exact[0][1], rules[0][1]))
    both[1, first:] = np.concatenate((exact[1][1], rules[1][1]))
    return _ascending(rates, both)
