"""Legendre polynomials on [-1, 1], as little of them as collocation needs: lighter to load than ``numpy.polynomial``."""

from __future__ import annotations

import numpy as np

from sgdtheory.values import Array


def vander(x: Array, degree: int) -> Array:
    """P_0 ... P_degree at each x: shape (n, degree + 1)."""
    table = np.ones((degree + 1, x.size))
    if degree:
        table[1] = x
    for k in range(1, degree):
        table[k + 1] = ((2 * k + 1) * x * table[k] - k * table[k - 1]) / (k + 1)
    return table.T


def derivative(degree: int) -> Array:
    """Matrix from Legendre coefficients to those of the derivative, square: P_n' = sum of (2k+1) P_k, k = n-1, n-3, ..."""
    k, n = np.indices((degree + 1, degree + 1))
    return np.where((k < n) & ((n - k) % 2 == 1), 2.0 * k + 1.0, 0.0)


def integral(degree: int) -> Array:
    """Matrix (degree + 2, degree + 1) from Legendre coefficients to those of the integral from -1."""
    table = np.zeros((degree + 2, degree + 1))
    table[0, 0] = table[1, 0] = 1.0
    for n in range(1, degree + 1):
        table[n + 1, n] = 1.0 / (2 * n + 1)
        table[n - 1, n] = -1.0 / (2 * n + 1)
    return table


def lobatto(count: int) -> Array:
    """Gauss-Lobatto nodes, both ends included: Newton's method from the Chebyshev nodes."""
    n = count - 1
    x = -np.cos(np.pi * np.arange(count) / n)
    for _ in range(8):
        table = vander(x, n)
        x = x - (x * table[:, n] - table[:, n - 1]) / (count * table[:, n])
    x = 0.5 * (x - x[::-1])
    x[0], x[-1] = -1.0, 1.0
    return x


def gauss(count: int) -> tuple[Array, Array]:
    """Gauss-Legendre nodes and weights."""
    x = -np.cos(np.pi * (np.arange(count) + 0.75) / (count + 0.5))
    for _ in range(6):
        table = vander(x, count)
        slope = count * (x * table[:, count] - table[:, count - 1]) / (x * x - 1.0)
        x = x - table[:, count] / slope
    x = 0.5 * (x - x[::-1])
    before = vander(x, count)[:, count - 1]
    return x, 2.0 * (1.0 - x * x) / (count * before) ** 2
