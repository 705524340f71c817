"""Update rules as printed in the papers, one a file: ``sgt.rules``. The simulator uses no formula of a theory."""

from __future__ import annotations

from typing import Any

from sgdtheory.algorithms.separable import SignSGD
from sgdtheory.simulation.rules.base import Rule, Step
from sgdtheory.simulation.rules.clipped_gradient import GradientNormClipping
from sgdtheory.simulation.rules.separable import Separable
from sgdtheory.simulation.rules.sign_of_batch import SignOfMeanGradient

__all__ = ["GradientNormClipping", "Rule", "Separable", "SignOfMeanGradient", "Step"]


def own(algorithm: Any) -> Rule:
    """The rule of an algorithm where the caller names none."""
    return SignOfMeanGradient() if isinstance(algorithm, SignSGD) and algorithm.batch_size > 1 else Separable()
