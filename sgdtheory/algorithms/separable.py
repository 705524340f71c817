"""Update rules g(x, r) = f(x) h(r): each coordinate moves by minus the raw step times f(x_i) h(r).

The text of g is the definition: derivations start from it, the simulator evaluates it.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from sgdtheory.algorithms.base import Algorithm, LearningRate
from sgdtheory.errors import invalid
from sgdtheory.values import number, store


@dataclass(frozen=True, eq=False)
class SeparableUpdate(Algorithm):
    """A user's own rule: theta_i <- theta_i - (learning_rate/d) * mean over the batch of g(x_i, r).

    Made by ``sgt.derive.homogenize(text)(learning_rate=...)``, which derives its theory first.

    Parameters
    ----------
    update : str
        Text of g in the feature ``x``, the residual ``r = <x, theta> - y`` and the parameters' names.
    parameters : mapping of str to float
        A positive value for every other symbol in the text.
    """

    update: str = ""
    parameters: Mapping[str, float] = field(default_factory=dict)

    _spoken: ClassVar[Mapping[str, str]] = {}

    def __post_init__(self) -> None:
        super().__post_init__()
        free = self._free()
        given = {str(k): number(str(k), v, above=0.0) for k, v in dict(self.parameters).items()}
        if set(given) != free:
            raise invalid("parameters", given, f"one positive value for each of {sorted(free)} of {self.update!r}")
        store(self, parameters=given)

    def at(self, learning_rate: LearningRate, breaks: Any = ()) -> SeparableUpdate:
        """The same rule and batch size at another learning rate.

        Examples
        --------
        >>> import sgdtheory as sgt
        >>> sgt.ClippedSGD(0.5, threshold=1.0).at(0.25).learning_rate
        0.25
        """
        other = copy.copy(self)
        store(other, learning_rate=learning_rate, breaks=breaks)
        other.__post_init__()
        return other

    def one_sample(self) -> SeparableUpdate:
        """The same rule with one sample a step."""
        other = copy.copy(self)
        store(other, batch_size=1)
        return other

    def _factor(self, which: int) -> Any:
        from sgdtheory import expressions

        text = expressions.parse(self.update).factor()[which]
        parsed = expressions.parse(text)
        return parsed.numpy(**{k: v for k, v in self.parameters.items() if k in parsed.symbols})

    @property
    def residual_growth(self) -> float:
        """The exponent a of |h(r)| ~ |r|^a as r -> infinity; 0 for a bounded h, inf for faster than any power."""
        h = self._factor(1)
        if not h.names:  # a constant
            return 0.0
        with np.errstate(all="ignore"):
            near, far = (float(np.max(np.abs([h(r=r), h(r=-r)]))) for r in (np.float64(1e30), np.float64(1e40)))
        if not np.isfinite(far):
            return math.inf
        return max(0.0, round(math.log10(far / near) / 10.0, 6)) if near > 0.0 and far > 0.0 else 0.0

    def _free(self) -> frozenset[str]:
        """The parameters' names in the text."""
        from sgdtheory import expressions

        return expressions.parse(self.update).symbols - {"x", "r"}

    def __repr__(self) -> str:
        shown = [f"learning_rate={self.learning_rate!r}", *(f"{self._spoken.get(k, k)}={v!r}" for k, v in self.parameters.items())]
        shown += [f"batch_size={self.batch_size}"] * (self.batch_size > 1)
        name = type(self).__name__
        return f"{name}({', '.join(shown)})" if type(self) is not SeparableUpdate else f"SeparableUpdate({self.update!r}, {', '.join(shown)})"


class _Named(SeparableUpdate):
    rule: ClassVar[str]

    def _free(self) -> frozenset[str]:
        return frozenset(self._spoken)

    def _make(self, learning_rate: LearningRate, batch_size: int, breaks: Any, **parameters: Any) -> None:
        super().__init__(learning_rate, batch_size, breaks, self.rule, parameters)


class SGD(_Named):
    """Stochastic gradient descent: theta <- theta - (learning_rate/d) * mean over the batch of r x.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> sgt.SGD(learning_rate=0.5)
    SGD(learning_rate=0.5)
    """

    rule = "x*r"

    def __init__(self, learning_rate: LearningRate, batch_size: int = 1, *, breaks: Any = ()) -> None:
        self._make(learning_rate, batch_size, breaks)


class SignSGD(_Named):
    """signSGD: theta <- theta - (learning_rate/d) sign(g), g the gradient of the sample (or the mean over the batch).

    For ``batch_size=1`` the update is ``sign(x) * sign(r)``.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> sgt.SignSGD(learning_rate=0.5, batch_size=4)
    SignSGD(learning_rate=0.5, batch_size=4)
    """

    rule = "sign(x)*sign(r)"

    def __init__(self, learning_rate: LearningRate, batch_size: int = 1, *, breaks: Any = ()) -> None:
        self._make(learning_rate, batch_size, breaks)


class ClippedSGD(_Named):
    """Clipped SGD: theta <- theta - (learning_rate/d) * mean over the batch of x * max(-threshold, min(threshold, r)).

    In high dimension this equals clipping the gradient's norm at ``threshold * sqrt(tr K)``.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> sgt.ClippedSGD(learning_rate=0.5, threshold=1.0).threshold
    1.0
    """

    rule = "x*Max(-c, Min(c, r))"
    _spoken = {"c": "threshold"}

    def __init__(self, learning_rate: LearningRate, threshold: float, batch_size: int = 1, *, breaks: Any = ()) -> None:
        self._make(learning_rate, batch_size, breaks, c=number("threshold", threshold, above=0.0, instead="threshold=1.0, say"))

    @property
    def threshold(self) -> float:
        """The residual's clipping threshold."""
        return self.parameters["c"]
