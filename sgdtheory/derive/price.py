"""Price's theorem: d/drho E f(x) h(y) = cov' E f'(x) h'(y), with f' of powers, sign and erf as powers, deltas and Gaussian bells.

A bell only changes the precision matrix, a delta conditions on a point, so no arcsine is assumed: this is the route by which
the closed forms of ``bivariate`` are held.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from sgdtheory.derive.bivariate import _parts, isserlis
from sgdtheory.derive.gaussian import NoClosedForm, normal_density
from sgdtheory.derive.pieces import Generalized
from sgdtheory.derive.routes import Route, Symbols, _text
from sgdtheory.derive.steps import Check, Verdict
from sgdtheory.derive.text import from_text

Slope = tuple[sp.Expr, int, Any]  # coefficient, power n, and c of exp(-c x^2), or None for a delta at zero


def price(first: Callable[[Any], sp.Expr], second: Callable[[Any], sp.Expr], q: Any, mean: Any, scale: Any) -> sp.Expr:
    """d/dq E f(x) h(scale*y + mean) for standard normal (x, y) with correlation q; f and h constant but for jumps at zero.

    The derivative is scale * E f'(x) h'(scale*y + mean): the product of the jumps with the joint density at the origin.

    Examples
    --------
    >>> import sympy as sp
    >>> from sgdtheory.derive.price import price
    >>> q = sp.Symbol("q", real=True)
    >>> price(sp.sign, sp.sign, q, 0, 1)
    2/(pi*sqrt(1 - q**2))
    """
    x = sp.Symbol("x", real=True)
    jumps = [Generalized.of(f(x), x).diff() for f in (first, second)]
    if any(v != 0 for g in jumps for v in g.smooth.values) or any(b != 0 or k for g in jumps for b, k, _ in g.deltas):
        raise NoClosedForm
    weight = sp.prod([w for g in jumps for _, _, w in g.deltas])
    return sp.factor_terms(
        scale * weight * normal_density(0, 0, 1) * normal_density(0, mean, scale * sp.sqrt(1 - q**2))
    )


def pair_slope(f: sp.Expr, x: sp.Symbol, rho: sp.Expr, variance_i: sp.Expr, variance_j: sp.Expr) -> sp.Expr:
    """E f'(x_i) f'(x_j)."""
    slopes: list[Slope] = []
    for coefficient, kind, p in _parts(f, x):
        if kind == "power" and p:
            slopes.append((coefficient * p, p - 1, sp.S.Zero))
        elif kind == "sign" and p == 0:
            slopes.append((2 * coefficient, 0, None))
        elif kind == "sign":  # erf(c x), 1/(2 c^2) = p
            slopes.append((coefficient * sp.sqrt(2 / p) / sp.sqrt(sp.pi), 0, 1 / (2 * p)))
    return sp.Add(*(a * b * _pair(n, c, k, e, rho, variance_i, variance_j) for a, n, c in slopes for b, k, e in slopes))


def _pair(n: int, c: Any, k: int, e: Any, rho: sp.Expr, vi: sp.Expr, vj: sp.Expr) -> sp.Expr:
    """E x^n B_c(x) y^k B_e(y), B_c(x) = exp(-c x^2), or a delta for None."""
    if c is None and e is None:
        return 1 / (2 * sp.pi * sp.sqrt(vi * vj * (1 - rho**2)))
    if c is None:
        left = (1 - rho**2) * vj
        return normal_density(0, 0, sp.sqrt(vi)) * _single(k, e, left)
    if e is None:
        return _pair(k, e, n, c, rho, vj, vi)
    cross = rho * sp.sqrt(vi * vj)
    precision = sp.Matrix([[vi, cross], [cross, vj]]).inv() + sp.diag(2 * c, 2 * e)
    spread = precision.inv()
    weight = sp.sqrt(sp.factor(spread.det()) / (vi * vj * (1 - rho**2)))
    a, b = (sp.factor(spread[i, i]) for i in (0, 1))
    return weight * isserlis(n, k, sp.factor(spread[0, 1]) / sp.sqrt(a * b), a, b) if n + k else weight


def _single(k: int, e: sp.Expr, variance: sp.Expr) -> sp.Expr:
    spread = variance / (1 + 2 * e * variance)
    moment = sp.factorial2(k - 1) * spread ** sp.Rational(k, 2) if k else sp.S.One
    return sp.S.Zero if k % 2 else moment / sp.sqrt(1 + 2 * e * variance)


@dataclass(frozen=True)
class PriceRoute(Route):
    """The right side has the derivative in ``rho`` that Price's theorem gives, and vanishes at rho = 0."""

    feature: Any
    power: Any
    variable: str = "x"

    def __post_init__(self) -> None:
        object.__setattr__(self, "feature", _text(self.feature))
        object.__setattr__(self, "power", _text(self.power))

    def run(self, left: Any, right: Any, symbols: Symbols) -> Check:
        f, power = from_text(self.feature, symbols), from_text(self.power, symbols)
        x, rho, vi, vj = (symbols[n] for n in (self.variable, "rho", "kappa_i", "kappa_j"))
        slope = sp.sqrt(vi) * sp.sqrt(vj) * pair_slope(f, x, rho, vi, vj) / power
        gap = sp.diff(right, rho) - slope
        if sp.simplify(right.subs(rho, 0)) != 0:
            return self._check(Verdict.FAILS, "does not vanish at rho = 0")
        for change in (sp.expand, sp.simplify, _squared(sp.diff(right, rho), slope)):
            if change(gap) == 0:
                return self._check(Verdict.HOLDS, "its derivative in rho is Price's, and it vanishes at rho = 0")
        return self._check(Verdict.UNKNOWN, "the difference to Price's derivative did not simplify to 0")


def _squared(a: sp.Expr, b: sp.Expr) -> Callable[[sp.Expr], sp.Expr]:
    """Roots of different shape: two quantities with equal squares and equal sign at one point are equal."""

    def compare(gap: sp.Expr) -> sp.Expr:
        point = {s: sp.Rational(k + 2, 2 * k + 5) for k, s in enumerate(sorted(gap.free_symbols, key=lambda t: t.name))}
        same = (
            sp.simplify(sp.factor(sp.expand(a**2 - b**2))) == 0
            and sp.N(a.subs(point), 20) * sp.N(b.subs(point), 20) > 0
        )
        return sp.S.Zero if same else gap

    return compare
