"""SymPy expression <-> text of a record. The one place of ``derive`` that knows the grammar's module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from sgdtheory import expressions


def to_text(expr: Any) -> str:
    """Text that :func:`from_text` reads back to the same expression."""
    return expressions.from_sympy(sp.sympify(expr))


def from_text(text: str, symbols: Mapping[str, sp.Symbol]) -> Any:
    """The expression behind a record's text; names that are not in ``symbols`` become real symbols."""
    return expressions.parse(text, record=True).sympy(dict(symbols))
