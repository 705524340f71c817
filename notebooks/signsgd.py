# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     notebook_metadata_filter: jupytext,kernelspec,-jupytext.text_representation.jupytext_version
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # signSGD: derive, then verify
#
# signSGD moves every parameter by the same amount, against the sign of its gradient. What does that do to the risk?
# First we derive the answer from the update rule. Then we hold it against the algorithm itself, which shares no formula with the
# theory: one step at a time, along whole risk curves, at rest, and in comparison with SGD.
#
# Each figure is followed by a check that would fail if the theory were wrong by 5 %.

# %%
from dataclasses import replace
from functools import partial
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown
from scipy import integrate, stats

import sgdtheory as sgt

plt.rc("figure", dpi=90)
plt.rc("figure.constrained_layout", use=True)
plt.rc("font", size=11)
plt.rc("axes", titlesize=12, grid=True, axisbelow=True)
plt.rc("axes.spines", top=False, right=False)
plt.rc("grid", color="0.92")
plt.rc("legend", frameon=False)
BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"  # noises
RED, PURPLE, GREY = "#D55E00", "#AA4499", "#555555"
NAVY, WINE = "#08306B", "#882255"  # signSGD, SGD
simulate = partial(sgt.simulate, progress=False)


def off_by(curve, factor):
    """The same theory, wrong by a factor from the first step on."""
    return replace(curve, evaluate=lambda t: np.where(np.asarray(t) > 0, factor, 1.0) * curve.evaluate(t))


def agrees_and_would_notice(curve, runs):
    """The theory agrees with the runs (false alarm 1e-4); the same theory off by 5 % either way does not."""
    found = sgt.compare(curve, runs, false_alarm=1e-4)
    assert found, found
    for factor in (0.95, 1.05):
        assert not sgt.compare(off_by(curve, factor), runs, false_alarm=1e-4), found
    return found


# %% [markdown]
# ## The derivation
#
# One sample is a feature vector $x \sim N(0, K)$ and a label $y = \langle x, \theta_*\rangle + \varepsilon$. With the residual
# $r = \langle x, \theta\rangle - y$, a step is $\theta_i \leftarrow \theta_i - \frac{\eta}{d}\,\mathrm{sign}(x_i)\,\mathrm{sign}(r)$.
# Everything below follows from the text `sign(x)*sign(r)` and the law of the data. Every identity is held in two independent
# ways, once with numbers against its definition and once with symbols; hover over a verdict to see them. The limit itself is a cited
# theorem; the runs below hold it.

# %%
record = sgt.derivation("signsgd")
assert record.holds
record

# %% [markdown]
# No formula reached the code by being typed: what is printed as code is the side that was derived. The same road takes any rule
# $f(x)\,h(r)$; here it is again, walked now:

# %%
homogenized = sgt.derive.homogenize(sgt.SignSGD.rule)
print(homogenized)
assert all(verdict.value == "holds" for verdict in homogenized.verdicts.values())

# %% [markdown]
# In words: the drift is $-\eta\,\psi(R)\,D^{-1}K v$ with $D = \mathrm{diag}(K)^{1/2}$, and $\psi(R)$ is the drift factor averaged over
# the label noise. The noise of a step has covariance $K_\sigma = \frac{2}{\pi}\arcsin(C)$, $C$ being the correlation matrix of the
# features. In the modes of $D^{-1}K$ the risk $R = \sum_j r_j$ obeys
#
# $$\dot r_j = -2\,\eta\,\psi(R)\,\lambda_j r_j + \frac{\eta^2}{2d}\,\lambda_j g_j .$$
#
# ## One step, exactly
#
# Before any limit: the mean and the second moment of a single step are known exactly at every dimension. Six correlated features with
# unequal variances, and 400 000 steps from the same point.

