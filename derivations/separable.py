"""What every update g(x, r) = f(x) h(r) shares: one step, the modes, the risk equation, its stationary state.

A step moves v = theta - theta* to v - gamma u with u_i = f(x_i) h(r), gamma = eta/d. To first order E u = psi P K v and
E u u' = nu Sigma; psi, nu, P, Sigma are the rule's own. Matrix statements are held in two dimensions with a free rotation,
so that every step is scalar text.
"""

import sympy as sp

from sgdtheory.derive import Derivation, DerivativeIn, DifferentRoute, Nonnegative
from sgdtheory.derive.gaussian import expectation, normal_density

D = Derivation(
    "separable",
    title="Risk equation of separable updates",
    source="arXiv:2411.12135",
    bibtex="""@article{xiao2024signsgd,
  title = {Exact Risk Curves of {signSGD} in High-Dimensions:
           Quantifying Preconditioning and Noise-Compression Effects},
  author = {Xiao, Ke Liang and Marshall, Noah and Agarwala, Atish and Paquette, Elliot},
  journal = {arXiv preprint arXiv:2411.12135},
  year = {2024}
}""",
)

eta, d, R = D.symbol("eta"), D.symbol("d"), D.symbol("R")
gamma = D.symbol("gamma_step", "positive", "raw step eta/d", latex=r"\gamma")
a, T = D.symbol("a", "real", "alignment (K v)'u of a step u"), D.symbol("T", "positive", "u'K u of a step u")
lam = D.symbol("lam", "positive", "rate of a mode: eigenvalue of P^(1/2) K P^(1/2)", latex=r"\lambda")
pi = D.symbol("proj", "real", "projection <w, v> of the error on a mode", latex=r"\pi")
g = D.symbol("g", "positive", "noise weight w' Sigma w of a mode")
W = D.symbol("W", "positive", "sum of the noise weights")
psi, nu = D.symbol("psi", "positive", "drift factor", latex=r"\psi"), D.symbol("nu", "positive", "noise power", latex=r"\nu")
dpsi, dnu = D.symbol("dpsi", "real", "derivative of psi in R", latex=r"\psi'"), D.symbol("dnu", "real", "derivative of nu in R", latex=r"\nu'")
r = D.symbol("risk_j", "positive", "risk of a mode", latex="r_j")
L, F = D.symbol("L", "positive", "sum of rate times risk over the modes"), D.symbol("F", "positive", "sum of the forcings")
q, time = D.symbol("q", "positive", "a length along a segment"), D.symbol("tau", "positive", "elapsed time", latex=r"\tau")
half = sp.Rational(1, 2)

# --- one step, exactly -------------------------------------------------------------------------------------------------
change = D.definition("risk_along_step", sp.Integral(-a + q * T, (q, 0, gamma)), label="R(v - gamma u) - R(v)",
                      because="along the step the risk v'Kv/2 has the slope -(K (v - q u))'u = -a + q T")
change = D.identity("risk_change", change, sp.integrate(-a + q * T, (q, 0, gamma)), label="R(v - gamma u) - R(v)",
                    because="integrate the slope; the mean over samples is linear in a and T", route=DerivativeIn(gamma, at=0))

B = D.symbol("B", "integer >= 1", "batch size")
single = D.symbol("single", "real", "entry of the single-sample second moment E u u'", latex="C")
product = D.symbol("product", "real", "product of two means", latex=r"\mu\mu'")
b, c = sp.Symbol("b_index", integer=True, positive=True), sp.Symbol("c_index", integer=True, positive=True)
for s in (b, c):
    D.symbol(s.name, "integer >= 1", "a sample of the batch")
b, c = (D.symbols[n].symbol for n in ("b_index", "c_index"))
pairs = D.definition("batch_pairs", (sp.Sum(single - product, (b, 1, B)) + sp.Sum(sp.Sum(product, (c, 1, B)), (b, 1, B))) / B**2,
                     because="B^2 pairs of samples; a sample with itself has the second moment, two different ones the product of means")
batch = D.identity("batch_second_moment", pairs, sp.expand(((single - product) * B + product * B**2) / B**2),
                   because="count the pairs")
small = D.symbol("small", "(0, 1)", "squared mean of a step over its second moment, O(1/d)", latex=r"\epsilon")
D.limit("batch_noise", batch.subs({single: nu, product: small * nu}), nu / B, small, 0, 1, needs=("batch_second_moment",),
        because="the squared mean of one coordinate is O(1/d) of its second moment")

