"""Domains of symbols, written as text: what SymPy may assume, and how random points are drawn from them.

``real``, ``positive``, ``nonnegative``, ``(a, b)``, ``[a, b]`` (and half-open), ``integer >= n``. The ends may hold
``oo``, ``pi``, numbers and symbols that were declared before.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mpmath
import sympy as sp

from sgdtheory.derive.text import from_text
from sgdtheory.errors import InvalidInput, invalid

_INTERVAL = re.compile(r"([\[(])(.*)([\])])")
_INTEGER = re.compile(r"integer\s*>=\s*(-?\d+)")


@dataclass(frozen=True)
class Domain:
    """A set of real numbers, from its text."""

    text: str
    integer: bool
    low: Any
    high: Any
    low_closed: bool = False
    high_closed: bool = False

    def symbol(self, name: str) -> sp.Symbol:
        """A SymPy symbol that assumes what the domain says."""
        if self.integer:
            return sp.Symbol(name, integer=True, **_sign(self.low, self.high, True, False))
        return sp.Symbol(name, **({"real": True} | _sign(self.low, self.high, self.low_closed, self.high_closed)))

    def draw(self, rng: random.Random, point: Mapping[sp.Symbol, Any]) -> Any:
        """A random mpmath number inside the domain, given the values of the symbols its ends depend on."""
        u = rng.random()
        low, high = (_number(end, point) for end in (self.low, self.high))
        if self.integer:
            return mpmath.mpf(int(low) + rng.randrange(8))
        if low == -mpmath.inf and high == mpmath.inf:
            return (1 if rng.random() < 0.5 else -1) * mpmath.mpf(10.0 ** (2.3 * u - 1.3))
        if high == mpmath.inf:
            return low + mpmath.mpf(10.0 ** (2.6 * u - 1.3))
        if low == -mpmath.inf:
            return high - mpmath.mpf(10.0 ** (2.6 * u - 1.3))
        return low + (high - low) * mpmath.mpf(0.02 + 0.96 * u)


def domain(text: str, symbols: Mapping[str, sp.Symbol]) -> Domain:
    """Read a domain."""
    words = {"real": ("(", "-oo", "oo"), "positive": ("(", "0", "oo"), "nonnegative": ("[", "0", "oo")}
    whole = _INTEGER.fullmatch(text.strip())
    if whole:
        return Domain(text, True, sp.Integer(whole[1]), sp.oo)
    if text in words:
        left, low, high, right = *words[text], ")"
    else:
        found = _INTERVAL.fullmatch(text.strip())
        ends = _split(found[2]) if found else []
        if not found or len(ends) != 2:
            raise invalid("domain", text, "'real', 'positive', 'nonnegative', '(a, b)', '[a, b]' or 'integer >= n'")
        left, (low, high), right = found[1], ends, found[3]
    try:
        a, b = (from_text(end.strip(), symbols) for end in (low, high))
    except InvalidInput as error:
        raise invalid("domain", text, "an interval whose ends are expressions", str(error)) from None
    unknown = (a.free_symbols | b.free_symbols) - set(symbols.values())
    if unknown:
        raise invalid("domain", text, f"written in symbols declared before (not {sorted(map(str, unknown))})")
    return Domain(text, False, a, b, left == "[", right == "]")


def draw(domains: Mapping[sp.Symbol, Domain], seed: int) -> dict[sp.Symbol, Any]:
    """One random point: a value for every symbol, in the order of declaration."""
    rng = random.Random(seed)
    point: dict[sp.Symbol, Any] = {}
    for symbol, where in domains.items():
        point[symbol] = where.draw(rng, point)
    return point


def _split(text: str) -> list[str]:
    depth, parts = 0, [""]
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _sign(low: Any, high: Any, low_closed: bool, high_closed: bool) -> dict[str, bool]:
    if low.is_positive or (low.is_zero and not low_closed):
        return {"positive": True}
    if low.is_zero:
        return {"nonnegative": True}
    if high.is_negative or (high.is_zero and not high_closed):
        return {"negative": True}
    return {"nonpositive": True} if high.is_zero else {}


def _number(end: Any, point: Mapping[sp.Symbol, Any]) -> Any:
    value = end.subs({s: sp.Float(v, 30) for s, v in point.items()}) if end.free_symbols else end
    if value == sp.oo:
        return mpmath.inf
    return -mpmath.inf if value == -sp.oo else mpmath.mpf(sp.Float(sp.N(value, 30), 30))
