"""Clipped SGD, from its update rule x*Max(-c, Min(c, r)): risk curve, the criterion for clipping, and its limits SGD and sign of the residual."""

import sympy as sp

from derivations._papers import CLIPPED
from sgdtheory.algorithms.separable import ClippedSGD
from sgdtheory.derive import Derivation, DerivativeIn, homogenize, linear
from sgdtheory.derive.gaussian import normal_density

D = Derivation(
    "clipped_sgd",
    title="Risk curves of clipped SGD in high dimension",
    source="arXiv:2406.11733",
    bibtex=CLIPPED,
    update=ClippedSGD.rule,
)
h = homogenize(D.update, into=D)
linear.risk_equation(
    D, checked_by=("clipped_sgd",), needs=("preconditioner", "drift_factor", "noise_power", "noise_shape")
)

s, m, eta, d = (D.symbol(n) for n in ("s", "m", "eta", "d"))
(c,) = D.parameters

# Gaussian noise: r ~ N(0, s^2) with s^2 = 2R + sigma^2.
z = c / s
mu = sp.erf(z / sp.sqrt(2))
drift = D.identity(
    "drift_gaussian",
    h.drift_factor.subs(m, 0),
    mu,
    needs=("drift_factor",),
    label="mu, Gaussian noise",
    because="the probability that a centred residual is not clipped",
    route=DerivativeIn(c, at=0),
)
noise = D.identity(
    "noise_gaussian",
    h.noise_power.subs(m, 0),
    s**2 * (mu - 2 * z * normal_density(z, 0, 1)) + c**2 * sp.erfc(z / sp.sqrt(2)),
    needs=("noise_power",),
    label="nu, Gaussian noise",
    because="the second moment inside plus c^2 times the probability outside",
    route=DerivativeIn(c, at=0),
)

# Limits of the threshold.
ratio = D.symbol("ratio", "(-2, 2)", "mean of the residual over its standard deviation")
small = D.symbol("small", "(0, 1)", "threshold over the residual's standard deviation, or its inverse")
D.limit(
    "drift_small",
    h.drift_factor.subs({m: ratio * s, c: small * s}, simultaneous=True),
    2 * small * s * normal_density(0, ratio * s, s),
    small,
    0,
    2,
    needs=("drift_factor",),
    label="mu",
    because="small thresholds: twice the threshold times the density of the residual at zero, the sign of the residual",
)
D.limit(
    "noise_small",
    h.noise_power.subs({m: ratio * s, c: small * s}, simultaneous=True),
    (small * s) ** 2,
    small,
    0,
    1,
    needs=("noise_power",),
    label="nu",
    because="small thresholds: nearly every residual is clipped",
)
tail = D.identity(
    "tail_gaussian",
    1 - drift,
    sp.erfc(z / sp.sqrt(2)),
    needs=("drift_gaussian",),
    label="1 - mu",
    because="the clipped part",
    route=DerivativeIn(c, at=0),
)
D.bound(
    "drift_large",
    tail.subs(c, s / small),
    2 * small * normal_density(1 / small, 0, 1),
    needs=("tail_gaussian",),
    attained_at={small: sp.Rational(1, 30), s: 1},
    label="1 - mu",
    because="large thresholds: SGD, up to a Gaussian tail",
    one_way="the difference is a positive integral whose sign SymPy does not see",
)
D.bound(
    "noise_at_most_sgd",
    noise,
    s**2,
    needs=("noise_gaussian",),
    attained_at={c: 30, s: 1},
    label="nu",
    because="min(r^2, c^2) <= r^2",
    one_way="the difference is a positive integral whose sign SymPy does not see",
)
D.bound(
    "noise_at_most_clipped",
    noise,
    c**2,
    needs=("noise_gaussian",),
    attained_at={c: sp.Rational(1, 1000), s: 1},
    label="nu",
    because="min(r^2, c^2) <= c^2",
    one_way="the difference is a positive integral whose sign SymPy does not see",
)

# The criterion: the best instantaneous fall is proportional to psi^2/nu, so clipping wins where this exceeds SGD's 1/(2P).
power = D.symbol("power", "positive", "E r^2 = 2R + E eps^2", latex="2P")
psi = D.symbol("psi", "positive", "drift factor: probability that the residual is not clipped", latex=r"\mu")
nu = D.symbol("nu", "positive", "noise power", latex=r"\nu")
L = D.symbol("L", "positive", "sum of rates times mode risks")
F = D.symbol("F", "positive", "sum of the forcings")
fall = D.definition(
    "risk_rate",
    -2 * eta * psi * L + eta**2 * nu * F,
    label="dR/dt",
    because="the sum of the modes' equations; the rates are those of K",
)
best = D.identity(
    "greedy_fall",
    fall - sp.Derivative(fall, eta) ** 2 / (2 * sp.Derivative(fall, (eta, 2))),
    -(psi**2) * L**2 / (nu * F),
    needs=("risk_rate",),
    label="least dR/dt",
    because="the minimum of a parabola in the learning rate",
    route=DerivativeIn(L, at=0),
)
D.identity(
    "criterion",
    best / best.subs({psi: 1, nu: power}, simultaneous=True),
    power * psi**2 / nu,
    needs=("greedy_fall",),
    label="CCC",
    because="least dR/dt over that of SGD, whose drift factor is 1 and whose noise power is E r^2",
    route=DerivativeIn(power, at=0),
)
D.bound(
    "criterion_gaussian",
    s**2 * drift**2,
    noise,
    needs=("drift_gaussian", "noise_gaussian"),
    attained_at={c: 30, s: 1},
    label="CCC <= 1",
    because="with Gaussian noise clipping never wins: (E r clip(r))^2 <= E r^2 E clip(r)^2, and E r clip(r) = s^2 mu by Stein's lemma",
    one_way="the inequality is Cauchy and Schwarz's; SymPy does not see the sign of the difference",
)

symbol = {name: declared.symbol for name, declared in D.symbols.items()}
FUNCTIONS = {
    "drift_gaussian": ({"std": "s"}, "Drift factor with Gaussian noise, r ~ N(0, std^2)"),
    "criterion": (
        {"power": "power", "drift": "psi", "noise": "nu"},
        "Clipping criterion: clipping beats SGD at this risk where it exceeds 1",
    ),
}
for name, (arguments, doc) in FUNCTIONS.items():
    D.function(name, step=name, arguments={a: symbol[n] for a, n in arguments.items()}, doc=doc)
