"""The unevaluated Gaussian expectation E h(r), r ~ N(mean, std^2), evaluated by quadrature at any precision.

It is the definition that every closed form of the Gaussian calculus is held against, so its value knows none of them:
it is an adaptive Gauss-Legendre sum between the kinks of h. Loading this module gives the node of ``sgdtheory.expressions``
its number (``evalf``) and its closed form (``doit``).

>>> import sympy as sp
>>> from sgdtheory.derive.expectation import Expectation
>>> r, m, s = sp.Symbol("r", real=True), sp.Symbol("m", real=True), sp.Symbol("s", positive=True)
>>> Expectation(r**2, r, m, s).doit()
m**2 + s**2
>>> Expectation(sp.sign(r), r, 1, 1).evalf(12)
0.682689492137
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from mpmath.calculus.quadrature import GaussLegendre

from sgdtheory.errors import NotConverged
from sgdtheory.expressions.expectation import Expectation

_MAX_PANELS = 4000


@lru_cache(maxsize=16)
def _rule(degree: int, prec: int) -> list[tuple[Any, Any]]:
    with mpmath.workprec(prec):
        return list(GaussLegendre(mpmath.mp).calc_nodes(degree, prec))


@lru_cache(maxsize=4096)
def _weighted(low: Any, high: Any, degree: int, prec: int) -> list[tuple[Any, Any]]:
    """Nodes of a panel with the normal density in the weights: 6, 12, 24, 48 nodes for degree 2, 3, 4, 5."""
    mp = mpmath.mp
    middle, half = (low + high) / 2, (high - low) / 2
    root = half / mp.sqrt(2 * mp.pi)
    points = [(middle + half * x, w) for x, w in _rule(degree, prec)]
    return [(z, root * w * mp.exp(-z * z / 2)) for z, w in points]


@lru_cache(maxsize=32)
def _hermite(count: int, prec: int) -> list[tuple[Any, Any]]:
    """Gauss-Hermite nodes and weights for the standard normal law: float64 roots, polished by Newton's method."""
    mp = mpmath.mp
    with mpmath.workprec(prec + 10):
        rule = []
        for z in map(mp.mpf, np.polynomial.hermite_e.hermegauss(count)[0].tolist()):
            for _ in range(int(mp.log(prec / 40, 2)) + 3):
                # orthonormal polynomials: the derivative of the n-th is sqrt(n) times the one before
                before, value = mp.mpf(0), mp.mpf(1)
                for n in range(count):
                    before, value = value, (z * value - mp.sqrt(n) * before) / mp.sqrt(n + 1)
                z -= value / (mp.sqrt(count) * before)
            rule.append((z, 1 / (count * before**2)))
        return rule


