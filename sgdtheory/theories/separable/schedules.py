"""The greedy schedule, and the best constant learning rate."""

from __future__ import annotations

import math

import numpy as np

from sgdtheory.algorithms.separable import SeparableUpdate
from sgdtheory.errors import NotConverged
from sgdtheory.kernels import separable as common
from sgdtheory.problems.linear_regression import LinearRegression
from sgdtheory.questions.best_schedule import BestSchedule
from sgdtheory.questions.claim import HIGH_DIMENSION, NumericalError
from sgdtheory.questions.drift_and_noise import DriftAndNoise
from sgdtheory.questions.modes import Modes
from sgdtheory.registry import answer, cell
from sgdtheory.solvers import modes as mode_solver
from sgdtheory.theories.separable.assumptions import check
from sgdtheory.theories.separable.rule import source
from sgdtheory.values import Array

COARSE = 1e-3
"""Relative accuracy of the curves that are only compared."""


@cell
def best_schedule(problem: LinearRegression, algorithm: SeparableUpdate, *, horizon: float, times: Array) -> BestSchedule:
    """Greedy by its own equation; the constant by a search over one decade after another, then Brent's method."""
    from sgdtheory.solvers import greedy

    assumptions = check(problem, algorithm)
    m, a = answer("modes", problem, algorithm), answer("drift_and_noise", problem, algorithm)
    system = mode_solver.System(m.rates, m.initial, m.forcing, a.drift.unchecked, a.noise.unchecked, 1.0)
    path = greedy.integrate(system, horizon, common.greedy_rate)
    constant = _best_constant(m, a, horizon, float(path.learning_rate(np.array([0.0]))[0]))
    curve = answer("risk_curve", problem, algorithm.at(constant), horizon=horizon, rtol=1e-8, times=times)
    return BestSchedule(
        problem,
        algorithm,
        horizon,
        times,
        path(times),
        path.learning_rate(times),
        constant,
        curve,
        HIGH_DIMENSION,
        NumericalError(path.numerical_error, "estimated"),
        source(algorithm, "greedy_rate", "separable"),
        path.schedule,
        assumptions,
    )


def _best_constant(m: Modes, a: DriftAndNoise, horizon: float, start: float) -> float:
    """The constant learning rate of least risk at the horizon."""
    from scipy.optimize import minimize_scalar

    def final(log_rate: float, rtol: float = COARSE) -> float:
        system = mode_solver.System(m.rates, m.initial, m.forcing, a.drift.unchecked, a.noise.unchecked, math.exp(log_rate))
        try:
            return math.log(max(float(mode_solver.integrate(system, horizon, rtol)(horizon)), 1e-300))
        except NotConverged:  # the risk overflows: not the best
            return math.inf

    middle = math.log(start)
    grid = middle + math.log(2.0) * np.arange(-12, 7)
    values = np.array([final(x) for x in grid])
    best = int(np.argmin(values))
    while best == 0 and grid[0] > middle - 60.0:
        grid = grid - math.log(2.0) * 12
        values = np.array([final(x) for x in grid])
        best = int(np.argmin(values))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
    found = minimize_scalar(lambda x: final(x, 1e-8), bounds=(low, high), method="bounded", options={"xatol": 1e-5})
    return math.exp(float(found.x))
