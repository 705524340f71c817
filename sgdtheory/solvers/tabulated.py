"""A smooth positive function on a logarithmic scale, tabulated where it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from sgdtheory.solvers.chebyshev import chebyshev, derivative, fit, rule
from sgdtheory.values import Array, number

RTOL = 1e-12
"""Relative error of the values of a table, if no other is asked for."""
_DEEPEST = 8
_EDGE = 4e-14
_ORIGIN = 0.95  # an end of the first cells in log x, so that 1 and what lies somewhat below share a cell
_LOG, _ZERO, _DIRECT = 0, 1, 2
_FEWEST = 1e-290  # below, logarithms lose digits to underflow


class _Cells(NamedTuple):
    """Disjoint intervals of log x in rising order, and the interpolants on them."""

    low: Array
    high: Array
    centre: Array  # of x
    half: Array  # of log x
    kind: Array
    log: Array  # (n, NODES): coefficients of log f
    slope: Array  # (n, NODES): of its derivative in log x


class Tabulated:
    """f(x), x > 0, from piecewise Chebyshev interpolants of log f in log x, which are made when they are first needed.

    Cells start at one width and are halved until their last coefficients and the errors at points between the nodes are
    below ``rtol``. Which cell serves a point depends on the function alone, so answers do not depend, but for
    rounding, on what was asked before. Where halving does not help (f is not smooth, or changes its sign), and outside ``reach``, f itself is called.

    Parameters
    ----------
    function : callable
        Takes an array of shape (n,) of numbers > 0, returns one of the same shape.
    width : float
        Width of the first cells in log x. Wide cells are cheap where f is near a power of x.
    rtol : float
        Relative error of the values.
    reach : pair of float
        Smallest and largest x that is tabulated.

    Examples
    --------
    >>> import numpy as np
    >>> calls = []
    >>> f = Tabulated(lambda x: (calls.append(x.size), 1.0 / (1.0 + x))[1])
    >>> bool(np.all(abs(f(np.geomspace(1.0, 2.0, 1000)) * (1.0 + np.geomspace(1.0, 2.0, 1000)) - 1.0) < 1e-12)), sum(calls) < 100
    (True, True)
    """

    def __init__(self, function: Callable[[Array], Array], width: float = 2.5, rtol: float = RTOL,
                 reach: tuple[float, float] = (1e-30, 1e30)) -> None:
        self.function = function
        self.width = number("width", width, above=0.0)
        self.rtol = number("rtol", rtol, least=1e-14, below=1.0)
        self.reach = reach
        self._failed: set[tuple[int, int]] = set()
        none = np.empty(0)
        self._cells = _Cells(none, none, none, none, none.astype(int), none, none)

    def __call__(self, x: Any) -> Any:
        """f at x > 0, of any shape."""
        return self._values(x, False)

    def slope(self, x: Any) -> Any:
        """The derivative of the interpolant at x."""
        return self._values(x, True)

    def _values(self, x: Any, slope: bool) -> Any:
        x = np.asarray(x, dtype=np.float64)
        flat = x.ravel()
        with np.errstate(under="ignore", over="ignore", invalid="ignore", divide="ignore"):
            at, missing, cells = self._find(flat)
            t = np.log(flat / cells.centre[at]) / cells.half[at]
            basis = chebyshev(t)
            result = np.exp(np.einsum("ij,ij->i", cells.log[at], basis))
            if slope:
                result *= np.einsum("ij,ij->i", cells.slope[at], basis) / flat
            kind = np.where((flat >= self.reach[0]) & (flat <= self.reach[1]) & ~missing, cells.kind[at], _DIRECT)
            result[kind == _ZERO] = 0.0
            direct = kind == _DIRECT
            if direct.any():
                result[direct] = self._quotient(flat[direct]) if slope else self.function(flat[direct])
        return result.reshape(x.shape)[()]

    def _quotient(self, x: Array) -> Array:
        """A central difference quotient of the function, for want of an interpolant."""
        step = 6e-6
        up, down = self.function(x * (1.0 + step)), self.function(x * (1.0 - step))
        return (up - down) / (2.0 * step * x)

    def _find(self, x: Array) -> tuple[Any, Any, _Cells]:
        """The cell of every x (any, for those outside), made now if it is not there, and where there is none even so."""
        u = np.log(np.clip(np.where(np.isnan(x), 1.0, x), *self.reach))
        cells = self._cells
        for attempt in range(2):
            # A point that rounding puts next to its cell is in it.
            at = np.searchsorted(cells.low - _EDGE, u, side="right") - 1
            missing = (at < 0) | (u > cells.high[at] + _EDGE) if cells.low.size else np.ones(u.shape, dtype=bool)
            if attempt or not missing.any():
                break
            cells = self._cells = self._extended(cells, u[missing])
        return at, missing, cells

    def _extended(self, cells: _Cells, u: Array) -> _Cells:
        new: list[tuple[float, float, int, Array]] = []
        # Points in one of the smallest cells are as one.
        smallest = self.width / 2.0**_DEEPEST
        u = _ORIGIN + smallest * (np.unique(np.floor((u - _ORIGIN) / smallest)) + 0.5)
        todo = {self._start(v) for v in u.tolist()}
        while todo:
            order = sorted(todo)
            width = np.array([self.width / 2.0**level for level, _ in order])
            low = _ORIGIN + np.array([index for _, index in order]) * width
            values = self._at_nodes(low, width)
            usable = np.all(np.isfinite(values) & (values > _FEWEST), axis=1)
            coefficients, error = fit(np.log(np.where(usable[:, None], values, 1.0)))
            todo = set()
            for cell, a, w, row, good, c in zip(order, low, width, values, usable & (error <= 0.3 * self.rtol), coefficients, strict=True):
                level, index = cell
                if good:
                    new.append((a, a + w, _LOG, c))
                elif not row.any():
                    new.append((a, a + w, _ZERO, c))
                elif level == _DEEPEST:
                    new.append((a, a + w, _DIRECT, c))
                else:
                    self._failed.add(cell)
                    inside = u[(u > a) & (u < a + w)]
                    todo |= {(level + 1, 2 * index + int(v >= a + 0.5 * w)) for v in inside.tolist()}
        low, high = np.array([n[0] for n in new]), np.array([n[1] for n in new])
        middle, half = 0.5 * (low + high), 0.5 * (high - low)
        log = np.array([n[3] for n in new])
        made = (low, high, np.exp(middle), half, np.array([n[2] for n in new]), log, derivative(log) / half[:, None])
        joined = [np.concatenate([old, fresh]) if old.size else fresh for old, fresh in zip(cells, made, strict=True)]
        order_of = np.argsort(joined[0])
        return _Cells(*(part[order_of] for part in joined))

    def _start(self, v: float) -> tuple[int, int]:
        """The widest cell around v that has not been halved yet."""
        level = 0
        while (cell := (level, int(np.floor((v - _ORIGIN) * 2.0**level / self.width)))) in self._failed:
            level += 1
        return cell

    def _at_nodes(self, low: Array, width: Array) -> Array:
        x = np.exp(low + 0.5 * width)[:, None] * np.exp(0.5 * width[:, None] * rule().places)
        # One cell a call: what a function does for arguments of one size can be a waste, or too little, at another.
        return np.array([np.asarray(self.function(row), dtype=np.float64) for row in x])
