"""One step of the algorithm, simulated at small dimension against ``sgt.one_step``: exact theory, so nothing but chance is allowed."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from sgdtheory.algorithms.separable import SGD, ClippedSGD, SignSGD
from sgdtheory.problems import covariance, noise
from sgdtheory.problems.linear_regression import LinearRegression
from sgdtheory.questions.one_step import one_step
from sgdtheory.values import Array
from sgdtheory.verification import budget
from sgdtheory.verification.checks import check
from sgdtheory.verification.checks.rule import Rule

SAMPLES = 200_000
MATRIX = np.array([[1.0, 0.5, -0.3, 0.2], [0.5, 2.0, 0.4, 0.0], [-0.3, 0.4, 0.7, 0.1], [0.2, 0.0, 0.1, 1.4]])
ERROR = np.array([0.75, -0.6, 1.2, 0.45])

ALGORITHMS: dict[str, Any] = {"x*r": SGD(0.2), "sign(x)*sign(r)": SignSGD(0.2), "x*Max(-c, Min(c, r))": ClippedSGD(0.2, threshold=0.6)}
HEAVY = (noise.Cauchy(0.4), noise.StudentT(3.0, 0.5))
LAWS: dict[str, tuple[Any, ...]] = {
    "x*r": (noise.Gaussian(0.6), noise.Atoms([-0.7, 0.7]), noise.Uniform(1.0)),
    "sign(x)*sign(r)": (noise.Gaussian(0.6), *HEAVY, noise.Atoms([-0.4, 1.1], [0.7, 0.3])),
    "x*Max(-c, Min(c, r))": (noise.Gaussian(0.6), *HEAVY, noise.Atoms([-0.4, 1.1], [0.7, 0.3])),
}


def updates(problem: LinearRegression, algorithm: Any, seed: int, samples: int = SAMPLES) -> Array:
    """Directions u of one step, by the text of the update rule, shape (samples, d)."""
    rng = np.random.default_rng(seed)
    rule = Rule(algorithm.update, dict(algorithm.parameters))
    x = problem.covariance.sample(rng, samples)
    r = x @ problem.error - problem.noise.sample(rng, samples)
    return rule.f(x) * np.asarray(rule.h(r))[:, None]


def largest_z(problem: LinearRegression, algorithm: Any, seed: int) -> tuple[float, float, float]:
    """Largest |z| over the mean, the second moment and the change of risk; its limit; the standard error of the change over its size."""
    found = one_step(problem, algorithm)
    u = updates(problem, algorithm, seed)
    d = u.shape[1]
    above = np.triu_indices(d)
    products = u[:, above[0]] * u[:, above[1]]
    gamma = algorithm.learning_rate / problem.scale
    k = problem.covariance.matrix()
    change = -gamma * (u @ (k @ problem.error)) + 0.5 * gamma**2 * np.einsum("ni,ij,nj->n", u, k, u)
    columns = np.column_stack([u, products, change])
    expected = np.concatenate([found.mean, found.second_moment[above], [found.risk_change]])
    mean, error = columns.mean(axis=0), columns.std(axis=0) / np.sqrt(len(u))
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(np.abs(mean - expected) <= 1e-9 * (1.0 + np.abs(expected)), 0.0, np.abs(mean - expected) / error)
    from scipy.special import ndtri

    return float(z.max()), float(-ndtri(budget.EACH_CHECK / 2.0 / len(expected) / 4)), float(error[-1] / abs(expected[-1]))


@check(("signsgd", "sgd", "clipped_sgd"), ("response", "drift_factor", "noise_power", "noise_shape", "alignment_integrand"), cost=2)
def one_step_by_simulation(kernel: ModuleType) -> str:
    """E u, E u u' and E[R_1 - R_0] at d = 4, against 200000 simulated steps under each noise, by z-scores."""
    said = []
    for i, law in enumerate(LAWS[kernel.UPDATE]):
        problem = LinearRegression(covariance.dense(MATRIX), law, ERROR)
        z, limit, error = largest_z(problem, ALGORITHMS[kernel.UPDATE], seed=500 + i)
        if not z <= limit:
            raise AssertionError(f"{law!r}: largest |z| {z:.2f}, limit {limit:.2f}")
        if not limit * error <= 0.05:
            raise AssertionError(f"{law!r}: the change of risk is known to {limit * error:.1%} only")
        said.append(f"{type(law).__name__} {z:.2f}")
    return f"largest |z|: {', '.join(said)} (limit {limit:.2f})"
