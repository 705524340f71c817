"""The answer about a data set: what each algorithm does on it by theory and on its rows, and which one wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sgdtheory.algorithms.separable import SeparableUpdate
from sgdtheory.questions.effects import Effects
from sgdtheory.questions.risk_curve import RiskCurve
from sgdtheory.simulation.runs import Runs
from sgdtheory.verification.data.facts import Facts
from sgdtheory.verification.data.model import Model

CLEAR = 3.0
"""A difference of final risks below this many standard errors is no clear win."""

GROWN = 2.0
"""Runs diverge, though nothing overflows, if their mean ends above the start and above this many times the theory."""

ROUNDING = 1e-18
"""A theory that ends below this fraction of the starting risk is at rounding level: of predictions, 1e-9 is left."""

HYBRIDS = ("x*sign(r)", "sign(x)*r")
"""Between SGD and signSGD: the sign of the residual alone, the sign of the features alone."""


@dataclass(frozen=True)
class Gap:
    """How far runs are from the theory: relative deviation of their mean risk.

    ``average`` is taken over time, ``standard_error`` belongs to it, ``final`` is at the horizon.
    """

    average: float
    standard_error: float
    final: float

    @classmethod
    def of(cls, curve: RiskCurve, runs: Runs) -> Gap:
        """The gap between a curve and runs, at the times that the runs recorded after the start."""
        later = runs.times > 0.0
        relative = runs.risk[:, later] / curve(runs.times[later]) - 1.0
        each = relative.mean(axis=1)
        return cls(float(each.mean()), float(each.std(ddof=1) / np.sqrt(each.size)), float(relative[:, -1].mean()))


@dataclass(frozen=True)
class Outcome:
    """One algorithm on the data.

    Attributes
    ----------
    name : str
    algorithm : SeparableUpdate
    tuned : bool
        Whether the learning rate is the best constant one of the theory.
    curve : RiskCurve
        The theory.
    effects : Effects
        Relative to SGD, at the initial and the final risk of the theory.
    runs : dict of str to Runs
        ``rows``: the algorithm on the rows; ``shuffled``: with the residuals dealt out anew; ``gaussian``: with
        Gaussian features. A kind whose runs overflowed is missing.
    gaps : dict of str to Gap
        For each kind of runs.
    diverged : dict of str to str
        What happened where runs overflowed.
    pull : dict of str to float
        Norm of the mean update at theta_star, relative to that at the start: over the ``rows``, and over rows with
        ``shuffled`` residuals. Zero for SGD; for others the first exceeds the second if residuals depend on the features.
    beyond : str
        What `exact_stationary_risk` says of a learning rate of SGD beyond mean-square stability; empty if it is not.
    """

    name: str
    algorithm: SeparableUpdate
    tuned: bool
    curve: RiskCurve
    effects: Effects
    runs: Mapping[str, Runs]
    gaps: Mapping[str, Gap]
    diverged: Mapping[str, str]
    pull: Mapping[str, float]
    beyond: str = ""

    def diverges(self, kind: str) -> bool:
        """Whether runs of this kind overflowed, or ended far above both their start and the theory."""
        if kind not in self.runs:
            return True
        end, start = float(self.runs[kind].mean[-1]), float(self.curve.risk[0])
        return end > start and end > GROWN * float(self.curve.risk[-1])

    @property
    def at_rounding(self) -> bool:
        """Whether the theory ends at rounding level, where relative gaps say nothing."""
        return bool(self.curve.risk[-1] < ROUNDING * self.curve.risk[0])

    @property
    def final(self) -> float:
        """Mean risk of the runs on the rows at the horizon, infinite if they diverged."""
        return np.inf if self.diverges("rows") else float(self.runs["rows"].mean[-1])


@dataclass(frozen=True, eq=False)
class DataAnalysis:
    """The answer of `analyse`.

    Attributes
    ----------
    origin : str
    target : str
    model : Model
    facts : Facts
    horizon : float
    runs : int
    seed
        Passed as ``rng`` it gives this analysis again.
    outcomes : tuple of Outcome
        In the order SGD, signSGD, clipped SGD.
    hybrids : dict of str to float
        Predicted final risk of the rules x*sign(r) and sign(x)*r at their best constant learning rates.
    warnings : tuple of str
    """

    origin: str
    target: str
    model: Model
    facts: Facts
    horizon: float
    runs: int
    seed: Any
    outcomes: tuple[Outcome, ...]
    hybrids: Mapping[str, float]
    warnings: tuple[str, ...] = ()

    def outcome(self, name: str) -> Outcome:
        """The outcome of "SGD", "signSGD" or "clipped SGD"."""
        return next(o for o in self.outcomes if o.name == name)

    @property
    def ranking(self) -> tuple[Outcome, ...]:
        """Best first, by the mean risk of the runs on the rows at the horizon."""
        return tuple(sorted(self.outcomes, key=lambda o: o.final))

    @property
    def lead(self) -> float:
        """Difference of final risks between second and first, in standard errors (the runs draw the same rows)."""
        first, second = self.ranking[:2]
        if not np.isfinite(second.final):
            return np.inf if np.isfinite(first.final) else 0.0
        difference = second.runs["rows"].risk[:, -1] - first.runs["rows"].risk[:, -1]
        spread = difference.std(ddof=1) / np.sqrt(difference.size)
        if spread > 0.0:
            return float(difference.mean() / spread)
        return np.inf if difference.mean() > 0.0 else 0.0

    @property
    def winner(self) -> Outcome | None:
        """The algorithm of least risk on the rows at the horizon; None if the lead is below three standard errors."""
        return self.ranking[0] if self.lead >= CLEAR else None

    @property
    def predicted_winner(self) -> Outcome:
        """The algorithm of least predicted risk at the horizon."""
        return min(self.outcomes, key=lambda o: o.curve.risk[-1])

    @property
    def sentences(self) -> tuple[str, ...]:
        """The findings in words."""
        from sgdtheory.verification.data.words import sentences

        return sentences(self)

    def plot(self, ax: Any = None) -> Any:
        """Theory as lines, runs on the rows as bands that hold 80 % of them; returns the matplotlib axes."""
        from sgdtheory.verification.data.report import plot

        return plot(self, ax)

    def to_dict(self) -> dict[str, Any]:
        """The analysis as plain data, ready for JSON."""
        from sgdtheory.verification.data.plain import to_dict

        return to_dict(self)

    def report(self, directory: str | Path) -> Path:
        """Write one self-contained ``index.html`` into ``directory``; returns its path."""
        from sgdtheory.verification.data.report import write

        return write(self, directory)

    def __repr__(self) -> str:
        finals = ", ".join(f"{o.name} {o.curve.risk[-1]:.4g} (rows {o.final:.4g})" for o in self.outcomes)
        return f"DataAnalysis({self.origin!r}, target {self.target!r}: predicted risk at t={self.horizon:g}: {finals})"

    def _repr_html_(self) -> str:
        from sgdtheory.verification.data.report import fragment

        return fragment(self)
