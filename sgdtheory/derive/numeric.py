"""Numbers at any precision: SymPy expressions with unevaluated integrals, sums and expectations, by mpmath.

Integrals are split at kinks (sign, Abs, Max, Min, Heaviside, Piecewise) and around the peaks of Gaussian factors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations, islice, product
from typing import Any

import mpmath
import sympy as sp
from sympy.functions.elementary.miscellaneous import MinMaxBase
from sympy.printing.pycode import MpmathPrinter

from sgdtheory.errors import SGDTheoryError

_MOST = 64
_EXTRA = (10, 40, 120, 400)
"""Digits more than the working precision that closed forms are called with, until they settle."""
_SUMMED = (sp.Integral, sp.Sum, sp.Derivative, sp.Subs)


class Undecided(Exception):
    """The expression has no numerical value here."""


class Evaluated:
    """A compiled expression; ``error`` is the quadrature's own estimate for the last call."""

    def __init__(self, expr: Any, symbols: Iterable[sp.Symbol]) -> None:
        self.symbols = tuple(symbols)
        self.error = mpmath.mpf(0)
        names = {**_FUNCTIONS, "_integral": self._integral, "_sum": _sum, **_extensions(expr)}
        settings = {
            "fully_qualified_modules": False,
            "inline": True,
            "allow_unknown_functions": True,
            "user_functions": {n: n for n in _FUNCTIONS},
        }
        expr = _distinct(expr)
        if expr.has(sp.DiracDelta, sp.zoo, sp.nan):
            raise Undecided("it holds a distribution or no number")
        self._closed = not any(isinstance(a, _SUMMED) or type(a).__name__ == "Expectation" for a in sp.preorder_traversal(expr))
        self._call = sp.lambdify(self.symbols, expr, modules=[names, "mpmath"], printer=_Printer(settings), cse=False)

    def __call__(self, point: Mapping[sp.Symbol, Any]) -> Any:
        self.error = mpmath.mpf(0)
        try:
            value = self._refined(point) if self._closed else self._once(point)
        except (
            ArithmeticError,
            ValueError,
            TypeError,
            NameError,
            AttributeError,
            NotImplementedError,
            RecursionError,
            IndexError,
            mpmath.libmp.NoConvergence,
            SGDTheoryError,
        ) as error:
            raise Undecided(f"{type(error).__name__}: {error}") from None
        if not mpmath.isfinite(value):
            raise Undecided("the value is not finite")
        return value

    def _once(self, point: Mapping[sp.Symbol, Any]) -> Any:
        return mpmath.mpmathify(self._call(*(point[s] for s in self.symbols)))

    def _refined(self, point: Mapping[sp.Symbol, Any]) -> Any:
        """A closed form to all working digits: (1 - erfc(-u)/2) exp(u^2), say, loses as many as the exponential has.

        It is called with ever more digits until two values agree; a value that is 0 never does, and is small at the end.
        """
        digits = mpmath.mp.dps
        value = self._once(point)
        for extra in _EXTRA:
            before = value
            with mpmath.workdps(digits + extra):
                value = self._once(point)
                settled = abs(value - before) <= abs(value) * mpmath.mpf(10) ** (4 - digits)
            if settled or not mpmath.isfinite(value):
                break
        return +value

    def _integral(self, f: Callable[[Any], Any], low: Any, high: Any, kinks: Sequence[Any], peaks: Sequence[tuple[Any, Any]]) -> Any:
        low, high = mpmath.mpmathify(low), mpmath.mpmathify(high)
        if low == high:
            return mpmath.mpf(0)
        if low > high:
            return -self._integral(f, high, low, kinks, peaks)
        cuts = {k for k in map(_real, kinks) if k is not None}
        for centre, width in peaks:
            c, w = _real(centre), _real(width)
            if c is not None and w is not None:
                cuts |= {c + k * w for k in (-12, -5, 0, 5, 12)}
        inner = sorted(c for c in cuts if low < c < high)
        value, error = mpmath.quad(f, [low, *inner, high], error=True)
        self.error = max(self.error, abs(error))
        return value


def _real(value: Any) -> Any:
    value = mpmath.mpmathify(value)
    return mpmath.mpf(value.real) if mpmath.isfinite(value) and not mpmath.im(value) else None


def _sum(f: Callable[[Any], Any], low: Any, high: Any) -> Any:
    if mpmath.isinf(low) or mpmath.isinf(high):
        return mpmath.nsum(f, [low, high])
    if high - low > 100000:
        raise Undecided("the sum is too long")
    return mpmath.fsum(f(mpmath.mpf(k)) for k in range(int(low), int(high) + 1))


_FUNCTIONS: dict[str, Any] = {
    "erfcx": lambda x: mpmath.exp(x * x) * mpmath.erfc(x),
    "Heaviside": lambda x, at_zero=0.5: mpmath.mpf(x > 0) if x != 0 else mpmath.mpf(at_zero),
    "Max": max,
    "Min": min,
}


