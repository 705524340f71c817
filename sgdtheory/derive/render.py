"""Formulas as LaTeX, MathML and plain text."""

from __future__ import annotations

from typing import Any

import sympy as sp


def plain(expr: Any) -> str:
    """One line of text."""
    return expr if isinstance(expr, str) else sp.sstr(expr)
