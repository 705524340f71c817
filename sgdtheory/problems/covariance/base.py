"""What every covariance knows: its diagonal, its product with a vector, its quadratic form, its Gaussian rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from sgdtheory.errors import invalid
from sgdtheory.values import Array, Frozen, integer, store

LONGEST_SHOWN = 24
"""Arrays with more entries than this are abbreviated in a repr, which then no longer reproduces the object."""


class Covariance(Frozen, ABC):
    """Covariance matrix K of the features: symmetric, positive semi-definite, with positive diagonal.

    Made by the functions of ``sgt.covariance``. Frozen, picklable, equal and hashable by content. A covariance
    holds no eigenvectors: which modes matter depends on the algorithm's preconditioner.
    """

    @property
    @abstractmethod
    def d(self) -> int:
        """The dimension."""

    @property
    @abstractmethod
    def variances(self) -> Array:
        """The diagonal of K, shape (d,), all entries positive."""

    @abstractmethod
    def matrix(self) -> Array:
        """K as an array of shape (d, d)."""

    @abstractmethod
    def matvec(self, v: Any) -> Array:
        """K v for each row v of an array of shape (..., d)."""

    @abstractmethod
    def quadratic(self, v: Any) -> Array:
        """v'Kv >= 0 for each row v of an array of shape (..., d); shape (...)."""

    @abstractmethod
    def _rows(self, rng: np.random.Generator, size: int) -> Array:
        """The sampler, without checks of its arguments."""

    def sample(self, rng: np.random.Generator, size: int) -> Array:
        """``size`` independent rows x ~ N(0, K), shape (size, d).

        Row after row is drawn from ``rng``, and no row's bits depend on ``size``: with the same state of ``rng``
        the first rows of a larger sample are the smaller sample.
        """
        if not isinstance(rng, np.random.Generator):
            raise invalid("rng", rng, "a numpy.random.Generator", "numpy.random.default_rng(0), say")
        return self._rows(rng, integer("size", size, least=0))

    def correlation(self) -> Array:
        """The correlation matrix K_ij / sqrt(K_ii K_jj), shape (d, d), with ones exactly on its diagonal."""
        deviations = np.sqrt(self.variances)
        result = np.clip(self.matrix() / deviations / deviations[:, None], -1.0, 1.0)
        np.fill_diagonal(result, 1.0)
        return result

    @property
    def is_diagonal(self) -> bool:
        """Whether the type of this covariance is diagonal, so that coordinates are independent."""
        return False

    @property
    def trace(self) -> float:
        """tr K."""
        return float(np.sum(self.variances))

    def annihilates(self, v: Any) -> bool:
        """Whether v lies in the kernel of K, as far as rounding lets one tell."""
        return not float(self.quadratic(v)) > 0.0

    def _vector(self, v: Any) -> Array:
        result = np.asarray(v, dtype=np.float64)
        if result.ndim == 0 or result.shape[-1] != self.d:
            raise invalid("v", f"array of shape {result.shape}", f"an array of shape (..., {self.d})")
        return result

    def _called(self, text: str) -> None:
        """Remember the call that made this object, for its repr only."""
        store(self, _made_by=text)

    def __repr__(self) -> str:
        return self.__dict__.get("_made_by") or self._shown()

    @abstractmethod
    def _shown(self) -> str:
        """The call of a function of ``sgt.covariance`` that makes this object."""


def positive(argument: str, values: Array, instead: str, on_diagonal: bool = False) -> Array:
    """``values``, all of them variances: positive, or an error that names the first that is not."""
    if np.any(values <= 0.0):
        where = int(np.argmax(values <= 0.0))
        place = f"positive on its diagonal (entry {(where, where)})" if on_diagonal else f"positive everywhere (entry {where})"
        raise invalid(argument, float(values[where]), place, instead)
    return values


def shown(values: Array) -> str:
    """An array as text: in full where it is short, its shape where it is long."""
    if values.size <= LONGEST_SHOWN:
        return repr(values.tolist())
    return f"<{' x '.join(str(n) for n in values.shape)} numbers>"
