"""How does the risk fall with time?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sgdtheory.errors import invalid
from sgdtheory.questions.claim import Assumption, Exactness, NumericalError, Source, bibtex, card
from sgdtheory.questions.times import recording_times
from sgdtheory.registry import answer
from sgdtheory.values import Array, number


@dataclass(frozen=True, eq=False)
class RiskCurve:
    """A predicted risk curve R(t); call it with times in [0, horizon].

    Attributes
    ----------
    times, risk : ndarray of shape (m,)
        The curve at the recording times of the simulator.
    horizon : float
    exactness : Exactness
    numerical_error : NumericalError
    assumptions : tuple of Assumption
    source : Source
    problem, algorithm
        What was asked.
    """

    problem: Any
    algorithm: Any
    horizon: float
    times: Array
    risk: Array
    exactness: Exactness
    numerical_error: NumericalError
    source: Source
    assumptions: tuple[Assumption, ...] = ()
    evaluate: Callable[[Array], Array] = field(repr=False, default=lambda t: t)
    bounds: Callable[[], tuple[Callable[[Array], Array], Callable[[Array], Array]] | None] = field(repr=False, default=lambda: None)
    rtol: float = 1e-8

    def __reduce__(self) -> Any:
        """A pickle holds the question, and asks it again: the answer is the same, and small."""
        from sgdtheory.questions.exact_risk_curve import exact_risk_curve

        if self.exactness.kind == "exact":
            return exact_risk_curve, (self.problem, self.algorithm, self.horizon)
        return _ask, (self.problem, self.algorithm, self.horizon, self.rtol)

    def __call__(self, t: Any) -> Any:
        """The risk at time ``t`` (a number or an array)."""
        try:
            t = np.asarray(t, dtype=np.float64)
        except (TypeError, ValueError):
            raise invalid("t", t, f"times in [0, {self.horizon:g}]") from None
        if t.size and (not np.all(np.isfinite(t)) or t.min() < 0.0 or t.max() > self.horizon * (1 + 1e-12)):
            raise invalid("t", t, f"times in [0, {self.horizon:g}]", "ask risk_curve for a longer horizon")
        value = self.evaluate(np.minimum(t, self.horizon))
        return float(value) if t.ndim == 0 else value

    @property
    def lower(self) -> Array | None:
        """Proved lower bound of the limit curve at ``times``, or None where none is proved."""
        return self._bound(0)

    @property
    def upper(self) -> Array | None:
        """Proved upper bound of the limit curve at ``times``, or None where none is proved."""
        return self._bound(1)

    def _bound(self, side: int) -> Array | None:
        if "_bounds" not in self.__dict__:
            object.__setattr__(self, "_bounds", self.bounds())
        both = self.__dict__["_bounds"]
        return None if both is None else both[side](self.times)

    def plot(self, ax: Any = None, **style: Any) -> Any:
        """Draw the curve (and its bounds, if there are); returns the matplotlib axes."""
        import matplotlib.pyplot as plt

        ax = plt.subplots()[1] if ax is None else ax
        t = np.linspace(0.0, self.horizon, 400)
        ax.plot(t, self(t), **{"label": f"theory: {self.algorithm!r}", **style})
        ax.set(xlabel="time t = steps / d", ylabel="risk R", yscale="log")
        ax.legend()
        return ax

    def bibtex(self) -> str:
        """BibTeX of the source."""
        return bibtex(self.source)

    def __repr__(self) -> str:
        return (
            f"RiskCurve({self.algorithm!r}: R(0)={self.risk[0]:.6g} -> R({self.horizon:g})={self.risk[-1]:.6g}, "
            f"{self.exactness.kind}, {self.numerical_error})"
        )

    def _repr_html_(self) -> str:
        return card(
            "Risk curve",
            {
                "algorithm": self.algorithm,
                "raw step": _step(self.algorithm, self.problem),
                "R(0)": f"{self.risk[0]:.6g}",
                f"R({self.horizon:g})": f"{self.risk[-1]:.6g}",
                "exactness": self.exactness,
                "numerical error": self.numerical_error,
                "source": self.source,
                "assumptions": "; ".join(map(str, self.assumptions)),
            },
        )


def _step(algorithm: Any, problem: Any) -> str:
    step = algorithm.step_size(problem)
    return "learning_rate(t) / d" if callable(step) else f"{step:.6g}"


def _ask(problem: Any, algorithm: Any, horizon: float, rtol: float) -> RiskCurve:
    return risk_curve(problem, algorithm, horizon, rtol=rtol)


def risk_curve(problem: Any, algorithm: Any, horizon: float, *, rtol: float = 1e-8) -> RiskCurve:
    """Predict the risk R(t) of an algorithm, t = steps / problem.scale.

    For linear regression the modes obey dr_j/dt = -2 eta psi(R) lambda_j r_j + (eta^2 nu(R) / (2 d)) lambda_j g_j, R = sum_j r_j;
    psi, nu, lambda, g come from the algorithm's derivation.

    Parameters
    ----------
    problem : LinearRegression
    algorithm : SGD, SignSGD, ClippedSGD or SeparableUpdate
    horizon : float
        Last time, > 0, in units of ``problem.scale`` steps.
    rtol : float
        Relative error of the numerical solution of the limit equation, in [1e-11, 1e-3].

    Returns
    -------
    RiskCurve
        With dense output: ``curve(t)`` for any t in [0, horizon].

    Raises
    ------
    InvalidInput, OutsideTheory
        For arguments outside the domain, such as SGD under noise of infinite variance.
    NotConverged
        If the tolerance cannot be reached; a truncated curve is never returned.
    NoTheory
        If no theory covers the problem and the algorithm.

    Notes
    -----
    The limit is d -> infinity at fixed t. Source: arXiv:2411.12135 (signSGD), arXiv:2406.11733 (clipped SGD).

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> problem = sgt.LinearRegression(sgt.covariance.identity(200), sgt.noise.Gaussian(0.5))
    >>> curve = sgt.risk_curve(problem, sgt.SignSGD(learning_rate=0.5), horizon=4.0)
    >>> round(curve(0.0), 6), bool(0.2 < curve(4.0) < 0.3)
    (1.0, True)
    """
    times = recording_times(problem, horizon)
    return answer("risk_curve", problem, algorithm, horizon=float(horizon), rtol=number("rtol", rtol, least=1e-11, most=1e-3), times=times)
