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
from sgdtheory.derive.routes import DerivativeIn, Difference, DifferentRoute, Nonnegative


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
    first, second = (D.symbol(f"lambda_{j}", "positive", f"eigenvalue {j} of P^(1/2) K P^(1/2)", latex=rf"\lambda_{j}") for j in (1, 2))
    p = [D.symbol(f"p_{j}", "positive", f"entry {j} of the diagonal of P", latex=f"p_{j}") for j in (1, 2)]
    angle = D.symbol("phi", "(0, pi)", "angle of the eigenvectors of P^(1/2) K P^(1/2)", latex=r"\varphi")
    v = sp.Matrix([D.symbol(f"v_{j}", "real", f"entry {j} of the error theta - theta*", latex=f"v_{j}") for j in (1, 2)])
    a, b, c = (D.symbol(n, "real", f"entry {n[1:]} of the noise shape Sigma", latex=rf"\Sigma_{{{n[1:]}}}") for n in ("S11", "S12", "S22"))
    turn = sp.Matrix([[sp.cos(angle), -sp.sin(angle)], [sp.sin(angle), sp.cos(angle)]])
    half = sp.diag(1 / sp.sqrt(p[0]), 1 / sp.sqrt(p[1]))
    covariance = half * turn * sp.diag(first, second) * turn.T * half
    return Plane(covariance, sp.diag(*p), (first, second), (half * turn[:, 0], half * turn[:, 1]), v, sp.Matrix([[a, b], [b, c]]))


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
    D.definition("slope_along_step", -along + t * trace, label="d E R(v - tau u)/d tau", because="the risk is a quadratic form of the error")
    at = plane(D)
    u = [sp.Matrix([D.symbol(f"u_{a}{j}", "real", f"entry {j} of the update's value {a}") for j in (1, 2)]) for a in ("a", "b")]
    weights = (chance, 1 - chance)

    def risk(x: sp.Matrix) -> Any:
        return (x.T * at.covariance * x)[0, 0] / 2

    moved = sp.Add(*(w * sp.Derivative(risk(at.error - t * value), t).doit() for w, value in zip(weights, u, strict=True)))
    first = sp.Add(*(w * (at.error.T * at.covariance * value)[0, 0] for w, value in zip(weights, u, strict=True)))
    second = sp.Add(*(w * (value.T * at.covariance * value)[0, 0] for w, value in zip(weights, u, strict=True)))
    D.identity("slope_of_two_values", canonical(moved), canonical(-first + t * second), needs=("slope_along_step",), route=DerivativeIn(t, at=0), points=4,
               because="the mean over a law of u is linear, so two values stand for all; only E u and E u u' enter")
    D.identity("risk_change", sp.Integral(-along + t * trace, (t, 0, gamma)), -gamma * along + gamma**2 * trace / 2,
               needs=("slope_along_step", "slope_of_two_values"), label="E R(v - gamma u) - R(v)", because="the slope, integrated over the step",
               route=DerivativeIn(gamma, at=0))


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
    D.definition("mode_risk", lam * y**2 / 2, label="r_j", because="the risk of a mode: rate times squared projection, halved")
    split = sp.Add(*(rate / 2 * (vector.T * v)[0, 0] ** 2 for rate, vector in zip(at.rates, w, strict=True)))
    D.identity("risk_splits", scalar(v.T * at.covariance * v / 2), canonical(split), needs=("mode_risk",), label="v'Kv/2", points=4,
               because="w_j = P^(-1/2) q_j with the orthonormal eigenvectors q_j of P^(1/2) K P^(1/2)")
    D.identity("similarity", scalar(w[0].T * at.preconditioner * at.covariance * v), scalar(at.rates[0] * w[0].T * v), needs=("mode_risk",),
               label="<w_1, P K v>", points=4, because="P K is similar to P^(1/2) K P^(1/2), and w_j is its left eigenvector")
    mean = psi * lam * y
    after = sp.Add(*(lam / 2 * (y - gamma * (mean + sign * spread)) ** 2 for sign in (1, -1))) / 2
    D.identity("mode_step", after - lam * y**2 / 2, -2 * gamma * psi * lam * (lam * y**2 / 2) + gamma**2 * lam * (spread**2 + mean**2) / 2,
               needs=("similarity",), route=DerivativeIn(gamma, at=0), label="E r_j(v - gamma u) - r_j(v)",
               because="E <w_j, u> = psi <w_j, P K v> = psi lambda_j y_j; the second moment of <w_j, u> is nu g_j")
    change = D.identity("mode_rate", d * (-2 * gamma * psi * lam * r_j + gamma**2 * lam * (nu * g) / 2).subs(gamma, eta / d),
                        -2 * eta * psi * lam * r_j + eta**2 * nu * lam * g / (2 * d), needs=("mode_step",), label="dr_j/dt",
                        because="d steps of size eta/d a unit of time; the second moment of <w_j, u> is nu g_j", route=DerivativeIn(eta, at=0))
    D.identity("decay", -sp.Derivative(change, r_j), 2 * eta * psi * lam, needs=("mode_rate",), label="decay_j", because="the part of dr_j/dt that holds r_j")
    D.identity("forcing", sp.Derivative(change, (eta, 2)) / (2 * nu), lam * g / (2 * d), needs=("mode_rate",), label="forcing_j",
               because="the part of dr_j/dt with eta^2 nu", route=DerivativeIn(g, at=0))
    total = sp.Add(*((vector.T * at.shape * vector)[0, 0] for vector in w))
    D.identity("weights_sum", canonical(total), canonical((at.preconditioner.inv() * at.shape).trace()), needs=("mode_risk",), label="sum g_j", points=4,
               because="the w_j resolve P^(-1): sum of w_j w_j' = P^(-1), so that sum g_j = tr(P^(-1) Sigma)")


