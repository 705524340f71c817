"""The rows of a data set in the place of the Gaussian model: the real algorithm on real features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sgdtheory.blas import one_thread
from sgdtheory.errors import invalid
from sgdtheory.problems import noise
from sgdtheory.problems.covariance import from_data
from sgdtheory.problems.linear_regression import LinearRegression
from sgdtheory.simulation.sources import Resampled
from sgdtheory.values import Array, Frozen, array, store


@dataclass(frozen=True, eq=False)
class Rows(Frozen):
    """Centred rows x, the least squares solution theta*, and the residuals eps = y - <x, theta*>.

    Made by ``Rows.fit(X, y)``. ``rows.problem()`` is the Gaussian model with the same covariance and the residuals as
    its noise law; ``sgt.simulate(rows.problem(), algorithm, horizon, rows=rows)`` runs the algorithm on the rows
    themselves, drawn with replacement, each with its own residual. The risk is (1/2) v'Kv with K = X'X/n of the centred
    rows, v = theta - theta*.

    Attributes
    ----------
    features : ndarray of shape (n, d)
    residuals : ndarray of shape (n,)
    solution : ndarray of shape (d,)
        theta*, of least norm where several solve the least squares problem.

    Examples
    --------
    >>> import numpy as np, sgdtheory as sgt
    >>> from sgdtheory.simulation import Rows
    >>> rng = np.random.default_rng(0)
    >>> X = rng.laplace(size=(300, 20))
    >>> rows = Rows.fit(X, X @ np.ones(20) + rng.standard_t(3, size=300))
    >>> runs = sgt.simulate(rows.problem(), sgt.SignSGD(0.5), horizon=4.0, runs=4, rng=0, rows=rows)
    >>> bool(runs.mean[-1] < runs.mean[0])
    True
    """

    features: Array
    residuals: Array
    solution: Array

    @classmethod
    def fit(cls, X: Any, y: Any) -> Rows:
        """Centre features and targets and solve the least squares problem.

        Parameters
        ----------
        X : array_like of shape (n, d)
            At least two rows, finite, no constant column.
        y : array_like of shape (n,)
        """
        K = from_data(X)
        X = np.asarray(X, dtype=np.float64)
        y = array("y", y, (X.shape[0],), instead=f"X has {X.shape[0]} rows")
        features, targets = X - X.mean(axis=0), y - y.mean()
        with one_thread():
            solution = np.linalg.lstsq(features, targets, rcond=None)[0]
            made = cls(features, targets - features @ solution, solution)
        store(made, _covariance=K)
        return made

    def __post_init__(self) -> None:
        features = array("features", self.features, (None, None))
        n, d = features.shape
        store(self, features=features, residuals=array("residuals", self.residuals, (n,)),
              solution=array("solution", self.solution, (d,)))

    def problem(self, initial: Any = None) -> LinearRegression:
        """The Gaussian model of these rows: their covariance, their residuals' law, theta_0 = ``initial`` or zero."""
        covariance = self.__dict__.get("_covariance") or from_data(self.features)
        start = np.zeros_like(self.solution) if initial is None else array("initial", initial, self.solution.shape)
        return LinearRegression(covariance, noise.Atoms(self.residuals), start - self.solution)

    def source(self, problem: LinearRegression) -> Resampled:
        """What the simulator draws from, checked against the problem."""
        wanted, variances = problem.covariance.variances, np.mean(self.features**2, axis=0)
        if variances.shape != wanted.shape or not np.allclose(variances, wanted, rtol=1e-8, atol=0.0):
            raise invalid("rows", self, "rows with the variances of the problem", "use rows.problem() as the problem")
        return Resampled(self.features, self.residuals)

    def __repr__(self) -> str:
        n, d = self.features.shape
        return f"Rows(<{n} x {d} numbers>)"
