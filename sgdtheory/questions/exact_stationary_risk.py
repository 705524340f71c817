"""Where does the mean risk settle, exactly, at this dimension?"""

from __future__ import annotations

from typing import Any

from sgdtheory.questions.stationary_risk import StationaryRisk
from sgdtheory.registry import answer


def exact_stationary_risk(problem: Any, algorithm: Any) -> StationaryRisk:
    """The stationary mean risk of SGD with no limit taken: (sigma^2/2) H / (1 - H).

    H = sum_j of the stationary gain of each eigenvalue of K at this step and batch size; batch size 1 has
    H = sum_j gamma lambda_j / (2 (1 - gamma lambda_j)), gamma the raw step. Stable in mean square if and only if each gain is
    positive and H < 1.

    Parameters
    ----------
    problem : LinearRegression
        The label noise needs mean 0 and a finite variance sigma^2.
    algorithm : SGD
        With a number as learning rate.

    Returns
    -------
    StationaryRisk
        With exactness ``exact``.

    Raises
    ------
    OutsideTheory
        At or above the mean-square stability threshold (the message gives it), or without a finite variance.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> problem = sgt.LinearRegression(sgt.covariance.identity(10), sgt.noise.Gaussian(1.0))
    >>> round(sgt.exact_stationary_risk(problem, sgt.SGD(learning_rate=0.5)).value, 12)   # H = 10 * 0.05 / (2 * 0.95)
    0.178571428571
    """
    return answer("exact_stationary_risk", problem, algorithm)
