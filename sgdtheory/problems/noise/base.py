"""What every law of the label noise has: moments, a sampler, and its representation for averaging."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sgdtheory.errors import OutsideTheory
from sgdtheory.values import Array, Frozen, number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

SMALLEST_SCALE, LARGEST_SCALE = 1e-60, 1e60
_BLOCK = 1 << 20


class GaussianMixture(NamedTuple):
    """Weights, means and variances of normal components, 1-d arrays of one length; the weights sum to one."""

    weights: Array
    means: Array
    variances: Array


class NoiseLaw(Frozen, ABC):
    r"""Law of the label noise eps: plain frozen data, equal and hashable by content.

    A law knows its sampler, its moments and how to average over it. Most laws are mixtures of normal laws,

    .. math:: \epsilon \sim \sum_k w_k\, N(m_k, v_k),

    finite ones exactly, the others to a tolerance; the residual of a Gaussian linear model is then a mixture too.
    """

    @property
    @abstractmethod
    def mean(self) -> float:
        """E eps; raises `OutsideTheory` where it does not exist."""

    @property
    @abstractmethod
    def second_moment(self) -> float:
        """E eps^2, ``inf`` where it is infinite."""

    @property
    def variance(self) -> float:
        """E eps^2 - (E eps)^2, ``inf`` where the second moment is infinite."""
        second = self.second_moment
        return second if np.isinf(second) else max(0.0, second - self.mean**2)

    @property
    def tail_exponent(self) -> float:
        """E |eps|^q is finite for every q below this; ``inf`` for light tails."""
        return float("inf")

    @property
    def exponential_tail(self) -> bool:
        """Whether E exp(a |eps|) is infinite for large a, though all moments are finite."""
        return False

    @property
    def has_atoms(self) -> bool:
        """Whether some value has positive probability."""
        return False

    @property
    def density_at_zero(self) -> float:
        """Density of eps at 0; raises `OutsideTheory` for laws with atoms."""
        return float(self.density(0.0))

    @abstractmethod
    def density(self, x: ArrayLike) -> Array:
        """Density of eps at ``x``; raises `OutsideTheory` for laws with atoms."""

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """E exp(i t eps), an array of the shape of ``t``."""
        t = np.asarray(t, dtype=np.float64)
        return self._sum(lambda m, v: np.exp(1j * m * t[..., None] - 0.5 * v * t[..., None] ** 2), t)

    @abstractmethod
    def sample(self, rng: Any, size: int | tuple[int, ...] | None = None) -> Any:
        """Independent draws; ``rng`` is a generator or a seed."""

    @abstractmethod
    def gaussian_mixture(self, tolerance: float = 1e-15) -> GaussianMixture:
        """The law as a finite mixture of normal laws.

        Averages over eps of bounded functions of the residual have relative error of order ``tolerance``; so has the
        second moment where it is finite. Raises `OutsideTheory` where the law is no such mixture.
        """

    def nodes(self, std: ArrayLike, kinks: Sequence[float] = ()) -> GaussianMixture:
        """Components that average functions of eps whose kinks are smoothed on the scale ``std``.

        Parameters
        ----------
        std : array_like
            Standard deviation of the Gaussian part of the residual.
        kinks : sequence of float
            Values of eps at which the function would have a kink if ``std`` were zero.

        Returns
        -------
        GaussianMixture
            Arrays that broadcast against ``std[..., None]``; components of variance zero are points.
        """
        return self.gaussian_mixture()

    def average(self, function: Callable[[Array, Array], Array], std: ArrayLike, kinks: Sequence[float] = ()) -> Array:
        """Sum over the components of ``weight * function(mean, sqrt(std^2 + variance))``, in bounded memory.

        Parameters
        ----------
        function : callable
            Vectorised; takes the component's mean and the total standard deviation.
        std : array_like
            Standard deviation of the Gaussian part of the residual.
        kinks : sequence of float
            As for `nodes`.
        """
        std = np.asarray(std, dtype=np.float64)
        weights, means, variances = self.nodes(std, kinks)
        total = np.zeros(std.shape)
        block = max(1, _BLOCK // max(1, std.size))
        for start in range(0, weights.shape[-1], block):
            part = slice(start, start + block)
            scale = np.sqrt(std[..., None] ** 2 + variances[..., part])
            total = total + np.sum(weights[..., part] * function(means[..., part], scale), axis=-1)
        return total

    def _sum(self, function: Callable[[Array, Array], Any], points: Array) -> Any:
        """Sum of ``weight * function(means, variances)`` over the components, in blocks."""
        weights, means, variances = self.gaussian_mixture()
        block = max(1, _BLOCK // max(1, points.size))
        return sum(
            np.sum(weights[s : s + block] * function(means[s : s + block], variances[s : s + block]), axis=-1)
            for s in range(0, weights.size, block)
        )


def scale_of(argument: str, value: Any) -> float:
    """A positive scale whose square is far from the ends of the floating point range."""
    return number(argument, value, least=SMALLEST_SCALE, most=LARGEST_SCALE,
                  instead="a law without spread is sgt.noise.Noiseless(); otherwise choose units of order one")


def frozen(weights: Array, means: Array, variances: Array) -> GaussianMixture:
    """The mixture with its arrays made read-only."""
    for values in (weights, means, variances):
        values.setflags(write=False)
    return GaussianMixture(weights, means, variances)


def no_density(law: NoiseLaw) -> OutsideTheory:
    """The error of a law that has no density."""
    return OutsideTheory(f"{law!r:.80} has atoms, so it has no density; use its values and probabilities, "
                         "or sgt.noise_transform(noise, u), which needs none")


def no_mean(law: NoiseLaw, condition: str) -> OutsideTheory:
    """The error of a law whose mean does not exist."""
    return OutsideTheory(f"{law!r} has no mean: that needs {condition}; its centre of symmetry is 0")
