"""A function of one variable as smooth pieces between cuts, and its derivatives as pieces and deltas.

sign, Abs, Heaviside, Max, Min and Piecewise become explicit intervals here; everything that integrates against a Gaussian
works on the intervals. The order of symbolic cuts is decided at drawn values of the (positive) parameters and must be the
same at all of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import sympy as sp

# log-uniform over six decades, drawn once: an order of cuts that holds at all of them is taken to hold for all parameters
_DRAWS = tuple(
    tuple(10 ** (6 * ((0.5545497 + 0.6180339887 * k + 0.7548776662 * j) % 1) - 3) for j in range(6)) for k in range(12)
)


class NoPieces(Exception):
    """The function has no finite list of pieces whose order is the same for all parameters."""


def draws(expressions: Any) -> list[dict[sp.Symbol, sp.Float]]:
    """Values of the parameters at which signs are decided."""
    symbols = sorted({s for e in expressions for s in e.free_symbols}, key=lambda s: s.name)
    if len(symbols) > 6:
        raise NoPieces
    count = len(_DRAWS) if symbols else 1
    return [
        {s: sp.Float(_DRAWS[k][j] * (1 if s.is_positive or j % 2 else -1)) for j, s in enumerate(symbols)}
        for k in range(count)
    ]


def sign_of(expression: sp.Expr) -> int:
    """The sign of an expression in the parameters, the same for all their values; NoPieces if it is not."""
    known = 1 if expression.is_positive else -1 if expression.is_negative else 0 if expression.is_zero else None
    if known is not None:
        return known
    signs = set()
    for values in draws([expression]):
        try:
            value = complex(expression.subs(values))
        except TypeError:
            raise NoPieces from None
        if not math.isfinite(value.real) or abs(value.imag) > 1e-9 * abs(value):
            raise NoPieces
        signs.add(0 if abs(value.real) < 1e-12 else int(math.copysign(1, value.real)))
    if len(signs) != 1:
        raise NoPieces
    return signs.pop()


@dataclass(frozen=True)
class Pieces:
    """``values[k]`` holds on the open interval between ``cuts[k-1]`` and ``cuts[k]`` (the first and last are unbounded)."""

    r: sp.Symbol
    cuts: tuple[sp.Expr, ...]
    values: tuple[sp.Expr, ...]

    @property
    def intervals(self) -> list[tuple[sp.Expr, sp.Expr, sp.Expr]]:
        """(low, high, value) from left to right."""
        ends = (-sp.oo, *self.cuts, sp.oo)
        return [(a, b, v) for (a, b), v in zip(pairwise(ends), self.values, strict=True)]

    def refined(self, cuts: tuple[sp.Expr, ...]) -> Pieces:
        """The same function with more cuts."""
        merged = ordered({*self.cuts, *cuts})
        values = [self.values[sum(c in self.cuts for c in merged[:k])] for k in range(len(merged) + 1)]
        return Pieces(self.r, merged, tuple(values))

    def merged(self) -> Pieces:
        """Without cuts at which nothing changes."""
        keep = [k for k, (a, b) in enumerate(pairwise(self.values)) if sp.expand(a - b) != 0]
        return Pieces(self.r, tuple(self.cuts[k] for k in keep), (self.values[0], *(self.values[k + 1] for k in keep)))


def ordered(points: set[sp.Expr]) -> tuple[sp.Expr, ...]:
    """Points from left to right; NoPieces if the order depends on the parameters."""
    done: list[sp.Expr] = []
    for p in sorted(points, key=sp.default_sort_key):
        place = 0
        for q in done:
            side = sign_of(p - q)
            if side == 0:
                break
            place += side > 0
        else:
            done.insert(place, p)
    return tuple(done)


def _inside(low: sp.Expr, high: sp.Expr) -> sp.Expr:
    if low == -sp.oo and high == sp.oo:
        return sp.Rational(1, 3)
    if low == -sp.oo:
        return high - sp.Rational(7, 5)
    return low + sp.Rational(7, 5) if high == sp.oo else (2 * low + 3 * high) / 5


def _roots(u: sp.Expr, r: sp.Symbol) -> list[sp.Expr]:
    """The real zeros of a smooth piece."""
    if not u.has(r):
        return []
    polynomial = u.as_poly(r)
    if polynomial is not None and polynomial.degree() == 1:
        a, b = polynomial.all_coeffs()
        return [sp.cancel(-b / a)]
    try:
        found = sp.solve(u, r)
    except (NotImplementedError, ValueError):
        raise NoPieces from None
    real = [z for z in found if z.is_real is not False]
    if any(z.is_real is None for z in real):
        raise NoPieces
    return real


def _signs(p: Pieces) -> Pieces:
    """sign of a function in pieces: cut at its zeros."""
    cuts: set[sp.Expr] = set(p.cuts)
    for low, high, value in p.intervals:
        for z in _roots(value, p.r):
            if (low == -sp.oo or sign_of(z - low) > 0) and (high == sp.oo or sign_of(high - z) > 0):
                cuts.add(z)
    q = p.refined(tuple(cuts))
    return Pieces(p.r, q.cuts, tuple(sp.Integer(sign_of(v.subs(p.r, _inside(a, b)))) for a, b, v in q.intervals))


def _together(parts: list[Pieces]) -> list[Pieces]:
    cuts = ordered({c for p in parts for c in p.cuts})
    return [p.refined(cuts) for p in parts]


def _map(function: Any, parts: list[Pieces]) -> Pieces:
    parts = _together(parts)
    return Pieces(
        parts[0].r, parts[0].cuts, tuple(function(*values) for values in zip(*(p.values for p in parts), strict=True))
    )


@lru_cache(maxsize=512)
def pieces(h: sp.Expr, r: sp.Symbol) -> Pieces:
    """h in pieces.

    Raises
    ------
    NoPieces
        If a cut cannot be solved for, or the cuts' order depends on the parameters.

    Examples
    --------
    >>> import sympy as sp
    >>> from sgdtheory.derive.pieces import pieces
    >>> r, c = sp.Symbol("r", real=True), sp.Symbol("c", positive=True)
    >>> pieces(sp.Max(-c, sp.Min(c, r)), r).intervals
    [(-oo, -c, -c), (-c, c, r), (c, oo, c)]
    """
    if not h.has(r) or h == r:
        return Pieces(r, (), (h,))
    if isinstance(h, sp.sign):
        return _signs(pieces(h.args[0], r)).merged()
    if isinstance(h, sp.Heaviside):
        return _map(lambda s: (1 + s) / 2, [_signs(pieces(h.args[0], r))]).merged()
    if isinstance(h, sp.Abs):
        inner = pieces(h.args[0], r)
        return _map(lambda v, s: v * s, [inner, _signs(inner)]).merged()
    if isinstance(h, (sp.Max, sp.Min)):
        pick = 1 if isinstance(h, sp.Max) else -1
        best = pieces(h.args[0], r)
        for other in h.args[1:]:
            new = pieces(other, r)
            side = _signs(_map(lambda a, b: a - b, [best, new]))
            best = _map(lambda a, b, s: a if s * pick >= 0 else b, [best, new, side]).merged()
        return best
    if isinstance(h, sp.Piecewise):
        return _piecewise(h, r)
    return _map(h.func, [pieces(a, r) for a in h.args]).merged()


def _piecewise(h: sp.Piecewise, r: sp.Symbol) -> Pieces:
    conditions = sorted(
        {c for _, cond in h.args for c in cond.atoms(sp.core.relational.Relational)}, key=sp.default_sort_key
    )
    sides = _together([_signs(pieces(c.lhs - c.rhs, r)) for c in conditions] + [pieces(e, r) for e, _ in h.args])
    frame, values = sides[0], []
    for low, high, _ in frame.intervals:
        at = frame.intervals.index((low, high, _))
        truth = {c: c.func(p.values[at], 0) for c, p in zip(conditions, sides, strict=False)}
        for k, (_e, cond) in enumerate(h.args):
            if cond.xreplace(truth) == sp.true:
                values.append(sides[len(conditions) + k].values[at])
                break
        else:
            raise NoPieces
    return Pieces(r, frame.cuts, tuple(values)).merged()


def cuts(h: sp.Expr, r: sp.Symbol) -> tuple[sp.Expr, ...]:
    """The points at which h is not smooth; empty where they cannot be solved for."""
    try:
        return pieces(h, r).cuts
    except NoPieces:
        return ()


@dataclass(frozen=True)
class Generalized:
    """A piecewise smooth function plus deltas: ``deltas`` holds (place, order, weight) of weight * delta^(order)(r - place)."""

    smooth: Pieces
    deltas: tuple[tuple[sp.Expr, int, sp.Expr], ...] = ()

    @classmethod
    def of(cls, h: sp.Expr, r: sp.Symbol) -> Generalized:
        """The function h itself; NoPieces as in :func:`pieces`."""
        return cls(pieces(h, r))

    def diff(self) -> Generalized:
        """The derivative in the sense of distributions: each jump becomes a delta."""
        r = self.smooth.r
        slope = Pieces(r, self.smooth.cuts, tuple(v.diff(r) for v in self.smooth.values))
        deltas = [(place, order + 1, weight) for place, order, weight in self.deltas]
        for place, (left, right) in zip(self.smooth.cuts, pairwise(self.smooth.values), strict=True):
            jump = sp.simplify((right - left).subs(r, place))
            if jump.has(sp.nan, sp.zoo, sp.oo):
                raise NoPieces(f"the slope is infinite at {r} = {place}, where it jumps; smooth the rule there")
            if jump != 0:
                deltas.append((place, 0, jump))
        return Generalized(slope.merged(), tuple(deltas))
