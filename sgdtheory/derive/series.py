"""The noise shape where it has no closed form: a node that is checked by nested quadrature and printed as Mehler's series."""

from __future__ import annotations

from typing import Any

import sympy as sp

from sgdtheory.derive import bivariate
from sgdtheory.derive.expectation import Expectation, kinks_of


class MehlerSeries(sp.Expr):
    """E f(x_i) f(x_j) / E f(Z)^2 for centred jointly Gaussian features; ``x`` is bound.

    Kernels sum Mehler's series, rho^k times the Hermite coefficients of f at both variances, with Parseval's remainder.
    """

    is_commutative = True

    def __new__(cls, f: Any, x: Any, rho: Any, variance_i: Any, variance_j: Any) -> MehlerSeries:
        return sp.Expr.__new__(cls, *map(sp.sympify, (f, x, rho, variance_i, variance_j)))

    @property
    def bound_symbols(self) -> list[Any]:
        return [self.args[1]]

    @property
    def free_symbols(self) -> set[Any]:
        f, x, *rest = self.args
        return (f.free_symbols - {x}).union(*(a.free_symbols for a in rest))

    def _eval_is_extended_real(self) -> bool:
        return True

    def as_expectation(self) -> sp.Expr:
        """The definition: an expectation within an expectation, over the power of the feature."""
        return bivariate.definition(*self.args) / Expectation(self.args[0] ** 2, self.args[1], 0, 1)

    def _mpmathcode(self, printer: Any) -> str:
        return printer._print(self.as_expectation())

    def _numpycode(self, printer: Any) -> str:
        f, x, rho, variance_i, variance_j = self.args
        points = ", ".join(printer._print(k) for k in kinks_of(f, x))
        tail = f", kinks=({points},)" if points else ""
        where = ", ".join(map(printer._print, (rho, variance_i, variance_j)))
        return f"special.noise_shape_series(lambda {printer._print(x)}: {printer._print(f)}, {where}{tail})"

    def _sympystr(self, printer: Any) -> str:
        return printer._print(self.as_expectation())

    def _latex(self, printer: Any, **_: Any) -> str:
        return str(printer._print(self.as_expectation()))
