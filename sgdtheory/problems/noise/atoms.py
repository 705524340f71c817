"""Discrete noise: finitely many values, or an empirical sample of residuals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sgdtheory.errors import invalid
from sgdtheory.problems.noise.base import LARGEST_SCALE, GaussianMixture, NoiseLaw, frozen, no_density
from sgdtheory.values import Array, array, store


@dataclass(frozen=True, eq=False)
class Atoms(NoiseLaw):
    """eps takes finitely many values: ``Atoms([-a, a])`` is Rademacher noise, ``Atoms(residuals)`` an empirical law.

    Parameters
    ----------
    values : array_like of shape (n,)
        The values.
    probabilities : array_like of shape (n,), optional
        Their probabilities, which sum to one. None: equal ones.

    Notes
    -----
    ``repr`` shows all values up to 100 of them, and a summary beyond.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> sgt.noise.Atoms([-0.5, 0.5]).variance
    0.25
    """

    values: Any
    probabilities: Any = None

    def __post_init__(self) -> None:
        values = array("values", self.values, (None,), instead="one number for each atom, as in Atoms([-1.0, 1.0])")
        if np.max(np.abs(values)) > LARGEST_SCALE:
            raise invalid("values", float(np.max(np.abs(values))), f"at most {LARGEST_SCALE:g}", "choose other units")
        values = values + 0.0  # so that -0.0 and 0.0 are the same atom
        values.setflags(write=False)
        store(self, values=values, probabilities=probabilities("probabilities", self.probabilities, values.size))

    def __repr__(self) -> str:
        n = self.values.size
        if n > 100:
            return f"Atoms(<{n} values in [{self.values.min():.6g}, {self.values.max():.6g}]>)"
        equal = np.all(self.probabilities == 1.0 / n)
        return f"Atoms({self.values.tolist()}{'' if equal else f', {self.probabilities.tolist()}'})"

    @property
    def mean(self) -> float:
        """Sum of probability times value."""
        return float(self.probabilities @ self.values)

    @property
    def second_moment(self) -> float:
        """Sum of probability times value squared."""
        return float(self.probabilities @ self.values**2)

    @property
    def variance(self) -> float:
        """Sum of probability times squared distance from the mean."""
        return float(self.probabilities @ (self.values - self.mean) ** 2)

    @property
    def has_atoms(self) -> bool:
        """True."""
        return True

    def density(self, x: ArrayLike) -> Array:
        """Raises: there is no density."""
        raise no_density(self)

    def sample(self, rng: Any, size: int | tuple[int, ...] | None = None) -> Any:
        """Draws with replacement."""
        rng = np.random.default_rng(rng)
        n = self.values.size
        if np.all(self.probabilities == self.probabilities[0]):
            return self.values[rng.integers(n, size=size)]
        steps = np.cumsum(self.probabilities)
        return self.values[np.minimum(np.searchsorted(steps, rng.random(size) * steps[-1], side="right"), n - 1)]

    def gaussian_mixture(self, tolerance: float = 1e-15) -> GaussianMixture:
        """One component of variance zero for each atom."""
        kept = self.probabilities > 0.0
        values = self.values[kept]
        return frozen(self.probabilities[kept], values, np.zeros(values.size))


def probabilities(argument: str, given: Any, n: int) -> Array:
    """A read-only array of ``n`` numbers >= 0 that sum to one; None: equal ones."""
    if given is None:
        result = np.full(n, 1.0 / n)
    else:
        result = array(argument, given, (n,), "numbers >= 0", f"{n} numbers that sum to one").copy()
        if np.any(result < 0.0):
            raise invalid(argument, float(result.min()), "numbers >= 0", "they sum to one")
        total = math.fsum(result)
        if abs(total - 1.0) > 1e-9:
            raise invalid(argument, given, f"numbers that sum to one, not to {total:.10g}", "divide them by their sum")
        # A sum that is one up to rounding is left alone, so that repr and pickle give back the same law.
        if abs(total - 1.0) > 1e-15 * n:
            result /= total
    result.setflags(write=False)
    return result
