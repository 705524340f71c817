"""What does the residual do to an update: the drift factor psi(R) and the noise power nu(R)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sgdtheory.errors import invalid
from sgdtheory.questions.claim import EXACT, SMALL, Exactness, NumericalError, Source, card
from sgdtheory.registry import answer
from sgdtheory.values import Array

Scalar = Callable[[Array], Array]


class Checked:
    """A function of risks > 0; anything else is our error."""

    def __init__(self, function: Scalar) -> None:
        self.unchecked = function

    def __call__(self, risk: Any) -> Any:
        return self.unchecked(positive_risk("risk", risk))


@dataclass(frozen=True, eq=False)
class DriftAndNoise:
    """psi(R) = E f'(Z) E h'(r) and nu(R) = E f(Z)^2 E h(r)^2 over r = N(0, 2R) - eps, as functions of R > 0."""

    problem: Any
    algorithm: Any
    source: Source
    drift: Any
    noise: Any
    drift_slope: Any
    noise_slope: Any
    exactness: Exactness = EXACT
    numerical_error: NumericalError = SMALL

    def __post_init__(self) -> None:
        for name in ("drift", "noise", "drift_slope", "noise_slope"):
            given = getattr(self, name)
            object.__setattr__(self, name, given if isinstance(given, Checked) else Checked(given))

    def __reduce__(self) -> Any:
        """A pickle holds the question, and asks it again."""
        return drift_and_noise, (self.problem, self.algorithm)

    def plot(self, ax: Any = None) -> Any:
        """psi and nu against R; returns the matplotlib axes."""
        import matplotlib.pyplot as plt

        ax = plt.subplots()[1] if ax is None else ax
        risk = np.geomspace(1e-4, 1e2, 200)
        ax.loglog(risk, self.drift(risk), label=r"drift factor $\psi(R)$")
        ax.loglog(risk, self.noise(risk), label=r"noise power $\nu(R)$")
        ax.set(xlabel="risk R")
        ax.legend()
        return ax

    def __repr__(self) -> str:
        one = np.array([1.0])
        return f"DriftAndNoise({self.algorithm!r}: psi(1)={self.drift(one)[0]:.6g}, nu(1)={self.noise(one)[0]:.6g})"

    def _repr_html_(self) -> str:
        return card(
            "Drift factor and noise power",
            {"algorithm": self.algorithm, "psi(1)": self.drift(np.array([1.0]))[0], "nu(1)": self.noise(np.array([1.0]))[0], "source": self.source},
        )


def positive_risk(argument: str, value: Any) -> Array:
    """An array of risks > 0, else our error."""
    try:
        risk = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise invalid(argument, value, "a number or an array of numbers > 0") from None
    if risk.size == 0 or not np.all(np.isfinite(risk)) or risk.min() <= 0.0:
        raise invalid(argument, value, "finite and > 0", "the drift factor may be infinite at risk 0; ask at 1e-12 for the small-risk limit")
    return risk


def drift_and_noise(problem: Any, algorithm: Any) -> DriftAndNoise:
    """The drift factor psi(R) and the noise power nu(R) of an update rule under the problem's label noise.

    The mean step is -eta psi(R) P K v / d, the covariance of a step eta^2 nu(R) Sigma / d^2.

    Parameters
    ----------
    problem : LinearRegression
    algorithm : SeparableUpdate

    Returns
    -------
    DriftAndNoise
        Functions ``drift``, ``noise`` of R and their derivatives ``drift_slope``, ``noise_slope``.

    Raises
    ------
    OutsideTheory
        If the noise power is infinite, such as for SGD under Cauchy noise.

    Notes
    -----
    Source: arXiv:2411.12135, arXiv:2406.11733; for other rules derived by ``sgt.derive.homogenize``.

    Examples
    --------
    >>> import numpy as np, sgdtheory as sgt
    >>> problem = sgt.LinearRegression(sgt.covariance.identity(100), sgt.noise.Gaussian(0.6))
    >>> found = sgt.drift_and_noise(problem, sgt.SignSGD(learning_rate=0.5))
    >>> float(np.round(found.drift(np.array([0.32]))[0] * np.pi / 2, 12))   # 1 / sqrt(2R + 0.36)
    1.0
    """
    return answer("drift_and_noise", problem, algorithm)