# %%
NOISES = {
    "Gaussian": sgt.noise.Gaussian(0.5),
    "Laplace": sgt.noise.Laplace(0.5),
    "uniform": sgt.noise.Uniform(0.8),
    "Student t₃": sgt.noise.StudentT(3, 0.5),
    "Cauchy": sgt.noise.Cauchy(0.5),
    "Rademacher": sgt.noise.Atoms([-0.6, 0.6]),
}
COLOURS = dict(zip(NOISES, (BLUE, GREEN, PURPLE, ORANGE, RED, GREY), strict=True))
SAMPLES = 400_000
small = sgt.covariance.ar1(6, 0.6, scales=[0.4, 0.7, 1.0, 1.3, 1.6, 1.9])
v = np.array([0.9, -0.5, 0.3, 0.6, -0.2, 0.4])
rng = np.random.default_rng(2411)

figure, axis = plt.subplots(figsize=(6.4, 4.4))
step_errors = {}
for offset, (name, noise) in zip(np.linspace(-0.25, 0.25, len(NOISES)), NOISES.items(), strict=True):
    exact = sgt.one_step(sgt.LinearRegression(small, noise, error=v), sgt.SignSGD(learning_rate=0.1))
    x = small.sample(rng, SAMPLES)
    step = np.sign(x) * np.sign(x @ v - noise.sample(rng, SAMPLES))[:, None]
    error = step.std(axis=0) / np.sqrt(SAMPLES)
    moment = step.T @ step / SAMPLES
    with np.errstate(invalid="ignore"):
        z_moment = (moment - exact.second_moment) / np.sqrt((1 - exact.second_moment**2) / SAMPLES)
    step_errors[name] = (
        (step.mean(axis=0) - exact.mean) / error,
        z_moment[np.triu_indices(6, 1)],
        exact.mean / error,
    )
    axis.errorbar(
        np.arange(6) + 1 + offset,
        step.mean(axis=0) / exact.mean,
        4 * error / np.abs(exact.mean),
        fmt="o",
        ms=3.5,
        color=COLOURS[name],
        label=name,
    )
axis.axhline(1.0, color="black", lw=1, zorder=0)
axis.axhspan(0.95, 1.05, color="0.93", zorder=0)
axis.set(
    xlabel="feature i",
    ylabel="measured / exact mean of sign$(x_i r)$",
    title="One step (bars: 4 standard errors; grey: 5 %)",
)
_ = axis.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.16))

# %%
for name, (z_mean, z_moment, size) in step_errors.items():
    print(
        f"{name:11s} largest |z|: mean {np.abs(z_mean).max():.2f}, second moment {np.abs(z_moment).max():.2f}; "
        f"an error of 5 % would show as |z| = {0.05 * np.abs(size).max():.0f}"
    )
    assert (
        np.abs(z_mean).max() < 4.5 and np.abs(z_moment).max() < 4.5
    )  # 6 * 21 normal numbers: false alarm below 1e-3
    assert 0.05 * np.abs(size).max() > 9

# %% [markdown]
# ## (i) Risk curves
#
# Correlated features (AR(1), correlation 0.5) whose standard deviations range from 0.5 to 1.5. As $d$ grows the runs close in on the
# limit curve; the bands hold 80 % of them. Nothing is fitted. From t = 3 on the risk rises a little: noise fills the slow modes.

# %%
SIGN = sgt.SignSGD(learning_rate=0.5)
SHADES = {100: "#9ECAE1", 400: "#4292C6", 1600: NAVY}
RUNS = {100: 200, 400: 100, 1600: 24}


def regression(d, noise):
    return sgt.LinearRegression(sgt.covariance.ar1(d, 0.5, scales=np.linspace(0.5, 1.5, d)), noise)


CURVES = ["Gaussian", "Student t₃", "Cauchy"]
figure, axes = plt.subplots(1, 3, figsize=(11, 3.8), sharey=True)
verdicts = {}
for axis, name in zip(axes, CURVES, strict=True):
    for d, shade in SHADES.items():
        problem = regression(d, NOISES[name])
        curve = sgt.risk_curve(problem, SIGN, horizon=6.0)
        runs = simulate(problem, SIGN, horizon=6.0, runs=RUNS[d], rng=d)
        verdicts[name, d] = curve, runs
        low, high = np.quantile(runs.risk, [0.1, 0.9], axis=0)
        axis.fill_between(
            runs.times,
            low,
            high,
            color=shade,
            alpha=0.55 if d < 1600 else 0.8,
            lw=0,
            label=f"runs, d = {d}",
        )
    axis.plot(curve.times, curve.risk, color="black", lw=1.6, label="theory")
    axis.set(title=f"{name} noise", xlabel="time t = steps / d", yscale="log", ylim=(0.08, 1.3))
    axis.set_yticks([0.1, 0.2, 0.5, 1.0], ["0.1", "0.2", "0.5", "1"])
    axis.minorticks_off()
