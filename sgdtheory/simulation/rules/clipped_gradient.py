"""Clipped SGD as printed: the norm of each sample's gradient is clipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sgdtheory.algorithms.separable import ClippedSGD
from sgdtheory.errors import invalid
from sgdtheory.simulation.rules.base import Rule, Step
from sgdtheory.simulation.rules.separable import mean_over_batch
from sgdtheory.values import Array


@dataclass(frozen=True, eq=False)
class GradientNormClipping(Rule):
    """theta <- theta - (eta/d) * mean over the batch of clip(r x; c sqrt(tr K)), c the threshold of ``sgt.ClippedSGD``.

    clip(g; h) = g min(1, h/||g||). As ||x||^2 = tr K (1 + o(1)) in high dimension, this is ``sgt.ClippedSGD``'s own
    rule, which clips the residual at c, up to a difference that vanishes with d.
    Source: arXiv:2406.11733.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> problem = sgt.LinearRegression(sgt.covariance.identity(20))
    >>> clipped = sgt.ClippedSGD(0.5, threshold=1.0)
    >>> runs = sgt.simulate(problem, clipped, horizon=1.0, runs=2, rng=0, rule=sgt.rules.GradientNormClipping())
    >>> runs.risk.shape
    (2, 21)
    """

    def prepare(self, problem: Any, algorithm: Any) -> Step:
        if not isinstance(algorithm, ClippedSGD):
            raise invalid("rule", self, "a rule for this algorithm, which has no threshold", "use sgt.ClippedSGD")
        return _ClipNorm(algorithm.threshold * float(np.sqrt(problem.covariance.trace)))


@dataclass(frozen=True)
class _ClipNorm(Step):
    limit: float

    def direction(self, features: Array, residuals: Array) -> Array:
        norms = np.sqrt((features * features).sum(axis=-1)) * np.abs(residuals)
        return mean_over_batch(features, residuals * (self.limit / np.maximum(norms, self.limit)))
