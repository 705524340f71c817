"""The unevaluated Gaussian expectation that definitions are written with. Imports SymPy; loaded lazily."""

from __future__ import annotations

from typing import Any, ClassVar

import sympy


class Expectation(sympy.Expr):
    """E e(r) for r ~ N(m, s^2), unevaluated: ``Expectation(e, r, m, s)`` with r bound.

    ``as_integral()`` is its definition, an integral over the standard normal z with r = m + s z. ``doit()`` puts a
    closed form in its place and ``evalf()`` a number once ``sgdtheory.derive.expectation`` is loaded, which knows the
    calculus; else it stays.
    A derivative in a parameter differentiates the density, so it needs no derivative of e in r (which may have kinks).
    """

    is_commutative = True
    calculus: ClassVar[Any] = None      # set by sgdtheory.derive.expectation: closed_form, evaluate, code

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
        args = [a.doit(**hints) if hints.get("deep", True) and a != self.args[1] else a for a in self.args]
        closed = None if self.calculus is None else self.calculus.closed_form(*args)
        return self.func(*args) if closed is None else closed

    def _eval_evalf(self, prec: int) -> Any:
        return None if self.calculus is None or self.free_symbols else self.calculus.evaluate(self, prec)

    def _mpmathcode(self, printer: Any) -> str:
        return self.calculus.code(self, printer)

    def _xreplace(self, rule: Any) -> tuple[Any, bool]:
        if self in rule:
            return rule[self], True
        body, variable, mean, std = self.args
        # SymPy also passes rules that are no mappings; those never replace a symbol by another.
        inner = {k: v for k, v in rule.items() if k != variable} if hasattr(rule, "items") else rule
        new = (body._xreplace(inner)[0], variable, mean._xreplace(rule)[0], std._xreplace(rule)[0])
        return (self.func(*new), True) if new != self.args else (self, False)

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
        law = rf"\mathcal{{N}}\left({mean},\, \left({std}\right)^{{2}}\right)"
        return rf"\operatorname{{E}}_{{{variable} \sim {law}}}\left[{body}\right]"
