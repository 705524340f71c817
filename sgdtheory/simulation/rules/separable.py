"""The rule that an algorithm's text states: the mean over the batch of g(x_i, r)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sgdtheory import expressions
from sgdtheory.algorithms.separable import SeparableUpdate
from sgdtheory.errors import NotSeparable, invalid
from sgdtheory.simulation.rules.base import Rule, Step
from sgdtheory.values import Array


@dataclass(frozen=True, eq=False)
class Separable(Rule):
    """theta_i <- theta_i - (eta/d) * mean over the batch of g(x_i, r), with the text of g of the algorithm.

    The text is evaluated as it stands: nothing derived from it is used. A text that does not separate into
    f(x) h(r) is simulated too.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> problem = sgt.LinearRegression(sgt.covariance.identity(20))
    >>> runs = sgt.simulate(problem, sgt.SGD(0.5), horizon=1.0, runs=2, rng=0, rule=sgt.rules.Separable())
    >>> runs.risk.shape
    (2, 21)
    """

    def prepare(self, problem: Any, algorithm: Any) -> Step:
        if not isinstance(algorithm, SeparableUpdate):
            raise invalid("algorithm", algorithm, "an algorithm with an update text, such as sgt.SGD or sgt.SignSGD")
        whole = expressions.parse(algorithm.update)
        try:
            feature, response = (expressions.parse(text) for text in whole.factor())
        except NotSeparable:
            return _Whole(_function(whole, algorithm.parameters))
        return _Factors(_function(feature, algorithm.parameters), _function(response, algorithm.parameters),
                        plain=feature.text == "x")


def _function(expression: expressions.Expression, parameters: Mapping[str, float]) -> Any:
    return expression.numpy(**{k: v for k, v in parameters.items() if k in expression.symbols})


def _call(function: Any, **arrays: Array) -> Array:
    """The function at those of its symbols that it has; a constant is spread over the array."""
    used = {k: v for k, v in arrays.items() if k in function.names}
    return np.broadcast_to(function(**used), np.broadcast_shapes(*(v.shape for v in arrays.values())))


@dataclass(frozen=True)
class _Factors(Step):
    """g = f(x) h(r): f once for a block of samples, h at each step."""

    feature: Any
    response: Any
    plain: bool

    def features(self, x: Array) -> Array:
        return x if self.plain else _call(self.feature, x=x)

    def direction(self, features: Array, residuals: Array) -> Array:
        return mean_over_batch(features, _call(self.response, r=residuals))


@dataclass(frozen=True)
class _Whole(Step):
    """g(x, r) for every coordinate."""

    update: Any

    def direction(self, features: Array, residuals: Array) -> Array:
        return _call(self.update, x=features, r=residuals[:, :, None]).mean(axis=1)


def mean_over_batch(features: Array, weights: Array) -> Array:
    """(1/B) sum_b weights_b features_b, shape (runs, d)."""
    if features.shape[1] == 1:
        return features[:, 0] * weights
    return (features * weights[:, :, None]).sum(axis=1) / features.shape[1]
