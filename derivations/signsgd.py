"""signSGD, from its update rule sign(x)*sign(r): one step exactly at finite dimension, the risk curve, its rest and its fluctuations."""

import sympy as sp

from derivations._papers import SIGNSGD
from sgdtheory.algorithms.separable import SignSGD
from sgdtheory.derive import Derivation, DerivativeIn, DifferentRoute, Nonnegative, homogenize, linear
from sgdtheory.derive.expectation import Expectation
from sgdtheory.derive.gaussian import normal_density
from sgdtheory.derive.price import price

D = Derivation(
    "signsgd",
    title="Risk curves of signSGD in high dimension",
    source="arXiv:2411.12135",
    bibtex=SIGNSGD,
    update=SignSGD.rule,
)
h = homogenize(D.update, into=D)
linear.risk_equation(D, checked_by=("signsgd",), needs=("preconditioner", "drift_factor", "noise_power", "noise_shape"))

x, r, s, m, eta, d, R, rho, sigma = (D.symbol(n) for n in ("x", "r", "s", "m", "eta", "d", "R", "rho", "sigma"))
psi = D.symbol("psi", "positive", "drift factor, averaged over the noise", latex=r"\psi")
b = D.symbol("b", "positive", "standard deviation sqrt(2R) of <x, v>")
v = D.symbol("v", "positive", "variance of a Gaussian component of the noise, whose mean is -m")
q = D.symbol("q", "(-1, 1)", "correlation on the way from 0 to rho")
z = D.symbol("z")

# One step at finite dimension: a standardised feature with correlation rho to <x, v>.
given = Expectation(sp.sign(r), r, m + rho * b * x, sp.sqrt(b**2 * (1 - rho**2) + v))
alignment = D.definition(
    "alignment",
    Expectation(sp.sign(x) * given, x, 0, 1),
    label="E sign(x) sign(r)",
    because="given the feature, the residual is Gaussian about m + rho b x; m and v belong to a component of the noise",
)
share = b / sp.sqrt(b**2 + v)
integrand = price(sp.sign, sp.sign, q * share, m, sp.sqrt(b**2 + v)) * share
one_step = D.identity(
    "one_step",
    alignment,
    sp.Integral(sp.simplify(integrand), (q, 0, rho)),
    label="E sign(x) sign(r)",
    points=2,
    digits=6,
    time_limit=120,
    route=DerivativeIn(rho, at=0),
    because="Price's theorem: the derivative in the correlation is four times the joint density at the origin",
)
D.identity(
    "one_step_gaussian",
    one_step.subs(m, 0),
    2 * sp.asin(rho * b / sp.sqrt(b**2 + v)) / sp.pi,
    needs=("one_step",),
    route=DerivativeIn(rho, at=0),
    label="E sign(x) sign(r), Gaussian noise",
    because="the arcsine law with the correlation that the noise leaves",
)
# Limits are taken at a mean of the order of the residual's spread: far out both sides vanish beyond what quadrature can tell apart.
ratio = D.symbol("ratio", "(-2, 2)", "mean of the residual over its standard deviation")
one_step = one_step.subs(m, ratio * sp.sqrt(b**2 + v))
slope = one_step.function
series = rho * (slope.subs(q, 0) + rho**2 / 6 * sp.diff(slope, q, 2).subs(q, 0))
D.limit(
    "third_order",
    one_step,
    sp.simplify(series),
    rho,
    0,
    4,
    needs=("one_step",),
    because="the integrand is even in the correlation; two terms of its series",
)
D.limit(
    "linear_in_alignment",
    one_step,
    rho * b * h.drift_factor.subs({s: sp.sqrt(b**2 + v), m: ratio * sp.sqrt(b**2 + v)}),
    rho,
    0,
    2,
    needs=("one_step", "drift_factor"),
    label="E sign(x) sign(r)",
    because="the drift is linear in the feature's covariance with <x, v>: psi (Kv)_i/sqrt(K_ii)",
)
D.identity(
    "density_reading",
    h.drift_factor,
    2 * sp.sqrt(2 / sp.pi) * normal_density(0, m, s),
    needs=("drift_factor",),
    label="psi",
    because="the drift factor is the density of the residual at zero, up to a constant: it needs no moment of the noise",
    route=DerivativeIn(m, at=0),
)