# --- a linear feature needs no limit: E x_i x_j h(r)^2 ------------------------------------------------------------------
m, s, z, k_ij = D.symbol("m"), D.symbol("s"), D.symbol("z"), D.symbol("k_ij", "real", "covariance of two features", latex="K_{ij}")
prod = D.symbol("aa", "real", "(K v)_i (K v)_j", latex="a_i a_j")
freq, slope = D.symbol("omega", "positive", "a frequency: h(r)^2 as a sum of waves", latex=r"\omega"), D.symbol("slope", "real", "derivative of E h^2 in s^2")
var = D.symbol("var", "positive", "variance s^2 of the residual")
wave = D.definition("spread", sp.Integral(s**2 * z**2 * sp.cos(freq * (m + s * z)) * normal_density(z, 0, 1), (z, -sp.oo, sp.oo)),
                    label="E (r - m)^2 phi(r)", because="for a wave phi(r) = cos(omega r); every h(r)^2 is a superposition of waves")
y = sp.Symbol("y", real=True)
mean_wave = expectation(sp.cos(freq * y), y, m, sp.sqrt(var))
heat = (var * mean_wave + 2 * var**2 * sp.diff(mean_wave, var)).subs(var, s**2)
bent = (s**2 * mean_wave + s**4 * sp.diff(mean_wave, m, 2)).subs(var, s**2)
D.identity("stein", wave, sp.simplify(heat), label="E (r - m)^2 phi(r)", route=DifferentRoute(sp.expand(bent)),
           because="Stein twice: E (r-m)^2 phi = s^2 E phi + s^4 E phi'', and E phi'' = 2 d/ds^2 E phi, the heat equation")
conditional = D.definition("linear_feature", (k_ij - prod / s**2) * nu + prod / s**4 * (s**2 * nu + 2 * s**4 * slope),
                           label="E x_i x_j h(r)^2",
                           because="given r the features have mean (K v)_i (r - m)/s^2 and covariance K_ij - (K v)_i (K v)_j / s^2; E (r-m)^2 h^2 by Stein")
D.identity("linear_feature_moment", conditional, sp.expand(sp.simplify(conditional)), needs=("linear_feature", "stein"),
           label="E x_i x_j h(r)^2", because="the terms in 1/s^2 cancel", route=DerivativeIn(prod, at=0))

# --- modes, in two dimensions ---------------------------------------------------------------------------------------------
phi = D.symbol("phi", "(0, 1)", "angle of the eigenvectors", latex=r"\varphi")
p1, p2 = D.symbol("p1", "positive", "preconditioner of coordinate 1"), D.symbol("p2", "positive", "preconditioner of coordinate 2")
l1, l2 = D.symbol("lam1", "positive", "rate of mode 1", latex=r"\lambda_1"), D.symbol("lam2", "positive", "rate of mode 2", latex=r"\lambda_2")
v1, v2 = D.symbol("v1", "real", "error in coordinate 1"), D.symbol("v2", "real", "error in coordinate 2")
s11, s12, s22 = (D.symbol(n, "real", "entry of the noise shape Sigma") for n in ("s11", "s12", "s22"))
Q = sp.Matrix([[sp.cos(phi), -sp.sin(phi)], [sp.sin(phi), sp.cos(phi)]])
root, rates = sp.diag(sp.sqrt(p1), sp.sqrt(p2)), sp.diag(l1, l2)
K, P, w, v = root.inv() * Q * rates * Q.T * root.inv(), root**2, root.inv() * Q, sp.Matrix([v1, v2])
Sigma = sp.Matrix([[s11, s12], [s12, s22]])
total = D.definition("risk", ((v.T * K * v)[0] / 2), label="v'Kv/2", because="K = P^(-1/2) Q Lambda Q' P^(-1/2), Q a rotation")
D.identity("modes", total, sum(rates[j, j] * (w[:, j].T * v)[0] ** 2 / 2 for j in range(2)), label="v'Kv/2",
           because="the columns w_j of P^(-1/2) Q diagonalise K: the risk is a sum over modes", route=DerivativeIn(v1, at=0))
D.identity("mode_drift", (w[:, 0].T * P * K * v)[0], l1 * (w[:, 0].T * v)[0], needs=("risk",), label="<w_1, P K v>",
           because="w_j'P K = lambda_j w_j': the mean step does not mix the modes", route=DerivativeIn(v1, at=0))
