"""How far rows are from what the theory assumes: Gaussian features, label noise that does not depend on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sgdtheory.algorithms.separable import SeparableUpdate
from sgdtheory.simulation.rows import Rows
from sgdtheory.simulation.rules import Separable
from sgdtheory.values import Array
from sgdtheory.verification.data.model import Model


@dataclass(frozen=True)
class Facts:
    """Four numbers of the rows, each zero (or the Gaussian value beside it) under the theory's assumptions.

    Attributes
    ----------
    prediction_kurtosis : float
        Excess kurtosis of <x, v> at the start.
    feature_kurtosis : float
        Median over the features of their excess kurtosis.
    sign_bias : float
        Root mean square over the features of E sign(x_i): a Gaussian feature is above its mean half of the time.
    norm_spread, gaussian_norm_spread : float
        Standard deviation of ||x||^2 over its mean; and the same for Gaussian features with this covariance.
    residual_dependence : float
        E[eps^2 ||x||^2] / (E eps^2 E ||x||^2) - 1: by how much rows with long feature vectors have larger residuals.
    residual_kurtosis : float
        Excess kurtosis of the residuals (not an assumption: the theory takes their law as it is).
    """

    prediction_kurtosis: float
    feature_kurtosis: float
    sign_bias: float
    norm_spread: float
    gaussian_norm_spread: float
    residual_dependence: float
    residual_kurtosis: float

    @classmethod
    def of(cls, model: Model) -> Facts:
        """The facts of a data set."""
        x, eps = model.rows.features, model.rows.residuals
        lengths = np.einsum("ij,ij->i", x, x)
        k = model.problem.covariance.matrix()
        power = float(np.mean(eps**2))
        return cls(
            prediction_kurtosis=float(_excess(x @ model.problem.error)),
            feature_kurtosis=float(np.median(_excess(x))),
            sign_bias=float(np.sqrt(np.mean(np.mean(np.sign(x), axis=0) ** 2))),
            norm_spread=float(lengths.std() / lengths.mean()),
            gaussian_norm_spread=float(np.sqrt(2.0) * np.linalg.norm(k) / np.trace(k)),
            residual_dependence=float(np.mean(eps**2 * lengths) / (power * lengths.mean()) - 1.0) if power else 0.0,
            residual_kurtosis=float(_excess(eps)) if power > 0.0 else 0.0,
        )


def pull(model: Model, rows: Rows, algorithm: SeparableUpdate) -> float:
    """Norm of the algorithm's mean update over the rows at theta_star, relative to that at the start."""
    x, eps = rows.features, rows.residuals
    step = Separable().prepare(model.problem, algorithm)
    features = step.features(x[None])
    ends = [np.linalg.norm(step.direction(features, r[None])) for r in (-eps, x @ model.problem.error - eps)]
    return float(ends[0] / ends[1]) if ends[1] > 0.0 else 0.0


def _excess(values: Array) -> Array:
    """Excess kurtosis along the first axis."""
    centred = values - values.mean(axis=0)
    return np.mean(centred**4, axis=0) / np.mean(centred**2, axis=0) ** 2 - 3.0
