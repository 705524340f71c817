"""SGD, from its update rule x*r: risk curve, and the second moments exactly at every dimension and batch size."""

import sympy as sp

from derivations._papers import SIGNSGD
from sgdtheory.algorithms.separable import SGD
from sgdtheory.derive import Derivation, DerivativeIn, Difference, DifferentRoute, homogenize, linear
from sgdtheory.derive.expectation import Expectation

D = Derivation(
    "sgd", title="Risk curves of SGD in high dimension", source="arXiv:2411.12135", bibtex=SIGNSGD, update=SGD.rule
)
h = homogenize(D.update, into=D)
linear.risk_equation(D, checked_by=("sgd",), needs=("preconditioner", "drift_factor", "noise_power", "noise_shape"))

x, r, s, m, eta, d, R = (D.symbol(n) for n in ("x", "r", "s", "m", "eta", "d", "R"))
gamma = D.symbol("gamma", "positive", "raw step", latex=r"\gamma")
lam = D.symbol("lam", "positive", "eigenvalue of K", latex=r"\lambda")
y = D.symbol("y_j", "real", "component of the error along the eigenvector", latex="y_j")
w = D.symbol("w", "nonnegative", "second moment E y_j^2 of that component")
rest = D.symbol("rest", "positive", "part of the variance of <x, v> that the other eigenvectors hold")
total = D.symbol("T", "positive", "sum over eigenvectors of lambda_i w_i, twice the mean risk")
moment = D.symbol("v", "positive", "second moment E eps^2 of the noise, which has mean 0")
B = D.symbol("B", "integer >= 1", "batch size")

# One eigenvector, one sample: given the feature x, the residual has mean y x; only its second moment enters.
single = D.definition(
    "single_sample",
    Expectation(x**2 * Expectation(r**2, r, y * x, sp.sqrt(rest + moment)), x, 0, sp.sqrt(lam)),
    label="E x_j^2 r^2",
    because="along an eigenvector of K; given x_j the residual is y_j x_j plus independent parts of variance rest + E eps^2",
)
single = D.identity(
    "fourth_moment",
    single,
    lam * (rest + moment) + 3 * lam**2 * y**2,
    label="E x_j^2 r^2",
    route=Difference(),
    points=4,
    digits=20,
    time_limit=60,
    because="Isserlis' theorem",
)
after = D.definition(
    "component_after",
    y**2 - 2 * gamma * lam * y**2 + gamma**2 * (single / B + (1 - 1 / B) * (lam * y) ** 2),
    label="E y_j'^2",
    because="y_j' = y_j - gamma * mean over the batch of x_j r; different samples are independent with E x_j r = lambda y_j",
)
factor = 1 - 2 * gamma * lam + gamma**2 * lam**2 * (1 + 1 / B)
source = gamma**2 * lam / B
step = D.identity(
    "second_moments",
    after.subs(rest, total - lam * y**2).subs(y, sp.sqrt(w)),
    factor * w + source * (total + moment),
    needs=("component_after", "fourth_moment"),
    label="w_j'",
    route=DerivativeIn(gamma, at=0),
    because="averaged over the error: the recursion of the second moments closes",
)
D.identity(
    "second_moment_factor",
    sp.Derivative(step, w),
    factor,
    needs=("second_moments",),
    label="factor_j",
    route=DerivativeIn(lam, at=0),
    because="what multiplies w_j",
)
D.identity(
    "second_moment_source",
    sp.Derivative(step, total),
    source,
    needs=("second_moments",),
    label="source_j",
    route=DerivativeIn(lam, at=0),
    because="what multiplies sum lambda_i w_i + E eps^2",
)
gain = D.identity(
    "stability_term",
    lam * source / (1 - factor),
    gamma * lam / (2 * B - gamma * lam * (B + 1)),
    label="H_j",
    route=DerivativeIn(gamma, at=0),
    needs=("second_moment_factor", "second_moment_source"),
    because="at rest lambda_j w_j = H_j (sum lambda_i w_i + E eps^2)",
)
H = D.symbol("H", "(0, 1)", "sum of the H_j")
F = H * (total + moment) - total
D.identity(
    "stationary_exact",
    (total - F / sp.diff(F, total)) / 2,
    H / (1 - H) * moment / 2,
    needs=("stability_term",),
    label="R at rest",
    because="T = H (T + E eps^2) is linear in T = 2R; finite and positive exactly for H < 1",
    route=DerivativeIn(moment, at=0),
)
D.identity(
    "isotropic_threshold",
    d * gain.subs({lam: 1, B: 1, gamma: 2 / (d + 2)}),
    sp.S.One,
    needs=("stability_term",),
    label="H at gamma = 2/(d+2)",
    because="equal eigenvalues, one sample: mean-square stable below gamma = 2/(d+2)",
    route=DerivativeIn(d, at=1),
)
D.limit(
    "stability_limit",
    d * gain.subs(B, 1).subs(gamma, eta / d),
    eta * lam / 2,
    d,
    sp.oo,
    1,
    needs=("stability_term",),
    label="H",
    because="many equal eigenvalues: H tends to eta tr K/(2d)",
)

