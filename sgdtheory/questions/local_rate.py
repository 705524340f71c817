"""How fast does the risk approach its stationary value?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sgdtheory.questions.claim import SMALL, Assumption, Exactness, NumericalError, Source, card
from sgdtheory.questions.stationary_risk import StationaryRisk
from sgdtheory.registry import answer


@dataclass(frozen=True, eq=False)
class LocalRate:
    """Slowest exponential rate near the fixed point: R(t) - R_inf ~ exp(-value t).

    A value <= 0 means that the fixed point is not stable.
    """

    problem: Any
    algorithm: Any
    value: float
    stationary: StationaryRisk
    exactness: Exactness
    source: Source
    numerical_error: NumericalError = SMALL
    assumptions: tuple[Assumption, ...] = ()

    def __float__(self) -> float:
        return self.value

    def __repr__(self) -> str:
        return f"LocalRate({self.value:.10g} per unit time, {self.algorithm!r})"

    def _repr_html_(self) -> str:
        return card(
            "Local rate",
            {
                "algorithm": self.algorithm,
                "rate per unit time": self.value,
                "around R_inf": self.stationary.value,
                "exactness": self.exactness,
                "source": self.source,
            },
        )


def local_rate(problem: Any, algorithm: Any) -> LocalRate:
    """The slowest rate of the mode equations linearised at the stationary state.

    Rightmost eigenvalue of -2 eta psi diag(lambda) + a 1', a_j = -2 eta psi' lambda_j r_j + (eta^2 nu' / (2 d)) lambda_j g_j, with the sign turned.

    Parameters
    ----------
    problem : LinearRegression
    algorithm : SeparableUpdate
        With a number as learning rate.

    Returns
    -------
    LocalRate

    Raises
    ------
    OutsideTheory
        Where there is no stationary state.

    Notes
    -----
    Source: arXiv:2411.12135.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> problem = sgt.LinearRegression(sgt.covariance.identity(100), sgt.noise.Gaussian(0.5))
    >>> rate = sgt.local_rate(problem, sgt.SGD(learning_rate=0.5)).value      # 2 eta - eta^2 for K = I
    >>> abs(rate - 0.75) < 1e-12
    True
    """
    return answer("local_rate", problem, algorithm)