# Rest: R psi(R) = level, Gaussian noise.
level = D.symbol("level", "positive", "eta tr(K^(1/2) diagonal)/(4d): R psi(R)/nu(R) at rest")
at_risk = h.drift_factor.subs({m: 0, s: sp.sqrt(2 * R + sigma**2)}, simultaneous=True)
a = sp.pi * level / 2
rest = a * (a + sp.sqrt(a**2 + sigma**2))
away = (R * at_risk) ** 2 - level**2
step = (away / sp.diff(away, R)).subs(R, rest)
D.identity(
    "stationary_gaussian",
    rest - step,
    rest,
    needs=("drift_factor", "noise_power"),
    label="R at rest, Gaussian noise",
    route=DerivativeIn(sigma, at=0),
    because="R psi(R) = level, squared, is a quadratic equation: a Newton step from its positive root does not move it",
)
D.bound(
    "unique_rest",
    0,
    sp.simplify(sp.diff(R * at_risk, R)),
    needs=("drift_factor",),
    not_sharp=True,
    label="d(R psi)/dR",
    route=Nonnegative(),
    because="R psi(R) rises from 0 without bound, so there is one rest at every learning rate and no threshold of stability",
)
D.limit(
    "small_learning_rate",
    rest,
    level * sp.pi * sigma / 2,
    level,
    0,
    1,
    needs=("stationary_gaussian",),
    label="R at rest",
    because="level/psi(0): the risk at rest is linear in the learning rate",
)

# Effects.
power = D.definition("full_power", s**2, because="E r^2 = 2R + sigma^2 for Gaussian noise")
D.identity(
    "compression_gaussian",
    power * h.drift_factor.subs(m, 0) ** 2 / h.noise_power,
    4 / sp.pi**2,
    needs=("full_power", "drift_factor", "noise_power"),
    label="Psi, Gaussian noise",
    because="E r^2 psi^2/nu: with Gaussian noise signSGD is noisier by pi^2/4 at every risk",
    route=DerivativeIn(s, at=1),
)
same = h.drift_factor.subs({m: 0, s: sp.sqrt(2 * R + v)}, simultaneous=True)
D.identity(
    "equivalent_noise",
    (v - (same - psi) / sp.diff(same, v)).subs(v, 4 / (sp.pi * psi) ** 2 - 2 * R),
    4 / (sp.pi**2 * psi**2) - 2 * R,
    needs=("drift_factor",),
    label="variance of the equivalent Gaussian noise",
    route=DerivativeIn(R, at=0),
    because="Gaussian noise of this variance has the same drift factor",
)

# Fluctuations, K = 1: v'u has second moment v'v = 2R, since the signs of uncorrelated features are uncorrelated.
slope_R = D.symbol("psi_slope", "real", "derivative of the drift factor in the risk", latex=r"\psi'")
shift = D.symbol("delta", "real", "change of the risk", latex=r"\delta")
D.definition(
    "change_moments",
    (eta**2) * (2 * R - (2 * R * psi) ** 2),
    label="d^2 Var[R_{k+1} - R_k]",
    because="K = 1: the change is -eta <v, u>/d up to what does not fluctuate; E <v, u>^2 = v'v = 2R and E <v, u> = 2 R psi",
)
flow = -2 * eta * (psi + slope_R * shift) * (R + shift) + eta**2 / 2
pull = D.identity(
    "pull",
    -sp.Derivative(flow, shift).doit().subs(shift, 0),
    2 * eta * (psi + R * slope_R),
    needs=("drift_factor",),
    label="rate of return",
    because="derivative of dR/dt = -2 eta psi R + eta^2/2 in the risk",
    route=DerivativeIn(R, at=0),
)
D.identity(
    "fluctuation",
    D.steps["change_moments"].right / (2 * pull),
    eta * R * (1 - 2 * R * psi**2) / (2 * (psi + R * slope_R)),
    needs=("change_moments", "pull"),
    label="d Var R at rest",
    route=DerivativeIn(eta, at=0),
    because="a linear return against independent changes: 2 * pull * Var = variance of the changes",
)
quiet = sp.sqrt(2) / (sp.pi * sp.sqrt(R))
D.identity(
    "pull_without_noise",
    pull.subs({psi: quiet, slope_R: sp.diff(quiet, R)}),
    eta * quiet,
    needs=("pull",),
    label="rate of return without noise",
    because="psi = (2/pi)/sqrt(2R): half of 2 eta psi",
    route=DerivativeIn(eta, at=0),
)

