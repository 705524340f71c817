"""Checks of the kernel of signSGD: one exact step, the sign of a batch mean, rest and fluctuations."""

from __future__ import annotations

import itertools
import math
from functools import partial
from types import ModuleType

import numpy as np

from sgdtheory.values import Array
from sgdtheory.verification.checks import (
    check,
    one_step,  # noqa: F401  (registers the simulation of one step)
    rule,  # noqa: F401  (registers what every rule is checked for)
)
from sgdtheory.verification.checks.quadrature import agree, half_line_mean, normal_mean, pair_mean, panels
from sgdtheory.verification.checks.separable import slope

RISK = np.array([0.02, 0.3, 1.0, 4.0])


def gaussian_drift(risk: Array | float, noise_std: float) -> Array | float:
    """psi for Gaussian noise, 2 sqrt(2/pi) times the density of the residual at zero."""
    return 2.0 * math.sqrt(2.0 / math.pi) / math.sqrt(2.0 * math.pi) / np.sqrt(2.0 * risk + noise_std**2)


@check("signsgd", ("one_step_integrand", "one_step_gaussian"), cost=1)
def one_step_is_a_double_integral(kernel: ModuleType) -> None:
    """The integral of one_step_integrand over 0 < q < rho is E sign(x) sign(r) over the joint law; arcsine form for a centred component."""
    for rho, mean, std, variance in ((0.4, 0.0, 1.2, 0.5), (-0.8, 0.7, 0.6, 0.2), (0.9, -1.5, 1.0, 1.3)):
        total = math.sqrt(std**2 + variance)
        expected = pair_mean(np.sign, np.sign, rho * std / total, 1.0, total, mean)
        q, w = panels(np.linspace(0.0, rho, 9))
        found = float(w @ kernel.one_step_integrand(q, mean, std, variance))
        agree(found, expected, f"one step at rho={rho}, mean {mean}", 1e-9)
        if mean == 0.0:
            agree(kernel.one_step_gaussian(rho, std, variance), expected, f"one step in closed form at rho={rho}", 1e-9)


@check("signsgd", "stationary_gaussian")
def stationary_gaussian_solves_the_balance(kernel: ModuleType) -> None:
    """R psi(R) = level at the risk returned, for Gaussian noise and without noise."""
    for level, noise_std in ((0.1, 0.7), (0.5, 0.1), (2.0, 3.0), (0.3, 1e-9)):
        risk = float(kernel.stationary_gaussian(level, noise_std))
        agree(risk * gaussian_drift(risk, noise_std), level, f"R psi(R) at level {level}")


@check("signsgd", ("compression_gaussian", "equivalent_noise"))
def effects_under_gaussian_noise(kernel: ModuleType) -> None:
    """Compression (2R + sigma^2) psi^2 is the same at every risk; Gaussian noise is its own equivalent."""
    for risk, std in ((0.02, 0.7), (1.0, 0.1), (4.0, 2.0)):
        psi = gaussian_drift(risk, std)
        agree(kernel.compression_gaussian(), (2.0 * risk + std**2) * psi**2, "compression")
        agree(kernel.equivalent_noise(risk, psi), std**2, "equivalent variance", 1e-9)


@check("signsgd", ("pull", "fluctuation"))
def fluctuations_balance_the_variance_of_a_step(kernel: ModuleType) -> None:
    """For K = 1: pull is minus the derivative of R', and 2 pull d Var R = eta^2 Var of <v, u>, u the signs of one step."""
    eta, noise_std, d = 0.6, 0.5, 40
    for risk in (0.1, 0.7):
        psi, bend = float(gaussian_drift(risk, noise_std)), slope(lambda r: gaussian_drift(r, noise_std), risk)
        pull = -slope(lambda r: -2.0 * eta * gaussian_drift(r, noise_std) * r + eta**2 / 2.0, risk)
        agree(kernel.pull(eta, risk, psi, bend), pull, "pull", 1e-7)
        v = np.full(d, math.sqrt(2.0 * risk / d))
        second = np.eye(d)
        mean = psi * v
        variance = eta**2 * float(v @ (second - np.outer(mean, mean)) @ v)
        agree(kernel.fluctuation(eta, risk, psi, bend), variance / (2.0 * pull), "d Var R", 1e-7)


@check("signsgd", "square_transform")
def square_transform_is_a_gaussian_average(kernel: ModuleType) -> None:
    """square_transform(w, m, s) = E exp(-w^2 r^2), r ~ N(m, s^2)."""
    for w, mean, std in ((0.3, 0.0, 1.0), (1.7, 0.6, 0.4), (2.2, -1.1, 0.9)):
        expected = normal_mean(partial(_bell, w), mean, std)[0]
        agree(kernel.square_transform(w, mean, std), expected, f"square_transform({w}, {mean}, {std})")


def _bell(w: float, r: Array, z: Array) -> Array:
    return np.asarray(np.exp(-((w * r) ** 2)))


def _chi(batch: int, n: Array) -> Array:
    """The density of the norm of a batch of standard normals."""
    return np.asarray(np.exp((batch - 1.0) * np.log(n) - n * n / 2.0 - (batch / 2.0 - 1.0) * math.log(2.0) - math.lgamma(batch / 2.0)))


@check("signsgd", ("batch_factor", "batch_gaussian", "square_transform"))
def batch_drift_is_a_mean_inverse_norm(kernel: ModuleType) -> None:
    """psi_B = sqrt(2/pi) (B - 1) E 1/|r|, |r| chi distributed for Gaussian residuals: closed form, and factor times transform."""
    for batch, std in itertools.product((2, 3, 8, 40), (0.5, 1.3)):
        density, transform = partial(_chi, batch), partial(kernel.square_transform, mean=0.0, std=std)
        expected = math.sqrt(2.0 / math.pi) * (batch - 1) / std * half_line_mean(lambda n, density=density: density(n) / n)  # type: ignore[misc]
        agree(kernel.batch_gaussian(batch, std), expected, f"batch_gaussian({batch}, {std})", 1e-9)
        integral = half_line_mean(lambda w, transform=transform, batch=batch: transform(w) ** batch)  # type: ignore[misc]
        agree(kernel.batch_factor(batch) * integral, expected, f"batch_factor({batch})", 1e-6)


@check("signsgd", "batch_integrand")
def batch_step_is_a_mean_sign(kernel: ModuleType) -> None:
    """The integral of batch_integrand over 0 < u < q is E sign(sum_b x_b r_b), from the law of the sum given |r|."""
    for batch, q in ((1, 0.5), (2, -0.3), (5, 0.7)):
        given, density = partial(_mean_sign, q), partial(_chi, batch)
        expected = half_line_mean(lambda n, given=given, density=density: given(n) * density(n))  # type: ignore[misc]
        u, w = panels(np.linspace(0.0, q, 9))
        agree(float(w @ kernel.batch_integrand(u, batch)), expected, f"batch of {batch}, correlation {q}", 1e-9)


def _mean_sign(q: float, norm: Array) -> Array:
    """E sign of a normal variable of mean q |r| and variance 1 - q^2."""
    from scipy.special import erf

    return np.asarray(erf(q * norm / math.sqrt(2.0 * (1.0 - q * q))))
