"""What all updates g(x, r) = f(x) h(r) share: SGD, clipped SGD, signSGD and a user's own rule.

Every formula comes from a kernel: the rule's own (drift, noise, preconditioner, noise shape) and the common one.
"""

from __future__ import annotations

import importlib
import warnings
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from sgdtheory.algorithms.separable import SGD, ClippedSGD, SeparableUpdate, SignSGD
from sgdtheory.errors import AsymptoticWarning, OutsideTheory, invalid
from sgdtheory.kernels import separable as common
from sgdtheory.problems.linear_regression import LinearRegression
from sgdtheory.questions.claim import HIGH_DIMENSION, Assumption, NumericalError, Source
from sgdtheory.questions.drift_and_noise import DriftAndNoise
from sgdtheory.questions.local_rate import LocalRate
from sgdtheory.questions.modes import Modes
from sgdtheory.questions.risk_curve import RiskCurve
from sgdtheory.questions.stationary_risk import StationaryRisk
from sgdtheory.registry import answer, cell
from sgdtheory.solvers import modes as mode_solver
from sgdtheory.solvers import secular, spectra, stationary
from sgdtheory.values import Array

COMMITTED = {SGD.rule: "sgd", ClippedSGD.rule: "clipped_sgd", SignSGD.rule: "signsgd"}
"""Update texts whose kernel is committed."""

MOST_ALIGNED = 0.5
"""Above this correlation of one feature with the prediction, the linearised drift is off by more than about 5 %."""


def rule(algorithm: SeparableUpdate) -> ModuleType:
    """The kernel of an update text: the committed one, or derived now, once per text."""
    name = COMMITTED.get(algorithm.update)
    if name is not None:
        return importlib.import_module(f"sgdtheory.kernels.{name}")
    from sgdtheory.derive.homogenize import kernel

    return kernel(algorithm.update)


def source(algorithm: SeparableUpdate, result: str) -> Source:
    """Where a result comes from, for this rule."""
    module = rule(algorithm)
    return Source(getattr(module, "NAME", "separable"), result, module.SOURCE)


# --- assumptions -------------------------------------------------------------------------------------------------------


def finite_noise_power(problem: LinearRegression, algorithm: SeparableUpdate) -> Assumption:
    """E h(r)^2 is finite under the label noise."""
    growth, tail = algorithm.residual_growth, problem.noise.tail_exponent
    return Assumption("finite_noise_power", 2.0 * growth < tail, f"h grows like |r|^{growth:g}, the noise has moments below order {tail:g}")


def delocalised(problem: LinearRegression, algorithm: SeparableUpdate) -> Assumption:
    """No feature is strongly correlated with the prediction <x, v>; a linear f does not need it."""
    k = problem.covariance
    rho = np.abs(k.matvec(problem.error)) / np.sqrt(k.variances * 2.0 * problem.initial_risk)
    worst = float(rho.max())
    return Assumption("delocalised", worst <= MOST_ALIGNED or algorithm.linear_feature, f"largest |rho_i| at the start is {worst:.3g}")


def bounded_spectrum(problem: LinearRegression, algorithm: SeparableUpdate) -> Assumption:
    """The largest variance is a small part of the trace, so that many directions share the risk."""
    k = problem.covariance
    share = float(k.variances.max()) / k.trace
    return Assumption("bounded_spectrum", share <= 0.5 or k.d == 1, f"the largest variance is {share:.3g} of the trace")


def odd_feature(problem: LinearRegression, algorithm: SeparableUpdate) -> Assumption:
    """f is odd; the derivation refuses every other rule."""
    return Assumption("odd_feature", algorithm.odd_feature, f"f of {algorithm.update!r}")


ASSUMPTIONS = {f.__name__: f for f in (odd_feature, delocalised, bounded_spectrum, finite_noise_power)}


