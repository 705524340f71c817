"""How much of the noise is seen at a given resolution? M(u) = E exp(-u eps^2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sgdtheory.errors import invalid
from sgdtheory.problems.noise import NoiseLaw
from sgdtheory.registry import answer
from sgdtheory.values import Array

_LARGEST = 1e150


def noise_transform(noise: NoiseLaw, u: ArrayLike, log: bool = False) -> Array | float:
    r"""The noise transform of a noise law.

    .. math:: M(u) = E\, e^{-u \epsilon^2}

    The density at zero of the residual, with Gaussian part of variance 2R, is ``M(1/(4R)) / sqrt(4 pi R)``; signSGD's
    effective learning rate is a multiple of it. M falls from M(0) = 1, and only the law of eps^2 matters.

    Parameters
    ----------
    noise : NoiseLaw
        A law of ``sgt.noise``.
    u : array_like
        Numbers from 0 to 1e150, in units of 1/eps^2.
    log : bool
        Return log M, which does not underflow.

    Returns
    -------
    float or ndarray
        M (or log M) in the shape of ``u``.

    Raises
    ------
    InvalidInput
        If ``u`` is negative, not finite, or beyond 1e150.
    OutsideTheory
        For stable laws with alpha < 0.3, and skewed ones with density below 1e-3 at zero in units of their scale.

    Notes
    -----
    Relative error below 1e-12 (stable laws 1e-10) wherever M is a normal number; the same for log M, relative to
    max(1, \|log M\|). Source: arXiv:2411.12135.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> round(sgt.noise_transform(sgt.noise.Gaussian(1.0), 1.5), 15)
    0.5
    """
    if not isinstance(noise, NoiseLaw):
        raise invalid("noise", noise, "a law of sgt.noise", "for an empirical law use sgt.noise.Atoms(residuals)")
    points = _points(u)
    values = answer("noise_transform", noise, u=points, log=bool(log))
    return float(values) if values.ndim == 0 else values


def _points(u: Any) -> Array:
    domain = f"finite numbers from 0 to {_LARGEST:g}"
    try:
        points = np.array(u, dtype=np.float64)
    except (TypeError, ValueError):
        raise invalid("u", u, domain, "for risk R take u = 1/(4R)") from None
    bad = points[~((points >= 0.0) & (points <= _LARGEST))]
    if bad.size:
        raise invalid("u", float(bad[0]), domain, "for risk R take u = 1/(4R)")
    return points
