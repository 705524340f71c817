"""How does the mean risk fall, exactly, at this dimension?"""

from __future__ import annotations

from typing import Any

from sgdtheory.questions.risk_curve import RiskCurve
from sgdtheory.questions.times import recording_times
from sgdtheory.registry import answer
from sgdtheory.values import number


def exact_risk_curve(problem: Any, algorithm: Any, horizon: float) -> RiskCurve:
    """The mean risk of SGD step by step, with no limit taken.

    With w_j = E <e_j, v>^2 along the eigenvectors of K and gamma the raw step, batch size B:
    w_j <- w_j (1 - 2 gamma lambda_j + gamma^2 lambda_j^2 (1 + 1/B)) + (gamma^2 / B) lambda_j (sum_i lambda_i w_i + E eps^2).

    Parameters
    ----------
    problem : LinearRegression
        The label noise needs mean 0 and a finite variance; nothing else of it matters.
    algorithm : SGD
    horizon : float
        Last time, > 0; the cost is O(d^2 horizon), and O(d^3) for the eigenvectors of a covariance that is not diagonal.

    Returns
    -------
    RiskCurve
        With exactness ``exact``; between whole steps it is constant.

    Raises
    ------
    OutsideTheory
        For noise without a finite variance.

    Notes
    -----
    An oracle beside the limit curve of ``risk_curve``. Source: Isserlis' theorem applied to the update rule.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> problem = sgt.LinearRegression(sgt.covariance.identity(10), sgt.noise.Gaussian(0.5))
    >>> curve = sgt.exact_risk_curve(problem, sgt.SGD(learning_rate=0.5), horizon=2.0)
    >>> 0.1 < curve(2.0) < 1.0
    True
    """
    times = recording_times(problem, horizon)
    return answer("exact_risk_curve", problem, algorithm, horizon=number("horizon", horizon, above=0.0), times=times)
