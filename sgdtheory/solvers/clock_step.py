"""One step in the clock ds = a dt, a = 2 eta psi(R): every mode is r' = -lambda r + g f, with g = eta nu / (2 psi).

The unknowns are the risks at the nodes (and the times, for a schedule); the modes are exact at any step length.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sgdtheory.solvers.collocation import Propagator
from sgdtheory.solvers.feedback import NUDGE, Field, Rejected, State, Step
from sgdtheory.values import Array

_ITERATIONS = 12


def clock_step(
    field: Field,
    carrier: Propagator,
    state: State,
    now: tuple[float, float],
    guesses: tuple[Array | None, Array | None],
    tolerance: float,
    source_error: float,
) -> Step:
    """Solve for R at the nodes by Newton's method, then propagate every mode.

    ``now``: g and 1 / (2 eta psi) at the start; ``guesses``: g at the nodes, and the times of nodes and check, if known.
    Raises Rejected where the step is too long to be solved.
    """
    constants, length, response = carrier.constants, carrier.length, carrier.response
    q = constants.unknowns
    response, span = response[: q + 1], length * constants.weights[: q + 1]
    source, pace = np.empty(q + 2), np.empty(q + 2)  # at nodes and check
    source[0], pace[0] = now
    guess = np.full(q, source[0]) if guesses[0] is None else guesses[0]
    base = carrier.free[0, : q + 1] + response[:, 0] * source[0]
    inner = response[:, 1:-1]
    risk = base + inner @ guess  # at the q nodes, then the check
    times = state.time + span.sum(axis=1) * pace[0] if guesses[1] is None else guesses[1]
    inverse = None
    slack = 1e-3 if field.scheduled else NUDGE  # relative error of the slopes, where they are taken
    for _ in range(_ITERATIONS):
        fresh = inverse is None
        if fresh:
            psi, nu, psi_slope, nu_slope = field.slopes(risk)
        else:
            psi, nu = field.factors(risk)
        eta: Any = field.rate(times) if field.scheduled else field.learning_rate
        if not (psi.min() > 0.0 and (not field.scheduled or eta.min() > 0.0)):
            raise field.failure(risk, "the drift factor or the learning rate vanishes inside the step")
        ratio = nu / psi
        here, pull = 0.5 * eta * ratio, 0.5 / (eta * psi)
        residual = (risk - base - inner @ here[:q])[:q]
        if field.scheduled:
            late = times - state.time - span @ np.append(pace[0], pull[:q])
            residual = np.concatenate((residual, late[:q]))
        if fresh:
            here_slope = 0.5 * eta * (nu_slope - ratio * psi_slope) / psi / risk
            pull_slope = -pull * (psi_slope / psi) / risk
            jacobian = np.eye(residual.size)
            jacobian[:q, :q] -= inner[:q] * here_slope[:q]
            if field.scheduled:
                shift = 1e-4 * (times[q - 1] - state.time)
                turn = (field.rate(times + shift) - eta) / (shift * eta)  # d log eta / dt
                jacobian[:q, q:] = -inner[:q] * (here * turn)[:q]
                jacobian[q:, :q] = -span[:q, 1:] * pull_slope[:q]
                jacobian[q:, q:] += span[:q, 1:] * (pull * turn)[:q]
            try:
                inverse = np.linalg.inv(jacobian)
            except np.linalg.LinAlgError:
                raise Rejected("the collocation equations are singular") from None
        move = -(inverse @ residual)
        size = float(np.abs(move[:q] / risk[:q]).max())
        if field.scheduled:
            size = max(size, float(np.abs(move[q:]).max()) / (times[q - 1] - state.time))
        if not size < np.inf:
            raise field.failure(risk, "Newton's method does not converge")
        if size > 0.5:
            move *= 0.5 / size
        # The slopes carry source and pace over the last move: no further call of the feedback is needed.
        shifted = here[:q] + here_slope[:q] * move[:q]
        eased = pull[:q] + pull_slope[:q] * move[:q]
        moved = base + inner @ shifted
        if field.scheduled:
            shifted += (here * turn)[:q] * move[q:]
            eased -= (pull * turn)[:q] * move[q:]
            moved = base + inner @ shifted
            late = state.time + span @ np.append(pace[0], eased)
        gap = float(abs(moved[q] - risk[q])) / moved[q] if moved[q] > 0.0 else np.inf
        if fresh:
            away = max(size, gap, slack)  # and at the values that are reached from there
        if max(size, gap) * away <= 3e-4 * tolerance:
            break
        if away > 1e-3:
            inverse = None
        risk = moved
        if field.scheduled:
            times = late
    else:
        raise Rejected("Newton's method does not converge")
    source[1:-1], pace[1:-1] = shifted, eased
    step = moved[q] - risk[q]
    source[-1], pace[-1] = here[q] + here_slope[q] * step, pull[q] + pull_slope[q] * step
    if field.scheduled:
        source[-1] += here[q] * turn[q] * (late[q] - times[q])
        pace[-1] -= pull[q] * turn[q] * (late[q] - times[q])
    if not (moved.min() > 0.0 and source.min() >= 0.0 and pace.min() > 0.0):
        raise Rejected("the risk or the learning rate vanishes inside the step")
    bend = float(np.abs(turn).max()) if field.scheduled else 0.0
    return _finish(carrier, state, moved, source, pace, (here_slope, pull_slope), bend, tolerance, source_error)


def _finish(
    carrier: Propagator,
    state: State,
    risk: Array,
    source: Array,
    pace: Array,
    slopes: tuple[Array, Array],
    bend: float,
    tolerance: float,
    source_error: float,
) -> Step:
    """Modes, interpolants and errors of a solved step; ``bend`` is the largest |d log eta / dt|."""
    constants, length, response = carrier.constants, carrier.length, carrier.response
    q = constants.unknowns
    source_gap = source[-1] - float(constants.at_check @ source[:-1])
    pace_gap = abs(pace[-1] - float(constants.at_check @ pace[:-1]))
    missed = source_gap * response[:, -1]  # what the interpolant at the nodes leaves out, to first order
    nodes = np.concatenate(([state.risk], risk + missed[:-1]))
    risk_gap = abs(nodes[-1] - float(constants.at_check @ nodes[:-1]))
    nodal = np.append(source[:-1], source_gap)
    hidden = abs(float(carrier.free[0, -1] + response[-1] @ nodal - constants.at_early @ nodes))
    low = float(nodes.min())
    if not low > 0.0:
        raise Rejected("the risk is not positive inside the step")
    change = float(nodes.max()) - low
    # Interpolants and modes include the check, so they are one order better than these gaps; the times at which a
    # schedule was read do not.
    share = min(1.0, (3.0 if bend > 0.0 else 1.0) * tolerance ** (1.0 / (q + 1)))
    memory = float(response[q - 1, :-1].sum())
    shift = length * pace_gap * constants.swing
    misread = bend * shift
    local = (
        share * (float(np.abs(missed).max()) + risk_gap)
        + 2.0 * hidden
        + misread * memory * float(source.max())
        + change * (misread + constants.swing * pace_gap / float(pace.min()))
    ) / low

    # The errors carried so far obey the same equations, linearised; every term is made positive.
    gain = np.maximum(slopes[0][:q], 0.0)
    before = float(state.modes[1].sum())
    fresh = (source_error + misread) * source[:-1]
    fresh[0] += gain[0] * before
    carried = np.linalg.solve(
        np.eye(q) - response[:q, 1:-1] * gain,
        carrier.free[1, :q] + share * np.abs(missed[:q]) + response[:q, :-1] @ fresh,
    )
    worst = max(before, float(np.abs(carried).max()))
    fresh[1:] += gain * np.abs(carried)

    sources = np.zeros((3, q + 2))
    sources[0] = nodal
    sources[1, :-1], sources[2, -1] = fresh, share * source_gap
    decay, made = carrier.end(sources)
    if carrier.low < decay.size:
        # Faster than the nodes can see: what the fast modes have left of their own, beside following the source.
        local += float(np.abs(state.modes[0, carrier.low :] - carrier.slaved[0]).sum()) / low
    modes = decay * state.modes
    modes[0] += made[0]
    modes[1] += np.abs(made[1]) + np.abs(made[2])
    time = constants.antiderivative @ (length * pace)
    passed = float(time.sum())
    delay = state.delay + share * shift + misread * passed + float(np.abs(slopes[1]).max()) * length * worst
    claim = local + (worst + change / passed * delay) / low
    after = State(state.time + passed, modes, float(modes[0].sum()), delay)
    return Step(
        state.time,
        length,
        True,
        after,
        constants.series @ nodes,
        time,
        source,
        (float(source[q]), float(pace[q])),
        local,
        claim,
    )