def stationary(D: Derivation) -> None:
    """Fixed point of the modes: R psi(R) = level * nu(R); and its Jacobian, diag(-decay) + coupling 1'."""
    lam, g, eta, d, psi, nu, r_j = (D.symbols[n].symbol for n in ("lam", "g", "eta", "d", "psi", "nu", "r_j"))
    G = D.symbol("G", "positive", "sum of the weights, tr(P^(-1) Sigma)")
    change = D.steps["mode_rate"].right
    fixed = D.identity("stationary_mode", r_j - change / sp.Derivative(change, r_j), eta * g * nu / (4 * d * psi), needs=("mode_rate",), label="r_j at rest",
                       because="dr_j/dt is linear in r_j, so one Newton step from anywhere is its root", route=DerivativeIn(g, at=0))
    D.identity("stationary_level", fixed.subs(g, G) * psi / nu, eta * G / (4 * d), needs=("stationary_mode", "weights_sum"), label="R psi/nu at rest",
               because="the r_j are linear in the g_j, so their sum is the same with G = sum g_j: R psi(R) = level nu(R)", route=DerivativeIn(G, at=0))
    psi_slope = D.symbol("psi_slope", "real", "derivative of the drift factor in the risk", latex=r"\psi'")
    nu_slope = D.symbol("nu_slope", "real", "derivative of the noise power in the risk", latex=r"\nu'")
    away = D.symbol("away", "real", "change of the total risk", latex=r"\delta")
    bent = change.subs({psi: psi + psi_slope * away, nu: nu + nu_slope * away}, simultaneous=True).subs(r_j, fixed)
    D.identity("coupling", sp.Derivative(bent, away), eta**2 * lam * g * (nu_slope - nu * psi_slope / psi) / (2 * d), needs=("mode_rate", "stationary_mode"),
               label="coupling_j", because="psi and nu depend on the total risk: the derivative of dr_j/dt through them, at the fixed point",
               route=DerivativeIn(nu_slope, at=0))