# The same risk in the limit of many eigenvectors.
q = D.symbol("q", "(0, 1)", "eta tr K/(2d), the limit of H")
balance = q / 2 * h.noise_power.subs({m: 0, s: sp.sqrt(2 * R + moment)}) - R * h.drift_factor
D.identity(
    "stationary_risk",
    R - balance / sp.diff(balance, R),
    q / (1 - q) * moment / 2,
    needs=("drift_factor", "noise_power"),
    label="R at rest",
    because="R psi = level * nu with level = q/2, linear in R",
    route=DerivativeIn(moment, at=0),
)

# Fluctuations of the risk, K = 1: one step changes d R by a quadratic in the residual and <x, v>.
g, e = D.symbol("g", "real", "<x, v> of a sample"), D.symbol("eps")
sigma = D.symbol("sigma")
change = -eta * (g - e) * g + eta**2 * (g - e) ** 2 / 2


def mean(value):
    return Expectation(Expectation(value, e, 0, sigma), g, 0, s)


change_mean = D.identity(
    "change_mean",
    mean(change),
    -eta * s**2 + eta**2 * (s**2 + sigma**2) / 2,
    needs=("update",),
    label="d E[R_{k+1} - R_k]",
    because="K = 1 and |x|^2 = d up to relative order d^(-1/2); Gaussian noise",
    route=Difference(),
    points=2,
    digits=15,
    time_limit=60,
)
variance = D.identity(
    "change_variance",
    mean(change**2) - change_mean**2,
    eta**2 * (2 * s**4 + sigma**2 * s**2) - 2 * eta**3 * (s**2 + sigma**2) * s**2 + eta**4 * (s**2 + sigma**2) ** 2 / 2,
    needs=("change_mean",),
    label="d^2 Var[R_{k+1} - R_k]",
    because="Gaussian fourth moments",
    route=Difference(),
    points=2,
    digits=15,
    time_limit=60,
)
pull = D.identity(
    "pull",
    -sp.Derivative(change_mean.subs(s, sp.sqrt(2 * R)), R),
    2 * eta - eta**2,
    needs=("change_mean",),
    label="rate of return",
    because="derivative of the mean change in the risk",
    route=DerivativeIn(eta, at=0),
)
D.identity(
    "fluctuation",
    variance / (2 * pull),
    variance / (2 * eta * (2 - eta)),
    needs=("change_variance", "pull"),
    label="d Var R at rest",
    route=DifferentRoute(sp.expand(variance) / (4 * eta - 2 * eta**2)),
    because="a linear return against independent changes: 2 * pull * Var = variance of the changes",
)

symbol = {name: declared.symbol for name, declared in D.symbols.items()}
FUNCTIONS = {
    "second_moment_factor": (
        {"step": "gamma", "rates": "lam", "batch": "B"},
        "What a step multiplies a second moment by",
    ),
    "second_moment_source": (
        {"step": "gamma", "rates": "lam", "batch": "B"},
        "What a step adds to a second moment, times twice the full risk",
    ),
    "stability_term": (
        {"step": "gamma", "rates": "lam", "batch": "B"},
        "Part of an eigenvalue in H; SGD is mean-square stable while the sum is below 1",
    ),
    "stationary_exact": ({"moment": "v", "total": "H"}, "Mean risk at rest, exact at every dimension"),
    "stationary_risk": ({"moment": "v", "load": "q"}, "Risk at rest in high dimension; load = eta tr K/(2d) < 1"),
    "fluctuation": (
        {"eta": "eta", "risk_std": "s", "noise_std": "sigma"},
        "d Var R at rest for K = 1 and Gaussian noise, s^2 = 2R",
    ),
}
for name, (arguments, doc) in FUNCTIONS.items():
    D.function(name, step=name, arguments={a: symbol[n] for a, n in arguments.items()}, doc=doc)
