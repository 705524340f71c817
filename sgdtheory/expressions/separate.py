"""Separate g(x, r) = f(x) h(r): along products in the tree, by SymPy where a sum must be factored."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from sgdtheory.errors import NotSeparable, invalid
from sgdtheory.expressions.tree import Apply, Name, Node, Number, free_symbols

if TYPE_CHECKING:
    from sgdtheory.expressions import Expression

_RANK = {"+": 1, "neg": 2, "*": 3, "/": 3, "**": 5}


def text_of(node: Node, outer: int = 0) -> str:
    """The tree as text again, with the parentheses it needs inside something that binds with rank ``outer``."""
    if isinstance(node, Number):
        p, q = node.value.numerator, node.value.denominator
        return str(p) if q == 1 else _wrap(f"{p}/{q}", 3, outer)
    if isinstance(node, Name):
        return node.name
    head, args = node.head, node.args
    rank = _RANK.get(head)
    if rank is None:
        return f"{head}({', '.join(text_of(a) for a in args)})"
    if head == "+":
        body = text_of(args[0], 1)
        for a in args[1:]:
            negative = isinstance(a, Apply) and a.head == "neg"
            body += f" - {text_of(a.args[0], 2)}" if negative else f" + {text_of(a, 2)}"  # type: ignore[union-attr]
    elif head == "neg":
        body = "-" + text_of(args[0], 3)
    elif head == "*":
        body = "*".join(text_of(a, 4 if i else 3) for i, a in enumerate(args))
    elif head == "/":
        body = f"{text_of(args[0], 3)}/{text_of(args[1], 4)}"
    else:
        body = f"{text_of(args[0], 6)}**{text_of(args[1], 6)}"
    return _wrap(body, rank, outer)


def _wrap(body: str, rank: int, outer: int) -> str:
    return f"({body})" if rank < outer else body


def separate(expression: Expression, name_x: str, name_r: str) -> tuple[str, str]:
    """Texts of f and h, or ``NotSeparable``."""
    parts = _split(expression.tree, name_x, name_r) or _split_by_sympy(expression, name_x, name_r)
    if parts is None:
        raise invalid("update", expression.text, f"a product f({name_x})*h({name_r})",
                      f"no function of {name_x} alone times a function of {name_r} alone gives it", NotSeparable)
    f, h = parts
    return text_of(f), text_of(h)


_ONE = Number(Fraction(1))
Parts = tuple[Node, Node]


def _split(node: Node, x: str, r: str) -> Parts | None:
    free = free_symbols(node)
    if x not in free:
        return _ONE, node
    if not isinstance(node, Apply):
        return node, _ONE
    if node.head == "*":
        return _gather([_split(a, x, r) for a in node.args])
    if node.head == "/":
        above, below = (_split(a, x, r) for a in node.args)
        return None if above is None or below is None else (_over(above[0], below[0]), _over(above[1], below[1]))
    if node.head == "neg":
        inner = _split(node.args[0], x, r)
        return None if inner is None else (inner[0], Apply("neg", (inner[1],)))
    # These respect products of real numbers: (a b)^n, sign(a b), |a b|.
    whole_power = node.head == "**" and isinstance(node.args[1], Number) and node.args[1].value.denominator == 1
    if whole_power or node.head in ("sign", "Abs"):
        inner = _split(node.args[0], x, r)
        if inner is not None:
            f, h = (p if p == _ONE else Apply(node.head, (p, *node.args[1:])) for p in inner)
            return f, h
    if node.head == "exp" and isinstance(node.args[0], Apply) and node.args[0].head == "+":
        return _gather([_split(Apply("exp", (a,)), x, r) for a in node.args[0].args])
    return None if r in free else (node, _ONE)


def _gather(parts: list[Parts | None]) -> Parts | None:
    found = [p for p in parts if p is not None]
    if len(found) < len(parts):
        return None
    return _product([f for f, _ in found]), _product([h for _, h in found])


def _product(factors: list[Node]) -> Node:
    kept = tuple(f for f in factors if f != _ONE)
    return _ONE if not kept else kept[0] if len(kept) == 1 else Apply("*", kept)


def _over(above: Node, below: Node) -> Node:
    return above if below == _ONE else Apply("/", (above, below))


def _split_by_sympy(expression: Expression, x: str, r: str) -> Parts | None:
    import sympy

    from sgdtheory.expressions import from_sympy, parse

    symbols = {n: sympy.Symbol(n, real=True) if n in (x, r) else sympy.Symbol(n, positive=True)
               for n in expression.symbols}
    g = expression.sympy(symbols)
    for form in (g, sympy.factor(g), sympy.factor(sympy.expand(g))):
        found = sympy.separatevars(form, symbols=[symbols[x], symbols[r]], dict=True)
        if found is None:
            continue
        f, rest = found[symbols[x]].as_independent(symbols[x], as_Add=False)[::-1]
        h = rest * found["coeff"] * found[symbols[r]]
        # The split is taken only if it gives the rule back, whatever separatevars did on the way.
        if sympy.simplify(sympy.expand(g - f * h)) == 0:
            return parse(from_sympy(f)).tree, parse(from_sympy(h)).tree
    return None
