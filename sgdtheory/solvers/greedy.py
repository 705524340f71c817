"""Modes under a learning rate that follows the state: eta = rate(psi(R), nu(R), L, F), L = sum_j lambda_j r_j, F = sum_j f_j.

The clock of ``clock_step`` serves here as well: with ds = 2 eta psi dt the modes are linear with the source
g = eta nu / (2 psi). R and L are linear in g, so the values of g at the nodes are the only unknowns of a step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from sgdtheory.errors import NotConverged, invalid
from sgdtheory.solvers.collocation import Propagator, rule
from sgdtheory.solvers.feedback import NUDGE, Field, Rejected, State, Step
from sgdtheory.solvers.trajectory import Trajectory, series
from sgdtheory.values import Array, number

Rate = Callable[[Any, Any, Any, Any], Any]
_MOST_STEPS = 5000
_EXTINCT, _NOTHING = 1e-250, 1e-240  # the risk ends at the first; below the second it is not compared


class GreedyPath:
    """R(t) and eta(t) on [0, horizon]: called with times it returns risks.

    Attributes
    ----------
    horizon, numerical_error : float
        The last time, and the estimated relative error of R: the difference from a run at a tenth of the tolerance.
    """

    def __init__(self, steps: list[_Solved], horizon: float, law: _Law, vanished: float) -> None:
        self.horizon, self.numerical_error = horizon, 0.0
        self._law = law
        self._risk = Trajectory([s.step for s in steps], horizon, 0.0, vanished)
        self._moving = np.array([s.moving for s in steps])

    def __call__(self, times: Any) -> Any:
        """The risk at each time."""
        return self._risk(times)

    def learning_rate(self, times: Any) -> Any:
        """eta at each time."""
        asked = np.asarray(times, dtype=np.float64)
        flat = np.atleast_1d(asked).ravel()
        risk = np.maximum(self._risk(flat), _EXTINCT)
        index, x = self._risk.locate(flat)
        with np.errstate(all="ignore"):
            rate = self._law.rate(risk, np.maximum(series(self._moving[index], x), 0.0))
        return rate.reshape(asked.shape) if asked.ndim else float(rate[0])

    def schedule(self, time: float) -> float:
        """eta at one time, held constant after the horizon: a learning rate for an algorithm."""
        return float(self.learning_rate(min(float(time), self.horizon)))


class _Solved(NamedTuple):
    step: Step
    moving: Array  # Legendre coefficients of L


class _Law:
    """Source and pace of the clock from R and L."""

    def __init__(self, system: Any, rate: Rate) -> None:
        self.field = Field(system.drift, system.power, 1.0)
        self.total, self.given = float(system.forcing.sum()), rate

    def rate(self, risk: Array, moving: Array) -> Array:
        psi, nu = self.field.factors(risk)
        return np.asarray(self.given(psi, nu, moving, self.total), dtype=np.float64)

    def __call__(self, risk: Array, moving: Array) -> tuple[Array, Array]:
        psi, nu = self.field.factors(risk)
        eta = np.asarray(self.given(psi, nu, moving, self.total), dtype=np.float64)
        if not (psi.min() > 0.0 and eta.min() > 0.0 and eta.max() < np.inf):
            raise self.field.failure(risk, f"the learning rate lies in [{eta.min():g}, {eta.max():g}]")
        return 0.5 * eta * nu / psi, 0.5 / (eta * psi)


def integrate(system: Any, horizon: float, rate: Rate, rtol: float = 1e-8) -> GreedyPath:
    """Solve the mode equations with eta = rate(psi, nu, L, F) at every moment, such as the rate of steepest descent.

    Parameters
    ----------
    system : System
        Its learning rate is not used.
    horizon : float
        Last time, > 0.
    rate : callable
        eta > 0 from arrays psi, nu, L and the number F.
    rtol : float
        Relative error of R, 1e-10 to 1e-3.

    Returns
    -------
    GreedyPath

    Raises
    ------
    InvalidInput
        If there is no forcing (no learning rate is steepest then), or for a horizon or tolerance outside its domain.
    NotConverged
        If the tolerance is not reached; it names time and risk.

    Examples
    --------
    >>> import numpy as np
    >>> from sgdtheory.solvers.modes import System
    >>> system = System([1.0], [1.0], [0.5], np.ones_like, lambda R: 2 * R, 1.0)
    >>> path = integrate(system, 3.0, lambda psi, nu, L, F: psi * L / (nu * F))    # eta = 1, R' = -R
    >>> bool(abs(path(3.0) / np.exp(-3.0) - 1) < 1e-8), round(path.schedule(1.0), 9)
    (True, 1.0)
    """
    horizon = number("horizon", horizon, above=0.0, instead="time is steps / problem.scale")
    rtol = number("rtol", rtol, least=1e-10, most=1e-3, instead="rtol=1e-8 is the default")
    if not system.forcing.sum() > 0.0:
        raise invalid("forcing", 0.0, "somewhere > 0", "without noise in the modes any larger learning rate is steeper")
    law = _Law(system, rate)
    tolerance = 0.3 * rtol
    with np.errstate(all="ignore"):
        for _ in range(3):
            coarse, fine = (GreedyPath(*_march(system, law, horizon, t)) for t in (tolerance, 0.1 * tolerance))
            times = np.minimum(_between(fine._risk.knots), horizon)
            here, there = fine(times), coarse(times)
            fine.numerical_error = float(np.max(np.abs(here - there) / np.maximum(here, _NOTHING))) + 1e-13
            if fine.numerical_error <= rtol:
                return fine
            tolerance *= 0.1
    raise NotConverged(
        f"the estimated relative error up to t={horizon:g} (R={float(fine(horizon)):.6g}) is {fine.numerical_error:.2g}, "
        f"above rtol={rtol:g}; ask for a larger rtol or a shorter horizon"
    )


def _between(knots: Array) -> Array:
    return np.concatenate((knots, knots[:-1] + 0.37 * np.diff(knots), knots[:-1] + 0.81 * np.diff(knots)))


def _march(system: Any, law: _Law, horizon: float, tolerance: float) -> tuple[list[_Solved], float, _Law, float]:
    constants = rule(9)
    order = np.argsort(system.rates, kind="stable")
    rates, forcing = system.rates[order], system.forcing[order]
    modes = system.initial[order]
    steps: list[_Solved] = []
    time = 0.0
    length = 1.0 / max(float(rates @ (rates * modes)) / max(float(rates @ modes), 1e-300), 1e-300)
    while time < horizon:
        for _ in range(60):
            try:
                solved = _step(law, constants, rates, forcing, modes, time, length, tolerance)
                factor = 0.9 * (tolerance / max(solved.step.local, 1e-300)) ** (1.0 / (constants.unknowns + 1))
                if solved.step.local <= tolerance:
                    break
                length *= min(max(factor, 0.1), 0.9)
            except Rejected as problem:
                reason = str(problem)
                length *= 0.3
        else:
            raise NotConverged(
                f"no step can be taken at t={time:.6g}, R={modes.sum():.6g} ({reason}); shorten the horizon"
            )
        steps.append(solved)
        time, modes = solved.step.after.time, solved.step.after.modes[0]
        length *= min(max(factor, 0.2), 5.0)
        if solved.step.after.risk < _EXTINCT:
            return steps, horizon, law, time
        if len(steps) >= _MOST_STEPS:
            raise NotConverged(
                f"{_MOST_STEPS} steps reached only t={time:.6g}, R={modes.sum():.6g}; shorten the horizon"
            )
    return steps, horizon, law, np.inf


def _step(
    law: _Law, constants: Any, rates: Array, forcing: Array, modes: Array, time: float, length: float, tolerance: float
) -> _Solved:
    """Newton's method for the source at the nodes."""
    q = constants.unknowns
    risks = Propagator(constants, rates, modes[None], forcing, length)
    moves = Propagator(constants, rates, (rates * modes)[None], rates * forcing, length)
    start = np.array([modes.sum()]), np.array([rates @ modes])
    first, first_pace = law(*start)
    base_r, base_l = (p.free[0, :-1] + p.response[:-1, 0] * first for p in (risks, moves))
    into_r, into_l = risks.response[:-1, 1:-1], moves.response[:-1, 1:-1]
    source = np.full(q, first[0])
    for _ in range(12):
        r, m = base_r + into_r @ source, base_l + into_l @ source
        both = law(np.concatenate((r, r * (1.0 + NUDGE), r)), np.concatenate((m, m, m * (1.0 + NUDGE))))
        wanted, by_r, by_l = both[0].reshape(3, -1)
        by_r, by_l = (by_r - wanted) / (NUDGE * r), (by_l - wanted) / (NUDGE * m)
        jacobian = np.eye(q) - by_r[:q, None] * into_r[:q] - by_l[:q, None] * into_l[:q]
        try:
            move = np.linalg.solve(jacobian, wanted[:q] - source)
        except np.linalg.LinAlgError:
            raise Rejected("the collocation equations are singular") from None
        source = source + move
        size = float(np.abs(move / source).max())
        if not (size < 1.0 and source.min() > 0.0):
            raise law.field.failure(np.abs(r), "Newton's method does not converge")
        if size <= 1e-3 * tolerance:
            break
    else:
        raise Rejected("Newton's method does not converge")
    pace = np.concatenate((first_pace, both[1][: q + 1]))
    known = np.concatenate((first, source))
    gap = wanted[q] - float(constants.at_check @ known)
    nodes = np.concatenate((start[0], r + gap * risks.response[:-1, -1]))
    moving = np.concatenate((start[1], m + gap * moves.response[:-1, -1]))
    low = float(nodes.min())
    if not (low > 0.0 and moving.min() > 0.0):
        raise Rejected("the risk is not positive inside the step")

    def missed(values: Array) -> float:
        return abs(float(values[-1] - constants.at_check @ values[:-1]))

    change = float(nodes.max() - low)
    local = (abs(gap) * float(np.abs(risks.response[:, -1]).max()) + missed(nodes)) / low
    local += change / low * missed(pace) / float(pace.min()) + missed(moving) / float(moving.min())
    nodal = np.append(known, gap)
    for carrier, values in ((risks, nodes), (moves, moving)):
        hidden = carrier.free[0, -1] + carrier.response[-1] @ nodal - constants.at_early @ values
        local += abs(float(hidden)) / float(values.min())
    decay, made = risks.end(nodal[None])
    if risks.low < rates.size:
        loose = np.abs(modes[risks.low :] - risks.slaved[0])
        local += float(loose.sum()) / low + float(rates[risks.low :] @ loose) / float(moving.min())
    after = decay * modes + made[0]
    shown = constants.antiderivative @ (length * pace)
    state = State(time + float(shown.sum()), after[None], float(after.sum()), 0.0)
    step = Step(
        time,
        length,
        True,
        state,
        constants.series @ nodes,
        shown,
        np.append(known, wanted[q]),
        (0.0, 0.0),
        local,
        local,
    )
    return _Solved(step, constants.series @ moving)
