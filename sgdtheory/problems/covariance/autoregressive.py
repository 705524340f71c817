"""Neighbours correlated as in a stationary AR(1) series: K_ij = s_i s_j rho^|i-j|. Everything costs O(d)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sgdtheory.problems.covariance.base import Covariance, positive, shown
from sgdtheory.values import Array, array, number, store

_NEGLIGIBLE = 1e-60
"""Powers of rho below this change no double."""


@dataclass(frozen=True, eq=False, repr=False)
class AR1(Covariance):
    """K_ij = scales_i scales_j correlation^|i-j|, with |correlation| < 1 and scales of shape (d,), all positive."""

    coefficient: float
    scales: Array

    def __post_init__(self) -> None:
        store(self, coefficient=number("correlation", self.coefficient, above=-1.0, below=1.0,
                                        instead="at -1 and 1 all coordinates are one; 0.99 is close to that"))
        scales = array("scales", self.scales, (None,), "positive numbers")
        positive("scales", scales, "a scale is the standard deviation of a coordinate")
        with np.errstate(over="ignore", under="ignore"):
            squares = scales**2
        squares = array("scales", squares, scales.shape, "numbers whose squares are finite")
        store(self, scales=scales, _variances=positive("scales", squares, "a scale whose square is not 0, 1e-100 say"))

    @property
    def d(self) -> int:
        return self.scales.shape[0]

    @property
    def variances(self) -> Array:
        return self.__dict__["_variances"]

    @property
    def _innovation(self) -> float:
        """Standard deviation of a coordinate given the one before, in units of its scale."""
        return float(np.sqrt((1.0 - self.coefficient) * (1.0 + self.coefficient)))

    def correlation(self) -> Array:
        steps = np.arange(self.d)
        return np.power(self.coefficient, steps)[np.abs(steps[:, None] - steps)]

    def matrix(self) -> Array:
        return self.correlation() * self.scales * self.scales[:, None]

    def matvec(self, v: Any) -> Array:
        scaled = self._vector(v) * self.scales
        forward, backward = self._discounted(scaled[..., ::-1])[..., ::-1], self._discounted(scaled)
        return (forward + backward - scaled) * self.scales

    def quadratic(self, v: Any) -> Array:
        # K = S L L' S with L the map from independent innovations to the series: a sum of squares, so never negative
        sums = self._discounted(self._vector(v) * self.scales)
        return sums[..., 0] ** 2 + self._innovation**2 * np.sum(sums[..., 1:] ** 2, axis=-1)

    def _discounted(self, u: Array) -> Array:
        """w_j = sum_{i >= j} correlation^(i-j) u_i along the last axis, by doubling the length of the sum."""
        w, reach, power = np.array(u), 1, self.coefficient
        while reach < self.d and abs(power) > _NEGLIGIBLE:
            w[..., :-reach] += power * w[..., reach:].copy()
            reach, power = 2 * reach, power * power
        return w

    def _rows(self, rng: np.random.Generator, size: int) -> Array:
        from scipy.signal import lfilter

        rows = rng.standard_normal((size, self.d))
        rows[:, 1:] *= self._innovation
        if size:
            rows = lfilter([1.0], [1.0, -self.coefficient], rows, axis=-1)
        rows *= self.scales
        return rows

    def _shown(self) -> str:
        constant = "" if np.all(self.scales == 1.0) else f", scales={shown(self.scales)}"
        return f"ar1({self.d}, correlation={self.coefficient!r}{constant})"
