"""One step in time itself, for a clock that stands still: no learning rate, or a drift factor that underflows.

r_j(t) = e^{-lambda_j A(t)} (r_j(0) + f_j int_0^t e^{lambda_j A} b), A = int 2 eta psi, b = eta^2 nu, with polynomials
for both integrals; lambda_j A has to be moderate.
"""

from __future__ import annotations

import numpy as np

from sgdtheory.solvers.collocation import Rule
from sgdtheory.solvers.feedback import Field, Rejected, State, Step
from sgdtheory.values import Array

_ITERATIONS = 30
_MOST_DECAY = 4.0


def time_step(
    field: Field,
    constants: Rule,
    rates: Array,
    forcing: Array,
    state: State,
    length: float,
    tolerance: float,
    source_error: float,
) -> Step:
    """Solve for R at the nodes, with the Jacobian of modes that decay little; Rejected where they decay too much."""
    q = constants.unknowns
    eta = field.rate(state.time + length * np.append(constants.nodes, constants.check))
    initial, bound = state.modes
    total, weights = float(forcing.sum()), length * constants.weights[: q + 1]
    risk = np.full(q + 1, state.risk)
    for _ in range(_ITERATIONS):
        psi, nu, psi_slope, nu_slope = field.slopes(risk)
        pull, push = 2.0 * eta[:-1] * psi, eta[:-1] ** 2 * nu
        pull_slope, push_slope = 2.0 * eta[:-1] * psi_slope / risk, eta[:-1] ** 2 * nu_slope / risk
        clock = weights @ pull
        if not rates[-1] * clock[q - 1] <= _MOST_DECAY:
            raise Rejected("the modes decay too much for a step in time")
        modes, growth = decayed(rates, initial, forcing, weights, clock, push)
        solved = modes.sum(axis=1)
        moving = modes[:q] @ rates
        jacobian = np.eye(q) - weights[:q, 1:] * (push_slope[1:] * total - pull_slope[1:] * moving)
        try:
            move = np.linalg.solve(jacobian, solved[:q] - risk[1:])
        except np.linalg.LinAlgError:
            raise Rejected("the collocation equations are singular") from None
        size = float(np.abs(move / risk[1:]).max())
        if not size < 1.0:
            raise field.failure(risk, "Newton's method does not converge")
        if size <= 0.03 * tolerance:
            break
        risk[1:] += move
    else:
        raise Rejected("Newton's method does not converge")

    nodes = np.concatenate(([state.risk], solved))
    low = float(nodes.min())
    psi, nu = field.factors(nodes[-1:])
    change = float(nodes.max()) - low
    pull_gap = abs(2.0 * eta[-1] * float(psi[0]) - float(constants.at_check @ pull))
    push_gap = abs(eta[-1] ** 2 * float(nu[0]) - float(constants.at_check @ push))
    risk_gap = abs(nodes[-1] - float(constants.at_check @ nodes[:-1]))
    falling, last = rates * modes[:q].max(axis=0), rates * modes[q - 1]
    local = (risk_gap + length * (push_gap * total + pull_gap * float(falling.sum()))) / low

    # The carried errors obey the same equations, linearised, with every term made positive.
    more, less = max(0.0, float(push_slope.max())), max(0.0, float(-pull_slope.min()))
    faded = bound / growth[q] + length * (
        (source_error * float(push.max()) + 0.1 * push_gap) * forcing + 0.1 * pull_gap * last
    )
    gain = length * (more * total + less * float(falling.sum()))
    carried = float(faded.sum()) * float(np.exp(min(gain, 700.0)))  # Gronwall
    error = faded + length * carried * (more * forcing + less * last)
    claim = local + (max(carried, float(bound.sum())) + change / length * state.delay) / low
    time = np.zeros(q + 3)
    time[:2] = 0.5 * length
    after = State(state.time + length, np.array([modes[q - 1], error]), float(modes[q - 1].sum()), state.delay)
    return Step(
        state.time,
        length,
        False,
        after,
        constants.series @ nodes,
        time,
        np.array([pull, push]),
        (0.0, 0.0),
        local,
        claim,
    )


def decayed(
    rates: Array, initial: Array, forcing: Array, weights: Array, clock: Array, push: Array
) -> tuple[Array, Array]:
    """The modes at the rows (rows, m), and e^{lambda A} at the nodes and the check (q+2, m)."""
    growth = np.exp(np.multiply.outer(np.concatenate(([0.0], clock)), rates))
    return (initial + forcing * (weights @ (growth[:-1] * push[:, None]))) / growth[1:], growth
