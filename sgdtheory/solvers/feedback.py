"""What a step needs of the feedback: drift factor, noise power and learning rate, checked where they are used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sgdtheory.values import Array

NUDGE = 1e-6
"""Relative step of the difference quotients in R: Newton's method needs no better slope."""


class Rejected(Exception):
    """A step cannot be taken at this length; the message says why, ``advice`` what helps if no length does."""

    advice = ""


@dataclass(eq=False)
class Field:
    """Feedback of the risk on all modes between two breaks ``start`` and ``stop`` of the learning rate."""

    drift: Callable[[Array], Array]
    power: Callable[[Array], Array]
    learning_rate: float | Callable[[float], float]
    start: float = 0.0
    stop: float = np.inf

    def __post_init__(self) -> None:
        self.scheduled = callable(self.learning_rate)
        slack = 1e-13 * self.stop
        self.inside = (self.start + slack, max(self.stop - slack, self.start + slack))

    def factors(self, risk: Array) -> tuple[Array, Array]:
        """psi and nu at risks > 0, as they come: a NaN shows in every result that it touches."""
        if not (risk.min() > 0.0 and risk.max() < 1e300):
            raise Rejected("the risk leaves the range of numbers; where it grows, lower the learning rate")
        psi, nu = self.drift(risk), self.power(risk)
        if np.shape(psi) != risk.shape or np.shape(nu) != risk.shape:
            psi, nu = np.broadcast_to(psi, risk.shape), np.broadcast_to(nu, risk.shape)
        return psi, nu

    def failure(self, risk: Array, message: str) -> Rejected:
        """The reason why a step failed: factors that are no numbers >= 0, or else ``message``."""
        try:
            psi, nu = self.factors(risk)
        except Rejected as problem:
            return problem
        for name, value in (("drift factor", psi), ("noise power", nu)):
            bad = np.flatnonzero(~((value >= 0.0) & (value < np.inf)))
            if bad.size:
                found = Rejected(f"the {name} is {value[bad[0]]:g} at R={risk[bad[0]]:.6g}")
                if name == "drift factor" and value[bad[0]] < 0.0:
                    found.advice = "there the steps lead uphill: start where the rule descends, change it, or take a shorter horizon"
                return found
        return Rejected(message)

    def slopes(self, risk: Array) -> tuple[Array, Array, Array, Array]:
        """psi, nu and their derivatives in log R, which stay in range at every R."""
        n = risk.size
        psi, nu = self.factors(np.concatenate((risk, risk * (1.0 + NUDGE))))
        return psi[:n], nu[:n], (psi[n:] - psi[:n]) / NUDGE, (nu[n:] - nu[:n]) / NUDGE

    def at(self, risk: float, time: float) -> tuple[float, float, float]:
        """psi, nu and eta at one moment, all checked."""
        here = np.array([risk])
        psi, nu = self.factors(here)
        if not (0.0 <= psi[0] < np.inf and 0.0 <= nu[0] < np.inf):
            raise self.failure(here, "")
        return float(psi[0]), float(nu[0]), float(self.rate(np.array([time]))[0])

    def rate(self, times: Array) -> Array:
        """eta(t), read from inside the segment, so that a jump belongs to the right side."""
        if not self.scheduled:
            return np.full(times.shape, self.learning_rate)
        return np.array([self.learning_rate(t) for t in np.clip(times, *self.inside).tolist()])  # type: ignore[operator]


class State(NamedTuple):
    """Where a step begins."""

    time: float
    modes: Array  # (2, m): the modes, and a bound on their errors, to first order
    risk: float
    delay: float  # the bound for the time that the clock shows


class Step(NamedTuple):
    """A solved step: the state after it, its interpolants and its error."""

    start: float
    length: float  # of the clock, or of time
    clock: bool
    after: State
    risk: Array  # Legendre coefficients of R on the step
    time: Array  # Legendre coefficients of t - start
    source: Array  # (q+2,): the source at nodes and check; in time (2, q+1): 2 eta psi and eta^2 nu at the nodes
    now: tuple[float, float]  # at the end: g and 1 / (2 eta psi) in the clock, nothing of use in time
    local: float  # estimate of the relative error made inside the step
    claim: float  # estimate of the relative error of R on the step, with what was carried into it
