"""Modes that share one scalar feedback, integrated by exponential collocation.

dr_j/dt = -2 eta(t) psi(R) lambda_j r_j + eta(t)^2 nu(R) f_j ,   R = sum_j r_j .

In the clock ds = 2 eta psi dt every mode is linear with a scalar source, so the unknowns of a step are a handful of
values of R; the modes follow exactly. No stiffness, O(modes) a step, about ten steps per decade of time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sgdtheory.errors import NotConverged, invalid
from sgdtheory.solvers.collocation import rule
from sgdtheory.solvers.steps import Field, Rejected, State, Step, clock_step, time_step
from sgdtheory.solvers.trajectory import Trajectory
from sgdtheory.values import Array, array, number, store

_MOST_STEPS = 20000
_EXTINCT = 1e-290
_UNKNOWNS = 6


@dataclass(frozen=True, eq=False)
class System:
    """dr_j/dt = -2 eta(t) drift(R) rates_j r_j + eta(t)^2 power(R) forcing_j, with R = sum_j r_j.

    Parameters
    ----------
    rates, initial, forcing : array_like of shape (m,)
        lambda_j >= 0, r_j(0) >= 0 (not all 0), f_j >= 0.
    drift, power : callable
        psi(R) and nu(R), both >= 0; called with arrays of risks > 0, return arrays of the same shape.
    learning_rate : float or callable
        eta, or eta(t) >= 0 for a float t.
    breaks : sequence of float
        Times at which eta has a kink or a jump.
    source_error : float
        Relative error of initial and forcing as a representation of a larger system (see ``compress``).

    Examples
    --------
    >>> import numpy as np
    >>> from sgdtheory.solvers.modes import System, integrate
    >>> system = System([1.0], [1.0], [0.0], np.ones_like, np.ones_like, 0.5)
    >>> bool(abs(integrate(system, 2.0)(2.0) - np.exp(-2.0)) < 1e-9)
    True
    """

    rates: Array
    initial: Array
    forcing: Array
    drift: Callable[[Array], Array]
    power: Callable[[Array], Array]
    learning_rate: float | Callable[[float], float]
    breaks: tuple[float, ...] = ()
    source_error: float = 0.0

    def __post_init__(self) -> None:
        rates = array("rates", self.rates, (None,), "numbers >= 0")
        initial = array("initial", self.initial, (rates.size,), "numbers >= 0")
        forcing = array("forcing", self.forcing, (rates.size,), "numbers >= 0")
        for name, value in (("rates", rates), ("initial", initial), ("forcing", forcing)):
            if value.min() < 0.0:
                raise invalid(name, float(value.min()), "numbers >= 0")
        if not initial.sum() > 0.0:
            raise invalid("initial", 0.0, "mode risks with a sum > 0", "relative accuracy needs an initial risk > 0")
        store(self, rates=rates, initial=initial, forcing=forcing, breaks=tuple(sorted({float(b) for b in self.breaks})))


def integrate(system: System, horizon: float, rtol: float = 1e-8) -> Trajectory:
    """Solve the mode equations on [0, horizon] to a relative error ``rtol`` of R, everywhere on the curve.

    Parameters
    ----------
    system : System
    horizon : float
        Last time, > 0.
    rtol : float
        Relative error, 1e-11 to 1e-3.

    Returns
    -------
    Trajectory
        Called with times it returns risks; ``numerical_error`` is the estimate of its relative error. A risk below
        1e-290 is returned as 0.

    Raises
    ------
    InvalidInput
        For a horizon or tolerance outside its domain.
    NotConverged
        Where the tolerance cannot be reached, the risk overflows, or drift and power are no longer numbers: it names
        time and risk. A truncated curve is never returned.

    Examples
    --------
    >>> import numpy as np
    >>> from sgdtheory.solvers.modes import System, integrate
    >>> rates = np.arange(1, 101) ** -2.0
    >>> system = System(rates, np.full(100, 0.01), rates**2 / 200, np.ones_like, lambda R: 2 * R + 0.01, 0.5)
    >>> curve = integrate(system, 1e4)
    >>> curve(np.array([0.0, 1e4])).shape, curve.numerical_error < 1e-8
    ((2,), True)
    """
    horizon = number("horizon", horizon, above=0.0, instead="time is steps / problem.scale")
    rtol = number("rtol", rtol, least=1e-11, most=1e-3, instead="rtol=1e-8 is the default")
    tolerance = 0.5 * rtol
    with np.errstate(all="ignore"):
        for _ in range(4):
            steps, vanished = _march(system, horizon, tolerance)
            claim = max(s.claim for s in steps) + system.source_error + 1e-15 * len(steps) + 1e-14
            if claim <= rtol:
                return Trajectory(steps, horizon, claim, vanished)
            tolerance *= max(0.02, 0.5 * rtol / claim)
            if tolerance < 2e-14:
                break
    raise NotConverged(f"the estimated relative error is {claim:.2g}, above rtol={rtol:g}, at every step length tried up to t={horizon:g} "
                       f"(R={steps[-1].after.risk:.6g}); ask for a larger rtol or a shorter horizon")


def _march(system: System, horizon: float, tolerance: float) -> tuple[list[Step], float]:
    """Adaptive steps from 0 to the horizon; the time from which the risk is 0 in double precision."""
    constants = rule(_UNKNOWNS)
    order = np.argsort(system.rates, kind="stable")
    rates = system.rates[order]
    weights = np.array([system.initial[order], system.forcing[order]])
    state = State(0.0, weights, float(weights[0].sum()), np.zeros(rates.size), 0.0)
    scheduled = callable(system.learning_rate)
    targets = [b for b in system.breaks if 0.0 < b < horizon and scheduled] + [horizon]
    steps: list[Step] = []
    start = 0.0
    for target in targets:
        field = Field(system.drift, system.power, system.learning_rate, start, target)
        while state.time < target:
            state = _advance(system, field, constants, rates, state, steps, target, tolerance)
            if state.risk < _EXTINCT:
                return steps, state.time
        start = target
    return steps, np.inf


def _advance(system: System, field: Field, constants, rates: Array, state: State, steps: list[Step], target: float, tolerance: float) -> State:
    """One accepted step, appended to ``steps``."""
    scheduled = callable(system.learning_rate)
    remaining = target - state.time
    previous = steps[-1] if steps else None
    reason = ""
    try:
        psi, nu = field.factors(np.array([state.risk]))
    except Rejected as problem:
        raise NotConverged(f"cannot continue at t={state.time:.6g}, R={state.risk:.6g}: {problem}; ask for a shorter horizon") from None
    eta = float(np.asarray(field.rate(np.array([state.time]))).ravel()[0])
    pull = 2.0 * eta * float(psi[0])
    if previous is None or previous.start < field.start <= state.time:
        # the first step of a segment resolves the fastest mode that matters
        moving = rates * state.weights[0]
        speed = pull * float((rates * moving).sum() / max(moving.sum(), 1e-300)) + eta**2 * float(nu[0]) * state.weights[1].sum() / state.risk
        length = min(remaining, 0.3 / speed if speed > 0.0 else remaining)
    else:
        factor = float(np.clip(0.9 * (tolerance / max(previous.local, 1e-300)) ** (1.0 / (constants.unknowns + 1)), 0.2, 4.0))
        length = factor * (previous.after.time - previous.start)
        if previous.clock and pull > 0.0:
            length = factor * previous.length / pull
    if scheduled:
        length = min(length, 0.125 * (target - field.start))
    for _ in range(100):
        in_time = rates[-1] * pull * length <= 0.5
        try:
            if in_time:
                landing = length >= remaining * (1.0 - 1e-12)
                step = time_step(field, constants, rates, state, min(length, remaining), tolerance, system.source_error)
                if landing:
                    step = step._replace(after=step.after._replace(time=target))
            else:
                step = clock_step(field, constants, rates, state, pull * length, None, tolerance, system.source_error)
                beyond = step.after.time - target
                if scheduled and beyond > 1e-13 * target:
                    part = Trajectory([step], target, 0.0).locate(np.array([target - state.time]))[1][0] if state.time == 0.0 else _position(step, remaining)
                    length *= 0.5 * (1.0 + part)
                    if beyond > 0.0 and step.local <= tolerance:
                        continue
                elif scheduled and beyond > -1e-13 * target:
                    step = step._replace(after=step.after._replace(time=target))
            if step.local <= tolerance:
                steps.append(step)
                return step.after
            factor = max(0.1, 0.85 * (tolerance / step.local) ** (1.0 / (constants.unknowns + 1)))
            reason = f"estimated error {step.local:.2g} of a step"
        except Rejected as problem:
            factor, reason = 0.3, str(problem)
        length *= factor
        if length < 1e-15 * max(state.time, 1e-290):
            break
    raise NotConverged(f"the step length fell to {length:.2g} at t={state.time:.6g}, R={state.risk:.6g} ({reason}); "
                       "ask for a larger rtol or a shorter horizon, or name kinks of the learning rate in breaks")


def _position(step: Step, since: float) -> float:
    """x in [-1, 1] at which the step's clock shows ``since`` after its start."""
    moved = step._replace(start=0.0, after=step.after._replace(time=step.after.time - step.start))
    return float(Trajectory([moved], since, 0.0).locate(np.array([since]))[1][0])
