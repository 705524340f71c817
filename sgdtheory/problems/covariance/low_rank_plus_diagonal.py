"""A few common factors and independent rest: K = F F' + diag(rest). Everything costs O(d k)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sgdtheory.problems.covariance.base import Covariance, positive, shown
from sgdtheory.problems.covariance.products import rows_times
from sgdtheory.values import Array, array, store


@dataclass(frozen=True, eq=False, repr=False)
class LowRank(Covariance):
    """K = factor factor' + diag(rest), factor of shape (d, k), rest of shape (d,), all positive."""

    factor: Array
    rest: Array

    def __post_init__(self) -> None:
        factor = array("factor", self.factor, (None, None), instead="one column: factor[:, None]", lengths="dk")
        rest = array("diagonal", self.rest, (factor.shape[0],), instead=f"factor has {factor.shape[0]} rows")
        positive("diagonal", rest, "the variance that a coordinate does not share with others")
        with np.errstate(over="ignore"):
            squares = np.sum(factor**2, axis=1) + rest
        variances = array("factor", squares, rest.shape, "numbers whose squares are finite")
        store(self, factor=factor, rest=rest, _variances=variances)

    @property
    def d(self) -> int:
        return self.rest.shape[0]

    @property
    def variances(self) -> Array:
        return self.__dict__["_variances"]

    def matrix(self) -> Array:
        result = self.factor @ self.factor.T
        np.fill_diagonal(result, self.variances)
        return result

    def matvec(self, v: Any) -> Array:
        v = self._vector(v)
        return (v @ self.factor) @ self.factor.T + v * self.rest

    def quadratic(self, v: Any) -> Array:
        v = self._vector(v)
        return np.sum((v @ self.factor) ** 2, axis=-1) + np.sum(v * self.rest * v, axis=-1)

    def _rows(self, rng: np.random.Generator, size: int) -> Array:
        # a row's own normals stand together in the stream, so that a sample begins like a longer one
        normal = rng.standard_normal((size, self.d + self.factor.shape[1]))
        rows = rows_times(normal[:, self.d:], self.factor.T)
        rows += normal[:, :self.d] * np.sqrt(self.rest)
        return rows

    def _shown(self) -> str:
        return f"low_rank({shown(self.factor)}, {shown(self.rest)})"
