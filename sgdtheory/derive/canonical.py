"""The form of an expression that its own text gives back: SymPy's automatic rewriting depends on the order of multiplication."""

from __future__ import annotations

from typing import Any

import sympy as sp

from sgdtheory import expressions
from sgdtheory.expressions.symbolic import _printer


def canonical(expr: Any) -> Any:
    """The same expression, as it is read from its own text."""
    expr = sp.sympify(expr)
    for _ in range(5):
        known = {s.name: s for s in expr.atoms(sp.Symbol)}
        again = expressions.parse(_printer().doprint(expr), record=True).sympy(known)
        if again == expr:
            break
        expr = again
    return expr
