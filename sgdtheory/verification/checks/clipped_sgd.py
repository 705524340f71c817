"""Checks of the kernel of clipped SGD."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from sgdtheory.verification.checks import (
    check,
    one_step,  # noqa: F401  (registers the simulation of one step)
    rule,  # noqa: F401  (registers what every rule is checked for)
)
from sgdtheory.verification.checks.quadrature import agree, normal_mean


@check("clipped_sgd", "drift_gaussian")
def drift_is_the_share_that_is_not_clipped(kernel: ModuleType) -> None:
    """drift_gaussian(s, c) = P(|r| < c), r ~ N(0, s^2)."""
    for std in (0.1, 0.7, 3.0, 50.0):
        for c in (0.3, 1.0, 2.5):

            def inside(r: Any, z: Any, c: float = c) -> Any:
                return np.abs(r) < c

            expected = normal_mean(inside, 0.0, std, (-c, c))[0]
            agree(kernel.drift_gaussian(std, c=c), expected, f"drift_gaussian({std}, c={c})")


@check("clipped_sgd", "criterion")
def criterion_compares_the_best_falls(kernel: ModuleType) -> None:
    """E r^2 mu^2 / nu: the steepest fall of the risk with clipping over that without, each at its best step."""
    along, forced = 0.8, 0.3
    for power, drift, noise in ((1.3, 0.8, 0.9), (4.0, 0.3, 0.2)):
        step = np.linspace(0.0, 2.0, 3)

        def best(mu: float, nu: float, step: np.ndarray = step) -> float:
            fall = -2.0 * step * mu * along + step**2 * nu * forced
            curvature, lean = fall[0] - 2.0 * fall[1] + fall[2], (fall[2] - fall[0]) / 2.0
            return float(fall[1] - lean**2 / (2.0 * curvature))

        agree(kernel.criterion(power, drift, noise, c=1.0), best(drift, noise) / best(1.0, power), "criterion")
