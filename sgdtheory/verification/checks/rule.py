"""Checks of any kernel of a rule g(x, r) = f(x) h(r): every function against its unevaluated expectation.

Derivatives of h are never taken: by parts, E h'(r) = E h(r) z / s and d/ds^2 E phi(r) = E phi(r) (z^2 - 1) / (2 s^2), r = m + s z.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any

import mpmath
import numpy as np

from sgdtheory import expressions
from sgdtheory.verification.checks import check
from sgdtheory.verification.checks.quadrature import agree, normal_mean, pair_mean

RULES = ("signsgd", "sgd", "clipped_sgd")

PARAMETERS: dict[str, tuple[dict[str, float], ...]] = {"x*Max(-c, Min(c, r))": ({"c": 1.0}, {"c": 0.3}, {"c": 2.5})}
"""Values of the parameters of an update text at which it is checked."""

MEANS = np.array([0.0, 0.0, 0.7, -1.2, 2.5, 0.1, -3.0, 0.9, 1e-3, -5.0])
STDS = np.array([1.0, 0.3, 0.5, 0.8, 1.1, 6.0, 0.4, 0.04, 1e-5, 0.7])
VARIANCES = np.array([0.09, 1.0, 2.3, 40.0])


class Rule:
    """f and h of an update text at given parameters, as functions of arrays, with their kinks."""

    def __init__(self, text: str, parameters: dict[str, float]) -> None:
        parsed = [expressions.parse(t) for t in expressions.parse(text).factor()]
        self._f, self._h = (e.numpy(**{k: v for k, v in parameters.items() if k in e.symbols}) for e in parsed)
        self.parameters = parameters
        threshold = parameters.get("c")
        self.kinks: tuple[float, ...] = (-threshold, threshold) if threshold else (0.0,) if "sign(r)" in text else ()

    def f(self, x: Any) -> Any:
        return self._f(x=np.asarray(x))

    def h(self, r: Any) -> Any:
        return self._h(r=np.asarray(r))

    def feature_mean(self, phi: Any, std: float = 1.0) -> float:
        """E phi(f(x), z), x = std z."""
        return normal_mean(lambda x, z: phi(self.f(x), z), 0.0, std, (0.0,))[0]

    def residual_mean(self, phi: Any, mean: float, std: float) -> tuple[float, float]:
        """E phi(h(r), z), r = mean + std z, and the mean of its size."""
        return normal_mean(lambda r, z: phi(self.h(r), z), mean, std, self.kinks)


def rules(kernel: ModuleType) -> Iterator[Rule]:
    """The kernel's rule at each set of parameters."""
    for parameters in PARAMETERS.get(kernel.UPDATE, ({},)):
        yield Rule(kernel.UPDATE, parameters)


def _averages(kernel: ModuleType, function: str, phi: Any, factor: Any, power: int) -> None:
    """kernel.function(m, s) = factor E phi(h(r), z) / s^power at every point, to the accuracy that cancellation leaves."""
    for rule in rules(kernel):
        scale = factor(rule)
        found = getattr(kernel, function)(MEANS, STDS, **rule.parameters)
        assert np.shape(found) == MEANS.shape, f"{function} does not broadcast"
        for mean, std, value in zip(MEANS, STDS, found, strict=True):
            expected, size = rule.residual_mean(phi, mean, std)
            unit = scale / std**power
            agree(value, expected * unit, f"{function}({mean}, {std}, {rule.parameters})", 1e-10, 1e-13 * size * abs(unit))


@check(RULES, "response")
def response_is_the_mean_of_h(kernel: ModuleType) -> None:
    """response(m, s) = E h(r), r ~ N(m, s^2)."""
    _averages(kernel, "response", lambda h, z: h, lambda rule: 1.0, 0)


