"""What a simulation returns: the risks of every run at the recorded times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sgdtheory.values import Array, Frozen, store

_LARGE = 1e140


@dataclass(frozen=True, eq=False)
class Runs(Frozen):
    """Risks of independent runs of an algorithm, computed exactly from the covariance.

    Attributes
    ----------
    times : ndarray of shape (m,)
        Recorded times, whole numbers of steps in units of ``problem.scale`` steps.
    risk : ndarray of shape (runs, m)
        R = (1/2) v'Kv of each run, without the label noise.
    seed : int or SeedSequence
        Passed as ``rng`` to ``sgt.simulate`` it gives these runs again.
    problem, algorithm, rule
        What was run.
    """

    times: Array
    risk: Array
    seed: Any
    problem: Any
    algorithm: Any
    rule: Any = None

    def __post_init__(self) -> None:
        for name in ("times", "risk"):
            values = np.array(getattr(self, name), dtype=np.float64)
            values.setflags(write=False)
            store(self, **{name: values})

    def __len__(self) -> int:
        return self.risk.shape[0]

    @property
    def horizon(self) -> float:
        """The last recorded time."""
        return float(self.times[-1])

    @property
    def mean(self) -> Array:
        """Mean risk over the runs, shape (m,)."""
        scale = self._scale
        return (self.risk / scale).mean(axis=0) * scale

    @property
    def standard_error(self) -> Array:
        """Standard error of ``mean``, shape (m,); infinite for a single run, which says nothing about its own error."""
        n, scale = len(self), self._scale
        if n < 2:
            return np.full(self.times.shape, np.inf)
        return (self.risk / scale).std(axis=0, ddof=1) / np.sqrt(n) * scale

    @property
    def _scale(self) -> Array:
        """Powers of two, shape (m,), that keep sums of squares of risks as large as 1e300 from overflowing."""
        top = self.risk.max(axis=0)
        return np.where(top > _LARGE, np.ldexp(1.0, np.frexp(top)[1] - 1), 1.0)

    def plot(self, ax: Any = None, **style: Any) -> Any:
        """Draw the mean and the band that holds 80 % of the runs; returns the matplotlib axes."""
        import matplotlib.pyplot as plt

        ax = plt.subplots()[1] if ax is None else ax
        label = f"{len(self)} run{'s' * (len(self) != 1)}: {self.algorithm!r}"
        (line,) = ax.plot(self.times, self.mean, **{"label": label, **style})
        if len(self) > 1:
            low, high = np.quantile(self.risk, [0.1, 0.9], axis=0)
            ax.fill_between(self.times, low, high, color=line.get_color(), alpha=0.2, linewidth=0)
        ax.set(xlabel="time t = steps / d", ylabel="risk R", yscale="log")
        ax.legend()
        return ax

    def __repr__(self) -> str:
        mean = self.mean
        return (f"Runs({len(self)} of {self.algorithm!r}: mean R(0)={mean[0]:.6g} -> R({self.horizon:g})="
                f"{mean[-1]:.6g} +- {self.standard_error[-1]:.2g}, seed={self.seed!r})")

    def _repr_html_(self) -> str:
        from sgdtheory.questions.claim import card

        last = f"{self.mean[-1]:.6g} ± {self.standard_error[-1]:.2g}"
        return card("Runs", {"algorithm": self.algorithm, "rule": self.rule, "runs": len(self),
                             "R(0)": f"{self.mean[0]:.6g}", f"R({self.horizon:g})": last, "seed": self.seed})
