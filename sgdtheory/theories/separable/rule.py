"""The kernel behind an update text, and its averages over the label noise."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import numpy as np

from sgdtheory.algorithms.separable import SGD, ClippedSGD, SeparableUpdate, SignSGD
from sgdtheory.errors import OutsideTheory, invalid
from sgdtheory.problems.linear_regression import LinearRegression
from sgdtheory.questions.claim import Source
from sgdtheory.values import Array

COMMITTED = {SGD.rule: "sgd", ClippedSGD.rule: "clipped_sgd", SignSGD.rule: "signsgd"}
"""Update texts whose kernel is committed, and its name."""

LARGEST_BLOCK = 1 << 21
"""Noise components times risks that are averaged at once; bounds the memory of large empirical laws."""


def kernel(algorithm: SeparableUpdate) -> ModuleType:
    """The kernel of an update text: the committed one, or derived now, once per text."""
    name = COMMITTED.get(algorithm.update)
    if name is not None:
        return importlib.import_module(f"sgdtheory.kernels.{name}")
    from sgdtheory.derive.homogenize import kernel as derived

    return derived(algorithm.update)


def source(algorithm: SeparableUpdate, result: str, derivation: str = "") -> Source:
    """Where a result comes from, for this rule."""
    return Source(derivation or COMMITTED.get(algorithm.update, "separable"), result, kernel(algorithm).SOURCE)


def constant(algorithm: SeparableUpdate) -> float:
    """The learning rate as a number, else our error."""
    eta = algorithm.constant_learning_rate
    if eta is None:
        raise invalid("learning_rate", algorithm.learning_rate, "a number for a question about the stationary state",
                      "take the learning rate at the time of interest", OutsideTheory)
    return eta


def average(function: Any, problem: LinearRegression, kinks: tuple[float, ...], risk: Any) -> Array:
    """The mean over the label noise of a kernel function of r ~ N(mean, std^2), at each risk."""
    power = 2.0 * np.asarray(risk, dtype=np.float64)
    weights, means, variances = problem.noise.nodes(np.sqrt(power), tuple(-k for k in kinks))
    block = max(1, LARGEST_BLOCK // max(1, weights.shape[-1]))
    if power.ndim == 1 and power.size > block:
        return np.concatenate([average(function, problem, kinks, risk[i : i + block]) for i in range(0, power.size, block)])
    with np.errstate(under="ignore", over="ignore", divide="ignore"):
        return np.sum(weights * function(-means, np.sqrt(power[..., None] + variances)), axis=-1)
