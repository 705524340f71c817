"""Every mode at any time, replayed from the start of a step with the step's own source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sgdtheory.solvers.collocation import Propagator, Rule
from sgdtheory.solvers.feedback import Step
from sgdtheory.solvers.time_step import decayed
from sgdtheory.values import Array

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Replay:
    """The modes of a solved system, in the caller's order."""

    def __init__(
        self, constants: Rule, rates: Array, initial: Array, forcing: Array, order: NDArray[np.intp], steps: Sequence[Step]
    ) -> None:
        self.constants, self.rates, self.forcing, self.steps = constants, rates, forcing, steps
        self.starts = [initial, *(s.after.modes[0] for s in steps)]
        self.back = np.argsort(order)

    def at(self, index: int, theta: float) -> Array:
        """All modes at the part ``theta`` of a step's clock."""
        step, start = self.steps[index], self.starts[index]
        if theta <= 0.0:
            return start[self.back]
        constants = self.constants
        if step.clock:
            values = _barycentric(constants.known, step.source[None], theta * constants.known)[0]
            nodal = np.append(values[:-1], values[-1] - constants.at_check @ values[:-1])
            carrier = Propagator(constants, self.rates, start[None], self.forcing, theta * step.length)
            decay, made = carrier.end(nodal[None])
            return (decay * start + made[0])[self.back]
        pull, push = _barycentric(constants.nodes, step.source, theta * constants.nodes)
        weights = theta * step.length * constants.weights[:-1]
        modes, _ = decayed(self.rates, start, self.forcing, weights, weights @ pull, push)
        return modes[constants.unknowns - 1][self.back]


def _barycentric(known: Array, values: Array, wanted: Array) -> Array:
    """Interpolating polynomials of rows of values, at other points."""
    apart = known[:, None] - known + np.eye(known.size)
    gaps = wanted[:, None] - known
    hit = gaps == 0.0
    terms = 1.0 / apart.prod(axis=1) / np.where(hit, 1.0, gaps)
    terms = np.where(hit.any(axis=1)[:, None], hit, terms)
    return values @ (terms / terms.sum(axis=1)[:, None]).T
