"""Stable noise: the limit laws of sums with heavy tails."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sgdtheory.errors import NotConverged, OutsideTheory
from sgdtheory.problems.noise.base import GaussianMixture, NoiseLaw, frozen, no_mean, scale_of
from sgdtheory.problems.noise.positive_stable import positive_stable_nodes
from sgdtheory.values import Array, number, store

SMALLEST_ALPHA = 0.3


@dataclass(frozen=True, eq=False)
class Stable(NoiseLaw):
    r"""eps = scale * X with X stable of index ``alpha`` and skewness ``beta``, in the parametrisation called S1.

    .. math:: -\log E e^{itX} = |t|^\alpha (1 - i \beta\, \mathrm{sign}(t) \tan(\pi\alpha/2)), \quad \alpha \ne 1,

    and :math:`|t| (1 + i \beta (2/\pi)\, \mathrm{sign}(t) \log|t|)` for ``alpha=1``. So ``alpha=2`` is Gaussian with
    variance 2 scale^2, whatever ``beta``, and ``alpha=1, beta=0`` is Cauchy. For ``alpha > 1`` the mean is 0.

    Parameters
    ----------
    alpha : float
        Index, 0 < alpha <= 2.
    beta : float
        Skewness, -1 <= beta <= 1; 0 is symmetric.
    scale : float
        Scale, positive.

    Notes
    -----
    A symmetric law is a normal law with a positive stable variance, so it has a Gaussian mixture (for alpha >= 0.3).
    A skewed law has none: its transform is taken from the characteristic function. For ``alpha=1, beta != 0`` other
    authors leave ``scale`` out of the logarithm, which shifts the law by (2/pi) beta scale log(scale).

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> sgt.noise.Stable(alpha=1.5).variance
    inf
    """

    alpha: float
    beta: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        known = "alpha=2 is Gaussian, alpha=1 is Cauchy"
        store(self, alpha=number("alpha", self.alpha, above=0.0, most=2.0, instead=known),
              beta=number("beta", self.beta, least=-1.0, most=1.0, instead="beta=0 is symmetric"),
              scale=scale_of("scale", self.scale))

    @property
    def symmetric(self) -> bool:
        """Whether eps and -eps have the same law."""
        return self.beta == 0.0 or self.alpha == 2.0

    @property
    def mean(self) -> float:
        """Zero for alpha > 1; otherwise it does not exist."""
        if self.alpha <= 1.0:
            raise no_mean(self, "alpha > 1")
        return 0.0

    @property
    def tail_exponent(self) -> float:
        """alpha; ``inf`` for the normal law alpha = 2."""
        return self.alpha if self.alpha < 2.0 else math.inf

    @property
    def second_moment(self) -> float:
        """Infinite, but 2 scale^2 for alpha = 2."""
        return 2.0 * self.scale**2 if self.alpha == 2.0 else math.inf

    @property
    def slope(self) -> float:
        """beta tan(pi alpha / 2): the imaginary part of the characteristic exponent (0 for alpha = 1 and 2)."""
        if self.symmetric or self.alpha == 1.0:
            return 0.0
        # tan(pi alpha/2) = -1/tan(pi (alpha-1)/2), which keeps its precision next to alpha = 1.
        return -self.beta / math.tan(0.5 * math.pi * (self.alpha - 1.0))

    @property
    def density_at_zero(self) -> float:
        """Density of eps at 0."""
        if self.alpha == 1.0 and self.beta != 0.0:
            return _density_at_zero_of_index_one(self.beta) / self.scale
        slope, a = self.slope, self.alpha
        height = math.exp(math.lgamma(1.0 + 1.0 / a) - 0.5 * math.log1p(slope**2) / a) / math.pi
        return height * max(0.0, math.cos(math.atan(slope) / a)) / self.scale

    def density(self, x: ArrayLike) -> Array:
        """Density of a symmetric law, from its Gaussian mixture."""
        x = np.asarray(x, dtype=np.float64)
        return self._sum(lambda m, v: np.exp(-0.5 * x[..., None] ** 2 / v) / np.sqrt(2.0 * np.pi * v), x)

    def exponent(self, t: ArrayLike) -> NDArray[np.complex128]:
        """-log E exp(i t X) of the standard law, continued from t > 0 to complex t in the right half plane."""
        t = np.asarray(t, dtype=np.complex128)
        if self.alpha == 1.0:
            safe = np.where(t == 0.0, 1.0, t)
            return t * (1.0 + (2j / np.pi) * self.beta * np.log(safe))
        return (t**self.alpha * (1.0 - 1j * self.slope)).astype(np.complex128)

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """E exp(i t eps)."""
        t = np.asarray(t, dtype=np.float64)
        value = np.exp(-self.exponent(self.scale * np.abs(t)))
        return np.where(t < 0.0, np.conj(value), value)

    def sample(self, rng: Any, size: int | tuple[int, ...] | None = None) -> Any:
        """Draws by the method of Chambers, Mallows and Stuck."""
        rng = np.random.default_rng(rng)
        angle = rng.uniform(-0.5 * np.pi, 0.5 * np.pi, size)
        wait = rng.standard_exponential(size)
        a, b = self.alpha, self.beta
        if a == 1.0:
            tilt = 0.5 * np.pi + b * angle
            draw = (tilt * np.tan(angle) - b * np.log(0.5 * np.pi * wait * np.cos(angle) / tilt)) * (2.0 / np.pi)
        else:
            lead = a * angle + math.atan(self.slope)
            with np.errstate(over="ignore"):
                draw = np.sin(lead) / np.cos(angle) ** (1.0 / a) * (np.cos(angle - lead) / wait) ** ((1.0 - a) / a)
            draw = draw * (1.0 + self.slope**2) ** (0.5 / a)
        if not np.all(np.isfinite(draw)):
            raise NotConverged(f"{self!r} overflows floating point numbers; take alpha >= {SMALLEST_ALPHA}")
        return self.scale * draw

    def gaussian_mixture(self, tolerance: float = 1e-15) -> GaussianMixture:
        """A symmetric law's variance is 2 scale^2 times a positive stable variable of index alpha/2."""
        if not self.symmetric:
            raise OutsideTheory(f"{self!r} is skewed, so it is no mixture of centred normal laws; use beta=0, or "
                                "sgt.noise_transform(noise, u), which works from the characteristic function")
        if self.alpha == 2.0:
            return frozen(np.ones(1), np.zeros(1), np.array([2.0 * self.scale**2]))
        if self.alpha < SMALLEST_ALPHA:
            raise OutsideTheory(f"alpha={self.alpha:g}: averages over stable laws need alpha >= {SMALLEST_ALPHA}")
        weights, values = positive_stable_nodes(0.5 * self.alpha, tolerance)
        return frozen(weights, np.zeros_like(weights), 2.0 * self.scale**2 * values)


@lru_cache(maxsize=32)
def _density_at_zero_of_index_one(beta: float) -> float:
    """Inverse Fourier integral at 0, by the trapezoid rule in log t."""
    step = 0.02
    s = np.arange(-42.0, 4.0, step)
    t = np.exp(s)
    return float(np.sum(np.exp(-t) * np.cos((2.0 / np.pi) * beta * t * s) * t) * step / np.pi)
