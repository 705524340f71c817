"""Laplace noise, as a normal law with an exponential variance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sgdtheory.problems.noise.base import GaussianMixture, NoiseLaw, frozen, scale_of
from sgdtheory.problems.noise.gamma import log_gamma_nodes
from sgdtheory.values import Array, store


@dataclass(frozen=True, eq=False)
class Laplace(NoiseLaw):
    """eps has density exp(-|x|/scale) / (2 scale); its variance is 2 scale^2.

    Parameters
    ----------
    scale : float
        E |eps|, positive.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> sgt.noise.Laplace(0.5).variance
    0.5
    """

    scale: float = 1.0

    def __post_init__(self) -> None:
        store(self, scale=scale_of("scale", self.scale))

    @property
    def mean(self) -> float:
        """Zero."""
        return 0.0

    @property
    def exponential_tail(self) -> bool:
        """True: the density falls like exp(-|eps| / scale)."""
        return True

    @property
    def second_moment(self) -> float:
        """2 scale^2."""
        return 2.0 * self.scale**2

    def density(self, x: ArrayLike) -> Array:
        """exp(-|x|/scale) / (2 scale)."""
        return np.exp(-np.abs(np.asarray(x, dtype=np.float64)) / self.scale) / (2.0 * self.scale)

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """1 / (1 + scale^2 t^2)."""
        return (1.0 / (1.0 + (self.scale * np.asarray(t, dtype=np.float64)) ** 2)).astype(np.complex128)

    def sample(self, rng: Any, size: int | tuple[int, ...] | None = None) -> Any:
        """Laplace draws."""
        return np.random.default_rng(rng).laplace(0.0, self.scale, size)

    def gaussian_mixture(self, tolerance: float = 1e-15) -> GaussianMixture:
        """Trapezoid rule in the logarithm of the variance, which is 2 scale^2 times a standard exponential."""
        weights, exponential = _mixing(tolerance)
        return frozen(weights, np.zeros_like(weights), 2.0 * self.scale**2 * exponential)


@lru_cache(maxsize=8)
def _mixing(tolerance: float) -> tuple[Array, Array]:
    # Small variances count as much as V^(-1/2), which is what a jump of the update rule sees as the risk vanishes.
    z, weights = log_gamma_nodes(1.0, tolerance, low=0.5, high=1.0)
    variances = np.exp(z)
    for values in (weights, variances):
        values.setflags(write=False)
    return weights, variances