def _extensions(expr: Any) -> dict[str, Any]:
    """Functions that the nodes of the Gaussian calculus print."""
    if any(type(a).__name__ == "Expectation" for a in sp.preorder_traversal(expr)):
        from sgdtheory.derive import expectation

        return dict(expectation.NAMESPACE)
    return {}


class _Printer(MpmathPrinter):
    def _print_Integral(self, e: sp.Integral) -> str:
        text, body = self._print(e.function), e.function
        for limit in e.limits:
            if len(limit) != 3:
                raise Undecided("an indefinite integral has no value")
            x, low, high = limit
            points = ", ".join(self._print(k) for k in kinks(body, x))
            bumps = ", ".join(f"({self._print(c)}, {self._print(w)})" for c, w in peaks(body, x))
            name, ends = self._print(x), f"{self._print(low)}, {self._print(high)}"
            text = f"_integral(lambda {name}: {text}, {ends}, [{points}], [{bumps}])"
            body = sp.Integral(body, limit)
        return text

    def _print_Sum(self, e: sp.Sum) -> str:
        text = self._print(e.function)
        for k, low, high in e.limits:
            text = f"_sum(lambda {self._print(k)}: {text}, {self._print(low)}, {self._print(high)})"
        return text

    def _print_Derivative(self, e: sp.Derivative) -> str:
        text = self._print(e.expr)
        for x, n in e.variable_count:
            if not x.is_Symbol:
                raise Undecided("a derivative in what is no symbol")
            text = f"diff(lambda {self._print(x)}: {text}, {self._print(x)}, {self._print(n)})"
        return text

    def _print_Subs(self, e: sp.Subs) -> str:
        names = ", ".join(map(self._print, e.variables))
        return f"(lambda {names}: {self._print(e.expr)})({', '.join(map(self._print, e.point))})"


def kinks(body: Any, x: sp.Symbol) -> list[Any]:
    """Where ``body`` may not be smooth in ``x``, as expressions in its other symbols; a point too many does no harm."""
    turning: set[Any] = set()
    for node in sp.preorder_traversal(body):
        if isinstance(node, (sp.sign, sp.Abs, sp.Heaviside)):
            turning |= _branches(node.args[0])
        elif isinstance(node, MinMaxBase):
            arguments = sorted(set().union(*map(_branches, node.args)), key=sp.default_sort_key)
            turning |= {a - b for a, b in combinations(arguments, 2)}
        elif isinstance(node, sp.core.relational.Relational):
            turning |= _branches(node.lhs - node.rhs)
    points: set[Any] = set()
    for t in turning:
        poly = t.as_poly(x) if t.has(x) else None
        if poly is not None and poly.degree() <= 2:
            points |= set(sp.roots(poly))
    return sorted((p for p in points if not p.has(x)), key=sp.default_sort_key)


def _branches(expr: Any) -> set[Any]:
    """The smooth expressions that ``expr`` is made of."""
    if isinstance(expr, MinMaxBase):
        return set().union(*map(_branches, expr.args))
    if isinstance(expr, sp.Abs):
        return {s * b for b in _branches(expr.args[0]) for s in (1, -1)}
    if isinstance(expr, sp.sign):
        return {sp.S.One, sp.S.NegativeOne}
    if isinstance(expr, sp.Heaviside):
        return {sp.S.One, sp.S.Zero}
    if isinstance(expr, sp.Piecewise):
        return set().union(*(_branches(value) for value, _ in expr.args))
    if not expr.args or not expr.has(MinMaxBase, sp.Abs, sp.sign, sp.Heaviside, sp.Piecewise):
        return {expr}
    return {expr.func(*parts) for parts in islice(product(*map(_branches, expr.args)), _MOST)}


def peaks(body: Any, x: sp.Symbol) -> list[tuple[Any, Any]]:
    """Centre and width of the Gaussian factors of ``body`` in ``x``."""
    found = set()
    for node in sp.preorder_traversal(body):
        if isinstance(node, sp.exp) and node.args[0].has(x):
            poly = node.args[0].as_poly(x)
            if poly is not None and poly.degree() == 2:
                a, b, _ = poly.all_coeffs()
                found.add((-b / (2 * a), 1 / sp.sqrt(2 * sp.Abs(a))))
    return sorted(found, key=sp.default_sort_key)


def _distinct(expr: Any) -> Any:
    """Dummies that share a name get different ones, so that printed code does not confuse them."""
    dummies = sorted(expr.atoms(sp.Dummy), key=lambda d: d.sort_key())
    return expr.xreplace({d: sp.Symbol(f"_b{i}", **d.assumptions0) for i, d in enumerate(dummies)})
