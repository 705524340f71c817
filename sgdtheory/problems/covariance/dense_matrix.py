"""Any covariance matrix, given as an array."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sgdtheory.blas import one_thread
from sgdtheory.errors import invalid
from sgdtheory.problems.covariance.base import Covariance, positive, shown
from sgdtheory.problems.covariance.products import rows_times
from sgdtheory.values import Array, array, store

TOLERANCE = 1e-12
"""Asymmetry up to this fraction of the largest entry, and eigenvalues down to minus this fraction of the largest
eigenvalue, are taken for rounding."""


@dataclass(frozen=True, eq=False, repr=False)
class Dense(Covariance):
    """K as a symmetric positive semi-definite matrix of shape (d, d)."""

    entries: Array

    def __post_init__(self) -> None:
        given = array("matrix", self.entries, (None, None), lengths="dd")
        if given.shape[0] != given.shape[1]:
            raise invalid("matrix", f"array of shape {given.shape}", "square", "from_data(X) takes a data matrix")
        with np.errstate(over="ignore"):
            if not np.isfinite(np.abs(given).sum()):
                raise invalid("matrix", float(np.abs(given).max()), "a matrix whose entries have a finite sum",
                              "risks would overflow, measure the features in larger units")
        gap = np.abs(given - given.T)
        if gap.max() > TOLERANCE * np.abs(given).max():
            i, j = (int(n) for n in np.unravel_index(np.argmax(gap), gap.shape))
            raise invalid("matrix", float(given[i, j]),
                          f"symmetric (entry {(i, j)} differs from entry {(j, i)}, {given[j, i]:g})",
                          "(matrix + matrix.T) / 2 is")
        matrix = 0.5 * given + 0.5 * given.T
        positive("matrix", np.diagonal(matrix), "leave out coordinates that never vary: no algorithm can learn them",
                 on_diagonal=True)
        with one_thread():
            root = _root(matrix)
        store(self, entries=matrix, _variances=np.array(np.diagonal(matrix)), _root=root)
        for values in (matrix, self.variances, self.root):
            values.setflags(write=False)

    @property
    def d(self) -> int:
        return self.entries.shape[0]

    @property
    def variances(self) -> Array:
        return self.__dict__["_variances"]

    @property
    def root(self) -> Array:
        """A with K = A A': the Cholesky factor, or where K is singular eigenvectors times roots of eigenvalues."""
        return self.__dict__["_root"]

    def matrix(self) -> Array:
        return self.entries.copy()

    def matvec(self, v: Any) -> Array:
        return self._vector(v) @ self.entries

    def quadratic(self, v: Any) -> Array:
        v = self._vector(v)
        return np.maximum(np.sum(v @ self.entries * v, axis=-1), 0.0)

    def annihilates(self, v: Any) -> bool:
        v = self._vector(v)
        # what rounding may leave of a zero: eps d ||K|| ||v||^2, the norm bounded by the largest row sum
        largest = float(np.abs(self.entries).sum(axis=1).max())
        return not float(self.quadratic(v)) > np.finfo(float).eps * self.d * largest * float(np.sum(v * v))

    def _rows(self, rng: np.random.Generator, size: int) -> Array:
        return rows_times(rng.standard_normal((size, self.d)), self.root.T)

    def _shown(self) -> str:
        return f"dense({shown(self.entries)})"


def _root(matrix: Array) -> Array:
    try:
        return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(matrix)
        if values[0] < -TOLERANCE * values[-1]:
            raise invalid("matrix", f"array of shape {matrix.shape}",
                          f"positive semi-definite (its smallest eigenvalue is {values[0]:g})",
                          f"matrix + {-1.01 * values[0]:.3g} * I is, if that is an error of estimation") from None
        return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)), dtype=np.float64)
