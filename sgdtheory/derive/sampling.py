"""The simulation route: the mean of an integrand over random draws against the derived value, by a z-score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from sgdtheory.derive.domains import Domain, draw
from sgdtheory.derive.numeric import Evaluated
from sgdtheory.derive.numpy_printer import callable_of
from sgdtheory.derive.steps import Check, Verdict
from sgdtheory.derive.text import from_text

_WORST = 4.5


def simulate(route: Any, right: Any, domains: Mapping[sp.Symbol, Domain]) -> Check:
    """Run a ``Simulation``: HOLDS, FAILS, or UNKNOWN where the standard error exceeds 1 % of the value."""
    drawn = {name: sp.Symbol(name, real=True) for name in route.draws}
    symbols = {s.name: s for s in domains} | drawn
    integrand = from_text(route.integrand, symbols)
    order = sorted(integrand.free_symbols, key=lambda s: s.name)
    call = callable_of(integrand, order)
    others = [s for s in domains if s in right.free_symbols]
    worst = 0.0
    for seed in range(route.points):
        rng = np.random.default_rng([route.seed, seed])
        point = draw(domains, seed)
        values = {n: _draws(law, rng, route.samples) for n, law in route.draws.items()}
        sample = call(*(values[s.name] if s.name in values else float(point[s]) for s in order))
        expected = float(mpmath.re(Evaluated(right, others)(point)))
        error = float(np.std(sample)) / np.sqrt(route.samples)
        if not error < 0.01 * abs(expected):
            return Check(
                "simulation",
                Verdict.UNKNOWN,
                f"the standard error {error:.2g} is too large for the value {expected:.3g}",
            )
        worst = max(worst, abs(float(np.mean(sample)) - expected) / error)
        if worst > _WORST:
            return Check("simulation", Verdict.FAILS, f"z = {worst:.3g} at point {seed + 1}", points=seed + 1)
    return Check(
        "simulation",
        Verdict.HOLDS,
        f"largest |z| = {worst:.2f} over {route.points} points of {route.samples} draws",
        points=route.points,
    )


def _draws(law: str, rng: np.random.Generator, size: int) -> Any:
    draws: dict[str, Any] = {"normal": rng.standard_normal, "uniform": rng.random, "exponential": rng.standard_exponential}
    return draws[law](size)
