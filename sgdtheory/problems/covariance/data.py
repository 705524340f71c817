"""The covariance of the rows of a data matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from sgdtheory.blas import one_thread
from sgdtheory.errors import invalid
from sgdtheory.problems.covariance.dense_matrix import Dense
from sgdtheory.values import array

_LARGEST = 1e140
"""The squares of entries up to this, and their sums over rows and columns, do not overflow."""


def from_data(X: Any) -> Dense:
    """K = X'X/n of the centred rows of X.

    Parameters
    ----------
    X : array_like of shape (n, d)
        n >= 2 rows, one a sample; finite, no constant column. A data frame's columns are named in errors.

    Returns
    -------
    Dense
        Singular where n <= d.

    Raises
    ------
    InvalidInput
        For a bad shape, entries that are not finite, fewer than two rows, or a constant column (named).

    Examples
    --------
    >>> import numpy as np, sgdtheory as sgt
    >>> sgt.covariance.from_data([[0.0, 1.0], [2.0, 1.5], [4.0, 0.5]]).variances.round(3).tolist()
    [2.667, 0.167]
    """
    names = getattr(X, "columns", None)
    values = array("X", X, (None, None), "finite numbers", "one row a sample, one column a feature", lengths="nd")
    n, d = values.shape
    if n < 2:
        raise invalid("X", f"array of shape {values.shape}", "a data matrix with at least two rows")
    largest = float(np.abs(values).max())
    if largest > _LARGEST:
        raise invalid("X", largest, f"of entries up to {_LARGEST:g} in absolute value", "larger units make them smaller")
    centred = values - values.mean(axis=0)
    # a constant column leaves rounding of its mean behind; data that vary less than that do not vary at all
    spread = np.abs(centred).max(axis=0)
    constant = (np.ptp(values, axis=0) == 0.0) | (spread <= 8.0 * np.finfo(float).eps * np.abs(values).max(axis=0))
    if constant.any():
        column = int(np.argmax(constant))
        label = f"column {column}" if names is None else f"column {column} ({str(names[column])!r})"
        raise invalid("X", f"array of shape {values.shape}", "without constant columns",
                      f"{label} is {values[0, column]:g} in every row, leave it out")
    with one_thread():
        product = centred.T @ centred
    result = Dense(product / n)
    result._called(f"from_data(<{n} x {d} numbers>)")
    return result
