"""Closed forms as floating-point numbers evaluate them well; used where kernels are printed, never in a record.

2 - erfc(y) is erfc(-y), which SymPy always turns round; a difference of two erf becomes one function that keeps its digits;
and a sum that may still cancel is guarded by the integral that it stands for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp
from sympy.core.symbol import Str

from sgdtheory.derive.expectation import Expectation
from sgdtheory.derive.numpy_printer import NumPySource
from sgdtheory.derive.pieces import pieces


class Tail(sp.Function):
    """erfc that keeps the sign of its argument."""

    nargs = 1

    def _eval_is_extended_real(self) -> bool:
        return True

    def _numpycode(self, printer: Any) -> str:
        return f"special.erfc({printer._print(self.args[0])})"

    def _eval_evalf(self, prec: int) -> Any:
        return sp.erfc(self.args[0])._eval_evalf(prec)


class ErfAround(sp.Function):
    """erf(middle + half) - erf(middle - half)."""

    nargs = 2

    def _eval_is_extended_real(self) -> bool:
        return True

    def _numpycode(self, printer: Any) -> str:
        return f"special.erf_around({', '.join(map(printer._print, self.args))})"

    def _eval_evalf(self, prec: int) -> Any:
        return (sp.erf(self.args[0] + self.args[1]) - sp.erf(self.args[0] - self.args[1]))._eval_evalf(prec)


class Between(sp.Expr):
    """E h(r) on low < r < high, r ~ N(mean, std^2), or its second derivative in the mean (order 2); ``r`` is bound."""

    bound_symbols = property(lambda self: [self.args[1]])
    free_symbols = property(
        lambda self: (self.args[0].free_symbols - {self.args[1]}).union(*(a.free_symbols for a in self.args[2:]))
    )

    def __new__(cls, h: Any, r: Any, low: Any, high: Any, mean: Any, std: Any, order: Any = 0) -> Between:
        return sp.Expr.__new__(cls, *map(sp.sympify, (h, r, low, high, mean, std, order)))

    def _numpycode(self, printer: Any) -> str:
        h, r, *rest = (printer._print(a) for a in self.args)
        return f"special.between(lambda {r}: {h}, {', '.join(rest)})"


def by_pieces(h: Any, r: sp.Symbol, mean: Any, std: Any, order: int = 0) -> Any:
    """E h(r), or for order 2 its second derivative in the mean, piece by piece; None unless h is constant far out.

    Nothing cancels: the pieces of h, or for order 2 of h less its value on the left, are averaged one by one.
    """
    parts = pieces(h, r)
    first, last = parts.values[0], parts.values[-1]
    if not parts.cuts or first.has(r) or last.has(r) or any(v.as_poly(r) is None for v in parts.values if v.has(r)):
        return None
    base = first if order else sp.S.Zero
    inner = (Between(v - base, r, a, b, mean, std, order) for a, b, v in parts.intervals[1:-1] if v != base)
    low, high = ((c - mean) / std for c in (parts.cuts[0], parts.cuts[-1]))
    if order:
        bell = sp.exp(-(high**2) / 2) / sp.sqrt(2 * sp.pi)
        return (last - base) * high * bell / std**2 + sp.Add(*inner)
    return first * Tail(-low / sp.sqrt(2)) / 2 + last * Tail(high / sp.sqrt(2)) / 2 + sp.Add(*inner)


class Guarded(sp.Expr):
    """A sum of terms, and the text of a call that replaces it where they cancel."""

    def __new__(cls, otherwise: Any, arguments: Any, *terms: Any) -> Guarded:
        return sp.Expr.__new__(cls, otherwise, arguments, *terms)

    def _eval_is_extended_real(self) -> bool:
        return True

    def _numpycode(self, printer: Any) -> str:
        terms = ", ".join(map(printer._print, self.args[2:]))
        return f"special.refined(({terms}), {self.args[0].name}, {self.args[1].name})"


def form(expr: Any) -> Any:
    """The same expression with tails and differences that keep their digits."""
    return sp.sympify(expr).replace(lambda e: isinstance(e, sp.Add) and e.has(sp.erf, sp.erfc), lambda e: _mend(e))


def _mend(expr: sp.Add) -> Any:
    terms = list(expr.args)
    changed = True
    while changed:
        changed = False
        for term in terms:
            coefficient, function = _single(term)
            if isinstance(function, sp.erfc) and -2 * coefficient in terms:
                terms.remove(term)
                terms.remove(-2 * coefficient)
                terms.append(-coefficient * Tail(-function.args[0]))
                changed = True
                break
            partner = next(
                (
                    t
                    for t in terms
                    if t is not term
                    and isinstance(function, sp.erf)
                    and isinstance(_single(t)[1], sp.erf)
                    and sp.expand(_single(t)[0] ** 2 - coefficient**2) == 0
                ),
                None,
            )
            if partner is not None:
                other, second = _single(partner)
                opposite = sp.expand(other + coefficient) == 0
                terms.remove(term)
                terms.remove(partner)
                low = second.args[0] if opposite else -second.args[0]
                high = function.args[0]
                terms.append(coefficient * ErfAround(sp.factor((high + low) / 2), sp.factor((high - low) / 2)))
                changed = True
                break
    return sp.Add(*terms)


def _single(term: Any) -> tuple[Any, Any]:
    functions = [f for f in sp.Mul.make_args(term) if isinstance(f, (sp.erf, sp.erfc))]
    return (term / functions[0], functions[0]) if len(functions) == 1 else (term, None)


def guarded(expr: Any, otherwise: Any, names: dict[sp.Symbol, str], arguments: Sequence[sp.Symbol]) -> Any:
    """``form`` of a sum, guarded by the integral ``otherwise``; a single term needs no guard.

    ``otherwise`` is an expression with one :class:`Expectation`; ``names`` print its symbols, ``arguments`` start with mean and std.
    """
    expr = form(expr)
    moving = any(e.args[0].has(*arguments[:2]) for e in sp.sympify(otherwise).atoms(Expectation))
    if (
        moving
        or not isinstance(expr, sp.Add)
        or not sp.sympify(otherwise).has(Expectation, Between)
        or not expr.has(ErfAround, Tail, sp.erf, sp.erfc)
    ):
        return expr
    inside = ", ".join(names[a] for a in arguments)
    text = NumPySource(names).doprint(otherwise)
    return Guarded(Str(f"lambda {inside}: {text}"), Str(inside), *expr.args)
