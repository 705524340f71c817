"""Uniform noise: no Gaussian mixture, so it is averaged between the kinks of what is averaged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sgdtheory.errors import OutsideTheory
from sgdtheory.problems.noise.base import GaussianMixture, NoiseLaw, frozen, scale_of
from sgdtheory.values import Array, store

# Distances from a kink, in units of the smoothing, between which a Gauss rule resolves an error function. Farther
# panels grow with the distance, which resolves functions that have a scale of their own.
_NEAR = (0.0, 2.5, 5.5, 9.0)
_POINTS, _GROWTH = 16, 4.0


@dataclass(frozen=True, eq=False)
class Uniform(NoiseLaw):
    """eps is uniform on [-half_width, half_width].

    Parameters
    ----------
    half_width : float
        Half the length of the interval, positive.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> sgt.noise.Uniform(3.0).variance
    3.0
    """

    half_width: float = 1.0

    def __post_init__(self) -> None:
        store(self, half_width=scale_of("half_width", self.half_width))

    @property
    def mean(self) -> float:
        """Zero."""
        return 0.0

    @property
    def second_moment(self) -> float:
        """half_width^2 / 3."""
        return self.half_width**2 / 3.0

    def density(self, x: ArrayLike) -> Array:
        """1 / (2 half_width) inside the interval, 0 outside."""
        return np.where(np.abs(x) <= self.half_width, 0.5 / self.half_width, 0.0)

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """sin(half_width t) / (half_width t)."""
        return np.sinc(np.asarray(t, dtype=np.float64) * (self.half_width / np.pi)).astype(np.complex128)

    def sample(self, rng: Any, size: int | tuple[int, ...] | None = None) -> Any:
        """Uniform draws."""
        return np.random.default_rng(rng).uniform(-self.half_width, self.half_width, size)

    def gaussian_mixture(self, tolerance: float = 1e-15) -> GaussianMixture:
        """Raises: a law with bounded support is no mixture of normal laws."""
        raise OutsideTheory(f"{self!r} is no mixture of normal laws; use .nodes(std, kinks) or "
                            ".average(function, std, kinks), which integrate over the interval")

    def nodes(self, std: ArrayLike, kinks: Sequence[float] = ()) -> GaussianMixture:
        """Gauss-Legendre points in panels graded from zero and from the kinks, on the scale ``std``."""
        std = np.asarray(std, dtype=np.float64)
        b = self.half_width
        # Without smoothing the function still has its own scale, of order one.
        smooth = np.where(std > 0.0, std, 1.0)[..., None]
        far = int(np.ceil(np.log(max(2.0 * b / (_NEAR[-1] * float(smooth.min())), 1.0)) / np.log(_GROWTH)))
        distances = np.array([*_NEAR, *(_NEAR[-1] * _GROWTH ** np.arange(1, far + 1))])
        offsets = smooth * np.concatenate([-distances[:0:-1], distances])
        centres = sorted({0.0, *(float(k) for k in kinks)})
        ends = np.full_like(smooth, b)
        edges = np.concatenate([-ends, *(c + offsets for c in centres), ends], axis=-1)
        edges = np.sort(np.clip(edges, -b, b), axis=-1)
        points, weights = _gauss()
        middle, half = 0.5 * (edges[..., 1:] + edges[..., :-1]), 0.5 * (edges[..., 1:] - edges[..., :-1])
        kept = np.any(half > 0.0, axis=tuple(range(half.ndim - 1)))
        middle, half = middle[..., kept, None], half[..., kept, None]
        shape = (*std.shape, -1)
        means = (middle + half * points).reshape(shape)
        return frozen((half * weights / (2.0 * b)).reshape(shape), means, np.zeros_like(means))


@lru_cache(maxsize=1)
def _gauss() -> tuple[Array, Array]:
    return np.polynomial.legendre.leggauss(_POINTS)
