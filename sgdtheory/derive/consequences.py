"""What follows from the system of modes: rest, schedules, batches, effects, and the features given the residual.

The functions add steps to a derivation that already holds the steps of ``derive.linear.modes``.
"""

from __future__ import annotations

import sympy as sp

from sgdtheory.derive.canonical import canonical
from sgdtheory.derive.expectation import Expectation
from sgdtheory.derive.language import Derivation
from sgdtheory.derive.routes import DerivativeIn, Difference, DifferentRoute, Nonnegative


def stationary(D: Derivation) -> None:
    """Fixed point of the modes: R psi(R) = level * nu(R); and its Jacobian, diag(-decay) + coupling 1'."""
    lam, g, eta, d, psi, nu, r_j = (D.symbols[n].symbol for n in ("lam", "g", "eta", "d", "psi", "nu", "r_j"))
    G = D.symbol("G", "positive", "sum of the weights, tr(P^(-1) Sigma)")
    change = D.steps["mode_rate"].right
    fixed = D.identity(
        "stationary_mode",
        r_j - change / sp.Derivative(change, r_j),
        eta * g * nu / (4 * d * psi),
        needs=("mode_rate",),
        label="r_j at rest",
        because="dr_j/dt is linear in r_j, so one Newton step from anywhere is its root",
        route=DerivativeIn(g, at=0),
    )
    D.identity(
        "stationary_level",
        fixed.subs(g, G) * psi / nu,
        eta * G / (4 * d),
        needs=("stationary_mode", "weights_sum"),
        label="R psi/nu at rest",
        because="the r_j are linear in the g_j, so their sum is the same with G = sum g_j: R psi(R) = level nu(R)",
        route=DerivativeIn(G, at=0),
    )
    psi_slope = D.symbol("psi_slope", "real", "derivative of the drift factor in the risk", latex=r"\psi'")
    nu_slope = D.symbol("nu_slope", "real", "derivative of the noise power in the risk", latex=r"\nu'")
    away = D.symbol("away", "real", "change of the total risk", latex=r"\delta")
    bent = change.subs({psi: psi + psi_slope * away, nu: nu + nu_slope * away}, simultaneous=True).subs(r_j, fixed)
    D.identity(
        "coupling",
        sp.Derivative(bent, away),
        eta**2 * lam * g * (nu_slope - nu * psi_slope / psi) / (2 * d),
        needs=("mode_rate", "stationary_mode"),
        label="coupling_j",
        because="psi and nu depend on the total risk: the derivative of dr_j/dt through them, at the fixed point",
        route=DerivativeIn(nu_slope, at=0),
    )


def schedules(D: Derivation) -> None:
    """The greedy learning rate, and bounds of dR/dt by the slowest and the fastest rate."""
    eta, psi, nu, lam = (D.symbols[n].symbol for n in ("eta", "psi", "nu", "lam"))
    L = D.symbol("L", "positive", "sum of rates times mode risks")
    F = D.symbol("F", "positive", "sum of the forcings")
    r = [D.symbol(f"r_{j}", "positive", f"risk of mode {j}", latex=f"r_{j}") for j in (1, 2)]
    gap = D.symbol("gap", "positive", "fastest rate minus slowest rate", latex=r"\Delta")
    fall = D.definition(
        "risk_rate", -2 * eta * psi * L + eta**2 * nu * F, label="dR/dt", because="the sum of dr_j/dt over the modes"
    )
    best = D.identity(
        "greedy_rate",
        eta - sp.Derivative(fall, eta) / sp.Derivative(fall, (eta, 2)),
        psi * L / (nu * F),
        needs=("risk_rate",),
        label="eta*",
        because="a parabola in eta: one Newton step on its slope is its minimum",
        route=DerivativeIn(psi, at=0),
    )
    least = D.identity(
        "greedy_fall",
        fall.subs(eta, best),
        -(psi**2) * L**2 / (nu * F),
        needs=("greedy_rate",),
        label="dR/dt at eta*",
        because="the parabola at its minimum",
        route=DerivativeIn(L, at=0),
    )
    D.bound(
        "greedy_is_best",
        least,
        fall,
        needs=("greedy_fall", "risk_rate"),
        attained_at={eta: 1, psi: 1, nu: 1, L: 1, F: 1},
        because="no learning rate falls faster",
        route=Nonnegative((eta * nu * F - psi * L) ** 2 / (nu * F)),
    )
    two = fall.subs(L, lam * r[0] + (lam + gap) * r[1])
    tiny = {gap: sp.Rational(1, 10**9), eta: 1, psi: 1, nu: 1, F: 10, lam: 1, r[0]: 1, r[1]: 1}
    D.bound(
        "falls_at_least",
        canonical(two),
        canonical(fall.subs(L, lam * (r[0] + r[1]))),
        needs=("risk_rate",),
        attained_at=tiny,
        label="dR/dt",
        because="no rate is below the slowest one, lam; equal if all rates are",
        route=Nonnegative(2 * eta * psi * gap * r[1]),
    )
    D.bound(
        "falls_at_most",
        canonical(fall.subs(L, (lam + gap) * (r[0] + r[1]))),
        canonical(two),
        needs=("risk_rate",),
        attained_at=tiny,
        label="dR/dt",
        because="no rate is above the fastest one; equal if all rates are",
        route=Nonnegative(2 * eta * psi * gap * r[0]),
    )