# The sign of a mean over a batch.
B = D.symbol("B", "integer >= 1", "batch size")
N = D.symbol("N", "integer >= 2", "batch size of two or more", latex="B")
t = D.symbol("w", "positive", "variable of the Laplace transform")
norm = D.symbol("n_r", "positive", "norm of the residuals of a batch", latex=r"\|r\|")
r1, r2, r3 = (D.symbol(f"r_{k}", "real", f"residual of sample {k}", latex=f"r_{k}") for k in (1, 2, 3))
c = D.symbol("c_r", "real", "<r, <x, v>>/(b |r|) for the residuals of a batch", latex="c")
given_batch = D.definition(
    "sign_given_batch",
    Expectation(sp.sign(x), x, rho * c, sp.sqrt(1 - rho**2)),
    label="E sign of the batch mean, given residuals",
    because="given the batch's residuals and <x, v>, the mean of x_i r over it is Gaussian; divided by its norm it has mean rho c",
)
closed = D.identity(
    "sign_of_batch",
    given_batch,
    sp.erf(rho * c / sp.sqrt(2 * (1 - rho**2))),
    needs=("sign_given_batch",),
    route=DerivativeIn(c, at=0),
    label="E sign of the batch mean, given residuals",
    because="the mean sign of a Gaussian",
)
D.limit(
    "batch_linear",
    closed,
    sp.sqrt(2 / sp.pi) * rho * c,
    rho,
    0,
    2,
    needs=("sign_of_batch",),
    because="linear in the alignment",
)
length = sp.sqrt(r1**2 + r2**2 + r3**2)
D.identity(
    "divergence",
    sum(sp.Derivative(k / length, k) for k in (r1, r2, r3)),
    2 / length,
    needs=("sign_given_batch",),
    label="div r/|r|, three samples",
    because="Stein's lemma in the <x_b, v> turns E <r, <x, v>>/|r| into b^2 E div(r/|r|) = b^2 (B - 1) E 1/|r|",
)
inverse = D.definition(
    "laplace",
    2 / sp.sqrt(sp.pi) * sp.Integral(sp.exp(-(t**2) * norm**2), (t, 0, sp.oo)),
    because="a Laplace transform of 1/|r|",
)
D.identity("inverse_norm", inverse, 1 / norm, needs=("laplace",), label="1/|r|", because="a Gaussian integral")
squares = D.definition(
    "square_exponential",
    Expectation(sp.exp(-(t**2) * r**2), r, m, s),
    label="E exp(-w^2 r^2)",
    because="independent residuals: exp(-w^2 |r|^2) is a product over the batch",
)
transform = D.identity(
    "square_transform",
    squares,
    sp.exp(-(m**2) * t**2 / (1 + 2 * s**2 * t**2)) / sp.sqrt(1 + 2 * s**2 * t**2),
    needs=("square_exponential",),
    label="E exp(-w^2 r^2)",
    because="complete the square",
    route=DerivativeIn(m, at=0),
)
D.identity(
    "batch_factor",
    sp.sqrt(2 / sp.pi) * (N - 1) * (2 / sp.sqrt(sp.pi)),
    2 * sp.sqrt(2) * (N - 1) / sp.pi,
    label="factor of the batch drift",
    needs=("batch_linear", "divergence", "inverse_norm"),
    route=DerivativeIn(N, at=2),
    because="psi_B = factor * integral over w > 0 of (E exp(-w^2 r^2))^B, the inner mean also over the noise",
)
drift = D.definition(
    "batch_drift",
    2 * sp.sqrt(2) * (N - 1) / sp.pi * sp.Integral(transform.subs(m, 0) ** N, (t, 0, sp.oo)),
    label="psi_B, Gaussian noise",
    because="the same with one centred Gaussian component",
)
chi = sp.sqrt(2) * sp.gamma((N + 1) / 2) / sp.gamma(N / 2)
D.identity(
    "batch_gaussian",
    drift,
    sp.sqrt(2 / sp.pi) * chi / s,
    needs=("batch_drift", "batch_factor", "square_transform"),
    label="psi_B, Gaussian noise",
    because="a beta integral: E chi_B over the standard deviation of the residual",
    route=DifferentRoute(
        2
        * sp.sqrt(2)
        * (N - 1)
        / sp.pi
        * sp.gamma(sp.Rational(1, 2))
        * sp.gamma((N - 1) / 2)
        / sp.gamma(N / 2)
        / (2 * sp.sqrt(2) * s)
    ),
)
chi_law = 2 ** (1 - sp.Rational(1, 2) * B) * t ** (B - 1) * sp.exp(-(t**2) / 2) / sp.gamma(B / 2)
batch = D.definition(
    "batch_alignment",
    sp.Integral(sp.erf(q * t / sp.sqrt(2 * (1 - q**2))) * chi_law, (t, 0, sp.oo)),
    label="E sign of the batch mean",
    because="Gaussian noise: feature and residual have correlation q; given the residuals, whose norm is chi distributed, the mean sign",
)
u = D.symbol("u_q", "(-1, 1)", "correlation on the way from 0 to q", latex="u")
height = 2 * sp.gamma((B + 1) / 2) / (sp.sqrt(sp.pi) * sp.gamma(B / 2))
exact = D.identity(
    "batch_one_step",
    batch,
    sp.Integral(height * (1 - u**2) ** ((B - 2) / 2), (u, 0, q)),
    needs=("batch_alignment",),
    points=4,
    digits=15,
    label="E sign of the batch mean",
    because="differentiate in the correlation: a gamma integral",
    time_limit=60,
    route=DerivativeIn(q, at=0),
    one_way="the power of the batch size is symbolic, and SymPy does not simplify the derivatives' difference",
)
y = D.symbol("y", "real", "variable of Student's law")
student = sp.gamma((B + 1) / 2) / (sp.sqrt(B * sp.pi) * sp.gamma(B / 2)) * (1 + y**2 / B) ** (-(B + 1) / 2)
D.claim(
    "student_form",
    exact,
    2 * sp.Integral(student, (y, 0, sp.sqrt(B) * q / sp.sqrt(1 - q**2))),
    needs=("batch_one_step",),
    points=4,
    digits=15,
    label="E sign of the batch mean",
    because="twice Student's distribution function with B degrees of freedom, less one",
    route=DerivativeIn(q, at=0),
    one_way="the power of the batch size is symbolic, and SymPy does not simplify the derivatives' difference",
)

