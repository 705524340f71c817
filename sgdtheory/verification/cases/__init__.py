"""Cases: where a theory's curve is held against simulated runs, as plain data.

The module ``cases/NAME.py`` holds the cases of the theory NAME in ``CASES``; it is found by name. Sizes are chosen so that every
case resolves a relative error of 5 % (see ``budget``); the seeds are part of the data.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass, replace
from typing import Any

from sgdtheory.questions.risk_curve import RiskCurve, risk_curve
from sgdtheory.simulation.ensemble import simulate
from sgdtheory.simulation.runs import Runs
from sgdtheory.verification import budget
from sgdtheory.verification.agreement import Agreement, compare

WRONG_BY = 1.05
"""A theory asked about a learning rate that is wrong by this factor must be rejected."""


@dataclass(frozen=True, eq=False)
class Case:
    """A problem, an algorithm, and how much simulation judges the theory on them.

    Attributes
    ----------
    name, what : str
    problem, algorithm : Any
    horizon : float
    runs, seed : int
    rule : Rule or None
        Simulated update rule where it is not the algorithm's own.
    """

    name: str
    what: str
    problem: Any
    algorithm: Any
    horizon: float
    runs: int
    seed: int
    rule: Any = None

    def theory(self) -> RiskCurve:
        """The predicted curve."""
        return risk_curve(self.problem, self.algorithm, self.horizon)

    def simulation(self) -> Runs:
        """The runs."""
        return simulate(self.problem, self.algorithm, self.horizon, runs=self.runs, rng=self.seed, rule=self.rule, progress=False)

    def agreement(self, theory: RiskCurve, runs: Runs) -> Agreement:
        """The verdict, at this case's share of the false-alarm budget."""
        return compare(theory, runs, false_alarm=budget.EACH_CASE)

    def wrong_theory(self) -> RiskCurve:
        """The curve for a learning rate that is 5 % too large, passed off as the theory: it must be rejected."""
        wrong = replace_learning_rate(self.algorithm, WRONG_BY * self.algorithm.constant_learning_rate)
        return replace(risk_curve(self.problem, wrong, self.horizon), algorithm=self.algorithm)


def replace_learning_rate(algorithm: Any, learning_rate: float) -> Any:
    """The same algorithm at another learning rate."""
    parameters = {"threshold": algorithm.threshold} if hasattr(algorithm, "threshold") else {}
    return type(algorithm)(learning_rate, batch_size=algorithm.batch_size, **parameters)


def cases(theory: str) -> tuple[Case, ...]:
    """The cases of a theory; none for a kernel that is only used by others."""
    name = f"{__name__}.{theory}"
    if importlib.util.find_spec(name) is None:
        return ()
    return tuple(importlib.import_module(name).CASES)
