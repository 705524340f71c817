"""Independent coordinates: K = diag(values)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sgdtheory.problems.covariance.base import Covariance, positive, shown
from sgdtheory.values import Array, array, store


@dataclass(frozen=True, eq=False, repr=False)
class Diagonal(Covariance):
    """K = diag(values), values of shape (d,), all positive."""

    values: Array

    def __post_init__(self) -> None:
        values = array("values", self.values, (None,), "positive numbers")
        positive("values", values, "leave out coordinates that never vary: no algorithm can learn them")
        store(self, values=values)

    @property
    def d(self) -> int:
        return self.values.shape[0]

    @property
    def variances(self) -> Array:
        return self.values

    @property
    def is_diagonal(self) -> bool:
        return True

    def matrix(self) -> Array:
        return np.diag(self.values)

    def correlation(self) -> Array:
        return np.eye(self.d)

    def matvec(self, v: Any) -> Array:
        return self._vector(v) * self.values

    def quadratic(self, v: Any) -> Array:
        v = self._vector(v)
        return np.sum(v * self.values * v, axis=-1)

    def _rows(self, rng: np.random.Generator, size: int) -> Array:
        rows = rng.standard_normal((size, self.d))
        rows *= np.sqrt(self.values)
        return rows

    def _shown(self) -> str:
        return f"diagonal({shown(self.values)})"
