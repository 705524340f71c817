"""Checks of what every separable rule shares, against the equation it is a reduction of.

That equation is the one of the second moments W = E v v' of the homogenised process,
W' = -eta psi (P K W + W K P) + (eta^2 nu / d) Sigma, in matrices, with no eigenvectors; the risk is R = tr(K W)/2.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from sgdtheory.values import Array
from sgdtheory.verification.checks import check
from sgdtheory.verification.checks.quadrature import agree, normal_mean


@dataclass(frozen=True)
class Flow:
    """The matrix equation at drawn matrices, and its eigenvectors w_j = P^(-1/2) q_j."""

    covariance: Array
    preconditioner: Array
    shape: Array
    rates: Array
    vectors: Array
    eta: float = 0.7

    @property
    def d(self) -> int:
        return len(self.rates)

    @property
    def weights(self) -> Array:
        return np.einsum("ij,ik,kj->j", self.vectors, self.shape, self.vectors)

    def change(self, second: Array, drift: float, noise: float) -> Array:
        """W' at W."""
        fall = self.preconditioner[:, None] * (self.covariance @ second)
        return -self.eta * drift * (fall + fall.T) + self.eta**2 * noise / self.d * self.shape

    def mode(self, second: Array) -> Array:
        """lambda_j w_j' W w_j / 2."""
        return self.rates / 2.0 * np.einsum("ij,ik,kj->j", self.vectors, second, self.vectors)


@cache
def flow(d: int = 5) -> Flow:
    """Matrices with nothing special about them."""
    rng = np.random.default_rng(11)
    a, b = rng.standard_normal((2, d, d))
    covariance, shape = a @ a.T / d + 0.2 * np.eye(d), b @ b.T / d + 0.1 * np.eye(d)
    p = rng.uniform(0.5, 2.0, d)
    rates, q = np.linalg.eigh(np.sqrt(p)[:, None] * covariance * np.sqrt(p))
    return Flow(covariance, p, shape, rates, q / np.sqrt(p)[:, None])


def psi(risk: Any) -> Any:
    """Some drift factor."""
    return 1.0 / np.sqrt(0.3 + risk)


def nu(risk: Any) -> Any:
    """Some noise power."""
    return 0.4 + 0.6 * risk / (1.0 + risk)


def slope(function: Any, at: float) -> float:
    """A derivative by central differences of the fourth order."""
    h = 1e-3
    return float((8.0 * (function(at + h) - function(at - h)) - function(at + 2 * h) + function(at - 2 * h)) / (12.0 * h))


@check("separable", ("mode_risk", "decay", "forcing"))
def modes_move_as_the_matrix_equation(kernel: ModuleType) -> None:
    """sum_j r_j = v'Kv/2, and each mode's decay and forcing are those of W' along w_j."""
    f = flow()
    v = np.linspace(-1.0, 1.7, f.d)
    r = kernel.mode_risk(f.rates, f.vectors.T @ v)
    agree(r.sum(), 0.5 * v @ f.covariance @ v, "sum of mode risks")
    drift, noise = 0.8, 1.9
    found = -kernel.decay(f.eta, f.rates, drift) * r + f.eta**2 * noise * kernel.forcing(f.rates, f.weights, f.d)
    agree(found, f.mode(f.change(np.outer(v, v), drift, noise)), "rate of change of each mode", 1e-9, 1e-12)


@check("separable", ("stationary_level", "stationary_mode"))
def stationary_state_solves_the_lyapunov_equation(kernel: ModuleType) -> None:
    """R = level nu / psi and each mode, where W solves the Lyapunov equation."""
    f = flow()
    drift, noise = 0.8, 1.9
    drag = np.eye(f.d)
    a = f.eta * drift * f.preconditioner[:, None] * f.covariance
    system = np.kron(a, drag) + np.kron(drag, a)
    second = np.asarray(np.linalg.solve(system, (f.eta**2 * noise / f.d * f.shape).ravel())).reshape(f.d, f.d)
    risk = 0.5 * float(np.trace(f.covariance @ second))
    agree(kernel.stationary_level(f.eta, f.weights.sum(), f.d) * noise / drift, risk, "stationary risk")
    agree(kernel.stationary_mode(f.eta, f.weights, f.d, drift, noise), f.mode(np.asarray(second)), "stationary modes", 1e-9)


