"""The kernel behind an update text, and its averages over the label noise."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import numpy as np

from sgdtheory.algorithms.separable import SGD, ClippedSGD, SeparableUpdate, SignSGD
from sgdtheory.errors import OutsideTheory, invalid
from sgdtheory.problems.noise import NoiseLaw
from sgdtheory.questions.claim import Source
from sgdtheory.values import Array

COMMITTED = {SGD.rule: "sgd", ClippedSGD.rule: "clipped_sgd", SignSGD.rule: "signsgd"}
"""Update texts whose kernel is committed, and its name."""


def kernel(algorithm: SeparableUpdate) -> ModuleType:
    """The kernel of an update text: the committed one, or derived now, once per text."""
    name = COMMITTED.get(algorithm.update)
    if name is not None:
        return importlib.import_module(f"sgdtheory.kernels.{name}")
    from sgdtheory.derive.homogenize import kernel as derived

    return derived(algorithm.update)


def source(algorithm: SeparableUpdate, result: str, derivation: str = "") -> Source:
    """Where a result comes from, for this rule."""
    return Source(
        derivation or COMMITTED.get(algorithm.update, "separable"),
        result,
        kernel(algorithm).SOURCE or "derived from the update rule by sgt.derive.homogenize",
    )


def constant(algorithm: SeparableUpdate) -> float:
    """The learning rate as a number, else our error."""
    eta = algorithm.constant_learning_rate
    if eta is None:
        raise invalid(
            "learning_rate",
            algorithm.learning_rate,
            "a number for a question about the stationary state",
            "take the learning rate at the time of interest",
            OutsideTheory,
        )
    return eta


def average(function: Any, noise: NoiseLaw, kinks: tuple[float, ...], risk: Any) -> Array:
    """The mean over the label noise of a kernel function of r ~ N(mean, std^2), at each risk."""
    std = np.sqrt(2.0 * np.asarray(risk, dtype=np.float64))
    with np.errstate(under="ignore", over="ignore", divide="ignore"):
        return noise.average(lambda mean, total: function(-mean, total), std, tuple(-k for k in kinks))
