"""Checks of the kernel of SGD: its exact second moments against Isserlis' theorem, index by index."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from sgdtheory.values import Array
from sgdtheory.verification.checks import (
    check,
    one_step,  # noqa: F401  (registers the simulation of one step)
    rule,  # noqa: F401  (registers what every rule is checked for)
)
from sgdtheory.verification.checks.quadrature import agree

RATES = np.array([0.4, 1.0, 2.5])
ERROR = np.array([0.7, -1.2, 0.5])


def isserlis(covariance: Array) -> Array:
    """E x_a x_b x_c x_d of a Gaussian vector."""
    k = covariance
    return np.einsum("ab,cd->abcd", k, k) + np.einsum("ac,bd->abcd", k, k) + np.einsum("ad,bc->abcd", k, k)


def second_moments(step: float, batch: int, noise: float) -> Array:
    """E (v - (step/B) sum_b x_b r_b)_j^2 after one step, straight from the update rule."""
    k = np.diag(RATES)
    single = np.einsum("jjik,i,k->j", isserlis(k), ERROR, ERROR) + RATES * noise
    mean = k @ ERROR
    return ERROR**2 - 2.0 * step * ERROR * mean + step**2 / batch * (single + (batch - 1) * mean**2)


@check("sgd", ("second_moment_factor", "second_moment_source"))
def second_moments_by_isserlis(kernel: ModuleType) -> None:
    """w_j' = factor_j w_j + source_j (sum_i lambda_i w_i + E eps^2) is one step of the update rule."""
    for step, batch, noise in ((0.1, 1, 0.3), (0.3, 1, 0.0), (0.2, 4, 1.7)):
        factor, source = kernel.second_moment_factor(step, RATES, batch), kernel.second_moment_source(step, RATES, batch)
        found = factor * ERROR**2 + source * (RATES @ ERROR**2 + noise)
        agree(found, second_moments(step, batch, noise), f"second moments at step {step}, batch {batch}")


@check("sgd", ("stability_term", "stationary_exact"))
def stationary_risk_of_the_recursion(kernel: ModuleType) -> None:
    """(E eps^2 / 2) H / (1 - H), H = sum of stability terms, is where the matrix of one step leaves the second moments."""
    for step, batch, noise in ((0.05, 1, 0.3), (0.1, 3, 1.7)):
        one = [second_moments_of(step, batch, 0.0, unit) for unit in np.eye(3)]
        forced = second_moments_of(step, batch, noise, np.zeros(3))
        fixed = np.linalg.solve(np.eye(3) - np.transpose(one), forced)
        total = np.sum(kernel.stability_term(step, RATES, batch))
        agree(kernel.stationary_exact(noise, total), 0.5 * RATES @ fixed, f"stationary risk at step {step}, batch {batch}")


@check("sgd", "stability_term")
def stability_term_is_marginal_where_the_recursion_is(kernel: ModuleType) -> None:
    """sum of stability terms = 1 exactly where the spectral radius of the recursion is 1."""
    for batch in (1, 5):
        low, high = 1e-3, 0.39
        for _ in range(60):
            step = 0.5 * (low + high)
            one = np.array([second_moments_of(step, batch, 0.0, unit) for unit in np.eye(3)])
            low, high = (step, high) if np.abs(np.linalg.eigvals(one)).max() < 1.0 else (low, step)
        if high < 0.39:
            agree(np.sum(kernel.stability_term(step, RATES, batch)), 1.0, f"H at the threshold, batch {batch}", 1e-9)


def second_moments_of(step: float, batch: int, noise: float, squares: Array) -> Array:
    """One step on second moments along the eigenvectors: signs of the errors are averaged, so only squares enter."""
    k = np.diag(RATES)
    fourth = isserlis(k)
    single = np.einsum("jjii,i->j", fourth, squares) + RATES * noise
    mean_square = RATES**2 * squares
    return squares - 2.0 * step * RATES * squares + step**2 / batch * (single + (batch - 1) * mean_square)


@check("sgd", "stationary_risk")
def stationary_risk_balances(kernel: ModuleType) -> None:
    """The fixed point of R = load (R + E eps^2/2), load = eta tr K/(2d), by iteration."""
    moment, load = 0.7, 0.4
    risk = 0.0
    for _ in range(200):
        risk = load * (risk + moment / 2.0)
    agree(kernel.stationary_risk(moment, load), risk, "stationary risk in high dimension")


@check("sgd", "fluctuation")
def fluctuation_balances_the_variance_of_a_step(kernel: ModuleType) -> None:
    """For K = 1: 2 (2 eta - eta^2) d Var R = Var(-eta r y + eta^2 r^2/2), y = <x, v>, r = y - eps, by Gauss-Hermite."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(12)
    weights = weights / weights.sum()
    for eta, risk_std, noise_std in ((0.6, 0.33, 0.5), (1.1, 0.9, 0.2)):
        y, eps = risk_std * nodes[:, None], noise_std * nodes[None, :]
        change = -eta * (y - eps) * y + eta**2 * (y - eps) ** 2 / 2.0
        mean = weights @ change @ weights
        variance = weights @ (change - mean) ** 2 @ weights
        agree(kernel.fluctuation(eta, risk_std, noise_std), variance / (2.0 * (2.0 * eta - eta**2)), "d Var R")
