"""One step of the mode equations, in one of two clocks.

``clock_step`` uses the clock ds = a dt with a = 2 eta psi(R), in which every mode is r' = -lambda r + g f with the scalar
source g = eta nu / (2 psi): the fast modes are exact at any step length. ``time_step`` uses time itself: it needs
lambda a h to be moderate, and does not mind a = 0 (no learning rate, or a drift factor that underflows).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sgdtheory.solvers.collocation import Propagator, Rule
from sgdtheory.values import Array

_NUDGE = 1e-6
_ITERATIONS = 10


class Rejected(Exception):
    """The step is too long, or the feedback is not usable on it; the message says which."""


@dataclass(eq=False)
class Field:
    """Feedback of the risk on all modes: drift factor, noise power, and the learning rate between two breaks."""

    drift: Callable[[Array], Array]
    power: Callable[[Array], Array]
    learning_rate: float | Callable[[float], float]
    start: float = 0.0
    stop: float = np.inf

    def factors(self, risk: Array) -> tuple[Array, Array]:
        """psi and nu at risks > 0."""
        if not (risk.min() > 0.0 and risk.max() < 1e300):
            raise Rejected("the risk left the range of numbers")
        psi, nu = np.asarray(self.drift(risk), dtype=np.float64), np.asarray(self.power(risk), dtype=np.float64)
        if psi.shape != risk.shape or nu.shape != risk.shape:
            psi, nu = np.broadcast_to(psi, risk.shape), np.broadcast_to(nu, risk.shape)
        for name, value in (("drift factor", psi), ("noise power", nu)):
            if not (value.min() >= 0.0 and value.max() < np.inf):
                bad = np.flatnonzero(~((value >= 0.0) & (value < np.inf)))[0]
                raise Rejected(f"the {name} is {value[bad]:g} at R={risk[bad]:.6g}")
        return psi, nu

    def rate(self, times: Array) -> Array | float:
        """eta(t), from inside the segment between two breaks, so that a jump belongs to the right side."""
        if not callable(self.learning_rate):
            return self.learning_rate
        slack = 1e-13 * self.stop
        inside = np.clip(times, self.start + slack, max(self.stop - slack, self.start + slack))
        return np.array([self.learning_rate(t) for t in inside.tolist()])


class State(NamedTuple):
    """Where a step begins: time, modes and forcing (2, m), risk, the bound on the modes' errors, and on the time's."""

    time: float
    weights: Array
    risk: float
    error: Array
    delay: float


class Step(NamedTuple):
    """A solved step: state after it, its interpolants and its error."""

    start: float
    length: float  # of the clock, or of time
    clock: bool
    after: State
    risk: Array  # Legendre coefficients of R on [0, 1]
    time: Array  # Legendre coefficients of t - start
    source: Array  # g at the nodes (clock), or (a, b) at the nodes (time)
    local: float  # relative error inside the step
    claim: float  # the same with everything that was carried into it


def _interpolants(constants: Rule, risk: Array, pace: Array) -> tuple[Array, Array]:
    return constants.series @ risk, constants.antiderivative @ pace


def _relative(value: float, scale: float) -> float:
    return abs(value) / scale if scale > 0.0 else (0.0 if value == 0.0 else np.inf)


def clock_step(field: Field, constants: Rule, rates: Array, state: State, length: float, guess: Array | None, tolerance: float,
               source_error: float) -> Step:
    """Solve for the risk at the nodes by Newton's method; propagate every mode exactly."""
    q = constants.unknowns
    carrier = Propagator(constants, rates, state.weights, length)
    free, response = carrier.free, carrier.response
    here = np.array([state.risk])
    psi0, nu0 = field.factors(here)
    if not psi0[0] > 0.0:
        raise Rejected(f"the drift factor is 0 at R={state.risk:.6g}")
    scheduled = callable(field.learning_rate)
    eta0 = np.asarray(field.rate(np.array([state.time]))).ravel()[0]
    if not eta0 > 0.0:
        raise Rejected(f"the learning rate is 0 at t={state.time:.6g}")
    source0, pace0 = 0.5 * eta0 * nu0[0] / psi0[0], 0.5 / (eta0 * psi0[0])
    if guess is None:
        guess = np.full(q, source0)
    inner = response[:q, 1:]
    base = free[:q] + response[:q, 0] * source0
    risk = base + inner @ guess
    span = length * constants.weights[:q]
    times = state.time + span.sum(axis=1) * pace0
    inverse = None
    for _ in range(_ITERATIONS):
        if inverse is None:
            psi, nu = field.factors(np.concatenate((risk, risk * (1.0 + _NUDGE))))
            if not psi.min() > 0.0:
                raise Rejected("the drift factor vanishes inside the step")
            ratio, pull = 0.5 * nu / psi, 0.5 / psi
            ratio, ratio_slope = ratio[:q], (ratio[q:] - ratio[:q]) / (risk * _NUDGE)
            pull, pull_slope = pull[:q], (pull[q:] - pull[:q]) / (risk * _NUDGE)
        else:
            psi, nu = field.factors(risk)
            if not psi.min() > 0.0:
                raise Rejected("the drift factor vanishes inside the step")
            ratio, pull = 0.5 * nu / psi, 0.5 / psi
        eta = field.rate(times)
        if scheduled and not np.min(eta) > 0.0:
            raise Rejected("the learning rate vanishes inside the step")
        residual = risk - base - inner @ (eta * ratio)
        if scheduled:
            late = times - state.time - span @ np.concatenate(([pace0], pull / eta))
            residual = np.concatenate((residual, late))
        if inverse is None:
            jacobian = np.eye(residual.size)
            jacobian[:q, :q] -= inner * (eta * ratio_slope)
            if scheduled:
                shift = 1e-4 * max(times[-1] - state.time, 1e-300)
                eta_slope = (field.rate(times + shift) - eta) / shift
                jacobian[:q, q:] = -inner * (eta_slope * ratio)
                jacobian[q:, :q] = -span[:, 1:] * (pull_slope / eta)
                jacobian[q:, q:] += span[:, 1:] * (pull * eta_slope / eta**2)
            try:
                inverse = np.linalg.inv(jacobian)
            except np.linalg.LinAlgError:
                raise Rejected("the collocation equations are singular") from None
        move = inverse @ residual
        risk = risk - move[:q]
        if scheduled:
            times = times - move[q:]
        size = float(np.abs(move[:q] / risk).max())
        if scheduled:
            size = max(size, float(np.abs(move[q:]).max()) / max(times[-1] - state.time, 1e-300))
        if not size < 1.0:
            raise Rejected("Newton's method does not converge")
        if size <= 0.03 * tolerance:
            break
    else:
        raise Rejected("Newton's method does not converge")

    nodes = np.empty(q + 2)
    nodes[0], nodes[1:q + 1] = state.risk, risk
    psi, nu = field.factors(risk)
    eta = field.rate(times)
    source, pace = np.empty(q + 1), np.empty(q + 2)
    source[0], source[1:] = source0, 0.5 * eta * nu / psi
    pace[0], pace[1:q + 1] = pace0, 0.5 / (eta * psi)
    nodes[q + 1] = free[q] + response[q] @ source
    if not nodes[q + 1] > 0.0:
        raise Rejected("the risk is not positive inside the step")
    psi, nu = field.factors(nodes[q + 1:])
    eta = field.rate(np.array([state.time + length * constants.weights[q] @ pace[:-1]]))
    eta = float(np.asarray(eta).ravel()[0])
    if not (psi[0] > 0.0 and eta > 0.0):
        raise Rejected("the drift factor or the learning rate vanishes inside the step")
    pace[q + 1] = 0.5 / (eta * psi[0])

    low = nodes.min()
    source_gap = abs(0.5 * eta * nu[0] / psi[0] - constants.at_check @ source)
    pace_gap = abs(pace[q + 1] - constants.at_check @ pace[:-1])
    risk_gap = abs(nodes[q + 1] - constants.at_check @ nodes[:-1])
    memory = float(response[q - 1].sum())
    change = abs(nodes[q] - nodes[0])
    local = (memory * source_gap + risk_gap + change * _relative(pace_gap, pace.min())) / low

    # The bound on carried errors obeys the same equation, linearised, with every term made positive.
    decay, made = carrier.end(state.weights, np.array([source, np.ones(q + 1)]))
    gain = max(0.0, float((eta * ratio_slope).max())) if not scheduled else max(0.0, float((field.rate(times) * ratio_slope).max()))
    faded = decay * state.error
    fresh = source_error * source.max() + 0.1 * source_gap
    carried = (faded.sum() + memory * fresh) / max(0.1, 1.0 - memory * gain)
    error = faded + (fresh + gain * carried) * made[1]
    modes = decay * state.weights[0] + made[0]
    risk_series, time_series = _interpolants(constants, nodes, length * pace)
    passed = float(time_series.sum())
    slope = float(np.abs(pull_slope / (eta if scheduled else eta0)).max())
    delay = state.delay + length * (0.1 * pace_gap + slope * carried)
    claim = local + (max(carried, state.error.sum()) + change / max(passed, 1e-300) * delay) / low
    after = State(state.time + passed, np.array([modes, state.weights[1]]), float(modes.sum()), error, delay)
    return Step(state.time, length, True, after, risk_series, time_series, source, local, claim)


