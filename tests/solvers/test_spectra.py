"""Modes of a preconditioned covariance: identities that hold for every K, P and Sigma."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sgdtheory.errors import InvalidInput
from sgdtheory.solvers.spectra import symmetrised


@settings(deadline=None, max_examples=40, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_identities(seed, d):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, d, d))
    k, sigma, p, v = a @ a.T, b @ b.T, np.exp(rng.normal(size=d)), rng.normal(size=d)
    spectrum = symmetrised(k, p)
    w, size = spectrum.vectors, np.abs(k).max() * p.max()
    np.testing.assert_allclose(spectrum.risks(v).sum(), 0.5 * v @ k @ v, rtol=1e-9)
    np.testing.assert_allclose((w * spectrum.rates) @ w.T * p[:, None] * p, p[:, None] * k * p, atol=1e-11 * size * p.max() * d)
    np.testing.assert_allclose(k @ (p[:, None] * w), w * spectrum.rates, atol=1e-10 * size * np.abs(w).max() * d)
    np.testing.assert_allclose(np.sum(spectrum.rates), np.sum(p * np.diag(k)), rtol=1e-10)
    np.testing.assert_allclose(spectrum.weights(sigma), np.diag(w.T @ sigma @ w), rtol=1e-9)
    np.testing.assert_allclose(spectrum.weights(np.diag(sigma)), np.diag(w.T @ np.diag(np.diag(sigma)) @ w), rtol=1e-9)
    # the trace that fixes the stationary risk does not depend on K: sum_j g_j = tr(Sigma P^{-1})
    np.testing.assert_allclose(spectrum.weights(sigma).sum(), np.sum(np.diag(sigma) / p), rtol=1e-9)


def test_a_diagonal_covariance_needs_no_eigenvectors():
    rng = np.random.default_rng(0)
    k, p, v, s = rng.exponential(size=(4, 6))
    thin, full = symmetrised(k, p), symmetrised(np.diag(k), p)
    order = np.argsort(thin.rates)
    assert thin.vectors is None
    for name, argument in (("risks", v), ("weights", s)):
        np.testing.assert_allclose(getattr(thin, name)(argument)[order], getattr(full, name)(argument), rtol=1e-12)
    np.testing.assert_allclose(thin.weights(np.diag(s)), thin.weights(s))
    np.testing.assert_allclose(np.abs(thin.projections(v))[order], np.abs(full.projections(v)), rtol=1e-12)


@pytest.mark.parametrize(("k", "p"), [
    (np.diag([1.0, -1.0]), np.ones(2)), (np.zeros((2, 2)), np.ones(2)), (np.eye(2), np.array([1.0, 0.0])), (np.eye(2), np.array([1.0, np.nan])),
])
def test_what_is_no_covariance_is_refused(k, p):
    with pytest.raises(InvalidInput):
        symmetrised(k, p)
