"""Special functions of one or two arrays: SciPy's where they hold a relative 1e-13, ours where they do not."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np


@cache
def _scipy() -> Any:
    import scipy.special

    return scipy.special


def erf(z: Any) -> Any:
    """The error function, 2/sqrt(pi) int_0^z exp(-t^2) dt."""
    return _scipy().erf(z)


def erfc(z: Any) -> Any:
    """1 - erf(z), accurate in the upper tail."""
    return _scipy().erfc(z)


def erfcx(z: Any) -> Any:
    """exp(z^2) erfc(z), which neither underflows nor overflows for z >= 0."""
    return _scipy().erfcx(z)


def normal_pdf(z: Any) -> Any:
    """The standard normal density exp(-z^2/2)/sqrt(2 pi)."""
    z = np.asarray(z)
    return 0.3989422804014327 * np.exp(-0.5 * z * z)
