"""Covariances of the features: ``sgt.covariance``."""

from __future__ import annotations

from typing import Any

import numpy as np

from sgdtheory.problems.covariance.base import Covariance
from sgdtheory.problems.covariance.diagonals import Diagonal
from sgdtheory.values import integer, number

__all__ = ["Covariance", "Diagonal", "diagonal", "identity", "power_law"]


def identity(d: int, scale: float = 1.0) -> Diagonal:
    """K = scale * I in dimension d."""
    d = integer("d", d, least=1)
    scale = number("scale", scale, above=0.0)
    result = Diagonal(np.full(d, scale))
    result._called(f"sgt.covariance.identity({d})" if scale == 1.0 else f"sgt.covariance.identity({d}, scale={scale!r})")
    return result


def diagonal(values: Any) -> Diagonal:
    """K = diag(values)."""
    return Diagonal(values)


def power_law(d: int, exponent: float) -> Diagonal:
    """K = diag(j**-exponent), j = 1..d."""
    d = integer("d", d, least=1)
    exponent = number("exponent", exponent, least=0.0)
    result = Diagonal(np.arange(1.0, d + 1.0) ** -exponent)
    result._called(f"sgt.covariance.power_law({d}, exponent={exponent!r})")
    return result
