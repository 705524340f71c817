"""How many digits a compiled closed form loses in double precision, measured against 30 digits."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import mpmath
import numpy as np

from sgdtheory.derive.numeric import Evaluated, Undecided

STDS = tuple(10.0**k for k in range(-3, 4))
"""Standard deviations of the residual, in the units of the rule, at which values are compared."""

MEANS = (0.0, 0.7)
"""Means of the residual, in units of its standard deviation."""


def loss(derivation: Any, module: ModuleType, names: tuple[str, ...] = ("drift_factor", "noise_power")) -> float:
    """Largest relative error of the functions over the grid, all parameters 1; infinite where a value is no number."""
    worst = 0.0
    for name in names:
        function = derivation.functions[name]
        symbols = {**function.arguments, **function.parameters}
        with mpmath.workdps(30):
            exact = Evaluated(function.expr, list(dict.fromkeys(symbols.values())))
            for std in STDS:
                for mean in MEANS:
                    given = {n: {"mean": mean * std, "std": std}.get(n, 1.0) for n in symbols}
                    try:
                        wanted = exact({s: mpmath.mpf(given[n]) for n, s in symbols.items()})
                    except Undecided:
                        continue
                    with np.errstate(all="ignore"):
                        value = float(getattr(module, name)(**given))
                    if abs(wanted) > 1e280 or abs(wanted) < 1e-280:
                        continue
                    if not np.isfinite(value):
                        return float("inf")
                    worst = max(worst, float(abs(value - wanted) / abs(wanted)))
    return worst