@check("separable", ("coupling", "decay"))
def jacobian_is_the_derivative(kernel: ModuleType) -> None:
    """diag(-decay) + coupling 1' is the derivative of the modes' equation at its fixed point."""
    f = flow()
    force = f.rates * f.weights / (2.0 * f.d)
    low, high = 1e-6, 1e6
    level = f.eta * f.weights.sum() / (4.0 * f.d)
    for _ in range(200):
        risk = np.sqrt(low * high)
        low, high = (risk, high) if risk * psi(risk) < level * nu(risk) else (low, risk)
    fixed = f.eta * f.weights * nu(risk) / (4.0 * f.d * psi(risk))

    def motion(r: Array) -> Array:
        return -2.0 * f.eta * psi(r.sum()) * f.rates * r + f.eta**2 * nu(r.sum()) * force

    columns = [slope(lambda t, k=k, i=i: motion(fixed + t * np.eye(f.d)[k])[i], 0.0) for i in range(f.d) for k in range(f.d)]
    coupling = kernel.coupling(f.eta, f.rates, f.weights, f.d, psi(risk), slope(psi, risk), nu(risk), slope(nu, risk))
    found = np.diag(-kernel.decay(f.eta, f.rates, psi(risk))) + np.asarray(coupling)[:, None]
    agree(found, np.reshape(columns, (f.d, f.d)), "Jacobian", 1e-8, 1e-9)


@check("separable", ("greedy_rate", "greedy_fall"))
def greedy_rate_falls_fastest(kernel: ModuleType) -> None:
    """The greedy learning rate minimises R', a parabola in eta through three values of tr(K W')/2, at the greedy fall."""
    f = flow()
    v = np.linspace(-1.0, 1.7, f.d)
    second, drift, noise = np.outer(v, v), 0.8, 1.9
    fall = []
    for eta in (0.5, 1.0, 1.5):
        here = Flow(f.covariance, f.preconditioner, f.shape, f.rates, f.vectors, eta)
        fall.append(0.5 * np.trace(f.covariance @ here.change(second, drift, noise)))
    curvature, lean = fall[0] - 2.0 * fall[1] + fall[2], (fall[2] - fall[0]) / 2.0
    best = 1.0 - 0.5 * lean / curvature
    modes = f.mode(second)
    forced = 0.5 * np.trace(f.covariance @ f.shape) / f.d
    lowest = fall[1] - lean**2 / (2.0 * curvature)
    agree(kernel.greedy_rate(drift, noise, float(f.rates @ modes), forced), best, "greedy learning rate", 1e-9)
    agree(kernel.greedy_fall(drift, noise, float(f.rates @ modes), forced), lowest, "fall of the risk there", 1e-9)


@check("separable", ("risk_change",))
def risk_change_is_an_average(kernel: ModuleType) -> None:
    """E R(v - gamma u) - R(v) over a law of u with four atoms."""
    k = flow().covariance
    rng = np.random.default_rng(5)
    atoms, p, v, gamma = rng.standard_normal((4, 5)), np.array([0.1, 0.2, 0.3, 0.4]), np.arange(1.0, 6.0), 0.3

    def risk(w: Array) -> float:
        return 0.5 * float(w @ k @ w)

    expected = sum(q * (risk(v - gamma * u) - risk(v)) for q, u in zip(p, atoms, strict=True))
    second = sum(q * np.outer(u, u) for q, u in zip(p, atoms, strict=True))
    agree(kernel.risk_change(gamma, float((k @ v) @ (p @ atoms)), float(np.trace(k @ second))), expected, "change of risk")


