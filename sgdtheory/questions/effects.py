"""By which effects does an update rule differ from SGD?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sgdtheory.questions.claim import SMALL, Assumption, Exactness, NumericalError, Source, bibtex, card
from sgdtheory.questions.drift_and_noise import positive_risk
from sgdtheory.registry import answer, require_order
from sgdtheory.values import Array


@dataclass(frozen=True, eq=False)
class Effects:
    """The four effects of an update rule relative to SGD with the same scalar drift.

    Attributes
    ----------
    risk : ndarray of shape (m,)
    effective_learning_rate : ndarray of shape (m,)
        (a) eta psi(R): SGD with this risk-dependent learning rate has the same scalar drift.
    noise_compression : ndarray of shape (m,)
        (b) Psi(R) = 2 P(R) psi(R)^2 / nu(R), 2P = 2R + E eps^2: above 1 the rule suffers less noise than that SGD, infinite
        where the noise has no variance.
    condition_number_before, condition_number_after : float
        (c) average condition numbers (mean noise weight / slowest rate) of K and of the preconditioned covariance.
    noise_reshaping : float
        (d) risk injected per unit of noise trace, relative to SGD's noise shape: [tr(K Sigma)/tr Sigma] / [tr(K^2)/tr K]; below 1
        the noise is moved to directions that cost less risk.
    rate_ratio : float
        Slowest rate over SGD's, both tuned to the same small stationary risk: Psi(R) times before over after, at the smallest ``risk``.
    """

    problem: Any
    algorithm: Any
    risk: Array
    effective_learning_rate: Array
    noise_compression: Array
    condition_number_before: float
    condition_number_after: float
    noise_reshaping: float
    rate_ratio: float
    exactness: Exactness
    source: Source
    numerical_error: NumericalError = SMALL
    assumptions: tuple[Assumption, ...] = ()

    def plot(self, ax: Any = None) -> Any:
        """Effective learning rate and noise compression against R; returns the matplotlib axes."""
        import matplotlib.pyplot as plt

        ax = plt.subplots()[1] if ax is None else ax
        ax.loglog(self.risk, self.effective_learning_rate, label=r"effective learning rate $\eta\psi(R)$")
        if np.all(np.isfinite(self.noise_compression)):
            ax.loglog(self.risk, self.noise_compression, label=r"noise compression $\Psi(R)$")
        ax.axhline(1.0, color="0.8", zorder=0)
        ax.set(xlabel="risk R")
        ax.legend()
        return ax

    def bibtex(self) -> str:
        """BibTeX of the source."""
        return bibtex(self.source)

    def _rows(self) -> dict[str, Any]:
        first, last = f"R={self.risk[0]:.3g}", f"R={self.risk[-1]:.3g}"
        return {
            "effective learning rate": f"{self.effective_learning_rate[0]:.4g} at {first}, {self.effective_learning_rate[-1]:.4g} at {last}",
            "noise compression": f"{self.noise_compression[0]:.4g} at {first}, {self.noise_compression[-1]:.4g} at {last}",
            "average condition number": f"{self.condition_number_before:.4g} -> {self.condition_number_after:.4g}",
            "noise reshaping": f"{self.noise_reshaping:.4g}",
            "rate relative to SGD": f"{self.rate_ratio:.4g} at equal small stationary risk",
        }

    def __repr__(self) -> str:
        return f"Effects({self.algorithm!r}: " + "; ".join(f"{k} {v}" for k, v in self._rows().items()) + ")"

    def _repr_html_(self) -> str:
        return card("Four effects", {"algorithm": self.algorithm, **self._rows(), "exactness": self.exactness, "source": self.source})


def effects(problem: Any, algorithm: Any, risk: Any = None) -> Effects:
    """The four effects of an update rule as numbers: learning rate, noise compression, preconditioning, noise reshaping.

    Parameters
    ----------
    problem : LinearRegression
    algorithm : SeparableUpdate
        With a number as learning rate.
    risk : array_like, optional
        Risks R > 0 at which the scalar effects are given. Default: 33 values from R(0) down to R(0)/1e6.

    Returns
    -------
    Effects

    Notes
    -----
    For Gaussian label noise signSGD's compression is 4/pi^2 at every risk. Source: arXiv:2411.12135.

    Examples
    --------
    >>> import math, sgdtheory as sgt
    >>> problem = sgt.LinearRegression(sgt.covariance.power_law(100, 1.0), sgt.noise.Gaussian(0.5))
    >>> found = sgt.effects(problem, sgt.SignSGD(learning_rate=0.5))
    >>> bool(abs(found.noise_compression[0] - 4 / math.pi**2) < 1e-12), found.condition_number_after < found.condition_number_before
    (True, True)
    """
    require_order(problem, algorithm)
    chosen = problem.initial_risk * np.geomspace(1.0, 1e-6, 33) if risk is None else positive_risk("risk", np.atleast_1d(risk))
    return answer("effects", problem, algorithm, risk=chosen)
