"""Second moments of one step v -> v - gamma u, and the system of modes that a separable update leads to.

The functions add steps to a derivation. Matrices are held at dimension 2: K = P^(-1/2) S P^(-1/2), where S is a rotation by an
angle of diag(lambda_1, lambda_2) and P is diagonal, is every positive definite K, so an identity in these symbols is no example.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from sgdtheory.derive.canonical import canonical
from sgdtheory.derive.language import Derivation
from sgdtheory.derive.routes import DerivativeIn


@dataclass(frozen=True)
class Plane:
    """Matrices and vectors at dimension 2, entry by entry."""

    covariance: sp.Matrix
    preconditioner: sp.Matrix
    rates: tuple[sp.Symbol, sp.Symbol]
    vectors: tuple[sp.Matrix, sp.Matrix]
    error: sp.Matrix
    shape: sp.Matrix


def plane(D: Derivation) -> Plane:
    """K, P, their modes w_j = P^(-1/2) q_j, the error v and the noise shape Sigma, in declared symbols."""
    first, second = (
        D.symbol(f"lambda_{j}", "positive", f"eigenvalue {j} of P^(1/2) K P^(1/2)", latex=rf"\lambda_{j}")
        for j in (1, 2)
    )
    p = [D.symbol(f"p_{j}", "positive", f"entry {j} of the diagonal of P", latex=f"p_{j}") for j in (1, 2)]
    angle = D.symbol("phi", "(0, pi)", "angle of the eigenvectors of P^(1/2) K P^(1/2)", latex=r"\varphi")
    v = sp.Matrix(
        [D.symbol(f"v_{j}", "real", f"entry {j} of the error theta - theta*", latex=f"v_{j}") for j in (1, 2)]
    )
    a, b, c = (
        D.symbol(n, "real", f"entry {n[1:]} of the noise shape Sigma", latex=rf"\Sigma_{{{n[1:]}}}")
        for n in ("S11", "S12", "S22")
    )
    turn = sp.Matrix([[sp.cos(angle), -sp.sin(angle)], [sp.sin(angle), sp.cos(angle)]])
    half = sp.diag(1 / sp.sqrt(p[0]), 1 / sp.sqrt(p[1]))
    covariance = half * turn * sp.diag(first, second) * turn.T * half
    return Plane(
        covariance, sp.diag(*p), (first, second), (half * turn[:, 0], half * turn[:, 1]), v, sp.Matrix([[a, b], [b, c]])
    )


def scalar(matrix: Any) -> Any:
    """The entry of a 1 x 1 matrix."""
    return canonical(matrix[0, 0])


def one_step(D: Derivation) -> None:
    """The risk after one step: a parabola in the step, with first and second moments of the update as coefficients."""
    t = D.symbol("tau", "positive", "part of the step already taken", latex=r"\tau")
    gamma = D.symbol("gamma", "positive", "raw step", latex=r"\gamma")
    along = D.symbol("along", "real", "(Kv)'E u for the update u", latex=r"A")
    trace = D.symbol("trace", "positive", "tr(K E u u')", latex=r"T")
    chance = D.symbol("chance", "(0, 1)", "probability of the first of two values of the update", latex="p")
    D.definition(
        "slope_along_step",
        -along + t * trace,
        label="d E R(v - tau u)/d tau",
        because="the risk is a quadratic form of the error",
    )
    at = plane(D)
    u = [
        sp.Matrix([D.symbol(f"u_{a}{j}", "real", f"entry {j} of the update's value {a}") for j in (1, 2)])
        for a in ("a", "b")
    ]
    weights = (chance, 1 - chance)

    def risk(x: sp.Matrix) -> Any:
        return (x.T * at.covariance * x)[0, 0] / 2

    moved = sp.Add(
        *(w * sp.Derivative(risk(at.error - t * value), t).doit() for w, value in zip(weights, u, strict=True))
    )
    first = sp.Add(*(w * (at.error.T * at.covariance * value)[0, 0] for w, value in zip(weights, u, strict=True)))
    second = sp.Add(*(w * (value.T * at.covariance * value)[0, 0] for w, value in zip(weights, u, strict=True)))
    D.identity(
        "slope_of_two_values",
        canonical(moved),
        canonical(-first + t * second),
        needs=("slope_along_step",),
        route=DerivativeIn(t, at=0),
        points=4,
        because="the mean over a law of u is linear, so two values stand for all; only E u and E u u' enter",
    )
    D.identity(
        "risk_change",
        sp.Integral(-along + t * trace, (t, 0, gamma)),
        -gamma * along + gamma**2 * trace / 2,
        needs=("slope_along_step", "slope_of_two_values"),
        label="E R(v - gamma u) - R(v)",
        because="the slope, integrated over the step",
        route=DerivativeIn(gamma, at=0),
    )


def modes(D: Derivation) -> None:
    """The system of modes: every mode of P^(1/2) K P^(1/2) decays at its own rate and is fed by the gradient noise."""
    at = plane(D)
    lam = D.symbol("lam", "positive", "rate: eigenvalue of P^(1/2) K P^(1/2)", latex=r"\lambda")
    y = D.symbol("y_j", "real", "projection <w_j, v> of the error", latex="y_j")
    g = D.symbol("g", "positive", "weight w_j' Sigma w_j of a mode in the gradient noise")
    eta, d, gamma = D.symbol("eta"), D.symbol("d"), D.symbol("gamma", "positive", "raw step", latex=r"\gamma")
    psi = D.symbol("psi", "positive", "drift factor at the current risk", latex=r"\psi")
    nu = D.symbol("nu", "positive", "noise power at the current risk", latex=r"\nu")
    r_j = D.symbol("r_j", "positive", "risk of a mode", latex="r_j")
    spread = D.symbol("b_j", "real", "deviation of <w_j, u> from its mean", latex="b_j")
    w, v = at.vectors, at.error
    D.definition(
        "mode_risk", lam * y**2 / 2, label="r_j", because="the risk of a mode: rate times squared projection, halved"
    )
    split = sp.Add(*(rate / 2 * (vector.T * v)[0, 0] ** 2 for rate, vector in zip(at.rates, w, strict=True)))
    D.identity(
        "risk_splits",
        scalar(v.T * at.covariance * v / 2),
        canonical(split),
        needs=("mode_risk",),
        label="v'Kv/2",
        points=4,
        because="w_j = P^(-1/2) q_j with the orthonormal eigenvectors q_j of P^(1/2) K P^(1/2)",
    )
    D.identity(
        "similarity",
        scalar(w[0].T * at.preconditioner * at.covariance * v),
        scalar(at.rates[0] * w[0].T * v),
        needs=("mode_risk",),
        label="<w_1, P K v>",
        points=4,
        because="P K is similar to P^(1/2) K P^(1/2), and w_j is its left eigenvector",
    )
    mean = psi * lam * y
    after = sp.Add(*(lam / 2 * (y - gamma * (mean + sign * spread)) ** 2 for sign in (1, -1))) / 2
    D.identity(
        "mode_step",
        after - lam * y**2 / 2,
        -2 * gamma * psi * lam * (lam * y**2 / 2) + gamma**2 * lam * (spread**2 + mean**2) / 2,
        needs=("similarity",),
        route=DerivativeIn(gamma, at=0),
        label="E r_j(v - gamma u) - r_j(v)",
        because="E <w_j, u> = psi <w_j, P K v> = psi lambda_j y_j; the second moment of <w_j, u> is nu g_j",
    )
    change = D.identity(
        "mode_rate",
        d * (-2 * gamma * psi * lam * r_j + gamma**2 * lam * (nu * g) / 2).subs(gamma, eta / d),
        -2 * eta * psi * lam * r_j + eta**2 * nu * lam * g / (2 * d),
        needs=("mode_step",),
        label="dr_j/dt",
        because="d steps of size eta/d a unit of time; the second moment of <w_j, u> is nu g_j",
        route=DerivativeIn(eta, at=0),
    )
    D.identity(
        "decay",
        -sp.Derivative(change, r_j),
        2 * eta * psi * lam,
        needs=("mode_rate",),
        label="decay_j",
        because="the part of dr_j/dt that holds r_j",
    )
    D.identity(
        "forcing",
        sp.Derivative(change, (eta, 2)) / (2 * nu),
        lam * g / (2 * d),
        needs=("mode_rate",),
        label="forcing_j",
        because="the part of dr_j/dt with eta^2 nu",
        route=DerivativeIn(g, at=0),
    )
    total = sp.Add(*((vector.T * at.shape * vector)[0, 0] for vector in w))
    D.identity(
        "weights_sum",
        canonical(total),
        canonical((at.preconditioner.inv() * at.shape).trace()),
        needs=("mode_risk",),
        label="sum g_j",
        points=4,
        because="the w_j resolve P^(-1): sum of w_j w_j' = P^(-1), so that sum g_j = tr(P^(-1) Sigma)",
    )


RISK_EQUATION = (
    "The risk R of the algorithm at step floor(t d) follows the sum of the modes r_j(t), dr_j/dt = -2 eta psi(R) lambda_j r_j + "
    "eta^2 nu(R) lambda_j g_j/(2 d), up to O(d^(-1/2)), uniformly on bounded times, with overwhelming probability."
)


def risk_equation(
    D: Derivation, checked_by: tuple[str, ...], needs: tuple[str, ...] = ("mode_rate", "risk_splits")
) -> None:
    """The theorem: concentration of the risk on the system of modes."""
    D.theorem(
        "risk_equation",
        RISK_EQUATION,
        because="concentration of the risk, a quadratic form of a high-dimensional error",
        assumes=("odd_feature", "delocalised", "bounded_spectrum", "finite_noise_power"),
        needs=needs,
        checked_by=checked_by,
        references=("arXiv:2411.12135",),
    )
