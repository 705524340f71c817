"""What every algorithm has: a learning rate (a number or a function of time) and a batch size."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sgdtheory.errors import invalid
from sgdtheory.values import Array, Frozen, array, integer, number, store

LearningRate = float | Callable[[float], float]


@dataclass(frozen=True, eq=False)
class Algorithm(Frozen):
    """Base of all algorithms.

    Parameters
    ----------
    learning_rate : float or callable
        eta > 0, or a function of time t >= 0 that returns eta(t) >= 0. The raw step is ``eta / problem.scale``.
    batch_size : int
        Number of fresh samples a step.
    breaks : sequence of float
        Times at which a learning rate function has a kink or a jump.
    """

    learning_rate: LearningRate
    batch_size: int = 1
    breaks: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not callable(self.learning_rate):
            store(self, learning_rate=number("learning_rate", self.learning_rate, above=0.0,
                                             instead="give a positive number or a function of time, such as learning_rate=0.5"))
        store(self, batch_size=integer("batch_size", self.batch_size, least=1, instead="batch_size=1 uses one fresh sample a step"))
        kinks: Array = array("breaks", self.breaks, (None,)) if len(tuple(self.breaks)) else np.empty(0)
        if np.any(kinks <= 0.0):
            raise invalid("breaks", self.breaks, "positive times", "leave out breaks=0: every curve starts there")
        store(self, breaks=tuple(sorted({float(b) for b in kinks})))

    @property
    def constant_learning_rate(self) -> float | None:
        """The learning rate if it is a number, None if it is a function of time."""
        return None if callable(self.learning_rate) else self.learning_rate

    def learning_rate_at(self, t: float) -> float:
        """eta(t), checked: a schedule that returns anything but a finite number >= 0 is an error."""
        if not callable(self.learning_rate):
            return self.learning_rate
        value = self.learning_rate(float(t))
        try:
            rate = float(value)
        except (TypeError, ValueError):
            rate = math.nan
        if not math.isfinite(rate) or rate < 0.0:
            raise invalid("learning_rate", value, f"a function of time whose value at t={t:g} is a finite number >= 0",
                          "for example learning_rate=lambda t: 0.8 / (1 + 0.5 * t)")
        return rate

    def step_size(self, problem: Any) -> float | Callable[[float], float]:
        """The raw step ``learning_rate / problem.scale`` (a function of time where the learning rate is one)."""
        scale = problem.scale
        if callable(self.learning_rate):
            return lambda t: self.learning_rate_at(t) / scale
        return self.learning_rate / scale