axes[0].set_ylabel("risk R")
_ = axes[0].legend(loc="upper right")

# %%
for (name, d), (curve, runs) in verdicts.items():
    found = agrees_and_would_notice(curve, runs) if d > 100 else sgt.compare(curve, runs)
    assert found
    print(
        f"{name:11s} d = {d:4d}, {len(runs):3d} runs: deviation averaged over time "
        f"{found.deviation:+.2%} ± {found.standard_error:.2%}"
    )
spread = {
    d: np.mean([verdicts[n, d][1].risk[:, -1].std() / verdicts[n, d][1].mean[-1] for n in CURVES])
    for d in SHADES
}
print("relative spread of a single run at the end:", ", ".join(f"d = {d}: {s:.1%}" for d, s in spread.items()))
assert 2.8 < spread[100] / spread[1600] < 5.7  # falls like d^-1/2: 4

# %% [markdown]
# ## (ii) Heavy tails
#
# The same features, SGD beside signSGD. Under Gaussian noise both follow their curves. Under Student t₃ noise SGD still has a curve
# for its mean, but its fourth moment is infinite, so a mean of runs has no usable standard error, and `compare` refuses to judge.
# Under Cauchy noise SGD has no theory, because its steps have no variance, not even a mean: we ask, and are told so.

# %%
SGD = sgt.SGD(learning_rate=0.25)
figure, axes = plt.subplots(1, 3, figsize=(11, 3.8), sharey=True)
tails = {}
for axis, name in zip(axes, CURVES, strict=True):
    problem = regression(200, NOISES[name])
    for algorithm, colour, label in ((SGD, WINE, "SGD"), (SIGN, NAVY, "signSGD")):
        runs = simulate(problem, algorithm, horizon=6.0, runs=200, rng=7)
        axis.plot(runs.times, runs.risk[:12].T, color=colour, lw=0.6, alpha=0.5)
        axis.plot([], [], color=colour, lw=1, label=f"runs of {label}")
        try:
            curve = sgt.risk_curve(problem, algorithm, horizon=6.0)
            axis.plot(
                curve.times,
                curve.risk,
                color="black",
                lw=2.0,
                ls="-" if algorithm is SIGN else (0, (3, 1.5)),
                label=f"theory of {label}",
            )
        except sgt.errors.OutsideTheory as error:
            curve = None
            print(f"{name}, {label}: {error}\n")
        tails[name, label] = curve, runs
    axis.set(title=f"{name} noise", xlabel="time t = steps / d", yscale="log", ylim=(0.02, 3e4))
axes[0].set_ylabel("risk R")
_ = axes[1].legend(loc="upper left")

# %%
for name in CURVES:
    print(f"{name:11s} signSGD {agrees_and_would_notice(*tails[name, 'signSGD'])}")
print(f"{'Gaussian':11s} SGD     {agrees_and_would_notice(*tails['Gaussian', 'SGD'])}")
try:
    sgt.compare(*tails["Student t₃", "SGD"])
    raise AssertionError("the mean of these runs has no standard error")
except sgt.errors.NotComparable as error:
    print(f"{'Student t₃':11s} SGD     {error}")
without, failed = tails["Cauchy", "SGD"]
final = failed.risk[:, -1]
print(
    f"{'Cauchy':11s} SGD     {len(failed)} runs end at {final.min():.3g} (smallest), "
    f"{np.median(final):.3g} (median), {final.max():.3g} (largest)"
)
assert without is None and np.median(final) > 10 * failed.risk[0, 0]

# %% [markdown]
# ## (iii) What the noise does: the drift factor and the noise compression
#
# The label noise enters signSGD through one function only, the density of the residual at zero:
# $\psi(R) = 2\sqrt{2/\pi}\,f_r(0)$. Compared with SGD at the same drift, signSGD sees the noise compressed by
# $\Psi(R) = 2P\,\psi(R)^2$. Gaussian noise gives $4/\pi^2$ at every risk: there signSGD loses. Heavy tails make $\Psi$ large, and for
# Cauchy noise it is infinite.

