"""Linear regression with Gaussian features and label noise, learned in one pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sgdtheory.errors import invalid
from sgdtheory.problems.covariance import Covariance
from sgdtheory.problems.noise import NoiseLaw, Noiseless
from sgdtheory.values import Array, Frozen, array, store


@dataclass(frozen=True, eq=False)
class LinearRegression(Frozen):
    """y = <x, theta*> + eps with x ~ N(0, K) and eps independent of x, a fresh sample each step.

    The risk is R = (1/2) v'Kv with v = theta - theta*, without the label noise. The scale is d: the raw step is
    ``learning_rate / d`` and time is ``steps / d``.

    Parameters
    ----------
    covariance : Covariance
        K, from ``sgt.covariance``.
    noise : NoiseLaw
        Law of eps, from ``sgt.noise``. Default: no noise.
    error : array_like of shape (d,), optional
        v_0 = theta_0 - theta*. None: equal entries, scaled to initial risk R(0) = 1.

    Raises
    ------
    InvalidInput
        For shapes that do not fit, entries that are not finite, a risk that overflows, or an error in the kernel of K.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> problem = sgt.LinearRegression(sgt.covariance.identity(100), sgt.noise.Gaussian(0.5))
    >>> problem.scale, round(problem.initial_risk, 12)
    (100, 1.0)
    """

    covariance: Covariance
    noise: NoiseLaw = field(default_factory=Noiseless)
    error: Any = None

    def __post_init__(self) -> None:
        if not isinstance(self.covariance, Covariance):
            raise invalid("covariance", self.covariance, "a covariance of sgt.covariance", "sgt.covariance.dense(matrix) takes a matrix")
        if not isinstance(self.noise, NoiseLaw):
            raise invalid("noise", self.noise, "a law of sgt.noise", "sgt.noise.Gaussian(0.5), or sgt.noise.Noiseless()")
        d = self.covariance.d
        if self.error is None:
            ones = np.ones(d)
            if not self._finite(ones):
                raise invalid("covariance", self.covariance, "one for which v'Kv/2 is finite for v = ones, where error=None starts",
                              "give a smaller error= yourself, or measure the features in larger units")
            if self.covariance.annihilates(ones):
                raise invalid("error", None, "a vector outside the kernel of K: equal entries have risk 0", "give error= yourself")
            error = ones / np.sqrt(0.5 * float(self.covariance.quadratic(ones)))
            error.setflags(write=False)
        else:
            error = array("error", self.error, (d,), instead=f"the covariance has d={d}")
            if not self._finite(error):
                raise invalid("error", float(np.abs(error).max()), "a vector whose risk v'Kv/2 does not overflow",
                              "error=None starts at risk 1")
            if self.covariance.annihilates(error):
                raise invalid("error", self.error, "a vector with risk v'Kv/2 > 0, outside the kernel of K", "error=None starts at risk 1")
        store(self, error=error)

    def _finite(self, v: Array) -> bool:
        with np.errstate(over="ignore", invalid="ignore"):
            return bool(np.isfinite(self.covariance.quadratic(v)) and np.isfinite(np.sum(v * v)))

    def __repr__(self) -> str:
        start = ", ".join(f"{v:.6g}" for v in self.error) if self.error.size <= 6 else f"<{self.error.size} values>"
        return f"LinearRegression({self.covariance!r}, {self.noise!r}, error=[{start}])"

    @property
    def scale(self) -> int:
        """d: raw step = learning_rate / scale, time = steps / scale."""
        return self.covariance.d

    @property
    def initial_risk(self) -> float:
        """R(0) = v_0'K v_0 / 2."""
        return 0.5 * float(self.covariance.quadratic(self.error))