symbol = {name: declared.symbol for name, declared in D.symbols.items()}
FUNCTIONS = {
    "one_step_gaussian": (
        {"correlation": "rho", "risk_std": "b", "variance": "v"},
        "E sign(x) sign(r) for a feature of this correlation; Gaussian noise",
    ),
    "stationary_gaussian": (
        {"level": "level", "noise_std": "sigma"},
        "Risk at rest with Gaussian noise; level = R psi(R) at rest",
    ),
    "compression_gaussian": ({}, "Noise compression with Gaussian noise"),
    "equivalent_noise": (
        {"risk": "R", "drift": "psi"},
        "Variance of the Gaussian noise that has the same drift factor",
    ),
    "pull": (
        {"eta": "eta", "risk": "R", "drift": "psi", "drift_slope": "psi_slope"},
        "Rate of return to rest for K = 1",
    ),
    "fluctuation": (
        {"eta": "eta", "risk": "R", "drift": "psi", "drift_slope": "psi_slope"},
        "d Var R at rest for K = 1",
    ),
    "square_transform": ({"w": "w", "mean": "m", "std": "s"}, "E exp(-w^2 r^2), r ~ N(mean, std^2)"),
    "batch_factor": ({"batch": "N"}, "Batch drift over the integral of the transform's power"),
    "batch_gaussian": ({"batch": "N", "std": "s"}, "Drift factor of a batch of two or more with Gaussian noise"),
}
for name, (arguments, doc) in FUNCTIONS.items():
    D.function(name, step=name, arguments={k: symbol[n] for k, n in arguments.items()}, doc=doc)
D.function(
    "one_step_integrand",
    step="one_step",
    part="integrand",
    doc="Integrated over q from 0 to rho: E sign(x) sign(r), for one component of the noise",
    arguments={"q": q, "mean": m, "risk_std": b, "variance": v},
)
D.function(
    "batch_integrand",
    step="batch_one_step",
    part="integrand",
    doc="Integrated over u from 0 to the correlation: E sign of a batch mean; Gaussian noise",
    arguments={"u": u, "batch": B},
)