def batches(D: Derivation) -> None:
    """The mean of B independent updates."""
    B = D.symbol("B", "integer >= 1", "batch size")
    S = D.symbol("S", "real", "E u_i u_j of a single sample")
    O = D.symbol("O", "real", "E u_i E u_j")
    nu = D.symbol("nu", "positive", "noise power at the current risk", latex=r"\nu")
    i, j = D.symbol("n_i", "integer >= 1", "sample"), D.symbol("n_j", "integer >= 1", "sample")
    pairs = sp.Sum(sp.Piecewise((S, sp.Eq(i, j)), (O, True)), (i, 1, B), (j, 1, B))
    both = D.definition(
        "pairs_of_samples",
        pairs / B**2,
        label="E u_i u_j of the mean",
        because="u is a mean over B independent samples: equal and different pairs",
    )
    mean = D.identity(
        "batch_second_moment",
        both,
        S / B + (1 - 1 / B) * O,
        needs=("pairs_of_samples",),
        label="E u_i u_j of the mean",
        because="B pairs of a sample with itself, B(B-1) of different ones",
        route=DifferentRoute((S - O) / B + O),
    )
    D.identity(
        "batch_noise",
        mean.subs({O: 0, S: nu}),
        nu / B,
        needs=("batch_second_moment",),
        label="nu_B",
        because="E u_i E u_j is smaller than E u_i u_j by a factor of order 1/d, so the noise power falls like 1/B",
        route=DerivativeIn(nu, at=0),
    )