# %%
risk = np.geomspace(1e-4, 1e2, 121)
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2))
psi, Psi = {}, {}
for name, noise in NOISES.items():
    problem = sgt.LinearRegression(sgt.covariance.identity(100), noise)
    psi[name] = sgt.drift_and_noise(problem, SIGN).drift(risk)
    Psi[name] = sgt.effects(problem, SIGN, risk=risk).noise_compression
    left.loglog(risk, psi[name], color=COLOURS[name], lw=2, label=name)
    if np.all(np.isfinite(Psi[name])):
        right.loglog(risk, Psi[name], color=COLOURS[name], lw=2, label=name)
right.axhline(1.0, color="black", lw=1)
right.annotate("signSGD sees less noise than SGD ↑", (1.2e2, 1.04), ha="right", fontsize=10)
left.set(
    xlabel="risk R",
    ylabel=r"drift factor $\psi(R)$",
    ylim=(2e-2, 3),
    title="Effective learning rate per unit of $\\eta$",
)
right.set(
    xlabel="risk R",
    ylabel=r"noise compression $\Psi(R)$",
    ylim=(0.1, 2),
    title="Noise compression (Cauchy: infinite)",
)
right.set_yticks([0.1, 0.2, 0.5, 1.0, 2.0], ["0.1", "0.2", "0.5", "1", "2"])
right.minorticks_off()
_ = left.legend(loc="lower left")

# %%
DENSITIES = {
    "Gaussian": stats.norm(scale=0.5).pdf,
    "Laplace": stats.laplace(scale=0.5).pdf,
    "uniform": stats.uniform(-0.8, 1.6).pdf,
    "Student t₃": stats.t(3, scale=0.5).pdf,
    "Cauchy": stats.cauchy(scale=0.5).pdf,
}
for name, density in DENSITIES.items():  # f_r(0) by plain quadrature over the noise, eps = std z
    direct = []
    for std in np.sqrt(2 * risk[::24]):
        breaks = sorted({0.0, min(0.8 / std, 12.0), 12.0})
        parts = [
            integrate.quad(
                lambda z, std=std, density=density: density(std * z) * stats.norm.pdf(z),
                a,
                b,
                epsabs=0,
                epsrel=1e-11,
            )[0]
            for a, b in pairwise(breaks)
        ]
        direct.append(2 * np.sqrt(2 / np.pi) * 2 * sum(parts))
    worst = np.max(np.abs(psi[name][::24] / direct - 1))
    print(f"{name:11s} psi against quadrature over the density: largest relative difference {worst:.1e}")
    assert worst < 1e-8
assert np.allclose(Psi["Gaussian"], 4 / np.pi**2, rtol=1e-12) and np.all(np.isinf(Psi["Cauchy"]))

# %% [markdown]
# ## (iv) Where the risk settles
#
# At a constant learning rate $R_\infty\,\psi(R_\infty) = \eta\,\mathrm{tr}D/(4d)$. The correlations of the features do not enter, and
# there is always exactly one root: signSGD has no stability threshold here. Dots are averages over 24 runs after they have settled.

# %%
rates = np.geomspace(0.02, 5.0, 60)
measured_at = [0.1, 0.25, 0.6, 1.5, 4.0]
K = sgt.covariance.ar1(100, 0.5, scales=np.linspace(0.5, 1.5, 100))
figure, axis = plt.subplots(figsize=(7, 4.6))
settled = {}
for name in ["Gaussian", "Student t₃", "Cauchy", "Rademacher"]:
    problem = sgt.LinearRegression(K, NOISES[name])
    axis.loglog(
        rates,
        [sgt.stationary_risk(problem, sgt.SignSGD(e)).value for e in rates],
        color=COLOURS[name],
        lw=2,
        label=name,
    )
    for eta in measured_at:
        algorithm = sgt.SignSGD(eta)
        predicted = sgt.stationary_risk(problem, algorithm).value
        start = sgt.LinearRegression(
            K, NOISES[name], error=problem.error * np.sqrt(predicted / problem.initial_risk)
        )
        wait = 5.0 / sgt.local_rate(problem, algorithm).value
        runs = simulate(
            start, algorithm, horizon=2 * wait, runs=24, rng=11, times=np.linspace(wait, 2 * wait, 150)
        )
        each = runs.risk.mean(axis=1)
        settled[name, eta] = predicted, each.mean(), each.std(ddof=1) / np.sqrt(len(each))
        axis.plot(eta, each.mean(), "o", color=COLOURS[name], mec="white", ms=7)
