"""The grid of noises and covariances that every separable rule is simulated on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sgdtheory.problems import covariance, noise
from sgdtheory.problems.linear_regression import LinearRegression
from sgdtheory.values import Array
from sgdtheory.verification.cases import Case

D = 300
HORIZON = 8.0
RUNS = 200
INITIAL_RISK = 4.0

NOISES: dict[str, Any] = {
    "Gaussian": noise.Gaussian(0.6),
    "Student t, 3 degrees": noise.StudentT(3.0, 0.5),
    "Student t, 6 degrees": noise.StudentT(6.0, 0.5),
    "Cauchy": noise.Cauchy(0.4),
    "Rademacher": noise.Atoms([-0.7, 0.7]),
}
"""Label noises by name."""


def _dense(d: int) -> Array:
    """A correlated covariance without structure: features mixed at random, standard deviations from 0.6 to 1.4."""
    mixed = np.random.default_rng(7).standard_normal((d, 2 * d))
    gram = mixed @ mixed.T
    std = np.linspace(0.6, 1.4, d)
    size = np.sqrt(np.diag(gram))
    return std[:, None] * gram * std / size[:, None] / size


def covariances(d: int) -> dict[str, Any]:
    """Covariances by name, all with unequal variances."""
    return {
        "diagonal": covariance.diagonal(np.geomspace(0.3, 3.0, d)),
        "AR(1)": covariance.ar1(d, 0.5, scales=np.linspace(0.6, 1.4, d)),
        "dense": covariance.dense(_dense(d)),
    }


def grid(algorithm: Any, noises: tuple[str, ...], seed: int, horizon: float = HORIZON, runs: Mapping[str, int] | int = RUNS) -> list[Case]:
    """One case for each noise and covariance."""
    found = []
    for k, name in enumerate(noises):
        for j, (shape, matrix) in enumerate(covariances(D).items()):
            size = runs if isinstance(runs, int) else runs.get(name, RUNS)
            error = np.sqrt(INITIAL_RISK) * LinearRegression(matrix).error
            problem = LinearRegression(matrix, NOISES[name], error)
            found.append(Case(f"{name}, {shape}", f"{name} noise, {shape} covariance, d = {D}", problem, algorithm, horizon, size, seed + 10 * k + j))
    return found