@check(RULES, "drift_factor")
def drift_factor_is_the_mean_slope(kernel: ModuleType) -> None:
    """drift_factor(m, s) = E f'(Z) E h'(r), by parts."""
    _averages(kernel, "drift_factor", lambda h, z: h * z, lambda rule: rule.feature_mean(lambda f, z: f * z), 1)


@check(RULES, "noise_power")
def noise_power_is_the_mean_square(kernel: ModuleType) -> None:
    """noise_power(m, s) = E f(Z)^2 E h(r)^2."""
    _averages(kernel, "noise_power", lambda h, z: h * h, lambda rule: rule.feature_mean(lambda f, z: f * f), 0)


@check(RULES, "drift_slope")
def drift_slope_is_a_third_hermite_coefficient(kernel: ModuleType) -> None:
    """drift_slope = d drift_factor / d s^2 = E f'(Z) E h(r) (z^3 - 3z) / (2 s^3)."""
    _averages(kernel, "drift_slope", lambda h, z: h * (z**3 - 3.0 * z) / 2.0, lambda rule: rule.feature_mean(lambda f, z: f * z), 3)


@check(RULES, "noise_slope")
def noise_slope_is_a_second_hermite_coefficient(kernel: ModuleType) -> None:
    """noise_slope = d noise_power / d s^2 = E f(Z)^2 E h(r)^2 (z^2 - 1) / (2 s^2)."""
    _averages(kernel, "noise_slope", lambda h, z: h * h * (z * z - 1.0) / 2.0, lambda rule: rule.feature_mean(lambda f, z: f * f), 2)


@check(RULES, ("feature_slope", "feature_power", "kinks"))
def constants_of_the_feature(kernel: ModuleType) -> None:
    """feature_slope = E f'(Z), feature_power = E f(Z)^2, kinks = where h is not smooth."""
    for rule in rules(kernel):
        agree(kernel.feature_slope(**rule.parameters), rule.feature_mean(lambda f, z: f * z), "feature_slope")
        agree(kernel.feature_power(**rule.parameters), rule.feature_mean(lambda f, z: f * f), "feature_power")
        found = np.sort(np.asarray(kernel.kinks(**rule.parameters), dtype=np.float64))
        assert found.shape == (len(rule.kinks),), f"kinks {found}, in the text {rule.kinks}"
        agree(found, np.asarray(rule.kinks), "kinks")


@check(RULES, "preconditioner")
def preconditioner_is_the_mean_slope_of_f(kernel: ModuleType) -> None:
    """preconditioner(kappa) = E f'(sqrt(kappa) Z) / E f'(Z), by parts."""
    for rule in rules(kernel):
        unit = rule.feature_mean(lambda f, z: f * z)
        expected = [rule.feature_mean(lambda f, z: f * z, float(np.sqrt(k))) / np.sqrt(k) / unit for k in VARIANCES]
        agree(kernel.preconditioner(VARIANCES, **rule.parameters), expected, "preconditioner")


@check(RULES, "noise_shape")
def noise_shape_is_a_double_integral(kernel: ModuleType) -> None:
    """noise_shape(rho, k_i, k_j) = E f(x_i) f(x_j) / E f(Z)^2 over correlated normals; the variance on the diagonal."""
    rho = np.array([0.3, -0.8, 0.0, 0.9])
    left, right = np.array([1.0, 2.3, 0.5, 7.0]), np.array([1.0, 0.2, 3.0, 7.0])
    for rule in rules(kernel):
        unit = rule.feature_mean(lambda f, z: f * f)
        expected = [pair_mean(rule.f, rule.f, r, np.sqrt(a), np.sqrt(b)) / unit for r, a, b in zip(rho, left, right, strict=True)]
        agree(kernel.noise_shape(rho, left, right, **rule.parameters), expected, "noise_shape", 1e-9, 1e-12)
        same = [rule.feature_mean(lambda f, z: f * f, float(np.sqrt(k))) / unit for k in VARIANCES]
        agree(kernel.noise_shape(np.ones_like(VARIANCES), VARIANCES, VARIANCES, **rule.parameters), same, "noise_shape on the diagonal")