axis.set(
    xlabel=r"learning rate $\eta$",
    ylabel=r"stationary risk $R_\infty$",
    title="Stationary risk: lines theory, dots signSGD",
)
_ = axis.legend(title="label noise", loc="upper left")

# %%
for (name, eta), (predicted, mean, error) in settled.items():
    print(
        f"{name:11s} eta = {eta:4.2f}: theory {predicted:.4f}, "
        f"runs {mean:.4f} ± {error:.4f} ({mean / predicted - 1:+.1%})"
    )
    assert abs(mean - predicted) < 3 / K.d * predicted + 4.5 * error
ratios = np.array([mean / predicted for predicted, mean, _ in settled.values()])
assert abs(ratios.mean() - 1) < 0.02  # the average over the 20 points is sharper still

# %% [markdown]
# ## (v) The four effects, as numbers
#
# Relative to SGD with the same scalar drift, signSGD changes four things: the learning rate becomes $\eta\psi(R)$, the noise is
# compressed by $\Psi$, the drift is preconditioned by $D^{-1}$, and the noise is reshaped from $K$ to $K_\sigma$.

# %%
d = 400
COVARIANCES = {
    "identity": sgt.covariance.identity(d),
    "power law, exponent 1": sgt.covariance.power_law(d, 1.0),
    "AR(1), unequal scales": sgt.covariance.ar1(d, 0.5, scales=np.linspace(0.5, 1.5, d)),
}
rows = [
    "| features | noise | (a) $\\eta\\psi(1)$ | $\\eta\\psi(0)$ | (b) $\\Psi(0)$ "
    "| (c) condition number | (d) reshaping | rate / SGD's |",
    "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
]
found = {}
for label, covariance in COVARIANCES.items():
    for name in ["Gaussian", "Laplace", "Student t₃"]:
        problem = sgt.LinearRegression(covariance, NOISES[name])
        e = found[label, name] = sgt.effects(problem, SIGN, risk=[1.0, 1e-8])
        rows.append(
            f"| {label} | {name} | {e.effective_learning_rate[0]:.3f} | {e.effective_learning_rate[1]:.3f} "
            f"| {e.noise_compression[1]:.3f} | {e.condition_number_before:.4g} → {e.condition_number_after:.4g} "
            f"| {e.noise_reshaping:.3g} | {e.rate_ratio:.4g} |"
        )
Markdown("\n".join(rows))

# %%
# The same numbers from the matrices and densities themselves.
for (label, name), e in found.items():
    K, density = COVARIANCES[label].matrix(), DENSITIES[name]
    D = np.sqrt(np.diag(K))
    K_sigma = 2 / np.pi * np.arcsin(np.clip(K / np.outer(D, D), -1, 1))
    at_rest = 2 * np.sqrt(2 / np.pi) * density(0.0)  # psi as R -> 0
    before = np.trace(K) / d / np.linalg.eigvalsh(K)[0]
    after = D.mean() / np.linalg.eigvals(K / D[:, None]).real.min()
    assert np.isclose(e.effective_learning_rate[1], 0.5 * at_rest, rtol=1e-3)
    assert np.isclose(e.noise_compression[1], NOISES[name].variance * at_rest**2, rtol=1e-3)
    assert np.isclose(e.condition_number_before, before, rtol=1e-8) and np.isclose(
        e.condition_number_after, after, rtol=1e-8
    )
    assert np.isclose(e.noise_reshaping, np.trace(K @ K_sigma) / d / (np.trace(K @ K) / np.trace(K)), rtol=1e-8)
    assert np.isclose(e.rate_ratio, e.noise_compression[1] * before / after, rtol=1e-8)

