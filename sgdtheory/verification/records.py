"""A theory's record, held again: its steps checked anew, its results against the emitted functions."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from sgdtheory.derive import record
from sgdtheory.verification import checks
from sgdtheory.verification.findings import Finding

POINTS = 6
"""Random points at which an emitted function is held against its formula."""

RTOL = 1e-10
"""Relative error admitted there: kernels work in float64, formulas at 30 digits."""


def rechecked(unit: str) -> list[Finding]:
    """One finding a step: its text is parsed again and every way of checking it is gone again."""
    from sgdtheory.derive.checker import recheck

    found = []
    for name, step in record.derivation(unit).steps.items():
        start = time.perf_counter()
        ways = recheck(record.derivation(unit), name)
        said = "; ".join(f"{c.way}: {c.note}" for c in ways)
        from sgdtheory.derive.steps import Verdict, combine

        found.append(Finding(unit, "record", name, step["because"], combine(ways) is Verdict.HOLDS, said, time.perf_counter() - start))
    return found


def compared(unit: str) -> list[Finding]:
    """One finding an emitted function: its values against the record's formula, evaluated by mpmath."""
    import mpmath

    from sgdtheory.derive.domains import domain, draw
    from sgdtheory.derive.numeric import Evaluated
    from sgdtheory.derive.text import from_text

    data, module = record.derivation(unit).data, checks.kernel(unit)
    domains: dict[Any, Any] = {}
    by_name: dict[str, Any] = {}
    for s in data["symbols"]:
        where = domain(s["domain"], by_name)
        by_name[s["name"]] = where.symbol(s["name"])
        domains[by_name[s["name"]]] = where
    found = []
    for result in data["results"]:
        start = time.perf_counter()
        names = {**result["arguments"], **result["parameters"]}
        symbols = {n: by_name[s] for n, s in names.items()}
        formula = from_text(result["formula"], by_name)
        parts = list(formula) if type(formula).__name__ == "Tuple" else [formula]
        worst = 0.0
        with mpmath.workdps(30):
            evaluated = [Evaluated(p, list(dict.fromkeys(symbols.values()))) for p in parts]
            for seed in range(POINTS):
                point = draw(domains, seed)
                given = {n: float(point[s]) for n, s in symbols.items()}
                exact = {s: mpmath.mpf(float(point[s])) for s in symbols.values()}
                values = np.atleast_1d(getattr(module, result["name"])(**given))
                for e, value in zip(evaluated, values, strict=True):
                    expected = e(exact)
                    gap = abs(mpmath.mpf(float(value)) - expected)
                    worst = max(worst, float(gap / max(abs(expected), mpmath.mpf(10) ** -300)) if gap else 0.0)
        found.append(Finding(unit, "kernel", result["name"], result["doc"] or result["name"].replace("_", " "), worst <= RTOL,
                             f"{POINTS} random points, largest relative error {worst:.0e}", time.perf_counter() - start))
    return found
