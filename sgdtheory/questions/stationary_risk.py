"""Where does the risk settle at a constant learning rate?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sgdtheory.questions.claim import Assumption, Exactness, NumericalError, Source, bibtex, card
from sgdtheory.registry import answer
from sgdtheory.values import Array


@dataclass(frozen=True, eq=False)
class StationaryRisk:
    """The stationary risk, how it splits into modes, and what kind of claim it is.

    Attributes
    ----------
    value : float
        R_inf; the smallest root where there are several (``all_values``).
    modes : ndarray of shape (m,)
        The share of each mode; their sum is ``value``.
    """

    problem: Any
    algorithm: Any
    value: float
    modes: Array
    all_values: tuple[float, ...]
    exactness: Exactness
    numerical_error: NumericalError
    source: Source
    assumptions: tuple[Assumption, ...] = ()

    def __float__(self) -> float:
        return self.value

    def bibtex(self) -> str:
        """BibTeX of the source."""
        return bibtex(self.source)

    def __repr__(self) -> str:
        return f"StationaryRisk({self.value:.10g}, {self.algorithm!r}, {self.exactness.kind})"

    def _repr_html_(self) -> str:
        return card(
            "Stationary risk",
            {
                "algorithm": self.algorithm,
                "R_inf": f"{self.value:.10g}",
                "exactness": self.exactness,
                "numerical error": self.numerical_error,
                "source": self.source,
                "assumptions": "; ".join(map(str, self.assumptions)),
            },
        )


def stationary_risk(problem: Any, algorithm: Any) -> StationaryRisk:
    """The stationary risk R_inf at a constant learning rate: R psi(R) = (eta / (4 d)) nu(R) sum_j g_j.

    Parameters
    ----------
    problem : LinearRegression
    algorithm : SeparableUpdate
        With a number as learning rate.

    Returns
    -------
    StationaryRisk

    Raises
    ------
    OutsideTheory
        If there is no stationary state (SGD at or above its stability threshold) or the learning rate is a function of time.

    Notes
    -----
    signSGD always has one. Source: arXiv:2411.12135.

    Examples
    --------
    >>> import math, sgdtheory as sgt
    >>> problem = sgt.LinearRegression(sgt.covariance.identity(100), sgt.noise.Gaussian(0.5))
    >>> found = sgt.stationary_risk(problem, sgt.SignSGD(learning_rate=0.4))
    >>> a = math.pi * 0.4 / 8
    >>> abs(found.value / (a * (a + math.sqrt(a**2 + 0.25))) - 1) < 1e-12
    True
    """
    return answer("stationary_risk", problem, algorithm)