def schedules(D: Derivation) -> None:
    """The greedy learning rate, and bounds of dR/dt by the slowest and the fastest rate."""
    eta, psi, nu, lam = (D.symbols[n].symbol for n in ("eta", "psi", "nu", "lam"))
    L = D.symbol("L", "positive", "sum of rates times mode risks")
    F = D.symbol("F", "positive", "sum of the forcings")
    r = [D.symbol(f"r_{j}", "positive", f"risk of mode {j}", latex=f"r_{j}") for j in (1, 2)]
    gap = D.symbol("gap", "positive", "fastest rate minus slowest rate", latex=r"\Delta")
    fall = D.definition("risk_rate", -2 * eta * psi * L + eta**2 * nu * F, label="dR/dt", because="the sum of dr_j/dt over the modes")
    best = D.identity("greedy_rate", eta - sp.Derivative(fall, eta) / sp.Derivative(fall, (eta, 2)), psi * L / (nu * F), needs=("risk_rate",), label="eta*",
                      because="a parabola in eta: one Newton step on its slope is its minimum", route=DerivativeIn(psi, at=0))
    least = D.identity("greedy_fall", fall.subs(eta, best), -(psi**2) * L**2 / (nu * F), needs=("greedy_rate",), label="dR/dt at eta*",
                       because="the parabola at its minimum", route=DerivativeIn(L, at=0))
    D.bound("greedy_is_best", least, fall, needs=("greedy_fall", "risk_rate"), attained_at={eta: 1, psi: 1, nu: 1, L: 1, F: 1},
            because="no learning rate falls faster", route=Nonnegative((eta * nu * F - psi * L) ** 2 / (nu * F)))
    two = fall.subs(L, lam * r[0] + (lam + gap) * r[1])
    tiny = {gap: sp.Rational(1, 10**9), eta: 1, psi: 1, nu: 1, F: 10, lam: 1, r[0]: 1, r[1]: 1}
    D.bound("falls_at_least", canonical(two), canonical(fall.subs(L, lam * (r[0] + r[1]))), needs=("risk_rate",), attained_at=tiny, label="dR/dt",
            because="no rate is below the slowest one, lam; equal if all rates are", route=Nonnegative(2 * eta * psi * gap * r[1]))
    D.bound("falls_at_most", canonical(fall.subs(L, (lam + gap) * (r[0] + r[1]))), canonical(two), needs=("risk_rate",), attained_at=tiny, label="dR/dt",
            because="no rate is above the fastest one; equal if all rates are", route=Nonnegative(2 * eta * psi * gap * r[0]))


def batches(D: Derivation) -> None:
    """The mean of B independent updates."""
    B = D.symbol("B", "integer >= 1", "batch size")
    S = D.symbol("S", "real", "E u_i u_j of a single sample")
    O = D.symbol("O", "real", "E u_i E u_j")
    nu = D.symbol("nu", "positive", "noise power at the current risk", latex=r"\nu")
    i, j = D.symbol("n_i", "integer >= 1", "sample"), D.symbol("n_j", "integer >= 1", "sample")
    pairs = sp.Sum(sp.Piecewise((S, sp.Eq(i, j)), (O, True)), (i, 1, B), (j, 1, B))
    both = D.definition("pairs_of_samples", pairs / B**2, label="E u_i u_j of the mean", because="u is a mean over B independent samples: equal and different pairs")
    mean = D.identity("batch_second_moment", both, S / B + (1 - 1 / B) * O, needs=("pairs_of_samples",), label="E u_i u_j of the mean",
                      because="B pairs of a sample with itself, B(B-1) of different ones", route=DifferentRoute((S - O) / B + O))
    D.identity("batch_noise", mean.subs({O: 0, S: nu}), nu / B, needs=("batch_second_moment",), label="nu_B",
               because="E u_i E u_j is smaller than E u_i u_j by a factor of order 1/d, so the noise power falls like 1/B", route=DerivativeIn(nu, at=0))


def effects(D: Derivation) -> None:
    """What a rule does better or worse than SGD: noise compression, and the ratio of rates at equal stationary risk."""
    eta, psi, nu, lam, d, g = (D.symbols[n].symbol for n in ("eta", "psi", "nu", "lam", "d", "g"))
    G = D.symbol("G", "positive", "sum of the weights, tr(P^(-1) Sigma)")
    power = D.symbol("power", "positive", "E r^2 = 2R + E eps^2", latex="2P")
    before = D.symbol("kappa_before", "positive", "average condition number of K: (tr K/d)/lambda_min", latex=r"\bar\kappa(K)")
    after = D.symbol("kappa_after", "positive", "average condition number of the modes: (G/d)/lambda_min", latex=r"\bar\kappa")
    R = D.symbol("R")
    noises = D.definition("noise_of_sgd", (eta * psi) ** 2 * power, because="SGD at the learning rate eta psi has the same drift and this noise")
    D.identity("compression", noises / (eta**2 * nu), power * psi**2 / nu, needs=("noise_of_sgd",), label="Psi", route=DerivativeIn(power, at=0),
               because="noise of SGD at equal drift over the noise of the rule: above 1 the rule is less noisy")
    level = D.steps["stationary_level"].right
    rate = D.steps["decay"].right
    speed = D.identity("slowest_rate", rate.subs(eta, R * psi / nu / (level / eta)), 8 * R * psi**2 * d * lam / (nu * G), needs=("decay", "stationary_level"),
                       label="slowest rate", route=DerivativeIn(R, at=0),
                       because="at the learning rate whose stationary risk is R; the feedback through psi and nu vanishes with R")
    rule = canonical(speed.subs(G, after * lam * d))
    sgd = canonical(rule.subs({psi: 1, nu: power, after: before}, simultaneous=True))
    comp = D.symbol("compression_factor", "positive", "noise compression at the stationary risk", latex=r"\Psi")
    D.identity("rate_ratio_explicit", rule / sgd, power * psi**2 / nu * before / after, needs=("slowest_rate",), label="rate / rate of SGD",
               because="both at the same small stationary risk", route=DerivativeIn(before, at=0))
    D.identity("rate_ratio", (power * psi**2 / nu * before / after).subs(power, comp * nu / psi**2), comp * before / after,
               needs=("rate_ratio_explicit", "compression"), label="rate / rate of SGD", because="the first factor is the compression", route=DerivativeIn(before, at=0))


