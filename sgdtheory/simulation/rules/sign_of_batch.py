"""signSGD as printed: the sign of the mean gradient of the batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sgdtheory.simulation.rules.base import Rule, Step
from sgdtheory.simulation.rules.separable import mean_over_batch
from sgdtheory.values import Array


@dataclass(frozen=True, eq=False)
class SignOfMeanGradient(Rule):
    """theta <- theta - (eta/d) sign(mean over the batch of r x), coordinate by coordinate.

    The rule of ``sgt.SignSGD``. For one sample a step it is sign(x) sign(r).

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> problem = sgt.LinearRegression(sgt.covariance.identity(20))
    >>> runs = sgt.simulate(problem, sgt.SignSGD(0.5, batch_size=4), horizon=1.0, runs=2, rng=0)
    >>> runs.risk.shape
    (2, 21)
    """

    def prepare(self, problem: Any, algorithm: Any) -> Step:
        return _SignOfMean()


@dataclass(frozen=True)
class _SignOfMean(Step):
    def direction(self, features: Array, residuals: Array) -> Array:
        result = mean_over_batch(features, residuals)
        return np.sign(result, out=result)
