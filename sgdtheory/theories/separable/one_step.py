"""One step at finite dimension, with no limit taken."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from sgdtheory.algorithms.separable import SeparableUpdate
from sgdtheory.errors import NotConverged, OutsideTheory, invalid
from sgdtheory.kernels import separable as common
from sgdtheory.problems.linear_regression import LinearRegression
from sgdtheory.questions.claim import NumericalError
from sgdtheory.questions.one_step import OneStep
from sgdtheory.registry import answer, cell
from sgdtheory.theories.separable.assumptions import linear_feature, require_noise_power
from sgdtheory.theories.separable.rule import kernel, source
from sgdtheory.values import Array

LARGEST_DIMENSION = 32
"""Most features for which the second moment of a rule with nonlinear f is integrated, pair by pair."""

RTOL = 1e-9
"""Two quadratures that differ by more than this are not believed."""


@cell
def one_step(problem: LinearRegression, algorithm: SeparableUpdate, *, error: Array) -> OneStep:
    """In closed form where f is linear, else by quadrature over the features, given which the residual is Gaussian."""
    assumptions = (require_noise_power(problem, algorithm),)
    power = float(problem.covariance.quadratic(error))
    if not power > 0.0:
        raise invalid("error", error, "a vector with risk > 0, outside the kernel of K", kind=OutsideTheory)
    mean, single = (_linear if linear_feature(algorithm) else _integrated)(problem, algorithm, error, power)
    second = common.batch_second_moment(single, mean[:, None] * mean[None, :], algorithm.batch_size)
    accuracy = NumericalError(1e-12 if linear_feature(algorithm) else RTOL, "estimated")
    k = problem.covariance
    step = algorithm.learning_rate_at(0.0) / problem.scale
    change = common.risk_change(step, float(k.matvec(error) @ mean), float(np.sum(k.matrix() * second)))
    return OneStep(problem, algorithm, mean, second, float(change), accuracy, source(algorithm, "risk_change", "separable"), assumptions=assumptions)


def _linear(problem: LinearRegression, algorithm: SeparableUpdate, error: Array, power: float) -> tuple[Array, Array]:
    a, batch, risk = answer("drift_and_noise", problem, algorithm), algorithm.batch_size, np.array([power / 2.0])
    direction = problem.covariance.matvec(error)
    nu, slope = float(a.noise(risk)[0]) * batch, float(a.noise_slope(risk)[0]) * batch / 2.0
    single = common.linear_feature_moment(problem.covariance.matrix(), direction[:, None] * direction[None, :], nu, slope)
    return float(a.drift(risk)[0]) * direction, single


def _integrated(problem: LinearRegression, algorithm: SeparableUpdate, error: Array, power: float) -> tuple[Array, Array]:
    d = problem.scale
    if d > LARGEST_DIMENSION:
        raise invalid(
            "covariance",
            problem.covariance,
            f"of dimension d <= {LARGEST_DIMENSION} for the one-step moments of a rule with nonlinear f",
            "the rules x*h(r) and sign(x)*sign(r) have no such limit",
            OutsideTheory,
        )
    coarse, fine = (_moments(problem, algorithm, error, power, count) for count in (40, 56))
    for rough, value in zip(coarse, fine, strict=True):
        if not np.allclose(rough, value, rtol=RTOL, atol=RTOL * float(np.abs(value).max())):
            raise NotConverged(
                f"the one-step moments of {algorithm!r} are not reached by quadrature at these correlations; simulate the step instead"
            )
    return fine


def _moments(problem: LinearRegression, algorithm: SeparableUpdate, error: Array, power: float, count: int) -> tuple[Array, Array]:
    from sgdtheory import expressions

    k, module, std = problem.covariance, kernel(algorithm), np.sqrt(power)
    scales = np.sqrt(k.variances)
    c = k.correlation()
    rho = k.matvec(error) / (scales * std)
    parsed = expressions.parse(expressions.parse(algorithm.update).factor()[0])
    f = parsed.numpy(**{n: v for n, v in algorithm.parameters.items() if n in parsed.symbols})
    z, w = _half_normal_nodes(count)
    response, square = (partial(_averaged, partial(fn, **algorithm.parameters), problem) for fn in (module.response, module.noise_power))
    scale = 1.0 / module.feature_power(**algorithm.parameters)
    mean, second = np.empty(k.d), np.empty((k.d, k.d))
    for i in range(k.d):
        rest = np.sqrt(max(0.0, 1.0 - rho[i] ** 2)) * std
        fi = np.asarray(f(x=scales[i] * z))
        mean[i] = np.sum(w * fi * response(rho[i] * std * z, rest))
        second[i, i] = scale * np.sum(w * fi**2 * square(rho[i] * std * z, rest))
        for j in range(i):
            det = 1.0 - c[i, j] ** 2
            bi, bj = (rho[i] - c[i, j] * rho[j]) / det, (rho[j] - c[i, j] * rho[i]) / det
            left = max(0.0, 1.0 - bi * rho[i] - bj * rho[j])
            zi, zj = z[:, None], z[None, :]
            density = np.exp(-(c[i, j] ** 2 * (zi**2 + zj**2) - 2.0 * c[i, j] * zi * zj) / (2.0 * det)) / np.sqrt(det)
            value = square(std * (bi * zi + bj * zj), std * np.sqrt(left))
            second[i, j] = second[j, i] = scale * np.sum(
                w[:, None] * w[None, :] * density * fi[:, None] * np.asarray(f(x=scales[j] * z))[None, :] * value
            )
    return mean, second


def _averaged(function: Any, problem: LinearRegression, mean: Array, std: float) -> Array:
    shape = np.shape(mean)
    return problem.noise.average(lambda m, s: function(np.reshape(mean, (*shape, 1)) - m, s), np.full(shape, max(std, 1e-300)))


def _half_normal_nodes(count: int) -> tuple[Array, Array]:
    """Nodes and weights for the standard normal law, split at 0 where f may have a kink."""
    from sgdtheory import special

    x, w = np.polynomial.legendre.leggauss(count)
    half, weight = 4.5 * (x + 1.0), 4.5 * w * special.normal_pdf(4.5 * (x + 1.0))
    return np.concatenate([-half[::-1], half]), np.concatenate([weight[::-1], weight])
