"""A route of its own for Gaussian expectations: u(m, s) = E h(m + s Z) is the heat flow of h.

A closed form that solves du/ds = s d^2u/dm^2 and tends to h(m) as s -> 0 is the expectation; no integral is evaluated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mpmath
import sympy as sp

from sgdtheory.derive.numeric import Evaluated, Undecided
from sgdtheory.derive.routes import Route, Symbols, _text
from sgdtheory.derive.steps import Check, Verdict
from sgdtheory.derive.text import from_text


@dataclass(frozen=True)
class HeatFlow(Route):
    """The right side solves the heat equation in the mean and the standard deviation, and starts at ``start``.

    Parameters
    ----------
    start : expression or text
        What the right side tends to as ``std`` goes to zero, as a function of ``mean``.
    mean, std : symbol or name
    """

    start: Any
    mean: Any = "m"
    std: Any = "s"

    def __post_init__(self) -> None:
        for name, value in (("start", _text(self.start)), ("mean", str(self.mean)), ("std", str(self.std))):
            object.__setattr__(self, name, value)

    def run(self, left: Any, right: Any, symbols: Symbols) -> Check:
        m, s = symbols[self.mean], symbols[self.std]
        start = from_text(self.start, symbols)
        flow = sp.diff(right, s) - s * sp.diff(right, m, 2)
        if not _is_zero(flow):
            return self._check(Verdict.UNKNOWN, "the heat equation's residual did not simplify to 0")
        others = sorted((right.free_symbols | start.free_symbols) - {m, s}, key=lambda t: t.name)
        names = [m, s, *others]
        end, begin = Evaluated(right, names), Evaluated(start, names)
        with mpmath.workdps(40):
            small = mpmath.mpf(10) ** -12
            for k, place in enumerate((-3.7, -0.9, -0.31, 0.23, 0.77, 4.1)):
                point = {
                    m: mpmath.mpf(place),
                    s: small,
                    **{t: mpmath.mpf(2 * k + 3 + j) / (3 + 2 * j) for j, t in enumerate(others)},
                }
                try:
                    a, b = end(point), begin(point)
                except Undecided as error:
                    return self._check(Verdict.UNKNOWN, f"no value near std = 0: {error}")
                if abs(a - b) > mpmath.mpf(10) ** -9 * (1 + abs(b)):
                    return self._check(
                        Verdict.FAILS, f"at std -> 0, mean = {place}: {mpmath.nstr(a, 12)}, not {mpmath.nstr(b, 12)}"
                    )
        return self._check(
            Verdict.HOLDS, f"solves the heat equation in ({self.mean}, {self.std}) and starts at {self.start}"
        )


def _is_zero(expr: Any) -> bool:
    """Zero after collecting exponentials and error functions, each with a rational coefficient."""
    expr = sp.expand(expr)
    if expr == 0:
        return True
    kinds = (sp.exp, sp.erf, sp.erfc, sp.sin, sp.cos)
    expr = expr.replace(lambda e: isinstance(e, kinds), lambda e: e.func(sp.factor(sp.together(e.args[0]))))
    marks = {
        a: sp.Dummy(f"a{i}", positive=True) for i, a in enumerate(sorted(expr.atoms(*kinds), key=sp.default_sort_key))
    }
    rational = sp.together(expr.xreplace(marks))
    if sp.expand(sp.numer(rational)) == 0:
        return True
    return sp.simplify(expr) == 0


@dataclass(frozen=True)
class Untried(Route):
    """No symbolic route: the step is held by numbers alone, and ``reason`` says why."""

    reason: str = ""

    def run(self, left: Any, right: Any, symbols: Symbols) -> Check:
        return self._check(Verdict.UNKNOWN, self.reason)
