"""SymPy expressions as NumPy source in float64-safe form."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
import sympy as sp
from sympy.functions.elementary.miscellaneous import MinMaxBase
from sympy.printing.numpy import NumPyPrinter

from sgdtheory.errors import DerivationError

_erfcx = sp.Function("erfcx", real=True)
_SPECIAL = {"erf": "erf", "erfc": "erfc", "erfcx": "erfcx", "loggamma": "gammaln"}


def scaled(expr: Any) -> Any:
    """The same expression with ``1 - erf`` as erfc, and ``exp * erfc`` as erfcx where the argument is not negative."""
    if not isinstance(expr, sp.Basic) or not expr.has(sp.erf, sp.erfc):
        return expr
    return expr.replace(lambda e: isinstance(e, sp.Add) and e.has(sp.erf), _complement).replace(
        lambda e: isinstance(e, sp.Mul) and e.has(sp.erfc), _absorb
    )


def _complement(expr: Any) -> Any:
    """c - c erf(y) -> c erfc(y), for one term at a time."""
    terms = list(expr.args)
    for term in terms:
        found = [f for f in sp.Mul.make_args(term) if isinstance(f, sp.erf)]
        partner = -term / found[0] if len(found) == 1 else None
        if partner in terms:
            rest = list(terms)
            rest.remove(term)
            rest.remove(partner)
            return sp.Add(*rest, partner * sp.erfc(found[0].args[0]))
    return expr


def _absorb(expr: Any) -> Any:
    factors = list(sp.Mul.make_args(expr))
    bells = [f for f in factors if isinstance(f, sp.erfc) and f.args[0].is_nonnegative]
    powers = [f for f in factors if isinstance(f, sp.exp)]
    if len(bells) != 1 or not powers:
        return expr
    y = bells[0].args[0]
    rest = [f for f in factors if f is not bells[0] and f not in powers]
    exponent = sp.simplify(sum(p.args[0] for p in powers) - y**2)
    return sp.Mul(*rest, sp.exp(exponent), _erfcx(y))


def callable_of(expr: Any, symbols: Sequence[sp.Symbol]) -> Callable[..., Any]:
    """A NumPy function of the symbols, in the given order."""
    printed = NumPySource().doprint(scaled(expr))
    names: dict[str, Any] = {"np": np}
    if "special." in printed:
        from sgdtheory import special

        names["special"] = special
    return sp.lambdify(tuple(symbols), expr, modules=[names], printer=NumPySource())


_SUM, _PRODUCT, _POWER, _ATOM = range(4)


def _inside(text: str, level: int) -> str:
    """The text in parentheses if it binds more loosely than the level."""
    node = ast.parse(text, mode="eval").body
    own = _ATOM
    if isinstance(node, ast.UnaryOp):
        own = _SUM
    elif isinstance(node, ast.BinOp):
        own = {ast.Pow: _POWER, ast.Mult: _PRODUCT, ast.Div: _PRODUCT}.get(type(node.op), _SUM)
    elif isinstance(node, (ast.Compare, ast.Lambda)):
        own = -1
    return f"({text})" if own < level and not _enclosed(text) else text


def _enclosed(text: str) -> bool:
    if not text.startswith("("):
        return False
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return place == len(text) - 1
    return False


def _below(factor: Any) -> bool:
    power = factor.as_base_exp()[1] if factor.is_Pow else sp.S.One
    return bool(power.is_Rational and power.is_negative)


def _positive(power: Any) -> Any:
    base, exponent = power.as_base_exp()
    return base if exponent == -1 else sp.Pow(base, -exponent)


def _roots(number: Any) -> bool:
    return any(p.exp.is_Rational and not p.exp.is_Integer for p in number.atoms(sp.Pow))


class NumPySource(NumPyPrinter):
    """Prints with the arguments' names; functions of erf's family go to ``special``.

    A node of another class may print itself by a method ``_numpycode(printer)``.
    """

    printmethod = "_numpycode"

    def __init__(self, names: Mapping[sp.Symbol, str] | None = None) -> None:
        super().__init__({"fully_qualified_modules": True, "allow_unknown_functions": False})
        self.names = dict(names or {})

    def doprint(self, expr: Any, assign_to: Any = None) -> str:
        return self._print(sp.sympify(expr))

    def emptyPrinter(self, expr: Any) -> str:
        return self._refuse(expr)

    def _print(self, expr: Any, **kwargs: Any) -> str:
        text = super()._print(expr, **kwargs)
        if isinstance(expr, sp.Function) and expr.is_number:
            return f"float({text})"  # NumPy's scalars would widen float32 arrays
        return text

    def _module_format(self, fqn: str, register: bool = True) -> str:
        return fqn.replace("numpy.", "np.", 1)

    def _print_Symbol(self, expr: Any) -> str:
        return self.names.get(expr, expr.name)

    _print_Dummy = _print_Symbol

    def _print_Function(self, expr: Any) -> str:
        name = type(expr).__name__
        arguments = ", ".join(map(self._print, expr.args))
        if name in _SPECIAL:
            return f"special.{_SPECIAL[name]}({arguments})"
        if isinstance(expr, sp.Heaviside):
            return f"np.heaviside({self._print(expr.args[0])}, 0.5)"
        return super()._print_Function(expr)

    _print_erf = _print_erfc = _print_loggamma = _print_erfcx = _print_Heaviside = _print_Function

    def _print_Abs(self, expr: Any) -> str:
        return f"np.abs({self._print(expr.args[0])})"

    def _print_gamma(self, expr: Any) -> str:
        return f"np.exp(special.gammaln({self._print(expr.args[0])}))"

    def _print_besselk(self, expr: Any) -> str:
        order, z = map(self._print, expr.args)
        return f"special.kve({order}, {z})*np.exp(-{_inside(z, _PRODUCT)})"

    def _print_sign(self, expr: Any) -> str:
        return f"np.sign({self._print(expr.args[0])})"

    def _print_Expectation(self, expr: Any) -> str:
        from sgdtheory.derive.expectation import kinks_of as kinks
        from sgdtheory.derive.integrand import rewritten

        h, r, mean, std = expr.args
        points = ", ".join(self._print(k) for k in kinks(h, r))
        body, place, spread = (self._print(a) for a in (rewritten(h, r), mean, std))
        tail = f", kinks=({points},)" if points else ""
        return f"special.gaussian_expectation(lambda {self._print(r)}: {body}, {place}, {spread}{tail})"

    def _print_MinMaxBase(self, expr: MinMaxBase) -> str:
        name = "np.maximum" if isinstance(expr, sp.Max) else "np.minimum"
        ordered = sorted(expr.args, key=sp.default_sort_key)
        return reduce(lambda a, b: f"{name}({a}, {b})", map(self._print, ordered))

    _print_Max = _print_Min = _print_MinMaxBase

    def _print_Piecewise(self, expr: Any) -> str:
        *pieces, last = expr.args
        if last[1] != sp.true:
            raise DerivationError(f"the pieces of {expr} do not cover the line: the last one needs the condition True")
        text = self._print(last[0])
        for value, condition in reversed(pieces):
            told = self._print(condition)
            text = f"np.where({told[1:-1] if _enclosed(told) else told}, {self._print(value)}, {text})"
        return text

    def _print_Relational(self, expr: Any) -> str:
        operator = {"==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}[expr.rel_op]
        return f"{self._print(expr.lhs)} {operator} {self._print(expr.rhs)}"

    def _print_And(self, expr: Any) -> str:
        return "(" + " & ".join(f"({self._print(a)})" for a in sorted(expr.args, key=sp.default_sort_key)) + ")"

    def _print_Or(self, expr: Any) -> str:
        return "(" + " | ".join(f"({self._print(a)})" for a in sorted(expr.args, key=sp.default_sort_key)) + ")"

    def _print_Not(self, expr: Any) -> str:
        return f"~({self._print(expr.args[0])})"

    def _inside(self, expr: Any, level: int) -> str:
        return _inside(self._print(expr), level)

    def _print_Pow(self, expr: Any, rational: bool = False) -> str:
        base, power = expr.as_base_exp()
        if power.is_Rational and power.is_negative:
            return f"1/{self._inside(_positive(expr), _POWER)}"
        whole = self._inside(base, _ATOM)
        if expr.is_number and power.is_Rational and not power.is_Integer:  # a plain number: it takes the arrays' type
            return f"{whole}**{float(power)!r}"
        if power == sp.S.Half:
            return f"np.sqrt({self._print(base)})"
        if power.is_Rational and power.q == 2:
            n = power.p // 2
            return f"{whole if n == 1 else f'{whole}**{n}'}*np.sqrt({self._print(base)})"
        return f"{whole}**{self._inside(power, _ATOM)}"

    def _print_Mul(self, expr: Any) -> str:
        number, factors = expr.as_coeff_mul()
        constants = [f for f in factors if f.is_number]
        over = [f for f in factors if not f.is_number and not _below(f)]
        under = [_positive(f) for f in factors if not f.is_number and _below(f)]
        if constants:
            top, bottom = [self._constant(sp.Mul(abs(number), *constants))], []
        else:
            top, bottom = ([str(p)] if p != 1 else [] for p in (abs(number.p), number.q))
        top += [self._inside(f, _PRODUCT) for f in over]
        bottom += [self._inside(f, _POWER) for f in under]
        text = "*".join(top) or "1"
        if bottom:
            text = f"{_inside(text, _PRODUCT)}/{bottom[0] if len(bottom) == 1 else '(' + '*'.join(bottom) + ')'}"
        return f"-{_inside(text, _PRODUCT)}" if number.is_negative else text

    def _constant(self, number: Any) -> str:
        """A positive constant: the root of something rational where it is one, else a quotient."""
        square = sp.expand(number**2)
        if _roots(number) and not _roots(square):
            return f"{self._inside(square, _ATOM)}**0.5"
        top, bottom = sp.fraction(number)
        above = "*".join(self._inside(f, _PRODUCT) for f in sp.Mul.make_args(top))
        if bottom == 1:
            return above
        below = [self._inside(f, _POWER) for f in sp.Mul.make_args(bottom)]
        return f"({above}/{below[0] if len(below) == 1 else '(' + '*'.join(below) + ')'})"

    def _print_Integer(self, expr: Any) -> str:
        return str(expr.p)

    def _print_Rational(self, expr: Any) -> str:
        return f"{expr.p}/{expr.q}"

    def _print_Float(self, expr: Any) -> str:
        return repr(float(expr))

    def _print_NumberSymbol(self, expr: Any) -> str:
        return {"pi": "np.pi", "E": "np.e"}.get(str(expr), repr(float(expr)))

    _print_Pi = _print_Exp1 = _print_NumberSymbol

    def _refuse(self, expr: Any) -> str:
        raise DerivationError(f"{expr} is no closed form that a kernel can hold")

    _print_Integral = _print_Sum = _print_Derivative = _print_Limit = _print_Subs = _print_DiracDelta = _refuse
    _print_ImaginaryUnit = _print_not_supported = _refuse
