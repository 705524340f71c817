"""Covariances: every structure says the same as its own matrix."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sgdtheory as sgt
from sgdtheory.problems.covariance import AR1, Dense, Diagonal, LowRank
from sgdtheory.testing import strategies

drawn = settings(deadline=None, max_examples=50, derandomize=True)
seeds = st.integers(0, 2**32 - 1)


@drawn
@given(strategies.covariances(), seeds)
def test_products_and_quadratic_forms_are_those_of_the_matrix(K, seed):
    V = np.random.default_rng(seed).standard_normal((2, 3, K.d))
    matrix = K.matrix()
    size = np.sqrt(K.variances.max()) * np.sqrt(K.variances)
    np.testing.assert_allclose(K.matvec(V), V @ matrix, rtol=1e-12, atol=1e-12 * size.max() * K.d)
    expected = np.einsum("abi,ij,abj->ab", V, matrix, V)
    np.testing.assert_allclose(K.quadratic(V), expected, rtol=1e-10, atol=1e-14 * size.max() * K.d)
    assert K.quadratic(V[0, 0]).shape == ()
    assert K.matvec(V[0, 0]).shape == (K.d,)


@drawn
@given(strategies.covariances())
def test_matrix_is_symmetric_with_the_stated_diagonal_and_no_negative_eigenvalue(K):
    matrix = K.matrix()
    assert matrix.shape == (K.d, K.d)
    np.testing.assert_array_equal(matrix, matrix.T)
    np.testing.assert_allclose(np.diagonal(matrix), K.variances, rtol=1e-15)
    assert K.trace == pytest.approx(np.trace(matrix), rel=1e-14)
    assert np.linalg.eigvalsh(matrix)[0] > -1e-14 * K.trace
    assert K.is_diagonal == isinstance(K, Diagonal)


@drawn
@given(strategies.covariances())
def test_correlation_has_exact_ones_and_scales_back_to_the_matrix(K):
    C, deviations = K.correlation(), np.sqrt(K.variances)
    assert np.all(np.diagonal(C) == 1.0)
    assert np.all(np.abs(C) <= 1.0)
    again = C * deviations * deviations[:, None]
    np.testing.assert_allclose(again, K.matrix(), rtol=1e-14, atol=1e-15 * K.variances.max())


@drawn
@given(strategies.covariances())
def test_equal_and_hashable_by_content_also_through_pickle(K):
    again = pickle.loads(pickle.dumps(K))
    assert again == K
    assert hash(again) == hash(K)
    assert repr(again) == repr(K)
    assert sgt.covariance.identity(K.d + 1) != K
    assert K != "a covariance"
    np.testing.assert_array_equal(again.sample(np.random.default_rng(0), 3), K.sample(np.random.default_rng(0), 3))


@drawn
@given(strategies.covariances())
def test_repr_reproduces_small_covariances(K):
    names = {name: getattr(sgt.covariance, name) for name in sgt.covariance.__all__}
    assert "numbers>" in repr(K) or eval(repr(K), names) == K


@drawn
@given(strategies.covariances(), seeds, st.integers(1, 150))
def test_a_sample_begins_like_a_longer_one(K, seed, size):
    short = K.sample(np.random.default_rng(seed), size)
    np.testing.assert_array_equal(short, K.sample(np.random.default_rng(seed), size + 37)[:size])
    assert short.shape == (size, K.d)
    assert K.sample(np.random.default_rng(seed), 0).shape == (0, K.d)


@pytest.mark.parametrize("K", [sgt.covariance.identity(3), sgt.covariance.ar1(3, 0.5), sgt.covariance.dense(np.eye(3)),
                               sgt.covariance.low_rank(np.ones((3, 1)), np.ones(3))], ids=repr)
def test_arrays_are_read_only_and_copied(K):
    with pytest.raises(ValueError, match="read-only"):
        K.variances[0] = 2.0
    K.matrix()[0, 0] = 7.0
    assert K.matrix()[0, 0] != 7.0
    values = np.ones(3)
    D = sgt.covariance.diagonal(values)
    values[0] = 5.0
    assert D.variances[0] == 1.0


def test_the_factories_make_what_they_say():
    cov = sgt.covariance
    np.testing.assert_array_equal(cov.identity(3, scale=2.0).matrix(), 2.0 * np.eye(3))
    np.testing.assert_array_equal(cov.power_law(4, exponent=2.0).variances, [1.0, 1 / 4, 1 / 9, 1 / 16])
    assert cov.power_law(1000, exponent=0.0) == cov.identity(1000)
    K = cov.ar1(3, correlation=-0.5, scales=[1.0, 2.0, 3.0])
    np.testing.assert_allclose(K.matrix(), [[1.0, -1.0, 0.75], [-1.0, 4.0, -3.0], [0.75, -3.0, 9.0]])
    np.testing.assert_allclose(cov.low_rank([[1.0], [2.0]], [0.5, 1.0]).matrix(), [[1.5, 2.0], [2.0, 5.0]])
    X = np.array([[0.0, 1.0], [2.0, 1.5], [4.0, 0.5]]) + 100.0
    np.testing.assert_allclose(cov.from_data(X).matrix(), np.cov(X.T, bias=True), rtol=1e-12)
    assert isinstance(K, AR1)
    assert isinstance(cov.from_data(X), Dense)
    assert isinstance(cov.low_rank([[1.0]], [1.0]), LowRank)


@pytest.mark.parametrize("correlation", [0.5, -0.9, 0.999, 1e-9, 0.0])
def test_ar1_recursions_reach_across_all_coordinates(correlation):
    scales = np.linspace(0.5, 2.0, 300)
    K = sgt.covariance.ar1(300, correlation, scales)
    powers = np.power(correlation, np.abs(np.subtract.outer(np.arange(300), np.arange(300))))
    np.testing.assert_allclose(K.matrix(), powers * scales * scales[:, None], rtol=1e-14)
    v = np.random.default_rng(0).standard_normal(300)
    np.testing.assert_allclose(K.matvec(v), K.matrix() @ v, rtol=1e-10, atol=1e-11)
    assert float(K.quadratic(v)) == pytest.approx(v @ K.matrix() @ v, rel=1e-11)


@pytest.mark.parametrize("ratio", [1e-12, 1e-4, 0.0899, 0.0901, 0.5, 0.999, 1.0])
def test_marchenko_pastur_quantiles_have_the_law_s_moments(ratio):
    d = 2000
    values = sgt.covariance.marchenko_pastur(d, ratio).variances
    low, high = (1.0 - np.sqrt(ratio)) ** 2, (1.0 + np.sqrt(ratio)) ** 2
    assert np.all(np.diff(values) < 0.0)
    assert values[0] < high
    assert values[-1] > low
    # midpoint quantiles integrate with an error of the order of d^-3/2 (square root edges), d^-2 elsewhere
    spread = 4.0 * np.sqrt(ratio)
    assert values.mean() == pytest.approx(1.0, abs=3.0 * spread * d**-1.5)
    assert np.mean((values - 1.0) ** 2) == pytest.approx(ratio, rel=20.0 * d**-1.5)
    assert np.mean((values - 1.0) ** 3) == pytest.approx(ratio**2, abs=60.0 * spread**3 * d**-1.5)


@pytest.mark.parametrize("ratio", [0.05, 0.3, 1.0])
def test_marchenko_pastur_quantiles_invert_the_integral_of_the_density(ratio):
    from scipy.integrate import quad

    values = sgt.covariance.marchenko_pastur(7, ratio).variances
    low, high = (1.0 - np.sqrt(ratio)) ** 2, (1.0 + np.sqrt(ratio)) ** 2

    def density(x):
        return np.sqrt((high - x) * (x - low)) / (2.0 * np.pi * ratio * x)

    for j, value in enumerate(values):
        above = quad(density, value, high, epsabs=1e-12)[0]
        assert above == pytest.approx((j + 0.5) / 7, abs=1e-8)


def test_a_singular_matrix_is_allowed_and_its_kernel_known():
    Q = np.linalg.qr(np.random.default_rng(3).standard_normal((40, 40)))[0]
    K = sgt.covariance.dense((Q * np.r_[np.linspace(1.0, 2.0, 39), 0.0]) @ Q.T)
    np.testing.assert_allclose(K.root @ K.root.T, K.matrix(), atol=1e-13)
    assert K.annihilates(Q[:, -1])
    assert not K.annihilates(Q[:, 0])
    assert not K.annihilates(Q[:, -1] + 1e-3 * Q[:, 0])
    with pytest.raises(sgt.errors.InvalidInput, match="kernel"):
        sgt.LinearRegression(K, error=Q[:, -1])


def test_data_with_fewer_rows_than_columns_give_a_singular_covariance():
    X = np.random.default_rng(5).standard_normal((5, 12))
    K = sgt.covariance.from_data(X)
    assert np.linalg.matrix_rank(K.matrix()) == 4
    np.testing.assert_allclose(K.root @ K.root.T, K.matrix(), atol=1e-14)