# %% [markdown]
# ## (vi) When is signSGD faster?
#
# Tune both so that they settle at the same small risk. Then the slowest rate of signSGD over that of SGD tends to
# $\sigma^2\psi(0)^2\,\kappa(K)/\kappa(D^{-1}K)$, where $\kappa$ is the mean eigenvalue over the smallest. The noise and the
# covariance enter as two factors: above 1, signSGD wins.

# %%
FAMILIES = ["Gaussian", "Laplace", "Student t₃", "uniform"]
exponents, spreads = np.linspace(0.0, 2.0, 17), np.geomspace(1.0, 30.0, 13)


def rate_ratio(covariance, name):
    return sgt.effects(sgt.LinearRegression(covariance, NOISES[name]), SIGN, risk=[1e-9]).rate_ratio


def spread_ar1(spread, correlation):
    return sgt.covariance.ar1(200, correlation, scales=np.geomspace(spread**-0.5, spread**0.5, 200))


figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), sharey=True)
for name in FAMILIES:
    left.semilogy(
        exponents,
        [rate_ratio(sgt.covariance.power_law(200, a), name) for a in exponents],
        color=COLOURS[name],
        lw=2,
        label=name,
    )
    left.plot(0, rate_ratio(sgt.covariance.identity(200), name), "o", color=COLOURS[name], ms=7, clip_on=False)
    for correlation, dashes in ((0.0, "-"), (0.9, (0, (1, 2)))):
        right.loglog(
            spreads,
            [rate_ratio(spread_ar1(s, correlation), name) for s in spreads],
            color=COLOURS[name],
            lw=2,
            ls=dashes,
        )
for axis in (left, right):
    axis.axhline(1.0, color="black", lw=1)
    axis.set_ylim(0.15, 100)
left.annotate("signSGD faster ↑", (2.05, 1.1), ha="right", fontsize=10)
left.annotate("dots: identity", (0.05, 0.17), fontsize=10)
left.set(
    xlabel="exponent a of the power law $K_{jj} = j^{-a}$",
    ylabel="slowest rate, signSGD / SGD",
    title="Power law",
)
right.set(
    xlabel="largest / smallest standard deviation of a feature",
    title="AR(1), correlation 0 (solid), 0.9 (dotted)",
)
right.set_xticks([1, 3, 10, 30], ["1", "3", "10", "30"])
right.minorticks_off()
_ = left.legend(loc="upper left")

# %% [markdown]
# The scales of the features count; their correlations hardly do. signSGD rescales coordinates, it does not decorrelate them.

# %%
# Against the eigenvalues of both linearised systems, tuned to settle at R = 1e-7.
target, worst = 1e-7, 0.0
for covariance in (sgt.covariance.identity(200), sgt.covariance.power_law(200, 1.0), spread_ar1(10.0, 0.5)):
    for name in ("Gaussian", "Student t₃"):
        problem, rate = sgt.LinearRegression(covariance, NOISES[name]), {}
        for algorithm in (
            sgt.SGD(1e-6),
            sgt.SignSGD(1e-6),
        ):  # R_inf is proportional to eta where both are small
            tuned = algorithm.at(1e-6 * target / sgt.stationary_risk(problem, algorithm).value)
            assert np.isclose(sgt.stationary_risk(problem, tuned).value, target, rtol=2e-3)
            rate[type(tuned)] = sgt.local_rate(problem, tuned).value
        worst = max(worst, abs(rate[sgt.SignSGD] / rate[sgt.SGD] / rate_ratio(covariance, name) - 1))
print(f"formula against eigenvalues: largest relative difference {worst:.1e}")
assert worst < 0.01
assert np.isclose(rate_ratio(sgt.covariance.identity(200), "Gaussian"), 4 / np.pi**2, rtol=1e-4)

# %% [markdown]
# The eigenvalues come from the same theory, so here are the algorithms: variances from 0.1 to 2.5, Laplace noise, both tuned to settle
# at 0.02. SGD leads at first. Near rest the slowest rate decides, and there signSGD overtakes.

