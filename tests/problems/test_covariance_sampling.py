"""Rows drawn from a covariance have that covariance and Gaussian moments."""

import numpy as np
import pytest

import sgdtheory as sgt

# |z| > 5.8 has probability 7e-9; 7 covariances with 18 scores each: false alarm below 1e-6, were the seeds not fixed
BOUND = 5.8
ROWS = 140_000
_A = np.random.default_rng(8).standard_normal((4, 4))
COVARIANCES = [
    sgt.covariance.diagonal([0.2, 1.0, 3.0, 0.7]),
    sgt.covariance.ar1(4, 0.6, scales=[1.0, 2.0, 0.5, 1.0]),
    sgt.covariance.ar1(4, -0.8),
    sgt.covariance.low_rank(_A[:, :2], [0.1, 0.5, 1.0, 0.3]),
    sgt.covariance.dense(_A @ _A.T),
    sgt.covariance.dense(_A[:, :2] @ _A[:, :2].T),
    sgt.covariance.from_data(_A[:3]),
]


def z_scores(K, rows):
    """Of each second moment (variance K_ii K_jj + K_ij^2 a row) and of each fourth moment (mean 3, variance 96)."""
    matrix, n = K.matrix(), len(rows)
    upper = np.triu_indices(K.d)
    variances = np.outer(K.variances, K.variances) + matrix**2
    second = ((rows.T @ rows / n - matrix) * np.sqrt(n / variances))[upper]
    fourth = (np.mean(rows**4, axis=0) / K.variances**2 - 3.0) * np.sqrt(n / 96.0)
    return second, fourth


@pytest.mark.parametrize("K", COVARIANCES, ids=lambda K: type(K).__name__)
def test_moments_of_a_sample_are_those_of_the_covariance(K):
    rows = K.sample(np.random.default_rng(20), ROWS)
    second, fourth = z_scores(K, rows)
    assert np.abs(second).max() < BOUND
    assert np.abs(fourth).max() < BOUND
    assert np.abs(rows.mean(axis=0) * np.sqrt(ROWS / K.variances)).max() < BOUND


@pytest.mark.parametrize("K", COVARIANCES, ids=lambda K: type(K).__name__)
def test_the_moments_would_tell_a_covariance_that_is_wrong_by_five_percent(K):
    rows = np.sqrt(1.05) * K.sample(np.random.default_rng(20), ROWS)
    assert np.abs(z_scores(K, rows)[0]).max() > BOUND + 3.0


def test_structured_and_dense_sampling_of_one_matrix_agree_row_by_row():
    # both build a row from its innovations in order, so equal streams give equal rows up to rounding
    K = sgt.covariance.ar1(30, 0.7, scales=np.linspace(0.5, 2.0, 30))
    dense = sgt.covariance.dense(K.matrix())
    rows = [law.sample(np.random.default_rng(1), 70) for law in (K, dense)]
    np.testing.assert_allclose(rows[0], rows[1], rtol=1e-9, atol=1e-11)