def gaussian_features(D: Derivation) -> None:
    """E x_i x_j q(r) for a linear feature factor, and the spread of the residual given one feature."""
    from sgdtheory.derive.expectation import Expectation

    s, rho, z = D.symbol("s"), D.symbol("rho"), D.symbol("z")
    theta = D.symbol("theta", "(-1, 1)", "parameter of the exponential test function of the residual", latex=r"\theta")
    K = D.symbol("K_ij", "real", "covariance of two features", latex="K_{ij}")
    O = D.symbol("O", "real", "E u_i E u_j")
    outer = D.symbol("outer", "real", "(Kv)_i (Kv)_j", latex="(Kv)_i(Kv)_j")
    nu = D.symbol("nu", "positive", "noise power at the current risk", latex=r"\nu")
    bend = D.symbol("bend", "real", "derivative of the noise power in the variance of <x, v>", latex=r"\partial_{s^2}\nu")
    del O
    given = (K - outer / s**2) + outer / s**2 * z**2
    average = sp.exp(theta**2 * s**2 / 2)
    defined = D.definition("features_given_residual", Expectation(given * sp.exp(theta * s * z), z, 0, 1), label="E x_i x_j exp(theta <x, v>)",
                           because="given <x, v> = s z the features have mean (Kv) z/s and covariance K - (Kv)(Kv)'/s^2")
    D.identity("exponential_moment", defined, K * average + 2 * outer * (theta**2 / 2 * average), needs=("features_given_residual",),
               label="E x_i x_j exp(theta <x, v>)", route=Difference(),
               because="K times the mean of the test function plus (Kv)(Kv)' times its second derivative: exponentials span all functions")
    D.identity("linear_feature_moment", (K - outer / s**2) * nu + outer / s**2 * (nu + 2 * s**2 * bend), K * nu + 2 * outer * bend,
               needs=("exponential_moment",), label="E x_i x_j h(r)^2", route=DerivativeIn(outer, at=0),
               because="the second derivative's mean is twice the derivative in s^2 (heat equation)")
    joint = sp.Matrix([[s**2, rho * s], [rho * s, 1]])
    D.definition("joint_determinant", sp.sqrt(joint.det()), label="std of <x, v> given a feature", because="Schur complement of the joint covariance of <x, v> "
                 "and a standardised feature")
    D.identity("conditional_std", sp.sqrt(joint.det()), s * sp.sqrt(1 - rho**2), needs=("joint_determinant",), label="std of <x, v> given a feature",
               because="the determinant of the joint covariance over the feature's variance", route=DerivativeIn(rho, at=0))


RISK_EQUATION = ("The risk R of the algorithm at step floor(t d) follows the sum of the modes r_j(t), dr_j/dt = -2 eta psi(R) lambda_j r_j + "
                 "eta^2 nu(R) lambda_j g_j/(2 d), up to O(d^(-1/2)), uniformly on bounded times, with overwhelming probability.")


def risk_equation(D: Derivation, checked_by: tuple[str, ...], needs: tuple[str, ...] = ("mode_rate", "risk_splits")) -> None:
    """The theorem: concentration of the risk on the system of modes."""
    D.theorem("risk_equation", RISK_EQUATION, because="concentration of the risk, a quadratic form of a high-dimensional error",
              assumes=("odd_feature", "delocalised", "bounded_spectrum", "finite_noise_power"), needs=needs, checked_by=checked_by,
              references=("arXiv:2411.12135",))
