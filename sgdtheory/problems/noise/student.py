"""Heavy tails: Student's t and Cauchy noise, as normal laws with an inverse Gamma variance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sgdtheory.problems.noise.base import GaussianMixture, NoiseLaw, frozen, no_mean, scale_of
from sgdtheory.problems.noise.gamma import log_gamma_nodes
from sgdtheory.values import Array, number, store


@dataclass(frozen=True, eq=False)
class StudentT(NoiseLaw):
    """eps = scale * T with T Student's t with ``df`` degrees of freedom.

    Density proportional to (1 + x^2 / (df scale^2))^(-(df+1)/2). The variance is scale^2 df/(df-2) for df > 2 and
    infinite otherwise: ``scale`` is not the standard deviation.

    Parameters
    ----------
    df : float
        Degrees of freedom, from 0.2 to 1e9.
    scale : float
        Scale, positive.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> sgt.noise.StudentT(df=3, scale=0.5).variance
    0.75
    """

    df: float
    scale: float = 1.0

    def __post_init__(self) -> None:
        store(self, df=number("df", self.df, least=0.2, most=1e9, instead="for df=inf use sgt.noise.Gaussian(scale)"),
              scale=scale_of("scale", self.scale))

    @property
    def mean(self) -> float:
        """Zero; needs df > 1."""
        if self.df <= 1.0:
            raise no_mean(self, "df > 1")
        return 0.0

    @property
    def tail_exponent(self) -> float:
        """df."""
        return self.df

    @property
    def second_moment(self) -> float:
        """scale^2 df / (df - 2), infinite for df <= 2."""
        return self.scale**2 * self.df / (self.df - 2.0) if self.df > 2.0 else math.inf

    @property
    def density_at_zero(self) -> float:
        """E (2 pi V)^(-1/2) over the mixing law, exact to rounding."""
        weights, variances = _mixing(self.df, 1e-15)
        return float(np.sum(weights / np.sqrt(variances)) / (math.sqrt(2.0 * math.pi) * self.scale))

    def density(self, x: ArrayLike) -> Array:
        """Student's density."""
        z = np.asarray(x, dtype=np.float64) / self.scale
        return self.density_at_zero * np.exp(-0.5 * (self.df + 1.0) * np.log1p(z**2 / self.df))

    def sample(self, rng: Any, size: int | tuple[int, ...] | None = None) -> Any:
        """Student draws."""
        return self.scale * np.random.default_rng(rng).standard_t(self.df, size)

    def gaussian_mixture(self, tolerance: float = 1e-15) -> GaussianMixture:
        """Trapezoid rule in the logarithm of the variance, which is scale^2 df / chi^2."""
        weights, variances = _mixing(self.df, tolerance)
        return frozen(weights, np.zeros_like(weights), self.scale**2 * variances)


@dataclass(frozen=True, eq=False)
class Cauchy(NoiseLaw):
    """eps = scale * C with density 1 / (pi (1 + x^2)) of C.

    Parameters
    ----------
    scale : float
        Half the distance between the quartiles, positive.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> sgt.noise.Cauchy(0.5).variance
    inf
    """

    scale: float = 1.0

    def __post_init__(self) -> None:
        store(self, scale=scale_of("scale", self.scale))

    @property
    def mean(self) -> float:
        """Raises: a Cauchy law has no mean."""
        raise no_mean(self, "lighter tails")

    @property
    def tail_exponent(self) -> float:
        """1."""
        return 1.0

    @property
    def second_moment(self) -> float:
        """Infinite."""
        return math.inf

    def density(self, x: ArrayLike) -> Array:
        """scale / (pi (scale^2 + x^2))."""
        z = np.asarray(x, dtype=np.float64) / self.scale
        return 1.0 / (math.pi * self.scale * (1.0 + z**2))

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """exp(-scale |t|)."""
        return np.exp(-self.scale * np.abs(np.asarray(t, dtype=np.float64))).astype(np.complex128)

    def sample(self, rng: Any, size: int | tuple[int, ...] | None = None) -> Any:
        """Cauchy draws."""
        return self.scale * np.random.default_rng(rng).standard_cauchy(size)

    def gaussian_mixture(self, tolerance: float = 1e-15) -> GaussianMixture:
        """That of Student's t with one degree of freedom."""
        weights, variances = _mixing(1.0, tolerance)
        return frozen(weights, np.zeros_like(weights), self.scale**2 * variances)


@lru_cache(maxsize=64)
def _mixing(df: float, tolerance: float) -> tuple[Array, Array]:
    """Weights and values of 1/G, G ~ chi^2_df / df."""
    z, weights = log_gamma_nodes(0.5 * df, tolerance, low=1.0 if df > 2.0 else 0.0, high=0.5)
    variances = np.exp(-z)
    if df > 2.0:
        # The grid ends where the tail has no mass left; what is left of its second moment goes to the last component,
        # which no bounded function sees.
        missing = df / (df - 2.0) - float(weights @ variances)
        if missing > 1e-15 * df / (df - 2.0):
            variances[0] += missing / weights[0]
    for values in (weights, variances):
        values.setflags(write=False)
    return weights, variances
