"""Modes of a preconditioned covariance, by symmetric eigen-problems only.

P K is not symmetric, but similar to S = P^(1/2) K P^(1/2) = Q Lambda Q'. With w_j = P^(-1/2) q_j the risk splits as
v'Kv/2 = sum_j (lambda_j / 2) <w_j, v>^2, and a noise covariance P-free Sigma enters mode j as w_j' Sigma w_j.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sgdtheory.errors import invalid
from sgdtheory.values import Array


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenvalues lambda_j of P^(1/2) K P^(1/2) and the vectors w_j = P^(-1/2) q_j.

    Attributes
    ----------
    rates : ndarray of shape (d,)
        lambda_j >= 0; ascending for a matrix, in the order of the coordinates for a diagonal K.
    vectors : ndarray of shape (d, d), or None
        Column j is w_j; None for a diagonal K, where w_j has the one entry ``scales[j]`` at j.
    scales : ndarray of shape (d,)
        Diagonal of P^(-1/2).
    """

    rates: Array
    vectors: Array | None
    scales: Array

    def projections(self, error: Array) -> Array:
        """<w_j, v>, shape (d,)."""
        return error * self.scales if self.vectors is None else error @ self.vectors

    def risks(self, error: Array) -> Array:
        """r_j = (lambda_j / 2) <w_j, v>^2; their sum is v'Kv/2."""
        return 0.5 * self.rates * self.projections(error) ** 2

    def weights(self, shape: Array) -> Array:
        """g_j = w_j' Sigma w_j for a matrix Sigma (d, d), or its diagonal (d,) where Sigma is diagonal."""
        sigma = np.asarray(shape, dtype=np.float64)
        if sigma.ndim == 1:
            return sigma * self.scales**2 if self.vectors is None else sigma @ self.vectors**2
        if self.vectors is None:
            return np.diag(sigma) * self.scales**2
        return np.maximum(np.einsum("ij,ij->j", self.vectors, sigma @ self.vectors), 0.0)


def symmetrised(matrix_or_variances: Array, preconditioner: Array) -> Spectrum:
    """The modes of K (a matrix, or the diagonal of a diagonal K) under the diagonal preconditioner P.

    Parameters
    ----------
    matrix_or_variances : ndarray of shape (d, d) or (d,)
        K, symmetric and positive semi-definite.
    preconditioner : ndarray of shape (d,)
        Diagonal of P, > 0.

    Raises
    ------
    InvalidInput
        If K has a negative eigenvalue beyond rounding, or P an entry that is not > 0.

    Examples
    --------
    >>> import numpy as np
    >>> symmetrised(np.array([1.0, 4.0]), np.array([1.0, 0.5])).rates.tolist()
    [1.0, 2.0]
    """
    k, p = np.asarray(matrix_or_variances, dtype=np.float64), np.asarray(preconditioner, dtype=np.float64)
    if not (np.all(np.isfinite(p)) and p.min() > 0.0):
        raise invalid(
            "preconditioner", float(p.min()), "finite and > 0", "a coordinate of variance 0 has no scale: drop it"
        )
    root = np.sqrt(p)
    if k.ndim == 1:
        rates, vectors = k * p, None
    else:
        symmetric = root[:, None] * k * root[None, :]
        rates, vectors = np.linalg.eigh(0.5 * (symmetric + symmetric.T))
        vectors = vectors / root[:, None]
    if rates.min() < -1e-9 * max(rates.max(), 0.0) or not rates.max() > 0.0:
        raise invalid("matrix", float(rates.min()), "a covariance: symmetric, no negative eigenvalue, not 0")
    return Spectrum(np.maximum(rates, 0.0), vectors, 1.0 / root)
