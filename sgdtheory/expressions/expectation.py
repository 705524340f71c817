"""The unevaluated Gaussian expectation that definitions in a derivation are written with. Imports SymPy; loaded lazily."""

from __future__ import annotations

from typing import Any

import sympy


class Expectation(sympy.Expr):
    """E e(r) for r ~ N(m, s^2), unevaluated: ``Expectation(e, r, m, s)`` with r bound.

    ``as_integral()`` is its definition, an integral over the standard normal z with r = m + s z, and ``doit()`` evaluates that.
    A derivative in a parameter differentiates the density, so it needs no derivative of e in r (which may have kinks).
    """

    is_commutative = True

    def __new__(cls, body: Any, variable: Any, mean: Any, std: Any) -> Expectation:
        body, variable, mean, std = map(sympy.sympify, (body, variable, mean, std))
        if not variable.is_Symbol:
            raise ValueError(f"Expectation binds a symbol, not {variable}")
        if variable in mean.free_symbols | std.free_symbols:
            raise ValueError(f"the bound {variable} stands in the mean or the standard deviation")
        return super().__new__(cls, body, variable, mean, std)

    @property
    def bound_symbols(self) -> list[Any]:
        return [self.args[1]]

    @property
    def free_symbols(self) -> set[Any]:
        body, variable, mean, std = self.args
        return (body.free_symbols - {variable}) | mean.free_symbols | std.free_symbols

    def _eval_is_extended_real(self) -> bool | None:
        return True if all(a.is_extended_real for a in self.args) else None

    def _eval_subs(self, old: Any, new: Any) -> Any:
        body, variable, mean, std = self.args
        if old == variable:
            return self
        if variable in new.free_symbols:
            fresh = sympy.Dummy(variable.name, **variable._assumptions_orig)
            body, variable = body.xreplace({variable: fresh}), fresh
        return self.func(body._subs(old, new), variable, mean._subs(old, new), std._subs(old, new))

    def as_integral(self) -> Any:
        body, variable, mean, std = self.args
        z = sympy.Dummy("z", real=True)
        return sympy.Integral(body.subs(variable, mean + std * z) * sympy.exp(-z**2 / 2) / sympy.sqrt(2 * sympy.pi),
                              (z, -sympy.oo, sympy.oo))

    def doit(self, **hints: Any) -> Any:
        value = self.as_integral().doit(**hints)
        return self if value.has(sympy.Integral) else value

    def _eval_derivative(self, parameter: Any) -> Any:
        body, variable, mean, std = self.args
        if parameter == variable:
            return sympy.S.Zero
        away = variable - mean
        score = away / std**2 * mean.diff(parameter) + (away**2 / std**3 - 1 / std) * std.diff(parameter)
        return self.func(body.diff(parameter) + body * score, variable, mean, std)

    def _sympystr(self, printer: Any) -> str:
        return f"Expectation({', '.join(printer._print(a) for a in self.args)})"

    def _latex(self, printer: Any) -> str:
        body, variable, mean, std = (printer._print(a) for a in self.args)
        return rf"\operatorname{{E}}_{{{variable} \sim \mathcal{{N}}\left({mean},\, \left({std}\right)^{{2}}\right)}}\left[{body}\right]"
