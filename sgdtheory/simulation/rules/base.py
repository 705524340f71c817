"""What an update rule is to the simulator: samples and residuals in, the direction of one step out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from sgdtheory.values import Array, Frozen


class Step(ABC):
    """A rule made ready for one problem and one algorithm: picklable, without state.

    A step of the algorithm is ``theta <- theta - (eta/d) * direction``.
    """

    def features(self, x: Array) -> Array:
        """What the step needs of a block of samples, computed for the whole block at once. Default: the samples."""
        return x

    @abstractmethod
    def direction(self, features: Array, residuals: Array) -> Array:
        """The direction, shape (runs, d), from features (runs, batch, d) and residuals (runs, batch).

        It must treat every run alone: no run's bits may depend on how many others there are.
        """


class Rule(Frozen, ABC):
    """An update rule as an object that ``sgt.simulate(..., rule=)`` takes."""

    @abstractmethod
    def prepare(self, problem: Any, algorithm: Any) -> Step:
        """The rule for this problem and algorithm; raises where it does not apply."""
