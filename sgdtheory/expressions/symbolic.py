"""A tree to a SymPy expression, and back to text. SymPy is imported when a function here is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sgdtheory.errors import InvalidInput, invalid
from sgdtheory.expressions.tree import MAX_DIGITS, MAX_POWER, Name, Node, Number

# SymPy writes these out at once for numbers, in as many digits or terms.
_MOST_EAGER = 50
_EAGER = {"gamma", "factorial", "binomial", "loggamma", "beta", "polygamma", "digamma", "hermite", "zeta", "lowergamma",
          "uppergamma", "expint", "besseli", "besselj", "besselk", "bessely"}


class _Builder:
    def __init__(self, symbols: Mapping[str, Any]) -> None:
        import sympy

        self.sympy, self.symbols = sympy, dict(symbols)

    def too_large(self, what: str) -> InvalidInput:
        return invalid("text", what, "bounded", "SymPy would write out a number of thousands of digits")

    def build(self, node: Node) -> Any:
        s = self.sympy
        if isinstance(node, Number):
            return s.Rational(node.value.numerator, node.value.denominator)
        if isinstance(node, Name):
            return self.name(node.name)
        args = [self.build(a) for a in node.args]
        method: Callable[..., Any] | None = getattr(self, "make_" + _METHODS.get(node.head, node.head), None)
        if method is not None:
            return method(*args)
        if node.head in _EAGER:
            for a in args:
                if a.is_number and a.is_comparable and abs(a) > _MOST_EAGER:
                    raise self.too_large(node.head)
        return getattr(s, node.head)(*args)

    def name(self, name: str) -> Any:
        s = self.sympy
        fixed = {"pi": s.pi, "I": s.I, "oo": s.oo, "True": s.true, "False": s.false}
        if name in fixed:
            return fixed[name]
        if name not in self.symbols:
            self.symbols[name] = s.Symbol(name, real=True)
        return self.symbols[name]

    def make_add(self, *args: Any) -> Any:
        return self.sympy.Add(*args)

    def make_mul(self, *args: Any) -> Any:
        return self.sympy.Mul(*args)

    def make_neg(self, value: Any) -> Any:
        return -value

    def make_div(self, above: Any, below: Any) -> Any:
        if below.is_zero:
            raise invalid("text", f"{above}/{below}", "an expression without a division by zero")
        return above / below

    def make_pow(self, base: Any, exponent: Any) -> Any:
        # The tree bounds what stands in the text; this bounds what SymPy makes of it (x/x = 1 makes a number).
        if exponent.is_number and exponent.is_comparable:
            size = abs(exponent)
            coefficient = base.as_coeff_Mul()[0]
            digits = max(len(str(abs(coefficient.p))), len(str(coefficient.q))) if coefficient.is_Rational else 1
            if size > MAX_POWER or size * (digits - (coefficient in (1, -1))) > 10 * MAX_DIGITS:
                raise self.too_large("**")
        if base.is_zero and exponent.is_negative:
            raise invalid("text", f"{base}**({exponent})", "an expression without a division by zero")
        return base**exponent

    def make_exp(self, value: Any) -> Any:
        s = self.sympy
        if value.has(s.log) and any(abs(n) > MAX_POWER for n in value.atoms(s.Rational)):
            raise self.too_large("exp")     # exp(n log(2)) is written out as 2**n
        return s.exp(value)

    def make_clip(self, value: Any, low: Any, high: Any) -> Any:
        return self.sympy.Max(low, self.sympy.Min(high, value))

    def make_erfcx(self, value: Any) -> Any:
        return self.sympy.exp(value**2) * self.sympy.erfc(value)

    def make_tuple(self, *args: Any) -> Any:
        return self.sympy.Tuple(*args)

    def make_Piecewise(self, *branches: Any) -> Any:
        return self.sympy.Piecewise(*(tuple(b) for b in branches))

    def make_Limit(self, body: Any, variable: Any, point: Any) -> Any:
        return self.sympy.Limit(body, variable, point)

    def make_Expectation(self, body: Any, variable: Any, mean: Any, std: Any) -> Any:
        from sgdtheory.expressions.expectation import Expectation

        return Expectation(body, variable, mean, std)


_METHODS = {"+": "add", "*": "mul", "/": "div", "**": "pow"}


def to_sympy(tree: Node, symbols: Mapping[str, Any] | None = None) -> Any:
    """The SymPy expression of a tree; a name without an entry in ``symbols`` becomes a real symbol."""
    import sympy

    result = _Builder(symbols or {}).build(tree)
    if result.has(sympy.nan, sympy.zoo):
        raise invalid("text", str(result), "an expression with a value", "it divides by zero or takes log(0)")
    return result


def to_text(expr: Any) -> str:
    """Text of a SymPy expression that :func:`sgdtheory.expressions.parse` turns back into the same expression."""
    import sympy

    from sgdtheory.expressions import parse

    try:
        expr = sympy.sympify(expr, strict=True)     # not strict, it would evaluate a string as code
    except sympy.SympifyError:
        raise invalid("expr", expr, "a SymPy expression", "parse(text) reads a text") from None
    text = _printer().doprint(expr)
    if not all(s.is_commutative for s in expr.atoms(sympy.Symbol)):
        raise invalid("expr", text, "an expression in commuting symbols")
    known = {s.name: s for s in expr.atoms(sympy.Symbol)}
    if len(known) < len(expr.atoms(sympy.Symbol)):
        raise invalid("expr", text, "an expression whose symbols have different names", "two symbols print alike")
    back = parse(text, record=True).sympy(known)
    if back != expr:
        raise invalid("expr", text, "an expression that its own text gives back", f"reading the text gives {back}; "
                      "unevaluated pieces have no text")
    return text


def _printer() -> Any:
    import sympy
    from sympy.printing.str import StrPrinter

    class Printer(StrPrinter):  # type: ignore[misc]
        """SymPy's text where this package's grammar agrees, our words where it does not."""

        def refuse(self, expr: Any) -> str:
            raise invalid("expr", str(expr), "made of the whitelisted functions, exact numbers and plain symbols",
                          f"{type(expr).__name__} has no text in a record")

        _print_Dummy = _print_NaN = _print_ComplexInfinity = _print_Wild = emptyPrinter = refuse

        def _print_Float(self, expr: Any) -> str:
            raise invalid("expr", expr, "exact", "use sympy.Rational: a record holds no rounded number")

        def _print_Exp1(self, expr: Any) -> str:
            return "exp(1)"

        def call(self, name: str, args: Any) -> str:
            return f"{name}({', '.join(self._print(a) for a in args)})"

        def _print_And(self, expr: Any) -> str:
            return self.call("And", sorted(expr.args, key=str))

        def _print_Or(self, expr: Any) -> str:
            return self.call("Or", sorted(expr.args, key=str))

        def _print_Not(self, expr: Any) -> str:
            return self.call("Not", expr.args)

        def _print_Relational(self, expr: Any) -> str:
            names = {"==": "Eq", "!=": "Ne", "<": "Lt", "<=": "Le", ">": "Gt", ">=": "Ge"}
            if names[expr.rel_op] in ("Eq", "Ne"):
                return self.call(names[expr.rel_op], expr.args)
            return f"{self._print(expr.lhs)} {expr.rel_op} {self._print(expr.rhs)}"

        def _print_Limit(self, expr: Any) -> str:
            return self.call("Limit", expr.args[:3])

        def limits(self, expr: Any) -> str:
            groups = ("(" + ", ".join(self._print(a) for a in limit) + ")" for limit in expr.limits)
            return f"{type(expr).__name__}({self._print(expr.function)}, {', '.join(groups)})"

        _print_Integral = _print_Sum = _print_Product = limits

        def _print_Subs(self, expr: Any) -> str:
            if len(expr.variables) != 1:
                return self.refuse(expr)
            return self.call("Subs", (expr.expr, expr.variables[0], expr.point[0]))

        def _print_Heaviside(self, expr: Any) -> str:
            return self.call("Heaviside", expr.args[:1] if expr.args[1] == sympy.Rational(1, 2) else expr.args)

    return Printer()
