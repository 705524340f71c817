"""Mixtures of laws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sgdtheory.errors import invalid
from sgdtheory.problems.noise.atoms import probabilities
from sgdtheory.problems.noise.base import GaussianMixture, NoiseLaw, frozen
from sgdtheory.values import Array, store


@dataclass(frozen=True, eq=False)
class Mixture(NoiseLaw):
    """eps follows ``laws[k]`` with probability ``weights[k]``.

    Parameters
    ----------
    laws : sequence of NoiseLaw
        The components, at least one.
    weights : array_like
        One probability for each component; they sum to one.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> contaminated = sgt.noise.Mixture([sgt.noise.Gaussian(1.0), sgt.noise.Cauchy(3.0)], [0.9, 0.1])
    >>> contaminated.variance
    inf
    """

    laws: tuple[NoiseLaw, ...]
    weights: Array

    def __post_init__(self) -> None:
        example = "as in Mixture([Gaussian(1.0), Cauchy(3.0)], [0.9, 0.1])"
        try:
            laws = tuple(self.laws)
        except TypeError:
            raise invalid("laws", self.laws, "a sequence of laws of sgt.noise", example) from None
        if not laws or not all(isinstance(law, NoiseLaw) for law in laws):
            raise invalid("laws", self.laws, "a sequence of one or more laws of sgt.noise", example)
        if self.weights is None:
            raise invalid("weights", None, "one probability for each law", example)
        store(self, laws=laws, weights=probabilities("weights", self.weights, len(laws)))

    def __repr__(self) -> str:
        return f"Mixture({list(self.laws)!r}, {self.weights.tolist()})"

    @property
    def parts(self) -> list[tuple[float, NoiseLaw]]:
        """The components with positive weight: pairs (weight, law)."""
        return [(float(w), law) for w, law in zip(self.weights, self.laws, strict=True) if w > 0.0]

    def _linear(self, value: Callable[[NoiseLaw], Any]) -> Any:
        return sum(w * value(law) for w, law in self.parts)

    @property
    def mean(self) -> float:
        """Weighted mean of the components' means."""
        return self._linear(lambda law: law.mean)

    @property
    def tail_exponent(self) -> float:
        """The heaviest component's."""
        return min(law.tail_exponent for _, law in self.parts)

    @property
    def exponential_tail(self) -> bool:
        """Whether one component's is."""
        return any(law.exponential_tail for law in self.laws)

    @property
    def second_moment(self) -> float:
        """Weighted mean of the components' second moments."""
        return self._linear(lambda law: law.second_moment)

    @property
    def variance(self) -> float:
        """Within and between the components."""
        if np.isinf(self.second_moment):
            return np.inf
        mean = self.mean
        return self._linear(lambda law: law.variance + (law.mean - mean) ** 2)

    @property
    def has_atoms(self) -> bool:
        """Whether a component has atoms."""
        return any(law.has_atoms for _, law in self.parts)

    @property
    def density_at_zero(self) -> float:
        """Weighted mean of the components' densities at zero."""
        return self._linear(lambda law: law.density_at_zero)

    def density(self, x: ArrayLike) -> Array:
        """Weighted mean of the components' densities."""
        return self._linear(lambda law: law.density(x))

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Weighted mean of the components' characteristic functions."""
        return self._linear(lambda law: law.characteristic_function(t))

    def sample(self, rng: Any, size: int | tuple[int, ...] | None = None) -> Any:
        """Each draw picks its component first."""
        rng = np.random.default_rng(rng)
        count = int(np.prod(() if size is None else size, dtype=np.int64))
        steps = np.cumsum(self.weights)
        which = np.minimum(np.searchsorted(steps, rng.random(count) * steps[-1], side="right"), len(self.laws) - 1)
        result = np.empty(count)
        for k, law in enumerate(self.laws):
            mine = which == k
            result[mine] = law.sample(rng, int(mine.sum()))
        return result.reshape(() if size is None else size)

    def gaussian_mixture(self, tolerance: float = 1e-15) -> GaussianMixture:
        """The components' mixtures, joined."""
        parts = [(w, law.gaussian_mixture(tolerance)) for w, law in self.parts]
        return frozen(
            np.concatenate([w * g.weights for w, g in parts]),
            np.concatenate([g.means for _, g in parts]),
            np.concatenate([g.variances for _, g in parts]),
        )

    def nodes(self, std: ArrayLike, kinks: Sequence[float] = ()) -> GaussianMixture:
        """The components' nodes, joined."""
        parts = [(w, law.nodes(std, kinks)) for w, law in self.parts]
        lead = np.broadcast_shapes(*(g.weights.shape[:-1] for _, g in parts))

        def joined(arrays: list[Array]) -> Array:
            return np.concatenate([np.broadcast_to(a, (*lead, a.shape[-1])) for a in arrays], axis=-1)

        return frozen(
            joined([w * g.weights for w, g in parts]),
            joined([g.means for _, g in parts]),
            joined([g.variances for _, g in parts]),
        )
