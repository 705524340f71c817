"""Collocation on one step [0, 1]: Lobatto nodes, and integrals of polynomials against decaying exponentials.

A mode with z = rate * (length of the step) needs e^{-z theta} and the moments

    Phi_ik(z) = int_0^{c_i} e^{-z (c_i - theta)} l_k(theta) dtheta ,     l_k: Lagrange polynomials of the nodes.

Up to ``SPLIT`` e^{-z u} is interpolated in u, so that one product of the modes' weights with e^{-z_j u_n} gives every
moment; beyond, repeated integration by parts is exact (l_k is a polynomial) and free of cancellation.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import legendre

from sgdtheory.values import Array

SPLIT = 12.0
_POINTS = 28  # of the interpolation of e^{-z u} for z <= SPLIT: error below 1e-16


@dataclass(frozen=True, eq=False)
class Rule:
    """The constants of collocation with ``unknowns`` nodes after the known left end; rows: those nodes, then the check."""

    unknowns: int
    nodes: Array  # (q+1,), 0 and 1 included
    check: float  # where the interpolation error is largest
    rows: Array  # (q+1,): nodes[1:], check
    weights: Array  # (rows, nodes): integrals of the Lagrange polynomials from 0
    at_check: Array  # (nodes,): the Lagrange polynomials at the check
    points: Array  # (n,): where e^{-z u} is sampled, 0 first and 1 last
    to_rows: Array  # (n, rows): interpolates from the points to the rows
    moments: Array  # (n, rows * nodes): integrals of (interpolant at c_i - theta) * l_k
    right: Array  # (order, rows * nodes): (-1)^n l_k^(n)(c_i)
    left: Array  # (order, nodes): (-1)^n l_k^(n)(0)
    series: Array  # (q+2, q+2): values at nodes and check -> Legendre coefficients
    antiderivative: Array  # (q+3, q+2): values at nodes and check -> Legendre coefficients of the integral from 0


def _lagrange(nodes: Array) -> Array:
    """Legendre coefficients (columns) of the Lagrange polynomials of nodes in [0, 1]."""
    return np.linalg.inv(legendre.legvander(2.0 * nodes - 1.0, nodes.size - 1))


def _lobatto(count: int) -> Array:
    slope = legendre.legder(np.eye(count)[count - 1])
    curvature = legendre.legder(slope)
    inner = legendre.legroots(slope)
    for _ in range(3):
        inner = inner - legendre.legval(inner, slope) / legendre.legval(inner, curvature)
    inner = 0.5 * (inner - inner[::-1])
    return np.concatenate(([0.0], 0.5 * (1.0 + inner), [1.0]))


@functools.cache
def rule(unknowns: int = 6) -> Rule:
    """The constants, computed once per number of unknown nodes."""
    q = unknowns
    nodes = _lobatto(q + 1)
    grid = np.linspace(0.0, 1.0, 4001)
    check = float(grid[np.argmax(np.abs(np.prod(grid[:, None] - nodes, axis=1)) * (grid > 0.5))])
    rows = np.append(nodes[1:], check)
    basis = _lagrange(nodes)  # (degree, k)
    integral = 0.5 * legendre.legint(basis, lbnd=-1.0, axis=0)
    weights = legendre.legvander(2.0 * rows - 1.0, q + 1) @ integral
    at_check = legendre.legvander(np.array([2.0 * check - 1.0]), q)[0] @ basis

    points = 0.5 * (1.0 - np.cos(np.pi * np.arange(_POINTS) / (_POINTS - 1)))
    fine = _lagrange(points)
    to_rows = (legendre.legvander(2.0 * rows - 1.0, _POINTS - 1) @ fine).T
    x, w = legendre.leggauss((_POINTS + q) // 2 + 2)
    moments = np.empty((_POINTS, q + 1, q + 1))
    for i, c in enumerate(rows):
        theta = 0.5 * c * (1.0 + x)
        sampled = legendre.legvander(2.0 * (c - theta) - 1.0, _POINTS - 1) @ fine
        polynomials = legendre.legvander(2.0 * theta - 1.0, q) @ basis
        moments[:, i, :] = sampled.T @ (0.5 * c * w[:, None] * polynomials)

    right = np.empty((q + 1, q + 1, q + 1))
    left = np.empty((q + 1, q + 1))
    derivative = basis
    for n in range(q + 1):
        sign = (-2.0) ** n
        right[n] = sign * (legendre.legvander(2.0 * rows - 1.0, derivative.shape[0] - 1) @ derivative)
        left[n] = sign * (legendre.legvander(np.array([-1.0]), derivative.shape[0] - 1)[0] @ derivative)
        derivative = legendre.legder(derivative, axis=0)

    series = _lagrange(np.append(nodes, check))
    antiderivative = 0.5 * legendre.legint(series, lbnd=-1.0, axis=0)
    return Rule(q, nodes, check, rows, weights, at_check, points, to_rows, moments.reshape(_POINTS, -1),
                right.reshape(q + 1, -1), left, series, antiderivative)


class Propagator:
    """Modes over one step of the clock: free decay and response to a polynomial source, for sorted rates."""

    def __init__(self, constants: Rule, rates: Array, weights: Array, length: float) -> None:
        """``weights`` (2, m): present values and forcing."""
        self.constants, self.length = constants, length
        z = rates * length
        low = int(np.searchsorted(z, SPLIT))
        self.low = low
        q = constants.unknowns
        count = q + 1
        self.slow = np.exp(np.multiply.outer(z[:low], -constants.points))
        sampled = weights[:, :low] @ self.slow
        free = sampled[0] @ constants.to_rows
        response = (sampled[1] @ constants.moments).reshape(count, count)
        if low < z.size:
            fast = z[low:]
            decay = np.exp(np.multiply.outer(fast, -constants.rows))
            powers = np.empty((count, fast.size))
            powers[0] = 1.0 / fast
            for n in range(1, count):
                np.multiply(powers[n - 1], powers[0], out=powers[n])
            free = free + weights[0, low:] @ decay
            forcing = weights[1, low:]
            response += ((powers @ forcing) @ constants.right).reshape(count, count)
            response -= (powers @ (forcing[:, None] * decay)).T @ constants.left
            self.decay, self.powers = decay, powers
        self.free = free  # (rows,)
        self.response = length * response  # (rows, nodes)

    def end(self, weights: Array, sources: Array) -> tuple[Array, Array]:
        """At the end of the step: decay factors (m,), and responses (k, m) to sources given at the nodes (k, nodes)."""
        constants, low = self.constants, self.low
        q, m = constants.unknowns, weights.shape[1]
        decay, response = np.empty(m), np.empty((sources.shape[0], m))
        last = slice((q - 1) * (q + 1), q * (q + 1))
        decay[:low] = self.slow[:, -1]
        response[:, :low] = (sources @ constants.moments[:, last].T) @ self.slow.T
        if low < m:
            decay[low:] = self.decay[:, q - 1]
            response[:, low:] = (sources @ constants.right[:, last].T) @ self.powers
            response[:, low:] -= decay[low:] * ((sources @ constants.left.T) @ self.powers)
        response *= self.length * weights[1]
        return decay, response
