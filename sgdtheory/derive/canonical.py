"""The form of an expression that its own text gives back: SymPy's automatic rewriting depends on the order of multiplication."""

from __future__ import annotations

from typing import Any

import sympy as sp

from sgdtheory import expressions
from sgdtheory.expressions.symbolic import _printer


def canonical(expr: Any) -> Any:
    """The same expression, as it is read from its own text; what has no text of its own stays as it is."""
    expr = sp.sympify(expr)
    if any(hasattr(a, "as_expectation") for a in sp.preorder_traversal(expr)):
        return expr
    for _ in range(5):
        known = {s.name: s for s in expr.atoms(sp.Symbol)}
        if len(known) < len(expr.atoms(sp.Symbol)) or expr.atoms(sp.Float, sp.Dummy):
            return expr
        again = expressions.parse(_printer().doprint(expr), record=True).sympy(known)
        if again == expr:
            break
        expr = again
    return expr