def gaussian_quadrature(
    h: Callable[[Any], Any], mean: Any, std: Any, kinks: Iterable[Any] = (), degree: int | None = None
) -> Any:
    """E h(r), r ~ N(mean, std^2), at mpmath's working precision.

    Parameters
    ----------
    h : callable
        Function of one mpf, smooth between the kinks.
    mean, std : mpf
        std >= 0; std = 0 gives h(mean).
    kinks : iterable of mpf
        Points at which h or one of its derivatives jumps.
    degree : int, optional
        Given for a polynomial: then Gauss-Hermite quadrature with enough nodes is exact.

    Raises
    ------
    NotConverged
        If the integrand does not decay, or the panels cannot be refined to the working precision.

    Examples
    --------
    >>> import mpmath
    >>> from sgdtheory.derive.expectation import gaussian_quadrature
    >>> mpmath.nstr(gaussian_quadrature(lambda r: r**4, mpmath.mpf(0), mpmath.mpf(1)), 12)
    '3.0'
    """
    mp = mpmath.mp
    mean, std = mp.mpf(mean), mp.mpf(std)
    if std == 0:
        return h(mean)
    if degree is not None:
        with mp.extradps(8):
            value = mp.fsum(w * h(mean + std * z) for z, w in _hermite(degree // 2 + 1, mp.prec))
        return +value
    digits = mp.dps
    value, size = _integrate(h, mean, std, kinks, digits)
    if size > 1000 * abs(value):
        # Positive and negative parts cancel: work with as many digits more as they cost, so that the value keeps its own.
        lost = digits if value == 0 else min(int(mp.log10(size / abs(value))) + 2, digits + 15)
        value, _ = _integrate(h, mean, std, kinks, digits + lost)
    return +value


def _integrate(h: Callable[[Any], Any], mean: Any, std: Any, kinks: Iterable[Any], digits: int) -> tuple[Any, Any]:
    """The expectation and the size of its parts, to an error of 10^-digits times the latter."""
    mp = mpmath.mp
    with mp.workdps(digits + 8):

        def integrand(z: Any) -> Any:
            return h(mean + std * z)

        low, high = -_edge(integrand, -1, digits), _edge(integrand, 1, digits)
        inner = [k for k in ((mp.mpf(k) - mean) / std for k in kinks) if low < k < high]
        steps = range(int(mp.floor(low / 3)) + 1, int(mp.ceil(high / 3)))
        return _adaptive(integrand, sorted({low, high, *inner, *(mp.mpf(3 * i) for i in steps)}), digits)


def _edge(integrand: Callable[[Any], Any], sign: int, digits: int) -> Any:
    """|z| beyond which the integrand is below the working precision; h may grow, so the Gaussian's own edge is a start only."""
    mp = mpmath.mp

    def size(z: Any) -> Any:
        return abs(integrand(sign * z)) * mp.exp(-z * z / 2)

    z = mp.ceil(mp.sqrt(2 * (digits + 8) * mp.log(10)))
    scale = max(size(mp.mpf(t) / 7) for t in (-9, -4, -1, 1, 4, 9)) + mp.mpf(10) ** (-digits * 4)
    for _ in range(60):
        if size(z) <= scale * mp.mpf(10) ** (-digits):
            return z
        scale = max(scale, size(z))
        z = mp.ceil(z * 5 / 4)
    raise NotConverged("the Gaussian expectation diverges: its integrand does not decay")


def _adaptive(integrand: Callable[[Any], Any], cuts: list[Any], digits: int) -> tuple[Any, Any]:
    """Panels are halved until n and 2n nodes agree to more than half the digits: then 2n nodes are right to all of them."""
    mp = mpmath.mp

    def panel(a: Any, b: Any, degree: int) -> Any:
        return mp.fsum(w * integrand(z) for z, w in _weighted(a, b, degree, mp.prec))

    fine, coarse = (5, 4) if digits > 36 else (4, 3) if digits > 16 else (3, 2)
    todo = [(a, b, panel(a, b, fine)) for a, b in pairwise(cuts)]
    size = mp.fsum(abs(v) for _, _, v in todo)
    total, work = mp.mpf(0), len(todo)
    while todo:
        a, b, value = todo.pop()
        if abs(panel(a, b, coarse) - value) <= size * mp.mpf(10) ** (-digits * 6 // 11):
            total += value
            continue
        middle = (a + b) / 2
        left, right = panel(a, middle, fine), panel(middle, b, fine)
        size = max(size, abs(left) + abs(right))
        work += 2
        if work > _MAX_PANELS:
            raise NotConverged(
                "the Gaussian expectation did not converge: h is singular or kinked at a point that was not given"
            )
        todo += [(a, middle, left), (middle, b, right)]
    return total, size


class _Calculus:
    """What the node asks for when it is evaluated."""

    @staticmethod
    def closed_form(h: Any, r: Any, mean: Any, std: Any) -> Any:
        from sgdtheory.derive.gaussian import expectation

        return expectation(h, r, mean, std)

    @staticmethod
    def evaluate(node: Any, prec: int) -> Any:
        with mpmath.workprec(prec):
            return sp.Float._new(mp_function(node, ())()._mpf_, prec)

    @staticmethod
    def code(node: Any, printer: Any) -> str:
        h, r, mean, std = node.args
        kinks = ", ".join(printer._print(k) for k in kinks_of(h, r))
        body, place, spread = (printer._print(a) for a in (h, mean, std))
        polynomial = None if h.has(Expectation) or not h.has(r) else h.as_poly(r)
        degree = f", {polynomial.degree()}" if polynomial is not None else ""
        return f"gaussian_quadrature(lambda {printer._print(r)}: {body}, {place}, {spread}, [{kinks}]{degree})"


Expectation.calculus = _Calculus


def kinks_of(h: sp.Expr, r: sp.Symbol) -> tuple[sp.Expr, ...]:
    """The points at which h is not smooth, as expressions in its parameters."""
    from sgdtheory.derive.pieces import cuts

    return cuts(h, r)


__all__ = ["NAMESPACE", "Expectation", "gaussian_quadrature", "kinks_of", "mp_function"]

NAMESPACE = {
    "gaussian_quadrature": gaussian_quadrature,
    "Heaviside": lambda x, at_zero=0.5: mpmath.mpf(x > 0) if x != 0 else mpmath.mpf(at_zero),
    "Max": max,
    "Min": min,
}


def mp_function(expression: sp.Expr, symbols: Iterable[sp.Symbol]) -> Callable[..., Any]:
    """An mpmath callable of the symbols; expectations inside are integrated at the precision of the call."""
    return sp.lambdify(tuple(symbols), expression, modules=[NAMESPACE, "mpmath"])
