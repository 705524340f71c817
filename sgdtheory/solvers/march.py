"""Adaptive steps from time 0 to the horizon."""

from __future__ import annotations

from typing import Any

import numpy as np

from sgdtheory.errors import NotConverged
from sgdtheory.solvers.clock_step import clock_step
from sgdtheory.solvers.collocation import Propagator, Rule, rule
from sgdtheory.solvers.feedback import Field, Rejected, State, Step
from sgdtheory.solvers.replay import Replay
from sgdtheory.solvers.time_step import time_step
from sgdtheory.solvers.trajectory import position
from sgdtheory.values import Array

UNKNOWNS = 9
_MOST_STEPS = 20000
_EXTINCT = 1e-290
_SLOW = 0.1
"""A step on which the fastest mode decays less than this is taken in time, where the clock may stand still."""
_FAR = 1e3
_FEW = 8
_ADVICE = "ask for a larger rtol or a shorter horizon, and name the kinks of the learning rate in breaks"


def march(system: Any, horizon: float, tolerance: float) -> tuple[list[Step], float, Replay]:
    """Steps over [0, horizon], each of estimated error below ``tolerance``; the time from which R is 0; the modes."""
    constants = rule(UNKNOWNS)
    order = np.argsort(system.rates, kind="stable")
    rates = system.rates[order]
    initial = system.initial[order]
    state = State(0.0, np.array([initial, system.source_error * initial]), float(initial.sum()), 0.0)
    walk = _Walk(system, constants, rates, system.forcing[order], tolerance, state.risk)
    targets = [b for b in system.breaks if b < horizon] if callable(system.learning_rate) else []
    start = 0.0
    for target in [*targets, horizon]:
        walk.field = Field(system.drift, system.power, system.learning_rate, start, target)
        walk.fresh = True
        while state.time < target:
            state = walk.advance(state)
            if state.risk < _EXTINCT and walk.falling(state):
                return walk.steps, state.time, Replay(constants, rates, initial, walk.forcing, order, walk.steps)
        start = target
    return walk.steps, np.inf, Replay(constants, rates, initial, walk.forcing, order, walk.steps)


