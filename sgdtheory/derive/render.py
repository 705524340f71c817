"""Formulas as LaTeX, MathML and plain text, with the symbols' printed names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter

from sgdtheory.derive.mathml import MathML
from sgdtheory.expressions.expectation import Expectation

RELATION = {
    "definition": (":=", ":="),
    "identity": ("=", "="),
    "claim": ("=", "="),
    "bound": ("<=", r"\le"),
    "limit": ("~", r"\sim"),
}
_MARK = {"<=": "≤", "~": "∼"}


class _Plain(StrPrinter):
    def _print(self, expr: Any, **kwargs: Any) -> str:
        return self._print_Expectation(expr) if isinstance(expr, Expectation) else super()._print(expr, **kwargs)

    def _print_Integral(self, e: Any) -> str:
        text = self._print(e.function)
        for x, low, high in e.limits:
            text = f"int_{self._bound(low)}^{self._bound(high)} [{text}] d{self._print(x)}"
        return text

    def _print_Sum(self, e: Any) -> str:
        text = self._print(e.function)
        for k, low, high in e.limits:
            text = f"sum_{self._print(k)}={self._print(low)}^{self._bound(high)} [{text}]"
        return text

    def _print_Expectation(self, e: Any) -> str:
        body, r, mean, std = e.args
        return f"E[{self._print(body)}; {self._print(r)} ~ N({self._print(mean)}, {self._print(std**2)})]"

    def _print_Relational(self, e: Any) -> str:
        return f"{self._print(e.lhs)} {'=' if e.rel_op == '==' else e.rel_op} {self._print(e.rhs)}"

    def _print_Piecewise(self, e: Any) -> str:
        parts = [f"{self._print(v)} {'otherwise' if c == sp.true else 'if ' + self._print(c)}" for v, c in e.args]
        return "{" + "; ".join(parts) + "}"

    def _bound(self, value: Any) -> str:
        text = self._print(value)
        return text if value.is_Atom and not text.startswith("-") else f"({text})"


class _Latex(LatexPrinter):
    def _print(self, expr: Any, **kwargs: Any) -> str:
        return self._print_Expectation(expr, **kwargs) if isinstance(expr, Expectation) else super()._print(expr, **kwargs)

    def _print_DiracDelta(self, e: Any, exp: Any = None) -> str:
        return self._named(r"\delta", e.args[:1], exp)

    def _print_Heaviside(self, e: Any, exp: Any = None) -> str:
        return self._named(r"\Theta", e.args[:1], exp)

    def _print_sign(self, e: Any, exp: Any = None) -> str:
        return self._named(r"\operatorname{sign}", e.args, exp)

    def _named(self, name: str, arguments: Any, exp: Any) -> str:
        power = f"^{{{exp}}}" if exp is not None else ""
        return rf"{name}{power}\left({', '.join(map(self._print, arguments))}\right)"

    def _print_Expectation(self, e: Any, exp: Any = None) -> str:
        body, r, mean, std = map(self._print, (*e.args[:3], e.args[3] ** 2))
        text = rf"\mathbb{{E}}_{{{r} \sim \mathcal{{N}}\left({mean},\, {std}\right)}}\left[{body}\right]"
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"


def plain(expr: Any) -> str:
    """One line of text."""
    return expr if isinstance(expr, str) else _Plain({"order": None}).doprint(expr)


def latex(expr: Any, names: Mapping[str, str] | None = None) -> str:
    """LaTeX, with the symbols' own LaTeX where they have one."""
    if isinstance(expr, str):
        return rf"\text{{{expr}}}"
    printed = {s: names[s.name] for s in expr.atoms(sp.Symbol) if names and names.get(s.name)}
    return _Latex({"symbol_names": printed, "inv_trig_style": "full"}).doprint(expr)


def mathml(expr: Any, names: Mapping[str, str] | None = None) -> str:
    """A MathML ``math`` element."""
    return MathML(names).text(expr)


def label(text: str, names: Mapping[str, str]) -> str:
    """A label such as ``psi(m, s)`` in LaTeX: its words are symbols, the rest stands as it is."""

    def word(found: re.Match[str]) -> str:
        name = found[0]
        if name in names:
            return names[name]
        printed = latex(sp.Symbol(name))
        return (
            printed
            if len(name.split("_")[0]) == 1 or "\\" in printed
            else rf"\text{{{name.replace(chr(95), chr(32))}}}"
        )

    return re.sub(r"[A-Za-z]\w*", word, text)


def shown(kind: str, left: Any, right: Any, name: str, names: Mapping[str, str]) -> dict[str, str]:
    """A whole step, ``left relation right``, in the three forms; where ``left`` is None, its label stands there."""
    if isinstance(right, str):
        return {"plain": right, "latex": latex(right), "mathml": ""}
    if isinstance(right, sp.core.relational.Relational) and left is None:
        return {"plain": plain(right), "latex": latex(right, names), "mathml": mathml(right, names)}
    sign, tex = RELATION[kind]
    head, tex_head = (name, label(name, names)) if left is None else (plain(left), latex(left, names))
    return {
        "plain": f"{head} {sign} {plain(right)}",
        "latex": f"{tex_head} {tex} {latex(right, names)}",
        "mathml": MathML(names).relation(name if left is None else left, _MARK.get(sign, sign), right),
    }