def effects(D: Derivation) -> None:
    """What a rule does better or worse than SGD: noise compression, and the ratio of rates at equal stationary risk."""
    eta, psi, nu, lam, d = (D.symbols[n].symbol for n in ("eta", "psi", "nu", "lam", "d"))
    G = D.symbol("G", "positive", "sum of the weights, tr(P^(-1) Sigma)")
    power = D.symbol("power", "positive", "E r^2 = 2R + E eps^2", latex="2P")
    before = D.symbol(
        "kappa_before", "positive", "average condition number of K: (tr K/d)/lambda_min", latex=r"\bar\kappa(K)"
    )
    after = D.symbol(
        "kappa_after", "positive", "average condition number of the modes: (G/d)/lambda_min", latex=r"\bar\kappa"
    )
    R = D.symbol("R")
    noises = D.definition(
        "noise_of_sgd",
        (eta * psi) ** 2 * power,
        because="SGD at the learning rate eta psi has the same drift and this noise",
    )
    D.identity(
        "compression",
        noises / (eta**2 * nu),
        power * psi**2 / nu,
        needs=("noise_of_sgd",),
        label="Psi",
        route=DerivativeIn(power, at=0),
        because="noise of SGD at equal drift over the noise of the rule: above 1 the rule is less noisy",
    )
    level = D.steps["stationary_level"].right
    rate = D.steps["decay"].right
    speed = D.identity(
        "slowest_rate",
        rate.subs(eta, R * psi / nu / (level / eta)),
        8 * R * psi**2 * d * lam / (nu * G),
        needs=("decay", "stationary_level"),
        label="slowest rate",
        route=DerivativeIn(R, at=0),
        because="at the learning rate whose stationary risk is R; the feedback through psi and nu vanishes with R",
    )
    rule = canonical(speed.subs(G, after * lam * d))
    sgd = canonical(rule.subs({psi: 1, nu: power, after: before}, simultaneous=True))
    comp = D.symbol("compression_factor", "positive", "noise compression at the stationary risk", latex=r"\Psi")
    D.identity(
        "rate_ratio_explicit",
        rule / sgd,
        power * psi**2 / nu * before / after,
        needs=("slowest_rate",),
        label="rate / rate of SGD",
        because="both at the same small stationary risk",
        route=DerivativeIn(before, at=0),
    )
    D.identity(
        "rate_ratio",
        (power * psi**2 / nu * before / after).subs(power, comp * nu / psi**2),
        comp * before / after,
        needs=("rate_ratio_explicit", "compression"),
        label="rate / rate of SGD",
        because="the first factor is the compression",
        route=DerivativeIn(before, at=0),
    )


def gaussian_features(D: Derivation) -> None:
    """E x_i x_j q(r) for a linear feature factor, and the spread of the residual given one feature."""
    s, rho, z = D.symbol("s"), D.symbol("rho"), D.symbol("z")
    theta = D.symbol("theta", "(-1, 1)", "parameter of the exponential test function of the residual", latex=r"\theta")
    K = D.symbol("K_ij", "real", "covariance of two features", latex="K_{ij}")
    outer = D.symbol("outer", "real", "(Kv)_i (Kv)_j", latex="(Kv)_i(Kv)_j")
    nu = D.symbol("nu", "positive", "noise power at the current risk", latex=r"\nu")
    bend = D.symbol(
        "bend", "real", "derivative of the noise power in the variance of <x, v>", latex=r"\partial_{s^2}\nu"
    )
    given = (K - outer / s**2) + outer / s**2 * z**2
    average = sp.exp(theta**2 * s**2 / 2)
    defined = D.definition(
        "features_given_residual",
        Expectation(given * sp.exp(theta * s * z), z, 0, 1),
        label="E x_i x_j exp(theta <x, v>)",
        because="given <x, v> = s z the features have mean (Kv) z/s and covariance K - (Kv)(Kv)'/s^2",
    )
    D.identity(
        "exponential_moment",
        defined,
        K * average + 2 * outer * (theta**2 / 2 * average),
        needs=("features_given_residual",),
        label="E x_i x_j exp(theta <x, v>)",
        route=Difference(),
        because="K times the mean of the test function plus (Kv)(Kv)' times its second derivative: exponentials span all functions",
    )
    D.identity(
        "linear_feature_moment",
        (K - outer / s**2) * nu + outer / s**2 * (nu + 2 * s**2 * bend),
        K * nu + 2 * outer * bend,
        needs=("exponential_moment",),
        label="E x_i x_j h(r)^2",
        route=DerivativeIn(outer, at=0),
        because="the second derivative's mean is twice the derivative in s^2 (heat equation)",
    )
    joint = sp.Matrix([[s**2, rho * s], [rho * s, 1]])
    D.definition(
        "joint_determinant",
        sp.sqrt(joint.det()),
        label="std of <x, v> given a feature",
        because="Schur complement of the joint covariance of <x, v> and a standardised feature",
    )
    D.identity(
        "conditional_std",
        sp.sqrt(joint.det()),
        s * sp.sqrt(1 - rho**2),
        needs=("joint_determinant",),
        label="std of <x, v> given a feature",
        because="the determinant of the joint covariance over the feature's variance",
        route=DerivativeIn(rho, at=0),
    )
