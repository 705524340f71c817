"""Chebyshev nodes on [-1, 1] with points between them that test what was interpolated."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from sgdtheory.values import Array

NODES = 24
CHECKS = (-0.9989, -0.64, 0.047, 0.71, 0.9987)
"""Where an interpolant is compared with the function: near both ends, where it is worst, and inside."""


class Rule(NamedTuple):
    """Where to evaluate a function, and what turns its values into coefficients and into errors."""

    places: Array  # (n,): the nodes, then the checks
    coefficients: Array  # (NODES, NODES): applied to the values at the nodes
    at_checks: Array  # (NODES, checks): coefficients to values at the checks


@cache
def rule() -> Rule:
    """Nodes of the first kind: an interpolant through them is within 3.1 times the best polynomial's error."""
    angles = np.pi * (np.arange(NODES) + 0.5) / NODES
    matrix = np.cos(np.outer(np.arange(NODES), angles)) * (2.0 / NODES)
    matrix[0] *= 0.5
    checks = np.asarray(CHECKS)
    return Rule(np.concatenate([np.cos(angles), checks]), matrix, chebyshev(checks).T)


def fit(values: Array) -> tuple[Array, Array]:
    """Coefficients (n, NODES) of the interpolants of rows of values (n, places), and their errors (n,).

    The error is the largest of the last two coefficients and the deviations at the checks.
    """
    _, matrix, at_checks = rule()
    coefficients = values[:, :NODES] @ matrix.T
    missed = np.abs(coefficients @ at_checks - values[:, NODES:]).max(axis=1)
    return coefficients, np.maximum(missed, np.abs(coefficients[:, -2:]).max(axis=1))


def chebyshev(t: Array) -> Array:
    """T_k(t), k < NODES, in the last axis, for |t| <= 1 up to rounding."""
    return np.cos(np.arange(NODES) * np.arccos(np.clip(t, -1.0, 1.0))[..., None])


def derivative(coefficients: Array) -> Array:
    """Coefficients (n, NODES) of the derivatives in t."""
    result = np.zeros_like(coefficients)
    result[:, :-1] = np.polynomial.chebyshev.chebder(coefficients, axis=1)
    return result