D.identity("weight_sum", sum((w[:, j].T * Sigma * w[:, j])[0] for j in range(2)), (P.inv() * Sigma).trace(), needs=("risk",),
           label="sum of the noise weights", because="sum_j w_j w_j' = P^(-1): the sum does not depend on correlations", route=DerivativeIn(s12, at=0))

# --- one mode in time ---------------------------------------------------------------------------------------------------
piece = D.definition("mode_risk_along", sp.Integral(lam * q, (q, 0, pi)), because="the risk of a mode is quadratic in its projection")
mode_risk = D.identity("mode_risk", piece, sp.integrate(lam * q, (q, 0, pi)), needs=("mode_risk_along", "modes"), label="r_j",
                       because="integrate", route=DerivativeIn(pi, at=0))
after = lam / 2 * (2 * r / lam - 2 * (eta / d) * psi * lam * (2 * r / lam) + (eta / d) ** 2 * nu * g)
rate_of_change = D.definition("mode_step", (after - r) * d, label="dr_j/dt",
                              because="mean change of r_j = lambda/2 <w, v>^2 over one step, a time 1/d: <w, u> has mean psi lambda <w, v> and second moment nu g")
flow = D.identity("mode_equation", rate_of_change, -2 * eta * psi * lam * r + eta**2 * nu * lam * g / (2 * d), needs=("mode_step", "mode_drift", "modes"),
                  label="dr_j/dt", because="collect powers of eta", route=DerivativeIn(r, at=0))
decay = D.identity("decay", -sp.Derivative(rate_of_change, r), -sp.diff(flow, r), needs=("mode_equation",), label="decay of a mode",
                   because="the part proportional to r_j", route=DerivativeIn(eta, at=0))
forcing = D.identity("forcing", sp.Derivative(rate_of_change, nu) / eta**2, sp.simplify(sp.diff(flow, nu) / eta**2), needs=("mode_equation",),
                     label="forcing of a mode", because="the part proportional to eta^2 nu", route=DerivativeIn(g, at=0))
D.theorem("risk_equation", "R(t) = sum of r_j(t), with psi and nu taken at R(t), is the limit of the risk as d grows at fixed t = steps/d",
          because="the risk concentrates: its fluctuation in a run is O(d^(-1/2)), so psi and nu may be taken at its mean",
          assumes=("odd_feature", "delocalised", "bounded_spectrum", "finite_noise_power"), needs=("mode_equation", "modes", "batch_noise"),
          checked_by=("signsgd", "sgd", "clipped_sgd"))

# --- bounds, stationary state, linearisation, greedy step -----------------------------------------------------------------
r1, r2 = D.symbol("r1", "positive", "risk of mode 1"), D.symbol("r2", "positive", "risk of mode 2")
gap = D.symbol("gap", "nonnegative", "faster rate minus slower rate", latex=r"\delta")
weighted = lam * r1 + (lam + gap) * r2
D.bound("slowest_bounds", -weighted, -lam * (r1 + r2), needs=("mode_equation",), attained_at={gap: 0}, route=Nonnegative(), label="-sum of lambda_j r_j",
        because="no mode is slower than the slowest: the scalar equation with the slowest rate lies above R")
D.bound("fastest_bounds", -(lam + gap) * (r1 + r2), -weighted, needs=("mode_equation",), attained_at={gap: 0}, route=Nonnegative(), label="-lambda_max R",
        because="no mode is faster than the fastest: the scalar equation with the fastest rate lies below R")
settled = D.definition("stationary_integral", sp.Integral(eta**2 * nu * forcing * sp.exp(-decay * time), (time, 0, sp.oo)), label="r_j at rest",
                       because="at rest every mode holds what was forced in and has not decayed")
stationary = D.identity("stationary_mode", settled, sp.solve(flow, r)[0], needs=("stationary_integral", "mode_equation", "decay", "forcing"),
                        label="r_j at rest", because="the root of dr_j/dt = 0")
D.identity("balance", stationary.subs(g, W) * psi / nu, sp.simplify(stationary.subs(g, W) * psi / nu), needs=("stationary_mode",),
           label="R psi(R) / nu(R)", because="r_j is linear in its weight: sum over the modes", route=DerivativeIn(W, at=0))
moved = flow.subs({psi: psi + dpsi * q, nu: nu + dnu * q}, simultaneous=True).subs(r, stationary)
D.identity("jacobian", sp.Derivative(moved, q), sp.factor(sp.diff(moved, q)), needs=("stationary_mode", "mode_equation"),
           label="d/dR of dr_j/dt at rest", because="psi and nu move with R; q is the displacement of R", route=DerivativeIn(dnu, at=0))