def check(problem: LinearRegression, algorithm: SeparableUpdate) -> tuple[Assumption, ...]:
    """All assumptions with their verdict: infinite noise power is an error, a limit not reached a warning."""
    verdicts = tuple(f(problem, algorithm) for f in ASSUMPTIONS.values())
    for v in verdicts:
        if v.holds:
            continue
        if v.name == "finite_noise_power":
            raise invalid("noise", problem.noise, f"a law for which {algorithm!r} has a finite noise power ({v.detail})",
                          "signSGD and clipped SGD need no moment of the noise", OutsideTheory)
        if v.name == "delocalised":
            warnings.warn(AsymptoticWarning(f"{v.detail}, above {MOST_ALIGNED}: the linearised drift is inaccurate; sgt.one_step is exact"),
                          stacklevel=4)
    return verdicts


def constant(algorithm: SeparableUpdate) -> float:
    """The learning rate as a number, else our error."""
    eta = algorithm.constant_learning_rate
    if eta is None:
        raise invalid("learning_rate", algorithm.learning_rate, "a number for a question about the stationary state",
                      "take the learning rate at the time of interest", OutsideTheory)
    return eta


# --- cells ---------------------------------------------------------------------------------------------------------------


def average(function: Any, problem: LinearRegression, kinks: tuple[float, ...], risk: Any) -> Array:
    """The mean over the label noise of a kernel function of r ~ N(mean, std^2), at each risk."""
    power = 2.0 * np.asarray(risk, dtype=np.float64)
    weights, means, variances = problem.noise.nodes(np.sqrt(power), tuple(-k for k in kinks))
    with np.errstate(under="ignore", over="ignore", divide="ignore"):
        return np.sum(weights * function(-means, np.sqrt(power[..., None] + variances)), axis=-1)


@cell
def drift_and_noise(problem: LinearRegression, algorithm: SeparableUpdate) -> DriftAndNoise:
    """psi, nu and their slopes in R: the kernel's, averaged over the noise law's Gaussian mixture."""
    check(problem, algorithm)
    module, given, batch = rule(algorithm), dict(algorithm.parameters), algorithm.batch_size
    kinks = module.kinks(**given)

    def averaged(function: Any) -> Any:
        return partial(average, partial(function, **given), problem, kinks)

    drift, noise = averaged(module.drift_factor), averaged(module.noise_power)
    drift_slope, noise_slope = averaged(module.drift_slope), averaged(module.noise_slope)
    return DriftAndNoise(problem, algorithm, source(algorithm, "drift_factor"), drift, lambda r: common.batch_noise(noise(r), batch),
                         lambda r: 2.0 * drift_slope(r), lambda r: common.batch_noise(2.0 * noise_slope(r), batch))


@cell
def modes(problem: LinearRegression, algorithm: SeparableUpdate) -> Modes:
    """Eigenpairs of P^(1/2) K P^(1/2), and the noise shape in them."""
    k, module, given = problem.covariance, rule(algorithm), dict(algorithm.parameters)
    variances = k.variances
    preconditioner = np.broadcast_to(module.preconditioner(variances, **given), variances.shape)
    if k.is_diagonal:
        spectrum = spectra.symmetrised(variances, preconditioner)
        shape = module.noise_shape(np.ones_like(variances), variances, variances, **given)
    else:
        matrix = k.matrix()
        spectrum = spectra.symmetrised(matrix, preconditioner)
        shape = module.noise_shape(correlation(matrix), variances[:, None], variances[None, :], **given)
    rates, weights = spectrum.rates, spectrum.weights(shape)
    initial = common.mode_risk(rates, spectrum.projections(problem.error))
    return Modes(problem, algorithm, source(algorithm, "modes"), rates, weights, initial, common.forcing(rates, weights, problem.scale))


def correlation(matrix: Array) -> Array:
    """The correlation matrix, its diagonal exactly 1 (arcsin amplifies rounding there)."""
    std = np.sqrt(np.diag(matrix))
    c = np.clip(matrix / std[:, None] / std[None, :], -1.0, 1.0)
    np.fill_diagonal(c, 1.0)
    return c