@check(RULES, ("drift_factor", "noise_power", "response", "drift_slope", "noise_slope"))
def extreme_arguments_stay_finite(kernel: ModuleType) -> None:
    """Over 24 decades of the standard deviation every function is finite, and drift and noise are not negative."""
    std = np.geomspace(1e-12, 1e12, 49)
    for rule in rules(kernel):
        for mean in (0.0, 1e-3, -2.0):
            for name in ("drift_factor", "noise_power", "response", "drift_slope", "noise_slope"):
                value = getattr(kernel, name)(mean, std, **rule.parameters)
                assert np.all(np.isfinite(value)), f"{name} is not finite at mean {mean}"
                assert name not in ("drift_factor", "noise_power") or np.all(np.asarray(value) >= 0.0), f"{name} < 0"


_AVERAGED: dict[str, tuple[Any, str, int]] = {
    "response": (lambda h, z: h, "one", 0),
    "drift_factor": (lambda h, z: h * z, "slope", 1),
    "noise_power": (lambda h, z: h * h, "power", 0),
    "drift_slope": (lambda h, z: h * (z**3 - 3 * z) / 2, "slope", 3),
    "noise_slope": (lambda h, z: h * h * (z * z - 1) / 2, "power", 2),
}


@check(RULES, tuple(_AVERAGED), cost=1)
def tails_keep_their_digits(kernel: ModuleType) -> None:
    """Where terms of a closed form cancel, against the integral at 50 digits, to a relative 1e-9."""
    for rule in rules(kernel):
        scale = {"one": 1.0, "slope": rule.feature_mean(lambda f, z: f * z), "power": rule.feature_mean(lambda f, z: f * f)}
        for mean, std in ((0.2, 2000.0), (-2500.0, 700.0), (-4.2, 0.5), (3.1, 0.2)):
            nodes = _precise_nodes(mean, std, rule.kinks)
            with mpmath.workdps(50):
                values = [(w, z, _clipped(r, rule)) for w, z, r in nodes]
            for name, (phi, factor, order) in _AVERAGED.items():
                with mpmath.workdps(50):
                    expected = float(sum(w * phi(h, z) for w, z, h in values) / mpmath.mpf(std) ** order)
                found = float(getattr(kernel, name)(mean, std, **rule.parameters))
                agree(found, expected * scale[factor], f"{name}({mean}, {std}, {rule.parameters})", 1e-9, 1e-45)


def _clipped(r: Any, rule: Rule) -> Any:
    """h(r) at high precision, from the kinks: none means r itself, one a sign, two a clip."""
    if not rule.kinks:
        return r
    return mpmath.sign(r) if len(rule.kinks) == 1 else max(rule.kinks[0], min(rule.kinks[1], r))


@cache
def _precise_nodes(mean: float, std: float, kinks: tuple[float, ...]) -> list[tuple[Any, Any, Any]]:
    """Weights, z and r = mean + std z at 50 digits, on panels between the kinks."""
    with mpmath.workdps(50):
        m, s = mpmath.mpf(mean), mpmath.mpf(std)
        inside = {(mpmath.mpf(k) - m) / s for k in kinks}
        edges = sorted({mpmath.mpf(k) for k in range(-18, 19, 3)} | {k for k in inside if abs(k) < 18})
        found = []
        for low, high in itertools.pairwise(edges):
            for x, w in _legendre():
                z = (low + high) / 2 + (high - low) / 2 * x
                found.append((w * (high - low) / 2 * mpmath.npdf(z), z, m + s * z))
        return found


@cache
def _legendre() -> list[tuple[Any, Any]]:
    from mpmath.calculus.quadrature import GaussLegendre

    with mpmath.workdps(50):
        return [(mpmath.mpf(x), mpmath.mpf(w)) for x, w in GaussLegendre(mpmath.mp).calc_nodes(5, mpmath.mp.prec)]
