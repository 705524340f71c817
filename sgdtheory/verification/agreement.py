"""Does a prediction agree with runs of the algorithm?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sgdtheory.errors import NotComparable, invalid
from sgdtheory.questions.claim import card
from sgdtheory.questions.risk_curve import RiskCurve
from sgdtheory.simulation.runs import Runs
from sgdtheory.values import Array, number

FINITE_SIZE = 3.0
"""The mean risk of runs may differ from a limit curve by FINITE_SIZE R / d."""

COARSEST = 0.5
"""Runs that could not tell a theory wrong by this much judge nothing."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """The verdict of ``compare``; its truth value is ``agrees``.

    Two tests share the false-alarm probability: the deviation at each time (Bonferroni over the times), and the relative deviation
    averaged over time, one number a run. Both use Student quantiles for the number of runs.

    Attributes
    ----------
    agrees : bool
    z : ndarray of shape (m,)
        (mean of the runs - theory) / standard error, at each time.
    allowance : ndarray of shape (m,)
        Finite-d allowance in units of risk: 3 R / d for a limit, 0 for an exact prediction.
    deviation, standard_error : float
        Relative deviation averaged over time, and its standard error.
    margin : float
        Largest deviation over its admitted size, of both tests; agreement means <= 1.
    resolution : float
        A relative error of the theory above this is found with probability at least 99 %.
    quantile_each, quantile_average : float
        Student quantiles of the two tests.
    """

    theory: RiskCurve
    runs: Runs
    agrees: bool
    z: Array
    allowance: Array
    deviation: float
    standard_error: float
    margin: float
    resolution: float
    quantile_each: float
    quantile_average: float
    false_alarm: float

    def __bool__(self) -> bool:
        return self.agrees

    @property
    def worst(self) -> float:
        """The largest |z|."""
        return float(np.max(np.abs(self.z)))

    def plot(self, ax: Any = None) -> Any:
        """Theory as a line, mean of the runs with the admitted band; returns the matplotlib axes."""
        import matplotlib.pyplot as plt

        ax = plt.subplots()[1] if ax is None else ax
        t, mean = self.runs.times, self.runs.mean
        (line,) = ax.plot(t, self.theory(t), label="theory")
        band = self.quantile_each * self.runs.standard_error + self.allowance
        ax.fill_between(t, np.maximum(mean - band, mean * 1e-2), mean + band, color="0.85", label="admitted around the mean of the runs")
        ax.plot(t, mean, ".", ms=3, color="black", label=f"mean of {len(self.runs.risk)} runs")
        line.set_zorder(3)
        ax.set(
            xlabel="time t = steps / d", ylabel="risk R", yscale="log", title=f"{self.theory.algorithm!r}: {'agrees' if self.agrees else 'DISAGREES'}"
        )
        ax.legend()
        return ax

    def __repr__(self) -> str:
        return (
            f"Agreement({'agrees' if self.agrees else 'DISAGREES'}: largest |z| {self.worst:.2f} (limit {self.quantile_each:.2f} plus allowance), "
            f"mean relative deviation {self.deviation:+.2%} +- {self.standard_error:.2%}, finds errors above {self.resolution:.1%})"
        )

    def _repr_html_(self) -> str:
        return card(
            "Agreement",
            {
                "verdict": "agrees" if self.agrees else "DISAGREES",
                "algorithm": self.theory.algorithm,
                "largest |z|": f"{self.worst:.2f}",
                "mean relative deviation": f"{self.deviation:+.2%} +- {self.standard_error:.2%}",
                "finds relative errors above": f"{self.resolution:.1%}",
                "false-alarm probability": self.false_alarm,
            },
        )


def compare(theory: RiskCurve, runs: Runs, *, false_alarm: float = 1e-6) -> Agreement:
    """Hold a predicted risk curve against runs of the algorithm.

    Parameters
    ----------
    theory : RiskCurve
    runs : Runs
        Of the same problem and algorithm, at least 4 runs.
    false_alarm : float
        Probability of a false disagreement, in (0, 0.5); split between the two tests.

    Returns
    -------
    Agreement
        True in a condition if theory and runs agree.

    Raises
    ------
    InvalidInput
        If problem, algorithm or times do not match, or there are fewer than 4 runs.
    NotComparable
        If the risk of a run has no finite variance (an unbounded h under noise without enough moments): a z-score would mean nothing;
        or if the runs are too few, or d too small, to tell a theory wrong by 50 %.

    Notes
    -----
    A limit curve is allowed 3 R / d beside the statistical error; this is stated in ``allowance`` and never widened.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> problem = sgt.LinearRegression(sgt.covariance.identity(200), sgt.noise.Cauchy(0.5))
    >>> algorithm = sgt.SignSGD(learning_rate=0.5)
    >>> curve = sgt.risk_curve(problem, algorithm, horizon=2.0)
    >>> bool(sgt.compare(curve, sgt.simulate(problem, algorithm, horizon=2.0, runs=8, rng=0)))
    True
    """
    false_alarm = number("false_alarm", false_alarm, above=0.0, below=0.5)
    _match(theory, runs)
    _moments(theory)
    from scipy.special import stdtrit

    n, times = runs.risk.shape[0], runs.times
    expected, d = theory(times), theory.problem.scale
    allowance = np.zeros_like(times) if theory.exactness.kind == "exact" else FINITE_SIZE * expected / d
    later = times > 0.0
    mean, error = runs.mean, runs.standard_error
    q_each = float(-stdtrit(n - 1, false_alarm / 4.0 / max(1, later.sum())))
    q_average = float(-stdtrit(n - 1, false_alarm / 4.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(mean == expected, 0.0, (mean - expected) / error)
    z[~later] = np.where(np.isclose(mean[~later], expected[~later], rtol=1e-9), 0.0, np.inf)
    each = np.abs(mean - expected)[later] / (q_each * error + allowance + 1e-9 * expected)[later]
    ratio = (runs.risk[:, later] / expected[later] - 1.0).mean(axis=1)
    deviation, spread = float(ratio.mean()), float(ratio.std(ddof=1) / np.sqrt(n))
    admitted = q_average * spread + float((allowance / expected)[later].mean())
    power = float(stdtrit(n - 1, 0.99)) * spread
    if admitted + power > COARSEST:
        raise NotComparable(
            f"these runs cannot tell a theory that is wrong by {COARSEST:.0%}: they find relative errors above {admitted + power:.0%} only "
            f"(statistics {q_average * spread + power:.0%}, finite-size allowance {FINITE_SIZE:g} R / d = {FINITE_SIZE / d:.0%} of R); "
            "take more runs or a larger d, or hold SGD against sgt.exact_risk_curve, which needs no allowance"
        )
    margin = max(float(each.max()), abs(deviation) / (admitted + 1e-9), np.inf if np.any(~np.isfinite(z[~later])) else 0.0)
    return Agreement(theory, runs, margin <= 1.0, z, allowance, deviation, spread, margin, admitted + power, q_each, q_average, false_alarm)


def _match(theory: RiskCurve, runs: Runs) -> None:
    if not isinstance(theory, RiskCurve):
        raise invalid("theory", theory, "a RiskCurve", "sgt.risk_curve(problem, algorithm, horizon) makes one")
    if not isinstance(runs, Runs):
        raise invalid("runs", runs, "the Runs of a simulation", "sgt.simulate(problem, algorithm, horizon) makes them")
    if theory.problem != runs.problem:
        raise invalid("runs", runs.problem, "of the problem that the theory was asked about", "simulate the same problem object")
    if theory.algorithm != runs.algorithm:
        raise invalid("runs", runs.algorithm, f"of the theory's algorithm {theory.algorithm!r}", "simulate the same algorithm object")
    if runs.risk.shape[0] < 4:
        raise invalid("runs", runs.risk.shape[0], "at least 4 runs, for a standard error", "runs=16")
    if not np.any(runs.times > 0.0):
        raise invalid("runs", runs.times, "recorded at some time > 0", "leave times= out, or give it later times")
    if runs.times[-1] > theory.horizon * (1 + 1e-9):
        raise invalid("runs", runs.times[-1], f"recorded within the theory's horizon {theory.horizon:g}", "predict a longer horizon")


def _moments(theory: RiskCurve) -> None:
    algorithm, tail = theory.algorithm, theory.problem.noise.tail_exponent
    if 4.0 * algorithm.residual_growth >= tail:
        raise NotComparable(
            f"the risk of {algorithm!r} under {theory.problem.noise!r} has no finite variance over runs (noise moments exist below order {tail:g}), "
            "so no z-score judges it; compare at lighter noise, such as StudentT(df=6), or an update with a bounded h"
        )
