"""Which learning rate, constant or scheduled, brings the risk down most?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sgdtheory.questions.claim import Assumption, Exactness, NumericalError, Source, bibtex, card
from sgdtheory.questions.risk_curve import RiskCurve
from sgdtheory.questions.times import recording_times
from sgdtheory.registry import answer
from sgdtheory.values import Array, number


@dataclass(frozen=True, eq=False)
class BestSchedule:
    """The greedy schedule and the best constant learning rate.

    Attributes
    ----------
    times, risk, learning_rate : ndarray of shape (m,)
        The greedy schedule eta*(t), which falls steepest at every moment, and its risk.
    schedule : callable
        eta*(t); give it to an algorithm as ``learning_rate``.
    constant : float
        The constant learning rate of least risk at the horizon.
    constant_curve : RiskCurve
        Its risk curve.
    """

    problem: Any
    algorithm: Any
    horizon: float
    times: Array
    risk: Array
    learning_rate: Array
    constant: float
    constant_curve: RiskCurve
    exactness: Exactness
    numerical_error: NumericalError
    source: Source
    schedule: Callable[[float], float] = field(repr=False)
    assumptions: tuple[Assumption, ...] = ()

    def __reduce__(self) -> Any:
        """A pickle holds the question, and asks it again."""
        return best_schedule, (self.problem, self.algorithm, self.horizon)

    def plot(self, ax: Any = None) -> Any:
        """Risk under the greedy schedule and under the best constant learning rate; returns the matplotlib axes."""
        import matplotlib.pyplot as plt

        ax = plt.subplots()[1] if ax is None else ax
        ax.semilogy(self.times, self.risk, label="greedy schedule")
        t = np.linspace(0.0, self.horizon, 200)
        ax.semilogy(t, self.constant_curve(t), label=f"best constant, {self.constant:.3g}")
        ax.set(xlabel="time t = steps / d", ylabel="risk R")
        ax.legend()
        return ax

    def bibtex(self) -> str:
        """BibTeX of the source."""
        return bibtex(self.source)

    def __repr__(self) -> str:
        return (
            f"BestSchedule({type(self.algorithm).__name__}, horizon={self.horizon:g}: greedy R={self.risk[-1]:.6g}, "
            f"constant {self.constant:.6g} gives R={self.constant_curve.risk[-1]:.6g})"
        )

    def _repr_html_(self) -> str:
        return card(
            "Best schedule",
            {
                "algorithm": type(self.algorithm).__name__,
                "horizon": self.horizon,
                "greedy: final risk": self.risk[-1],
                "best constant learning rate": self.constant,
                "its final risk": self.constant_curve.risk[-1],
                "exactness": self.exactness,
                "source": self.source,
            },
        )


def best_schedule(problem: Any, algorithm: Any, horizon: float) -> BestSchedule:
    """The greedy schedule eta* = psi(R) sum_j lambda_j r_j / (nu(R) sum_j forcing_j), and the best constant learning rate.

    Greedy means the steepest fall of the risk at every moment; it need not be the best schedule over the whole horizon.

    Parameters
    ----------
    problem : LinearRegression
    algorithm : SeparableUpdate
        The rule and batch size; its own learning rate is not used.
    horizon : float
        Last time, > 0.

    Returns
    -------
    BestSchedule

    Notes
    -----
    Source: arXiv:2411.12135.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> problem = sgt.LinearRegression(sgt.covariance.identity(100), sgt.noise.Gaussian(0.5))
    >>> found = sgt.best_schedule(problem, sgt.SignSGD(learning_rate=1.0), horizon=4.0)
    >>> bool(found.risk[-1] < found.constant_curve.risk[-1] < 1.0)
    True
    """
    times = recording_times(problem, horizon)
    return answer("best_schedule", problem, algorithm, horizon=number("horizon", horizon, above=0.0), times=times)
