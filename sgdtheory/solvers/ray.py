"""Integrals from 0 to infinity along a ray in the complex plane, by the trapezoid rule in the logarithm."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from sgdtheory.values import Array

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DIGITS = 40.0  # in natural logarithms: a little below rounding


def ray_integral(integrand: Callable[[NDArray[np.complex128]], NDArray[np.complex128]], angle: float, scale: Array,
                 reach: Array, strip: float) -> NDArray[np.complex128]:
    """Integral of an analytic function over z = r exp(i angle), r from 0 to infinity.

    Parameters
    ----------
    integrand : callable
        Takes z of shape (n, k); bounded at 0.
    angle : float
        Direction of the ray.
    scale : ndarray of shape (n,)
        Where the integrand starts to decay; the mass below ``scale * exp(-40)`` is left out.
    reach : ndarray of shape (n,)
        Where it has decayed below rounding, at least ``scale``.
    strip : float
        Half-width of the sector around the ray in which the integrand decays; the step is proportional to it.

    Examples
    --------
    >>> import numpy as np
    >>> from sgdtheory.solvers.ray import ray_integral
    >>> value = ray_integral(lambda z: np.exp(-z), 0.3, np.ones(1), 60 * np.ones(1), 1.0)
    >>> bool(abs(value[0] - 1.0) < 1e-14)
    True
    """
    step = 2.0 * np.pi * strip / _DIGITS
    points = int(np.ceil((np.max(np.log(reach / scale)) + _DIGITS) / step)) + 1
    logs = np.log(reach)[:, None] - step * np.arange(points)
    z = np.exp(logs + 1j * angle)
    return step * np.sum(z * integrand(z), axis=-1)
