"""Bad covariances: one clear error each, that names the argument and what to do."""

import numpy as np
import pytest

import sgdtheory as sgt
from sgdtheory.errors import InvalidInput

cov = sgt.covariance
nan, inf = np.nan, np.inf


@pytest.mark.parametrize(("make", "message"), [
    (lambda: cov.identity(0), "d=0"),
    (lambda: cov.identity(2.5), "d=2.5"),
    (lambda: cov.identity(True), "d=True"),
    (lambda: cov.identity(3, scale=0.0), "scale=0.0"),
    (lambda: cov.identity(3, scale=nan), "scale=nan"),
    (lambda: cov.diagonal([1.0, 0.0]), "entry 1.*never vary"),
    (lambda: cov.diagonal([1.0, -1.0]), "values=-1.0"),
    (lambda: cov.diagonal([]), "shape"),
    (lambda: cov.diagonal([[1.0]]), "shape"),
    (lambda: cov.diagonal(["a"]), "values"),
    (lambda: cov.diagonal([1.0, inf]), "entry"),
    (lambda: cov.power_law(10, exponent=-1.0), "exponent=-1.0"),
    (lambda: cov.power_law(1000, exponent=200.0), "exponent=200.0.*floating point.*at most 100"),
    (lambda: cov.marchenko_pastur(10, ratio=0.0), "ratio=0.0"),
    (lambda: cov.marchenko_pastur(10, ratio=1.5), "ratio=1.5.*zero"),
    (lambda: cov.ar1(3, correlation=1.0), "correlation=1.0"),
    (lambda: cov.ar1(3, correlation=-1.5), "correlation=-1.5"),
    (lambda: cov.ar1(3, correlation=0.5, scales=[1.0, 2.0]), "scales=.*d=3"),
    (lambda: cov.ar1(2, correlation=0.5, scales=[1.0, 0.0]), "scales=0.0.*entry 1"),
    (lambda: cov.ar1(2, correlation=0.5, scales=[1.0, 1e-200]), "scales"),
    (lambda: cov.low_rank([1.0, 2.0], [1.0, 1.0]), "factor"),
    (lambda: cov.low_rank([[1.0], [2.0]], [1.0]), "diagonal.*2 rows"),
    (lambda: cov.low_rank([[1.0], [2.0]], [1.0, 0.0]), "diagonal=0.0"),
    (lambda: cov.dense([[1.0, 2.0]]), "square"),
    (lambda: cov.dense([1.0]), "shape"),
    (lambda: cov.dense([[1.0, 0.5], [0.4, 1.0]]), r"symmetric.*\(0, 1\)"),
    (lambda: cov.dense([[1.0, 2.0], [2.0, 1.0]]), "smallest eigenvalue is -1"),
    (lambda: cov.dense([[1.0, 0.0], [0.0, 0.0]]), r"matrix=0.0.*positive on its diagonal \(entry \(1, 1\)\)"),
    (lambda: cov.dense(None), r"^matrix=None: matrix must be an array of shape \(d, d\)"),
    (lambda: cov.dense(3.0), r"^matrix=3.0: matrix must be an array of shape \(d, d\)"),
    (lambda: cov.dense(np.eye(3) * 1e308), r"matrix=1e\+308.*finite sum"),
    (lambda: cov.from_data([1.0, 2.0]), r"X=.*\(n, d\)"),
    (lambda: cov.from_data(np.array([[1e200, 1.0], [-1e200, 2.0]])), r"X=1e\+200"),
    (lambda: cov.low_rank([1.0, 2.0], [1.0, 1.0]), r"factor=.*\(d, k\)"),
    (lambda: cov.low_rank([[1e200], [2.0]], [1.0, 1.0]), "factor=inf"),
    (lambda: cov.ar1(2, correlation=0.5, scales=[1.0, 1e200]), "scales=inf"),
    (lambda: cov.identity(10**20), r"d=1000.*\[1, 1000000000\].*memory"),
    (lambda: cov.power_law(10**20, exponent=1.0), "d=1000.*memory"),
    (lambda: cov.marchenko_pastur(10**20, ratio=0.5), "d=1000.*memory"),
    (lambda: cov.ar1(10**20, correlation=0.5), "d=1000.*memory"),
    (lambda: cov.dense([[1.0, nan], [nan, 1.0]]), "matrix=nan"),
    (lambda: cov.from_data([[1.0, 2.0]]), "two rows"),
    (lambda: cov.from_data([[1.0, 2.0], [3.0, 2.0], [4.0, 2.0]]), "column 1 is 2"),
    (lambda: cov.from_data(np.c_[np.arange(7.0), np.full(7, 0.1)]), "column 1 is 0.1"),
    (lambda: cov.from_data([[1.0, nan], [3.0, 2.0]]), r"entry \(0, 1\)"),
    (lambda: cov.from_data([["a", "b"], ["c", "d"]]), "X="),
    (lambda: cov.identity(3).quadratic(np.ones(4)), r"v=.*\(\.\.\., 3\)"),
    (lambda: cov.identity(3).matvec(1.0), "v="),
    (lambda: cov.identity(3).sample(0, 4), "rng=0"),
    (lambda: cov.identity(3).sample(np.random.default_rng(0), -1), "size=-1"),
])
def test_bad_input_is_one_clear_error(make, message):
    with pytest.raises(InvalidInput, match=message):
        make()


def test_a_constant_column_is_called_by_its_name():
    class Frame:
        columns = ("height", "weight")

        def __array__(self, dtype=None, copy=None):
            return np.array([[1.0, 2.0], [1.0, 3.0]], dtype=dtype)

    with pytest.raises(InvalidInput, match="'height'"):
        cov.from_data(Frame())


def test_rounding_is_not_taken_for_an_error():
    A = np.random.default_rng(0).standard_normal((30, 20))
    K = A @ A.T
    K[0, 1] += 1e-14 * K[0, 0]
    assert cov.dense(K).d == 30


@pytest.mark.parametrize(("make", "message"), [
    (lambda: sgt.LinearRegression(cov.identity(50), error=np.full(50, 1e200)), r"^error=1e\+200.*overflow"),
    (lambda: sgt.LinearRegression(cov.dense(np.eye(3)), error=np.full(3, -1e200)), r"^error=1e\+200.*overflow"),
    (lambda: sgt.LinearRegression(cov.identity(3, scale=1e308)), "^covariance=identity.*finite"),
])
def test_a_risk_that_overflows_is_one_clear_error(make, message):
    with pytest.raises(InvalidInput, match=message):
        make()


def test_the_largest_matrices_are_taken():
    problem = sgt.LinearRegression(cov.dense(np.eye(3) * 5e307))
    assert problem.initial_risk == pytest.approx(1.0)