@cell
def risk_curve(problem: LinearRegression, algorithm: SeparableUpdate, *, horizon: float, rtol: float, times: Array) -> RiskCurve:
    """The mode equations, integrated."""
    assumptions = check(problem, algorithm)
    m, a = answer("modes", problem, algorithm), answer("drift_and_noise", problem, algorithm)
    eta = algorithm.constant_learning_rate or algorithm.learning_rate_at
    system = mode_solver.System(m.rates, m.initial, m.forcing, a.drift, a.noise, eta, algorithm.breaks)
    trajectory = mode_solver.integrate(system, horizon, rtol)

    def bounds() -> Any:
        return tuple(_one_mode(m, a, eta, algorithm.breaks, rate, horizon, rtol, side)
                     for rate, side in ((float(m.rates.max()), -1.0), (float(m.rates.min()), 1.0)))

    return RiskCurve(problem, algorithm, horizon, times, trajectory(times), HIGH_DIMENSION, NumericalError(trajectory.numerical_error, "estimated"),
                     source(algorithm, "risk_equation"), assumptions, trajectory, bounds)


def _one_mode(m: Modes, a: DriftAndNoise, eta: Any, breaks: Any, rate: float, horizon: float, rtol: float, side: float) -> Any:
    """The scalar comparison equation: all risk in modes of one rate; widened by the solver's own error."""
    total = np.array([m.initial.sum()])
    system = mode_solver.System(np.array([rate]), total, np.array([m.forcing.sum()]), a.drift, a.noise, eta, breaks)
    trajectory = mode_solver.integrate(system, horizon, rtol)
    slack = 1.0 + side * 2.0 * max(trajectory.numerical_error, rtol)
    return lambda t: trajectory(t) * slack


@cell
def stationary_risk(problem: LinearRegression, algorithm: SeparableUpdate) -> StationaryRisk:
    """The root of R psi(R) = level nu(R)."""
    check(problem, algorithm)
    eta = constant(algorithm)
    m, a = answer("modes", problem, algorithm), answer("drift_and_noise", problem, algorithm)
    roots, error = _roots(m, a, common.stationary_level(eta, m.weights.sum(), problem.scale))
    if not roots:
        raise invalid("learning_rate", eta, "below the threshold of a stationary risk",
                      f"a stationary risk exists below {_threshold(m, a, problem.scale):.6g} for this problem", OutsideTheory)
    one = np.array([roots[0]])
    shares = common.stationary_mode(eta, m.weights, problem.scale, a.drift(one)[0], a.noise(one)[0])
    return StationaryRisk(problem, algorithm, roots[0], shares, roots, HIGH_DIMENSION, NumericalError(error, "estimated"), source(algorithm, "balance"))


def _roots(m: Modes, a: DriftAndNoise, level: float) -> tuple[tuple[float, ...], float]:
    return tuple(stationary.fixed_point(a.drift, a.noise, level)), 1e-12


def _threshold(m: Modes, a: DriftAndNoise, scale: float) -> float:
    far = np.array([1e12])
    return float((far * a.drift(far) / a.noise(far))[0] / common.stationary_level(1.0, m.weights.sum(), scale))


@cell
def local_rate(problem: LinearRegression, algorithm: SeparableUpdate) -> LocalRate:
    """The rightmost eigenvalue of the Jacobian at the stationary state."""
    found = answer("stationary_risk", problem, algorithm)
    eta = constant(algorithm)
    m, a = answer("modes", problem, algorithm), answer("drift_and_noise", problem, algorithm)
    r = np.array([found.value])
    psi, nu, psi_slope, nu_slope = (float(f(r)[0]) for f in (a.drift, a.noise, a.drift_slope, a.noise_slope))
    coupling = common.coupling(eta, m.rates, m.weights, problem.scale, psi, psi_slope, nu, nu_slope)
    value = secular.slowest_rate(common.decay(eta, m.rates, psi), coupling)
    return LocalRate(problem, algorithm, value, found, HIGH_DIMENSION, source(algorithm, "jacobian"))
