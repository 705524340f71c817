"""The algorithms on the rows of a data set."""

import numpy as np
import plain
import pytest

import sgdtheory as sgt
from sgdtheory.errors import InvalidInput
from sgdtheory.simulation import Rows


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    X = rng.laplace(size=(60, 5)) * [1.0, 2.0, 0.5, 1.0, 3.0] + 10.0
    return Rows.fit(X, X @ np.arange(1.0, 6.0) + rng.standard_t(3, size=60) - 4.0)


def test_residuals_are_those_of_least_squares(rows):
    np.testing.assert_allclose(rows.features.mean(axis=0), 0.0, atol=1e-13)
    np.testing.assert_allclose(rows.features.T @ rows.residuals, 0.0, atol=1e-10)
    problem = rows.problem()
    np.testing.assert_allclose(problem.covariance.matrix(), rows.features.T @ rows.features / 60, rtol=1e-12)
    np.testing.assert_allclose(problem.error, -rows.solution)
    assert problem.noise.second_moment == pytest.approx(np.mean(rows.residuals**2))
    np.testing.assert_allclose(rows.problem(initial=rows.solution + 1.0).error, np.ones(5))


def test_runs_on_rows_are_the_printed_algorithm_on_the_rows(rows):
    problem = rows.problem()
    runs = sgt.simulate(problem, sgt.SignSGD(0.5, batch_size=2), 6.0, runs=2, rng=4, times=np.arange(31) / 5, rows=rows)
    for run, child in enumerate(np.random.SeedSequence(4).spawn(2)):
        picked = iter(np.random.Generator(np.random.SFC64(child)).integers(60, size=2048).reshape(1024, 2))

        def sampler(n, picked=picked):
            chosen = next(picked)
            return rows.features[chosen], rows.residuals[chosen]

        expected = plain.risks(plain.signsgd, problem.covariance, sampler, problem.error, 30, 2, lambda t: 0.5)
        np.testing.assert_allclose(runs.risk[run], expected, rtol=1e-10)


def test_more_columns_than_rows_are_interpolated():
    rng = np.random.default_rng(1)
    rows = Rows.fit(rng.standard_normal((5, 8)), rng.standard_normal(5))
    np.testing.assert_allclose(rows.residuals, 0.0, atol=1e-14)
    runs = sgt.simulate(rows.problem(), sgt.SGD(0.5), 100.0, runs=2, rng=0, rows=rows)
    assert runs.mean[-1] < 1e-3 * runs.mean[0]


@pytest.mark.parametrize(("X", "y", "message"), [
    (np.eye(3), np.ones(2), "y=.*3 rows"),
    (np.eye(3), [1.0, np.nan, 2.0], "y=nan"),
    (np.ones((3, 1)), np.ones(3), "column 0 is 1"),
    (np.ones(3), np.ones(3), "X="),
])
def test_bad_data_is_one_clear_error(X, y, message):
    with pytest.raises(InvalidInput, match=message):
        Rows.fit(X, y)


def test_rows_of_another_problem_are_refused(rows):
    for K in (sgt.covariance.identity(5), sgt.covariance.identity(6)):
        with pytest.raises(InvalidInput, match=r"rows\.problem\(\)"):
            sgt.simulate(sgt.LinearRegression(K), sgt.SGD(0.1), 1.0, runs=1, rng=0, rows=rows)
