"""What does one step do, exactly, at this dimension?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sgdtheory.questions.claim import EXACT, Assumption, Exactness, NumericalError, Source, card
from sgdtheory.registry import answer, require_order
from sgdtheory.values import Array, array


@dataclass(frozen=True, eq=False)
class OneStep:
    """Mean and second moment of one update direction u (theta moves by minus the raw step times u), no limit taken.

    Attributes
    ----------
    mean : ndarray of shape (d,)
        E u.
    second_moment : ndarray of shape (d, d)
        E u u'.
    risk_change : float
        E[R_1 - R_0] = -gamma (K v)' E u + (gamma^2 / 2) tr(K E u u'), gamma the raw step.
    """

    problem: Any
    algorithm: Any
    mean: Array
    second_moment: Array
    risk_change: float
    numerical_error: NumericalError
    source: Source
    exactness: Exactness = EXACT
    assumptions: tuple[Assumption, ...] = ()

    def __repr__(self) -> str:
        return f"OneStep({self.algorithm!r}: expected change of risk {self.risk_change:.6g}, exact)"

    def _repr_html_(self) -> str:
        return card(
            "One step",
            {
                "algorithm": self.algorithm,
                "expected change of risk": self.risk_change,
                "exactness": self.exactness,
                "numerical error": self.numerical_error,
                "source": self.source,
            },
        )


def one_step(problem: Any, algorithm: Any, error: Any = None) -> OneStep:
    """Exact mean and second moment of one step at finite dimension.

    Parameters
    ----------
    problem : LinearRegression
    algorithm : SeparableUpdate
    error : array_like of shape (d,), optional
        v = theta - theta* before the step. Default: the problem's initial error.

    Returns
    -------
    OneStep

    Raises
    ------
    OutsideTheory
        For mini-batch signSGD, whose second moment is known in the limit only, and for a residual without second moment where h is unbounded.

    Notes
    -----
    Batches of averaged updates: E u u' is (1/B) of the single-sample second moment plus (1 - 1/B) of the squared mean.
    Source: arXiv:2411.12135.

    Examples
    --------
    >>> import numpy as np, sgdtheory as sgt
    >>> problem = sgt.LinearRegression(sgt.covariance.identity(4), sgt.noise.Gaussian(0.5))
    >>> step = sgt.one_step(problem, sgt.SignSGD(learning_rate=0.1))
    >>> bool(np.allclose(step.second_moment, np.eye(4)))
    True
    """
    require_order(problem, algorithm)
    v = problem.error if error is None else array("error", error, (problem.scale,))
    return answer("one_step", problem, algorithm, error=v)