class _Walk:
    """The steps so far, and how the next one is chosen."""

    def __init__(
        self, system: Any, constants: Rule, rates: Array, forcing: Array, tolerance: float, start: float
    ) -> None:
        self.source_error, self.constants, self.rates, self.tolerance = system.source_error, constants, rates, tolerance
        self.forcing, self.start = forcing, start
        self.steps: list[Step] = []
        self.field = Field(system.drift, system.power, system.learning_rate)
        self.hurried = False  # the last step was tried at more than one length
        self.fresh = True  # nothing is known yet of this segment

    def advance(self, state: State) -> State:
        """Append one accepted step."""
        if len(self.steps) >= _MOST_STEPS:
            raise self._stuck(state, f"{_MOST_STEPS} steps reached only t={state.time:.6g}, R={state.risk:.6g}")
        if len(self.steps) % 1000 == 999:
            gained, left = state.time - self.steps[-999].start, self.field.stop - state.time
            if gained * _MOST_STEPS < 1000.0 * left and self.steps[-1].after.risk > 1e-100:
                where = f"t={state.time:.6g}, R={state.risk:.6g}"
                why = "the drift or the noise power jumps or has a kink there"
                raise self._stuck(state, f"the steps have become too short at {where}: {why}")
        psi, now, length = self._propose(state)
        remaining = self.field.stop - state.time
        reason: Any = "the step is too short"
        landing, self.hurried, failures = None, False, 0
        for _ in range(60):
            clock, times = self._clock(state, psi, length if landing is None else remaining)
            clock = clock if landing is None else landing
            try:
                if not now[1] < np.inf or self.rates[-1] * clock <= _SLOW:
                    step = self._in_time(state, min(length, remaining))
                else:
                    carrier = Propagator(self.constants, self.rates, state.modes, self.forcing, clock)
                    guess = self._guess(clock)
                    step = clock_step(
                        self.field, carrier, state, now, (guess, times), self.tolerance, self.source_error
                    )
                    if self.field.scheduled:
                        beyond = step.after.time - self.field.stop
                        if abs(beyond) <= 1e-13 * self.field.stop:
                            step = self._landed(step)
                        elif beyond > 0.0:
                            landing = clock * 0.5 * (1.0 + position(step, remaining))
                            continue
                if step.local <= self.tolerance:
                    self.steps.append(step)
                    self.fresh = False
                    return step.after
                factor = max(0.1, 0.85 * (self.tolerance / step.local) ** (1.0 / (self.constants.unknowns + 1)))
                reason = f"estimated error of a step {step.local:.2g}"
            except Rejected as problem:
                factor, reason = 0.3, problem
            except NotConverged as problem:  # a trial that went too far up may have no average; a shorter one has
                failures += 1
                if failures > _FEW and self.runs_away(state):
                    raise self._stuck(state, str(problem)) from problem
                if failures > _FEW:
                    raise
                factor, reason = 0.3, problem
            self.hurried = True
            length, landing = factor * (length if landing is None else min(length, remaining)), None
        raise self._stuck(state, f"no step can be taken at t={state.time:.6g}, R={state.risk:.6g}: {reason}", reason)

    def runs_away(self, state: State) -> bool:
        """Whether R has grown far above its start, or is about to, and would still grow at ten times R."""
        if not state.risk > self.start:
            return False
        rates = []
        for times in (1.0, 10.0):
            try:
                psi, nu, eta = self.field.at(times * state.risk, state.time)
            except (Rejected, NotConverged):  # too large for numbers
                rates.append(np.inf)
                continue
            gain = eta**2 * nu * float(self.forcing.sum())
            loss = 2.0 * eta * psi * float(self.rates @ state.modes[0])
            rates.append(gain / (times * state.risk) - loss / state.risk)
        # Where the averages cease to exist above R, it need not be as far off.
        soon = rates[0] * (self.field.stop - state.time) > (_FAR if rates[1] < np.inf else 10.0)
        return min(rates) > 0.0 and (soon or state.risk > _FAR * self.start)

    def _stuck(self, state: State, why: str, problem: Any = None) -> NotConverged:
        """The error for a walk that cannot go on, with the advice that helps."""
        if self.runs_away(state):
            return NotConverged(
                f"the risk grows without bound at this learning rate (R={state.risk:.6g} at t={state.time:.6g}, from "
                f"R={self.start:.6g} at the start): lower the learning rate"
            )
        advice = getattr(problem, "advice", "")
        return NotConverged(f"{why}; {advice or _ADVICE}")

    def falling(self, state: State) -> bool:
        """A risk of 0 stays 0: what little noise is left cannot bring it back."""
        _, nu = self.field.factors(np.array([max(state.risk, 1e-299)]))
        return float(nu[0]) * float(self.forcing.sum()) * max(1.0, self.field.stop - state.time) < 1e-270

    def _propose(self, state: State) -> tuple[float, tuple[float, float], float]:
        """psi now; the source and the pace of the clock; a length in time."""
        field, last = self.field, None if self.fresh else self.steps[-1]
        if last is not None and last.clock:
            now = last.now
            psi = 0.5 / (now[1] * float(field.rate(np.array([state.time]))[0]))
            length = last.after.time - last.start if field.scheduled else last.length * now[1]
        else:
            try:
                psi, nu, eta = field.at(state.risk, state.time)
            except (Rejected, NotConverged) as problem:
                where = f"t={state.time:.6g}, R={state.risk:.6g}"
                raise self._stuck(state, f"no step can be taken at {where}: {problem}", problem) from None
            pull = 2.0 * eta * psi
            now = (0.5 * eta * nu / psi, 1.0 / pull) if pull > 0.0 else (np.inf, np.inf)
            length = last.length if last is not None else self._first(state, pull, eta**2 * nu)
        if last is not None:
            length *= self._growth(last)
        if field.scheduled:
            length = min(length, 0.125 * (field.stop - field.start))
        return psi, now, length

    def _clock(self, state: State, psi: float, length: float) -> tuple[float, Array | None]:
        """What the clock shows after a time, at the present psi; for a schedule also the times at its nodes."""
        if not self.field.scheduled:
            return 2.0 * self.field.learning_rate * psi * length, None  # type: ignore[operator]
        constants = self.constants
        length = min(length, self.field.stop - state.time)
        times = length * constants.nodes
        total = length * (constants.weights[:-2] @ self.field.rate(state.time + times))
        total = np.maximum.accumulate(np.append(0.0, total))
        wanted = np.interp(constants.rows[:-1] * total[-1], total, times)
        return 2.0 * psi * float(total[-1]), state.time + wanted

    def _growth(self, last: Step) -> float:
        """The next length over the last, from the error; where lengths keep growing, so does the next (Gustafsson)."""
        power = 1.0 / (self.constants.unknowns + 1)
        growth = 0.92 * (self.tolerance / max(last.local, 1e-300)) ** power
        if self.field.scheduled:
            return min(max(growth, 0.2), 1.0 if self.hurried else 2.0)
        if len(self.steps) > 1 and last.clock and self.steps[-2].clock:
            before = self.steps[-2]
            trend = last.length / before.length * (max(before.local, 1e-300) / max(last.local, 1e-300)) ** power
            growth *= min(max(trend, 1.0), 1.4)
        return min(max(growth, 0.2), 5.0)

    def _first(self, state: State, pull: float, push: float) -> float:
        """A length that resolves the fastest mode with a share of the risk, beside what follows the noise."""
        remaining = self.field.stop - state.time
        if not pull > 0.0:
            gain = push * float(self.forcing.sum())
            return min(remaining, state.risk / gain) if gain > 0.0 else remaining
        loose = np.abs(pull * self.rates * state.modes[0] - push * self.forcing)[::-1].cumsum()[::-1]
        relevant = loose > self.tolerance * pull * self.rates * state.risk
        fastest = pull * float(self.rates[np.flatnonzero(relevant)[-1]]) if relevant.any() else 0.0
        return min(remaining, 2.0 / fastest) if fastest > 0.0 else remaining

    def _guess(self, length: float) -> Array | None:
        """The source at the nodes of the next step, continued from the step before."""
        if self.fresh or not self.steps[-1].clock:
            return None
        last = self.steps[-1]
        theta = 1.0 + self.constants.nodes[1:] * (length / last.length)
        terms = self.constants.barycentric / (theta[:, None] - self.constants.known)
        guess = (terms @ last.source) / terms.sum(axis=1)
        return np.minimum(np.maximum(guess, 0.5 * last.now[0]), 2.0 * last.now[0])

    def _in_time(self, state: State, length: float) -> Step:
        step = time_step(
            self.field, self.constants, self.rates, self.forcing, state, length, self.tolerance, self.source_error
        )
        return self._landed(step) if state.time + length >= self.field.stop * (1.0 - 1e-15) else step

    def _landed(self, step: Step) -> Step:
        return step._replace(after=step.after._replace(time=self.field.stop))