descent = -2 * eta * psi * L + eta**2 * nu * F
D.identity("descent", sp.Sum(flow.subs({r: L / lam / 2, g: F * d / lam}, simultaneous=True), (b, 1, 2)), descent, needs=("mode_equation",), label="dR/dt",
           because="sum over modes: L = sum of lambda_j r_j, F = sum of forcings (two equal modes here)", route=DerivativeIn(eta, at=0))
D.identity("greedy", eta - sp.Derivative(descent, eta) / sp.Derivative(descent, eta, 2), psi * L / (nu * F), needs=("descent",), label="greedy eta",
           because="one Newton step reaches the minimum of a parabola", route=DerivativeIn(L, at=0))
power = D.symbol("power", "positive", "residual power 2P = 2R + E eps^2")
compression = D.definition("noise_ratio", (eta * psi) ** 2 * power / (eta**2 * nu), label="Psi",
                           because="noise of SGD run with the learning rate eta psi(R), the same drift, over the noise of the rule")
D.identity("compression", compression, sp.simplify(compression), label="Psi", because="eta cancels", route=DerivativeIn(power, at=0))
before, behind = D.symbol("before", "positive", "average condition number of K"), D.symbol("behind", "positive", "average condition number after preconditioning")
Psi = D.symbol("Psi", "positive", "noise compression")
chosen = sp.solve(stationary.subs(g, W) - R, eta)[0]
speed = sp.simplify(decay.subs(eta, chosen))
ratio = (speed.subs({lam: W / d / behind}) / speed.subs({lam: W / d / before, psi: 1, nu: power}, simultaneous=True)).subs(nu, power * psi**2 / Psi)
D.definition("rates_at_equal_risk", ratio, label="rate / rate of SGD",
             because="slowest decay 2 eta psi lambda_min with eta chosen for the stationary risk R; lambda_min = mean weight / condition number")
D.identity("rate_ratio", ratio, sp.simplify(ratio), needs=("rates_at_equal_risk", "stationary_mode", "compression"), label="rate / rate of SGD",
           because="the risk, d and the weights cancel", route=DerivativeIn(Psi, at=0))

# --- kernels --------------------------------------------------------------------------------------------------------------
S = {"scale": d}
D.function("mode_risk", step="mode_risk", arguments={"rate": lam, "projection": pi}, doc="Risk of a mode")
D.function("forcing", step="forcing", arguments={"rate": lam, "weight": g, **S}, doc="Noise forcing of a mode, times eta^2 nu")
D.function("decay", step="decay", arguments={"learning_rate": eta, "rate": lam, "drift": psi}, doc="Decay rate of a mode's risk")
D.function("stationary_level", step="balance", arguments={"learning_rate": eta, "weight_sum": W, **S}, doc="R psi(R) / nu(R) at rest")
D.function("stationary_mode", step="stationary_mode", arguments={"learning_rate": eta, "weight": g, **S, "drift": psi, "noise": nu}, doc="Risk of a mode at rest")
D.function("coupling", step="jacobian", doc="Derivative of a mode's flow in R, at rest",
           arguments={"learning_rate": eta, "rate": lam, "weight": g, **S, "drift": psi, "drift_slope": dpsi, "noise": nu, "noise_slope": dnu})
D.function("greedy_rate", step="greedy", arguments={"drift": psi, "noise": nu, "weighted_risk": L, "forcing_sum": F}, doc="Learning rate of steepest descent")
D.function("risk_change", step="risk_change", arguments={"step": gamma, "alignment": a, "trace": T}, doc="Change of the risk in one step, exact")
D.function("batch_noise", step="batch_noise", arguments={"noise": nu, "batch_size": B}, doc="Noise power of a batch of averaged updates")
D.function("batch_second_moment", step="batch_second_moment", arguments={"single": single, "mean_product": product, "batch_size": B},
           doc="Second moment of the mean of a batch, exact")
D.function("compression", step="compression", arguments={"residual_power": power, "drift": psi, "noise": nu}, doc="Noise compression")
D.function("linear_feature_moment", step="linear_feature_moment", arguments={"covariance": k_ij, "product": prod, "noise": nu, "noise_slope": slope},
           doc="E x_i x_j h(r)^2, exact; noise_slope is the derivative of E h^2 in s^2")
D.function("rate_ratio", step="rate_ratio", arguments={"compression": Psi, "condition_before": before, "condition_after": behind},
           doc="Slowest rate over SGD's at equal small stationary risk")
