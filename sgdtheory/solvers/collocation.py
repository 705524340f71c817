"""Collocation on one step [0, 1]: Lobatto nodes, and integrals of polynomials against decaying exponentials.

A mode with z = rate * (length of the step) needs e^{-z theta} and the moments

    Phi_ik(z) = int_0^{c_i} e^{-z (c_i - theta)} l_k(theta) dtheta ,     l_k: Lagrange polynomials of the nodes.

One more polynomial, 0 at the nodes and 1 at the check, carries what the interpolant of the nodes leaves out.
Up to ``SPLIT`` e^{-z u} is interpolated in u, so that one product of the modes' weights with e^{-z_j u_n} gives every
moment; beyond, repeated integration by parts is exact (l_k is a polynomial) and free of cancellation.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from sgdtheory.solvers import legendre
from sgdtheory.values import Array

SPLIT = 24.0
_POINTS = 40  # of the interpolation of e^{-z u} for z <= SPLIT: error below 1e-16


@dataclass(frozen=True, eq=False)
class Rule:
    """Constants of collocation with q nodes after the known left end. Rows: those q nodes, the check, the early check.

    The check sits where the interpolation error of a smooth function is largest; the early check between the first two
    nodes, where a fast transient would hide.
    """

    unknowns: int  # q
    nodes: Array  # (q+1,), 0 and 1 included
    check: float
    rows: Array  # (q+2,): nodes[1:], check, early check
    weights: Array  # (q+2, q+1): integrals of the Lagrange polynomials from 0 to each row
    known: Array  # (q+2,): nodes and check
    barycentric: Array  # (q+2,): barycentric weights of these
    at_early: Array  # (q+2,): interpolates from nodes and check to the early check
    at_check: Array  # (q+1,): the Lagrange polynomials at the check
    points: Array  # (n,): where e^{-z u} is sampled, 0 first and 1 last
    to_rows: Array  # (n, q+2): interpolates from the points to the rows
    moments: Array  # (n, (q+2) (q+2)): integrals of (interpolant at c_i - theta) times each of the q + 2 polynomials
    right: Array  # (q+2, (q+2) (q+2)): (-1)^n times the n-th derivatives of the polynomials at the rows
    left: Array  # (q+2, q+2): the same at 0
    series: Array  # (q+2, q+2): values at nodes and check -> Legendre coefficients
    antiderivative: Array  # (q+3, q+2): values at nodes and check -> Legendre coefficients of the integral from 0
    swing: float  # largest integral from 0 of the polynomial that is 0 at the nodes and 1 at the check


def _at(theta: Array, degree: int) -> Array:
    """Legendre polynomials at positions in [0, 1]."""
    return legendre.vander(2.0 * theta - 1.0, degree)


def _lagrange(nodes: Array) -> Array:
    """Legendre coefficients (columns) of the Lagrange polynomials of nodes in [0, 1]."""
    return np.asarray(np.linalg.inv(_at(nodes, nodes.size - 1)), dtype=np.float64)


@functools.cache
def rule(unknowns: int) -> Rule:
    """The constants, computed once per number of unknown nodes."""
    q = unknowns
    nodes = 0.5 * (1.0 + legendre.lobatto(q + 1))
    grid = np.linspace(0.0, 1.0, 801)
    check = float(grid[np.argmax(np.abs(np.prod(grid[:, None] - nodes, axis=1)) * (grid > 0.5))])
    error = np.abs(np.prod(grid[:, None] - np.append(nodes, check), axis=1))
    early = float(grid[np.argmax(error * (grid < nodes[1]))])
    rows = np.append(nodes[1:], [check, early])
    basis = _lagrange(nodes)  # (degree, k)
    weights = 0.5 * (_at(rows, q + 1) @ (legendre.integral(q) @ basis))
    at_check = _at(np.array([check]), q)[0] @ basis

    series = _lagrange(np.append(nodes, check))
    antiderivative = 0.5 * (legendre.integral(q + 1) @ series)
    at_early = _at(np.array([early]), q + 1)[0] @ series
    polynomials = np.zeros((q + 2, q + 2))
    polynomials[:-1, :-1], polynomials[:, -1] = basis, series[:, -1]

    points = 0.5 * (1.0 - np.cos(np.pi * np.arange(_POINTS) / (_POINTS - 1)))
    fine = _lagrange(points)
    to_rows = (_at(rows, _POINTS - 1) @ fine).T
    x, w = legendre.gauss((_POINTS + q) // 2 + 2)
    theta = 0.5 * np.multiply.outer(rows, 1.0 + x)
    sampled = _at((rows[:, None] - theta).ravel(), _POINTS - 1) @ fine
    values = (_at(theta.ravel(), q + 1) @ polynomials) * (0.5 * np.multiply.outer(rows, w)).ravel()[:, None]
    shape = (rows.size, x.size, -1)
    moments = sampled.reshape(shape).transpose(0, 2, 1) @ values.reshape(shape)  # (rows, points, polynomials)

    right = np.empty((q + 2, q + 2, q + 2))
    left = np.empty((q + 2, q + 2))
    derived, falling = polynomials, -2.0 * legendre.derivative(q + 1)
    at_rows, at_zero = _at(rows, q + 1), _at(np.array([0.0]), q + 1)[0]
    for n in range(q + 2):
        right[n], left[n] = at_rows @ derived, at_zero @ derived
        derived = falling @ derived
    known = np.append(nodes, check)
    swing = float(np.abs(_at(grid, q + 2) @ antiderivative[:, -1]).max())
    apart = known[:, None] - known + np.eye(q + 2)
    return Rule(
        q,
        nodes,
        check,
        rows,
        weights,
        known,
        1.0 / apart.prod(axis=1),
        at_early,
        at_check,
        points,
        to_rows,
        moments.transpose(1, 0, 2).reshape(_POINTS, -1),
        right.reshape(q + 2, -1),
        left,
        series,
        antiderivative,
        swing,
    )


class Propagator:
    """Modes over one step of the clock: free decay, and response to a polynomial source.

    Parameters
    ----------
    constants : Rule
    rates : ndarray of shape (m,)
        Ascending.
    modes : ndarray of shape (k, m)
        Values that decay, of several kinds.
    forcing : ndarray of shape (m,)
        Response of each mode to the source.
    length : float
        Of the step, in the clock.

    Attributes
    ----------
    free : ndarray of shape (k, q+2)
        Sum of the decaying modes at the rows.
    response : ndarray of shape (q+2, q+2)
        Sum of the modes' response at the rows to a unit of each polynomial.
    """

    def __init__(self, constants: Rule, rates: Array, modes: Array, forcing: Array, length: float) -> None:
        self.constants, self.length, self.forcing = constants, length, forcing
        q = constants.unknowns
        z = rates * length
        self.low = low = int(z.searchsorted(SPLIT))
        self.slow = np.exp(np.multiply.outer(z[:low], -constants.points))
        free = (modes[:, :low] @ self.slow) @ constants.to_rows
        response = ((forcing[:low] @ self.slow) @ constants.moments).reshape(q + 2, q + 2)
        if low < z.size:
            fast = z[low:]
            self.decay = decay = np.exp(np.multiply.outer(-constants.rows, fast))
            self.powers = powers = np.empty((q + 2, fast.size))
            np.divide(1.0, fast, out=powers[0])
            for n in range(1, q + 2):
                np.multiply(powers[n - 1], powers[0], out=powers[n])
            forced = powers * forcing[low:]
            free += modes[:, low:] @ decay.T
            response += (forced.sum(axis=1) @ constants.right).reshape(q + 2, q + 2)
            response -= (decay @ forced.T) @ constants.left
        self.free = free
        self.response = length * response

    def end(self, sources: Array) -> tuple[Array, Array]:
        """At the end of the step: decay factors (m,), and responses (k, m) to k sources (k, q+2).

        Leaves in ``self.slaved`` (k, fast modes) the values on which the fast modes would follow the sources smoothly.
        """
        constants, low, m = self.constants, self.low, self.forcing.size
        q = constants.unknowns
        decay, response = np.empty(m), np.empty((sources.shape[0], m))
        last = slice((q - 1) * (q + 2), q * (q + 2))
        decay[:low] = self.slow[:, -1]
        response[:, :low] = (sources @ constants.moments[:, last].T) @ self.slow.T
        if low < m:
            decay[low:] = self.decay[q - 1]
            response[:, low:] = (sources @ constants.right[:, last].T) @ self.powers
            start = (sources @ constants.left.T) @ self.powers
            response[:, low:] -= decay[low:] * start
            self.slaved = self.length * self.forcing[low:] * start
        response *= self.length * self.forcing
        return decay, response