# %%
problem = sgt.LinearRegression(sgt.covariance.diagonal(np.geomspace(0.1, 2.5, 200)), NOISES["Laplace"])
race = {}
for algorithm in (sgt.SGD(0.1), sgt.SignSGD(0.1)):
    low, high = 1e-4, 1.0
    for _ in range(60):  # bisection for the learning rate that settles at 0.02
        middle = np.sqrt(low * high)
        low, high = (
            (middle, high) if sgt.stationary_risk(problem, algorithm.at(middle)).value < 0.02 else (low, middle)
        )
    tuned = algorithm.at(float(round(low, 4)))
    race[type(tuned).__name__] = (
        sgt.risk_curve(problem, tuned, horizon=60.0),
        simulate(problem, tuned, horizon=60.0, runs=100, rng=5),
        sgt.local_rate(problem, tuned).value,
    )
figure, axis = plt.subplots(figsize=(7, 4.4))
for (name, (curve, runs, rate)), colour in zip(race.items(), (WINE, NAVY), strict=True):
    axis.fill_between(runs.times, *np.quantile(runs.risk, [0.1, 0.9], axis=0), color=colour, alpha=0.25, lw=0)
    axis.semilogy(
        curve.times,
        curve.risk,
        color=colour,
        lw=2,
        label=f"{name}, $\\eta$ = {curve.algorithm.learning_rate:.4f}, rate {rate:.3f}",
    )
axis.axhline(0.02, color="black", lw=1, ls=":")
axis.annotate("both settle here", (0.5, 0.0165), fontsize=10)
axis.set(
    xlabel="time t = steps / d",
    ylabel="risk R",
    ylim=(0.014, 1.2),
    title="Tuned to the same stationary risk (bands: 80 % of the runs)",
)
axis.set_yticks([0.02, 0.05, 0.1, 0.2, 0.5, 1.0], ["0.02", "0.05", "0.1", "0.2", "0.5", "1"])
axis.minorticks_off()
_ = axis.legend()

# %%
for name, (curve, runs, _) in race.items():
    print(f"{name:8s} {agrees_and_would_notice(curve, runs)}")

# %% [markdown]
# ## (vii) The best learning rate
#
# The greedy schedule takes the steepest fall of the risk at every moment; the best constant is searched. Both are predictions, so we run
# signSGD with both.

# %%
problem = sgt.LinearRegression(sgt.covariance.power_law(200, 0.5), NOISES["Student t₃"])
best = sgt.best_schedule(problem, SIGN, horizon=8.0)
greedy, constant = sgt.SignSGD(best.schedule), sgt.SignSGD(best.constant)
schedules = {}
for label, algorithm in (("greedy schedule", greedy), (f"best constant, {best.constant:.3f}", constant)):
    schedules[label] = (
        sgt.risk_curve(problem, algorithm, horizon=8.0),
        simulate(problem, algorithm, horizon=8.0, runs=200, rng=3),
    )
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2))
for (label, (curve, runs)), colour in zip(schedules.items(), (GREEN, NAVY), strict=True):
    left.fill_between(runs.times, *np.quantile(runs.risk, [0.1, 0.9], axis=0), color=colour, alpha=0.25, lw=0)
    left.semilogy(curve.times, curve.risk, color=colour, lw=2, label=label)
right.plot(best.times, best.learning_rate, color=GREEN, lw=2)
right.axhline(best.constant, color=NAVY, lw=2)
left.set(xlabel="time t = steps / d", ylabel="risk R", title="Student t₃ noise (bands: 80 % of the runs)")
left.set_yticks([0.15, 0.2, 0.5, 1.0], ["0.15", "0.2", "0.5", "1"])
left.minorticks_off()
left.legend()
_ = right.set(
    xlabel="time t = steps / d",
    ylabel=r"learning rate $\eta(t)$",
    ylim=(0, None),
    title="The two learning rates",
)

# %%
for label, (curve, runs) in schedules.items():
    print(f"{label:22s} {agrees_and_would_notice(curve, runs)}")
assert np.allclose(schedules["greedy schedule"][0].risk, best.risk, rtol=1e-4)
for nearby in (0.9, 1.1):  # no constant nearby does better
    assert (
        sgt.risk_curve(problem, sgt.SignSGD(nearby * best.constant), horizon=8.0).risk[-1]
        > best.constant_curve.risk[-1]
    )
