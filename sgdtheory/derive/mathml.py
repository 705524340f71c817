"""MathML for every formula of a record: SymPy's presentation printer, mended.

SymPy writes ``<`` unescaped and named entities that no XML parser knows, and spells piecewise functions, deltas,
expectations, special functions and substitutions as words.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

import sympy as sp
from sympy.printing.mathml import MathMLPresentationPrinter

_NAMES = {
    "loggamma": "log Γ",
    "DiracDelta": "δ",
    "Heaviside": "Θ",
    "sign": "sign",
    "Max": "max",
    "Min": "min",
    "asinh": "arsinh",
}
_BESSEL = {"besselk": "K", "besseli": "I", "besselj": "J"}
_TOKEN = re.compile(r"([A-Za-z]\w*)|([^A-Za-z]+)")


class MathML(MathMLPresentationPrinter):
    """Prints symbols as their LaTeX says, and the nodes that SymPy's printer has no notation for."""

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        super().__init__({"inv_trig_style": "full"})
        self.names = {name: re.sub(r"\\var|[\\{}]", "", latex) for name, latex in (names or {}).items()}

    def _print_Symbol(self, sym: Any, style: str = "plain") -> Any:
        return super()._print_Symbol(sp.Symbol(self.names.get(sym.name, sym.name)), style)

    _print_Dummy = _print_Symbol

    def text(self, expr: Any) -> str:
        """A well-formed ``math`` element on one line."""
        return self.wrap(self._print(expr))

    def relation(self, left: Any, sign: str, right: Any) -> str:
        """``left sign right`` (left may be a label), without SymPy deciding whether it is true."""
        head = self.label(left) if isinstance(left, str) else self._print(left)
        return self.wrap(self._element("mrow", head, self._element("mo", sign), self._print(right)))

    @staticmethod
    def wrap(node: Any) -> str:
        """The ``math`` element around a node."""
        return f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">{_xml(node)}</math>'

    def label(self, text: str) -> Any:
        """A label such as ``psi(m, s)``: its words are symbols, the rest stands as it is."""
        row = self._element("mrow")
        for word, other in _TOKEN.findall(text):
            if word:
                row.appendChild(self._print_Symbol(sp.Symbol(word)))
            elif other.strip():
                row.appendChild(self._element("mo", other.strip()))
        return row

    def _element(self, tag: str, *children: Any, **attributes: str) -> Any:
        element = self.dom.createElement(tag)
        for name, value in attributes.items():
            element.setAttribute(name, value)
        for child in children:
            element.appendChild(self.dom.createTextNode(child) if isinstance(child, str) else child)
        return element

    def _call(self, name: Any, *arguments: Any) -> Any:
        head = self._element("mi", name) if isinstance(name, str) else name
        return self._element("mrow", head, self._paren_comma_separated(*arguments))

    def _print_Function(self, e: Any) -> Any:
        name = type(e).__name__
        if name in _BESSEL:
            order, z = e.args
            return self._call(self._element("msub", self._element("mi", _BESSEL[name]), self._print(order)), z)
        if name in ("DiracDelta", "Heaviside"):
            return self._call(_NAMES[name], e.args[0])
        if isinstance(e, sp.core.function.AppliedUndef):
            return self._call(self._print_Symbol(sp.Symbol(name)), *e.args)
        return self._call(_NAMES[name], *e.args) if name in _NAMES else super()._print_Function(e)

    _print_besselk = _print_besseli = _print_besselj = _print_DiracDelta = _print_Heaviside = _print_Function
    _print_loggamma = _print_Max = _print_Min = _print_sign = _print_Function

    def _print_BooleanTrue(self, e: Any) -> Any:
        return self._element("mtext", "otherwise")

    def _print_Piecewise(self, e: Any) -> Any:
        rows = []
        for value, condition in e.args:
            told = (
                [self._element("mtext", "if "), self._print(condition)]
                if condition != sp.true
                else [self._print(condition)]
            )
            rows.append(self._element("mtr", self._element("mtd", self._print(value)), self._element("mtd", *told)))
        return self._element("mrow", self._element("mo", "{"), self._element("mtable", *rows, columnalign="left"))

    def _print_Expectation(self, e: Any) -> Any:
        body, r, mean, std = e.args
        law = self._element(
            "mrow",
            self._print(r),
            self._element("mo", "∼"),
            self._call(self._element("mi", "N", mathvariant="script"), mean, std**2),
        )
        return self._element(
            "mrow",
            self._element("msub", self._element("mi", "E", mathvariant="double-struck"), law),
            self._element("mo", "["),
            self._print(body),
            self._element("mo", "]"),
        )

    def _print_Subs(self, e: Any) -> Any:
        rows = [
            self._element("mrow", self._print(v), self._element("mo", "="), self._print(p))
            for v, p in zip(e.variables, e.point, strict=True)
        ]
        return self._element(
            "msub",
            self._element("mrow", self._element("mo", "["), self._print(e.expr), self._element("mo", "]")),
            self._element("mrow", *rows),
        )


def _xml(node: Any) -> str:
    """The node with every character escaped once; SymPy hands over text that mixes characters and entities."""
    if node.nodeType == node.TEXT_NODE:
        return html.escape(html.unescape(node.data), quote=False)
    attributes = "".join(f' {k}="{html.escape(v)}"' for k, v in sorted(node.attributes.items()))
    return f"<{node.tagName}{attributes}>{''.join(map(_xml, node.childNodes))}</{node.tagName}>"
