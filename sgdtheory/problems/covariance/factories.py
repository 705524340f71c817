"""The functions that make covariances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sgdtheory.errors import invalid
from sgdtheory.problems.covariance.diagonals import Diagonal
from sgdtheory.values import array, integer, number

if TYPE_CHECKING:
    from sgdtheory.problems.covariance.autoregressive import AR1
    from sgdtheory.problems.covariance.dense_matrix import Dense
    from sgdtheory.problems.covariance.low_rank_plus_diagonal import LowRank

_LARGEST_D = 10**9


def _dimension(d: Any) -> int:
    """The dimension: a vector of this length must fit into memory."""
    return integer("d", d, least=1, most=_LARGEST_D, instead="a vector of d numbers must fit into memory")


def identity(d: int, scale: float = 1.0) -> Diagonal:
    """K = scale * I.

    Parameters
    ----------
    d : int
        Dimension, >= 1.
    scale : float
        Variance of every coordinate, > 0.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> sgt.covariance.identity(3, scale=2.0).matrix().tolist()
    [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]]
    """
    d, scale = _dimension(d), number("scale", scale, above=0.0)
    result = Diagonal(np.full(d, scale))
    result._called(f"identity({d}{'' if scale == 1.0 else f', scale={scale!r}'})")
    return result


def diagonal(values: Any) -> Diagonal:
    """K = diag(values).

    Parameters
    ----------
    values : array_like of shape (d,)
        Variances, all positive.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> sgt.covariance.diagonal([1.0, 4.0]).trace
    5.0
    """
    return Diagonal(values)


def power_law(d: int, exponent: float) -> Diagonal:
    """K = diag(j**-exponent), j = 1..d.

    Parameters
    ----------
    d : int
        Dimension, >= 1.
    exponent : float
        >= 0, and such that d**-exponent is not zero in floating point.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> sgt.covariance.power_law(3, exponent=1.0).variances.round(4).tolist()
    [1.0, 0.5, 0.3333]
    """
    d, exponent = _dimension(d), number("exponent", exponent, least=0.0)
    if not float(d) ** -exponent > 0.0:
        raise invalid("exponent", exponent, f"such that d**-exponent > 0 in floating point (d={d})",
                      f"at most {300.0 / np.log10(d):.4g}")
    result = Diagonal(np.arange(1.0, d + 1.0) ** -exponent)
    result._called(f"power_law({d}, exponent={exponent!r})")
    return result


def marchenko_pastur(d: int, ratio: float) -> Diagonal:
    """Diagonal K whose d variances are the quantiles at (j - 1/2)/d of the Marchenko-Pastur law of mean 1.

    The limit law of the eigenvalues of Z'Z/n, Z of n rows and ratio * n columns of independent standard normals:
    density sqrt((b - x)(x - a)) / (2 pi ratio x) on [a, b] = [(1 - sqrt(ratio))^2, (1 + sqrt(ratio))^2].

    Parameters
    ----------
    d : int
        Dimension, >= 1.
    ratio : float
        Columns over rows, in (0, 1]. Above 1 the law has an atom at zero, that is, coordinates that never vary.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> K = sgt.covariance.marchenko_pastur(1000, ratio=0.5)
    >>> round(K.trace / K.d, 3)
    1.0
    """
    d = _dimension(d)
    ratio = number("ratio", ratio, above=0.0, most=1.0,
                   instead="above 1 some variances would be zero; leave those coordinates out")
    from sgdtheory.problems.covariance.quantiles import marchenko_pastur_quantiles

    result = Diagonal(marchenko_pastur_quantiles(d, ratio))
    result._called(f"marchenko_pastur({d}, ratio={ratio!r})")
    return result


def ar1(d: int, correlation: float, scales: Any = None) -> AR1:
    """K_ij = scales_i scales_j correlation^|i-j|.

    Parameters
    ----------
    d : int
        Dimension, >= 1.
    correlation : float
        Of neighbours, in (-1, 1).
    scales : array_like of shape (d,), optional
        Standard deviations of the coordinates, all positive. Default: ones.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> sgt.covariance.ar1(3, correlation=0.5).matrix().tolist()
    [[1.0, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 1.0]]
    """
    d = _dimension(d)
    given = np.ones(d) if scales is None else array("scales", scales, (d,), "positive numbers", f"d={d}")
    from sgdtheory.problems.covariance.autoregressive import AR1

    return AR1(correlation, given)


def low_rank(factor: Any, diagonal: Any) -> LowRank:
    """K = factor factor' + diag(diagonal).

    Parameters
    ----------
    factor : array_like of shape (d, k)
    diagonal : array_like of shape (d,)
        All positive.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> sgt.covariance.low_rank([[1.0], [2.0]], [0.5, 0.5]).matrix().tolist()
    [[1.5, 2.0], [2.0, 4.5]]
    """
    from sgdtheory.problems.covariance.low_rank_plus_diagonal import LowRank

    return LowRank(factor, diagonal)


def dense(matrix: Any) -> Dense:
    """K as a matrix.

    Parameters
    ----------
    matrix : array_like of shape (d, d)
        Symmetric and positive semi-definite, up to rounding: asymmetry up to 1e-12 of the largest entry is averaged
        away, negative eigenvalues down to -1e-12 of the largest count as zero. The diagonal must be positive.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> sgt.covariance.dense([[2.0, 1.0], [1.0, 1.0]]).quadratic([1.0, -1.0]).item()
    1.0
    """
    from sgdtheory.problems.covariance.dense_matrix import Dense

    return Dense(matrix)