def time_step(field: Field, constants: Rule, rates: Array, state: State, length: float, tolerance: float, source_error: float) -> Step:
    """Solve for the risk at the nodes in time; only for steps on which the modes decay little."""
    q = constants.unknowns
    eta = np.broadcast_to(field.rate(state.time + length * np.append(constants.nodes, constants.check)), q + 2)
    initial, forcing = state.weights
    total, weights = forcing.sum(), length * constants.weights
    risk = np.full(q + 1, state.risk)
    for _ in range(_ITERATIONS * 3):
        psi, nu = field.factors(np.concatenate((risk, risk * (1.0 + _NUDGE))))
        pull, push = 2.0 * eta[:-1] * psi[:q + 1], eta[:-1] ** 2 * nu[:q + 1]
        pull_slope = 2.0 * eta[:-1] * (psi[q + 1:] - psi[:q + 1]) / (risk * _NUDGE)
        push_slope = eta[:-1] ** 2 * (nu[q + 1:] - nu[:q + 1]) / (risk * _NUDGE)
        clock = weights @ pull
        if not rates[-1] * clock[-2] <= 4.0:
            raise Rejected("the modes decay too much for a step in time")
        growth = np.exp(np.multiply.outer(np.concatenate(([0.0], clock)), rates))  # (q+2, m)
        modes = (initial + forcing * (weights @ (growth[:q + 1] * push[:, None]))) / growth[1:]
        solved = modes.sum(axis=1)
        moving = modes[:q] @ rates
        jacobian = np.eye(q) - weights[:q, 1:] * (push_slope[1:] * total - pull_slope[1:] * moving)
        try:
            move = np.linalg.solve(jacobian, risk[1:] - solved[:q])
        except np.linalg.LinAlgError:
            raise Rejected("the collocation equations are singular") from None
        size = float(np.abs(move / risk[1:]).max())
        if not size < 1.0:
            raise Rejected("Newton's method does not converge")
        if size <= 0.03 * tolerance:
            break
        risk[1:] -= move
    else:
        raise Rejected("Newton's method does not converge")

    nodes = np.append(np.append(state.risk, solved[:q]), solved[q])
    psi, nu = field.factors(nodes[-1:])
    low = nodes.min()
    pull_gap = abs(2.0 * eta[-1] * psi[0] - constants.at_check @ pull)
    push_gap = abs(eta[-1] ** 2 * nu[0] - constants.at_check @ push)
    risk_gap = abs(nodes[-1] - constants.at_check @ nodes[:-1])
    moving = float(modes[:q].max(axis=0) @ rates)
    local = (risk_gap + length * (push_gap * total + pull_gap * moving)) / low

    faded = state.error / growth[q]
    gain = max(0.0, float((push_slope * total - pull_slope * moving).max())) * length
    fresh = length * (source_error * push.max() + 0.1 * push_gap)
    lost = 0.1 * length * pull_gap
    carried = (faded.sum() + fresh * total + lost * moving) / max(0.1, 1.0 - gain)
    feedback = length * (max(0.0, float(push_slope.max())) * forcing + max(0.0, float((-pull_slope).max())) * rates * modes[q - 1])
    error = faded + fresh * forcing + lost * rates * modes[q - 1] + feedback * carried
    change = abs(nodes[-2] - nodes[0]) / length
    claim = local + (max(carried, state.error.sum()) + change * state.delay) / low
    risk_series, _ = _interpolants(constants, nodes, nodes)
    time_series = np.zeros(q + 3)
    time_series[:2] = 0.5 * length
    after = State(state.time + length, np.array([modes[q - 1], forcing]), float(modes[q - 1].sum()), error, state.delay)
    return Step(state.time, length, False, after, risk_series, time_series, np.array([pull, push]), local, claim)
