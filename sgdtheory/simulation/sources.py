"""Where samples come from: the Gaussian model itself, or the rows of a data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from sgdtheory.problems.covariance import Covariance
from sgdtheory.problems.noise import NoiseLaw
from sgdtheory.values import Array


class Source(Protocol):
    """Draws samples: rows x and their label noise."""

    def draw(self, rng: np.random.Generator, size: int) -> tuple[Array, Array]:
        """x of shape (size, d) and eps of shape (size,)."""
        ...


@dataclass(frozen=True)
class Model:
    """x ~ N(0, K) and eps from the noise law, independent."""

    covariance: Covariance
    noise: NoiseLaw

    def draw(self, rng: np.random.Generator, size: int) -> tuple[Array, Array]:
        return self.covariance.sample(rng, size), np.asarray(self.noise.sample(rng, size))


@dataclass(frozen=True)
class Resampled:
    """Rows of a data set with their residuals, drawn with replacement."""

    features: Any
    residuals: Any

    def draw(self, rng: np.random.Generator, size: int) -> tuple[Array, Array]:
        rows = rng.integers(self.residuals.shape[0], size=size)
        return self.features[rows], self.residuals[rows]
