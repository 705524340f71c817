"""Products of many rows with a matrix whose bits do not depend on how many rows there are."""

from __future__ import annotations

import numpy as np

from sgdtheory.values import Array

_BLOCK = 64


def rows_times(rows: Array, matrix: Array) -> Array:
    """``rows @ matrix``, always in blocks of one size: BLAS may order its sums by the shape of its arguments."""
    size = rows.shape[0]
    result = np.empty((size, matrix.shape[1]))
    whole = size - size % _BLOCK
    for start in range(0, whole, _BLOCK):
        np.matmul(rows[start:start + _BLOCK], matrix, out=result[start:start + _BLOCK])
    if whole < size:
        rest = np.zeros((_BLOCK, rows.shape[1]))
        rest[:size - whole] = rows[whole:]
        result[whole:] = (rest @ matrix)[:size - whole]
    return result
