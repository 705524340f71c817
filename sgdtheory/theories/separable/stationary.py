"""Where the risk settles at a constant learning rate, and how fast."""

from __future__ import annotations

import numpy as np

from sgdtheory.algorithms.separable import SeparableUpdate
from sgdtheory.errors import OutsideTheory, invalid
from sgdtheory.kernels import separable as common
from sgdtheory.problems.linear_regression import LinearRegression
from sgdtheory.questions.claim import HIGH_DIMENSION, Assumption, NumericalError
from sgdtheory.questions.drift_and_noise import DriftAndNoise
from sgdtheory.questions.local_rate import LocalRate
from sgdtheory.questions.modes import Modes
from sgdtheory.questions.stationary_risk import StationaryRisk
from sgdtheory.registry import answer, cell
from sgdtheory.solvers import secular
from sgdtheory.solvers import stationary as solver
from sgdtheory.theories.separable.assumptions import check
from sgdtheory.theories.separable.rule import constant, source

VANISHING = 1e-12
"""A risk that goes to 0 is looked at here, in units of the initial risk."""


@cell
def stationary_risk(problem: LinearRegression, algorithm: SeparableUpdate) -> StationaryRisk:
    """The root of R psi(R) = level nu(R)."""
    assumptions = check(problem, algorithm)
    eta = constant(algorithm)
    m, a = answer("modes", problem, algorithm), answer("drift_and_noise", problem, algorithm)
    total = float(m.weights.sum())
    roots = solver.fixed_point(a.drift.unchecked, a.noise.unchecked, common.stationary_level(eta, total, problem.scale))
    if not roots:
        return _at_zero(problem, algorithm, m, a, assumptions)
    psi, nu = (float(f(np.array(roots[:1]))[0]) for f in (a.drift, a.noise))
    shares = common.stationary_mode(eta, m.weights, problem.scale, psi, nu)
    return StationaryRisk(
        problem,
        algorithm,
        roots[0],
        shares,
        roots,
        HIGH_DIMENSION,
        a.numerical_error,
        source(algorithm, "stationary_level", "separable"),
        assumptions,
    )


def _at_zero(
    problem: LinearRegression, algorithm: SeparableUpdate, m: Modes, a: DriftAndNoise, assumptions: tuple[Assumption, ...]
) -> StationaryRisk:
    """Drift wins at every risk, as without noise: the risk goes to 0. Or noise wins at every risk: our error."""
    risk = problem.initial_risk * np.geomspace(1e-12, 1e12, 97)
    level = common.stationary_level(1.0, float(m.weights.sum()), problem.scale)
    highest = risk * a.drift(risk) / a.noise(risk) / level
    eta = constant(algorithm)
    if eta < highest[0]:
        return StationaryRisk(
            problem,
            algorithm,
            0.0,
            np.zeros_like(m.weights),
            (0.0,),
            HIGH_DIMENSION,
            NumericalError(0.0, "estimated"),
            source(algorithm, "stationary_level", "separable"),
            assumptions,
        )
    most = float(highest.max())
    raise invalid(
        "learning_rate",
        eta,
        "below the threshold of a stationary risk",
        f"for this problem that is learning_rate < {most:.6g} (raw step {most / problem.scale:.3g})",
        OutsideTheory,
    )


@cell
def local_rate(problem: LinearRegression, algorithm: SeparableUpdate) -> LocalRate:
    """The rightmost eigenvalue of the Jacobian at the stationary state, with the sign turned."""
    found = answer("stationary_risk", problem, algorithm)
    eta = constant(algorithm)
    m, a = answer("modes", problem, algorithm), answer("drift_and_noise", problem, algorithm)
    r = np.array([found.value or VANISHING * problem.initial_risk])
    psi, nu, psi_slope, nu_slope = (float(f(r)[0]) for f in (a.drift, a.noise, a.drift_slope, a.noise_slope))
    coupling = common.coupling(eta, m.rates, m.weights, problem.scale, psi, psi_slope, nu, nu_slope)
    value = secular.slowest_rate(common.decay(eta, m.rates, psi), coupling)
    return LocalRate(
        problem, algorithm, -float(value), found, HIGH_DIMENSION, source(algorithm, "coupling", "separable"), assumptions=found.assumptions
    )
