"""The four effects of an update rule relative to SGD, as numbers."""

from __future__ import annotations

import numpy as np

from sgdtheory.algorithms.separable import SGD, SeparableUpdate
from sgdtheory.kernels import separable as common
from sgdtheory.problems.linear_regression import LinearRegression
from sgdtheory.questions.claim import HIGH_DIMENSION
from sgdtheory.questions.effects import Effects
from sgdtheory.registry import answer, cell
from sgdtheory.theories.separable.assumptions import check
from sgdtheory.theories.separable.curve import noise_shape
from sgdtheory.theories.separable.rule import constant, source
from sgdtheory.values import Array


@cell
def effects(problem: LinearRegression, algorithm: SeparableUpdate, *, risk: Array) -> Effects:
    """Each effect from its kernel; SGD's numbers come from SGD's own modes."""
    assumptions = check(problem, algorithm)
    eta, a, m = constant(algorithm), answer("drift_and_noise", problem, algorithm), answer("modes", problem, algorithm)
    plain = answer("modes", problem, SGD(eta))
    psi, nu = a.drift(risk), a.noise(risk)
    with np.errstate(invalid="ignore"):
        compression = common.compression(2.0 * risk + problem.noise.second_moment, psi, nu)
    lowest = int(np.argmin(risk))
    ratio = common.rate_ratio(compression[lowest], plain.condition_number, m.condition_number)
    k = problem.covariance
    shape = noise_shape(problem, algorithm)
    matrix = k.variances if k.is_diagonal else k.matrix()
    reshaping = _cost(matrix, shape) / _cost(matrix, matrix)
    return Effects(
        problem,
        algorithm,
        risk,
        eta * psi,
        compression,
        plain.condition_number,
        m.condition_number,
        reshaping,
        float(ratio),
        HIGH_DIMENSION,
        source(algorithm, "compression", "separable"),
        assumptions=assumptions,
    )


def _cost(covariance: Array, shape: Array) -> float:
    """Risk injected per unit of noise trace, tr(K Sigma) / tr Sigma, for full matrices or diagonals."""
    trace = shape.sum() if shape.ndim == 1 else np.trace(shape)
    return float(np.sum(covariance * shape) / trace)
