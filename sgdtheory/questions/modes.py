"""Into which independent modes does the risk split?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sgdtheory.questions.claim import EXACT, SMALL, Exactness, NumericalError, Source, card
from sgdtheory.registry import answer
from sgdtheory.values import Array


@dataclass(frozen=True, eq=False)
class Modes:
    """Modes of an algorithm: rates lambda_j, noise weights g_j, initial risks r_j(0).

    dr_j/dt = -2 eta psi(R) lambda_j r_j + (eta^2 nu(R) / (2 d)) lambda_j g_j with R = sum_j r_j.

    Attributes
    ----------
    rates, weights, initial : ndarray of shape (d,)
        lambda_j, g_j, r_j(0).
    forcing : ndarray of shape (d,)
        lambda_j g_j / (2 d).
    """

    problem: Any
    algorithm: Any
    source: Source
    rates: Array
    weights: Array
    initial: Array
    forcing: Array
    exactness: Exactness = EXACT
    numerical_error: NumericalError = SMALL

    @property
    def condition_number(self) -> float:
        """Average condition number (sum_j g_j / d) / lambda_min; infinite if a rate is 0."""
        low = float(self.rates.min())
        return float(self.weights.mean()) / low if low > 0.0 else float("inf")

    def __repr__(self) -> str:
        return f"Modes({self.algorithm!r}: {self.rates.size} modes, rates {self.rates.min():.4g} to {self.rates.max():.4g})"

    def _repr_html_(self) -> str:
        return card(
            "Modes",
            {
                "algorithm": self.algorithm,
                "number": self.rates.size,
                "slowest rate": self.rates.min(),
                "fastest rate": self.rates.max(),
                "sum of noise weights": self.weights.sum(),
                "source": self.source,
            },
        )


def modes(problem: Any, algorithm: Any) -> Modes:
    """Split the risk into modes: eigenpairs of the symmetric P^(1/2) K P^(1/2), P the algorithm's diagonal preconditioner.

    Parameters
    ----------
    problem : LinearRegression
    algorithm : SeparableUpdate

    Returns
    -------
    Modes

    Notes
    -----
    With S = P^(1/2) K P^(1/2) = Q Lambda Q', w_j = P^(-1/2) q_j: r_j = (lambda_j/2) <w_j, v>^2 and g_j = w_j' Sigma w_j.
    Costs O(d^3) for a covariance that is not diagonal, O(d) otherwise. Source: arXiv:2411.12135.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> problem = sgt.LinearRegression(sgt.covariance.diagonal([1.0, 4.0]))
    >>> [float(rate) for rate in sgt.modes(problem, sgt.SignSGD(learning_rate=0.1)).rates]
    [1.0, 2.0]
    """
    return answer("modes", problem, algorithm)