@check("separable", ("batch_second_moment", "batch_noise"))
def batches_by_enumeration(kernel: ModuleType) -> None:
    """E u_i u_j of a mean over B draws, by enumerating all draws; where the mean is 0 it is the single one over B."""
    atoms, p = np.array([[1.0, -0.5], [-2.0, 0.3], [0.4, 2.0]]), np.array([0.5, 0.2, 0.3])
    for shift in (0.0, 1.0):
        values = atoms - (1.0 - shift) * (p @ atoms)
        mean, single = p @ values, np.einsum("k,ki,kj->ij", p, values, values)
        for batch in (1, 2, 4):
            expected = np.zeros((2, 2))
            for draw in itertools.product(range(3), repeat=batch):
                u = values[list(draw)].mean(axis=0)
                expected += np.prod(p[list(draw)]) * np.outer(u, u)
            agree(kernel.batch_second_moment(single, np.outer(mean, mean), batch), expected, f"batch of {batch}", 1e-10, 1e-13)
            if shift == 0.0:
                agree(kernel.batch_noise(single, batch), expected, f"noise of a batch of {batch}", 1e-10, 1e-13)


@check("separable", "compression")
def compression_compares_with_sgd(kernel: ModuleType) -> None:
    """Noise of SGD at the learning rate of equal drift, (eta psi)^2 (2R + E eps^2), over the rule's, eta^2 nu."""
    eta, drift, noise, power = 0.7, 0.8, 1.9, 2.3
    agree(kernel.compression(power, drift, noise), (eta * drift) ** 2 * power / (eta**2 * noise), "compression")


@check("separable", "linear_feature_moment")
def linear_features_given_the_residual(kernel: ModuleType) -> None:
    """E x_i x_j h(r)^2 with x averaged given <x, v>, for a smooth h and a shifted residual."""
    k = flow().covariance
    v = np.linspace(-1.0, 1.7, 5)
    product, s2 = k @ v, float(v @ k @ v)
    s, shift = np.sqrt(s2), 0.4

    def square(r: Array) -> Array:
        return np.tanh(r - shift) ** 2

    power = normal_mean(lambda r, z: square(r), 0.0, s)[0]
    bend = normal_mean(lambda r, z: square(r) * (z * z - 1.0) / (2.0 * s2), 0.0, s)[0]
    along = normal_mean(lambda r, z: square(r) * z * z, 0.0, s)[0]
    outer = np.outer(product, product)
    expected = (k - outer / s2) * power + outer / s2 * along
    agree(kernel.linear_feature_moment(k, outer, power, bend), expected, "E x_i x_j h(r)^2", 1e-9, 1e-12)


@check("separable", "rate_ratio")
def rate_ratio_at_equal_stationary_risk(kernel: ModuleType) -> None:
    """Slowest rate over SGD's when both learning rates give the same stationary risk, both from the matrix equation."""
    f = flow()
    drift, noise, power, d = 0.8, 1.9, 2.3, f.d

    def slowest(p: Array, shape: Array, drift: float, noise: float) -> tuple[float, float]:
        a = p[:, None] * f.covariance
        moved = np.kron(a, np.eye(d)) + np.kron(np.eye(d), a)
        unit = 0.5 * np.trace(f.covariance @ np.linalg.solve(moved, shape.ravel()).reshape(d, d)) * noise / (d * drift)
        slow = float(np.linalg.eigvals(a).real.min())
        return 2.0 * drift * slow / unit, float(np.trace(shape / p[:, None])) / d / slow

    rule, after = slowest(f.preconditioner, f.shape, drift, noise)
    plain, before = slowest(np.ones(d), f.covariance, 1.0, power)
    agree(kernel.rate_ratio(drift**2 * power / noise, before, after), rule / plain, "ratio of rates", 1e-9)


@check("separable", "conditional_std")
def conditional_std_of_the_residual(kernel: ModuleType) -> None:
    """Standard deviation of a normal variable given another of correlation rho, from their covariance matrix."""
    for std, rho in ((1.0, 0.3), (2.5, -0.9), (0.4, 0.0)):
        joint = np.array([[std**2, rho * std], [rho * std, 1.0]])
        agree(kernel.conditional_std(std, rho), np.sqrt(1.0 / np.linalg.inv(joint)[0, 0]), "conditional_std")
