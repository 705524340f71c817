"""No noise, and Gaussian noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sgdtheory.problems.noise.base import GaussianMixture, NoiseLaw, frozen, no_density, scale_of
from sgdtheory.values import Array, store

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, eq=False)
class Noiseless(NoiseLaw):
    """eps = 0.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> sgt.noise.Noiseless().variance
    0.0
    """

    @property
    def mean(self) -> float:
        """Zero."""
        return 0.0

    @property
    def second_moment(self) -> float:
        """Zero."""
        return 0.0

    @property
    def has_atoms(self) -> bool:
        """True: all mass lies at zero."""
        return True

    def density(self, x: ArrayLike) -> Array:
        """Raises: there is no density."""
        raise no_density(self)

    def sample(self, rng: Any, size: int | tuple[int, ...] | None = None) -> Any:
        """Zeros; the generator is not used."""
        return np.zeros(() if size is None else size)

    def gaussian_mixture(self, tolerance: float = 1e-15) -> GaussianMixture:
        """One component of variance zero."""
        return frozen(np.ones(1), np.zeros(1), np.zeros(1))


@dataclass(frozen=True, eq=False)
class Gaussian(NoiseLaw):
    """eps ~ N(0, std^2).

    Parameters
    ----------
    std : float
        Standard deviation, positive.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> sgt.noise.Gaussian(0.5).variance
    0.25
    """

    std: float = 1.0

    def __post_init__(self) -> None:
        store(self, std=scale_of("std", self.std))

    @property
    def mean(self) -> float:
        """Zero."""
        return 0.0

    @property
    def second_moment(self) -> float:
        """std^2."""
        return self.std**2

    def density(self, x: ArrayLike) -> Array:
        """The normal density."""
        z = np.asarray(x, dtype=np.float64) / self.std
        return np.exp(-0.5 * z**2) / (math.sqrt(2.0 * math.pi) * self.std)

    def sample(self, rng: Any, size: int | tuple[int, ...] | None = None) -> Any:
        """Normal draws."""
        return self.std * np.random.default_rng(rng).standard_normal(size)

    def gaussian_mixture(self, tolerance: float = 1e-15) -> GaussianMixture:
        """Itself."""
        return frozen(np.ones(1), np.zeros(1), np.array([self.std**2]))
