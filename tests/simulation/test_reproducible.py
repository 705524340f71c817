"""A run's bits depend on the seed and on its number: not on how many others there are, nor on who runs it."""

import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sgdtheory as sgt
from sgdtheory.simulation import chunk
from sgdtheory.testing import strategies

_A = np.random.default_rng(1).standard_normal((7, 7))
COVARIANCES = [sgt.covariance.power_law(7, exponent=1.0), sgt.covariance.ar1(7, 0.5), sgt.covariance.dense(_A @ _A.T),
               sgt.covariance.low_rank(_A[:, :2], np.ones(7))]
ALGORITHMS = [sgt.SGD(0.2), sgt.SignSGD(lambda t: 0.3 / (1.0 + t)), sgt.SignSGD(0.3, batch_size=3),
              sgt.ClippedSGD(0.2, threshold=1.0, batch_size=2)]


@pytest.fixture(scope="module")
def processes():
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@settings(deadline=None, max_examples=40, derandomize=True)
@given(strategies.problems(), strategies.learning_rates(), st.integers(1, 3), st.integers(0, 2**64), st.integers(1, 19))
def test_fewer_runs_are_the_first_of_more(problem, rate, batch, seed, few):
    algorithm = sgt.SignSGD(rate, batch_size=batch)
    more = sgt.simulate(problem, algorithm, horizon=3.0, runs=20, rng=seed)
    fewer = sgt.simulate(problem, algorithm, horizon=3.0, runs=few, rng=seed)
    np.testing.assert_array_equal(fewer.risk, more.risk[:few])


@pytest.mark.parametrize("K", COVARIANCES, ids=lambda K: type(K).__name__)
@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda a: f"{type(a).__name__}{a.batch_size}")
def test_processes_and_threads_give_the_same_bits(K, algorithm, processes):
    problem = sgt.LinearRegression(K, sgt.noise.StudentT(df=3, scale=0.5))
    here = sgt.simulate(problem, algorithm, 4.0, runs=37, rng=3)
    with ThreadPoolExecutor(3) as threads:
        for executor in (processes, threads):
            assert sgt.simulate(problem, algorithm, 4.0, runs=37, rng=3, executor=executor) == here


def test_large_dimensions_run_in_smaller_groups_with_the_same_bits(monkeypatch):
    problem = sgt.LinearRegression(COVARIANCES[2], sgt.noise.Gaussian(0.5))
    together = sgt.simulate(problem, sgt.SGD(0.2), 4.0, runs=9, rng=0)
    monkeypatch.setattr(chunk, "_GROUP", 2 * 7 * 1024)
    assert sgt.simulate(problem, sgt.SGD(0.2), 4.0, runs=9, rng=0) == together


def test_a_longer_horizon_and_other_times_do_not_change_the_path():
    problem = sgt.LinearRegression(COVARIANCES[3], sgt.noise.Cauchy(0.5))
    every = sgt.simulate(problem, sgt.SignSGD(0.2), 400.0, runs=2, rng=0, times=np.arange(2801) / 7)
    some = sgt.simulate(problem, sgt.SignSGD(0.2), 200.0, runs=2, rng=0, times=[0.0, 1.0, 150.0])
    np.testing.assert_array_equal(some.risk, every.risk[:, [0, 7, 1050]])


@pytest.mark.parametrize("rng", [None, 0, 2**100, np.int64(5), np.random.SeedSequence(4),
                                 np.random.SeedSequence(4).spawn(2)[1], np.random.SeedSequence([1, 2])])
def test_the_seed_of_runs_gives_them_again(rng):
    problem = sgt.LinearRegression(COVARIANCES[0], sgt.noise.Gaussian(0.5))
    runs = sgt.simulate(problem, sgt.SGD(0.2), 2.0, runs=3, rng=rng)
    np.testing.assert_array_equal(sgt.simulate(problem, sgt.SGD(0.2), 2.0, runs=3, rng=runs.seed).risk, runs.risk)
    assert len(np.unique(runs.risk[:, -1])) == 3
    if rng is not None:
        np.testing.assert_array_equal(sgt.simulate(problem, sgt.SGD(0.2), 2.0, runs=3, rng=rng).risk, runs.risk)


def test_a_generator_advances_and_its_seed_is_kept():
    problem = sgt.LinearRegression(COVARIANCES[0])
    rng = np.random.default_rng(7)
    first, second = (sgt.simulate(problem, sgt.SGD(0.2), 2.0, runs=2, rng=rng) for _ in range(2))
    assert not np.array_equal(first.risk[:, 1:], second.risk[:, 1:])
    assert first == sgt.simulate(problem, sgt.SGD(0.2), 2.0, runs=2, rng=first.seed)
    assert first == sgt.simulate(problem, sgt.SGD(0.2), 2.0, runs=2, rng=np.random.default_rng(7))


def test_fresh_entropy_differs():
    problem = sgt.LinearRegression(COVARIANCES[0])
    first, second = (sgt.simulate(problem, sgt.SGD(0.2), 2.0, runs=1) for _ in range(2))
    assert first.seed != second.seed
    assert first != second


def test_runs_pickle():
    runs = sgt.simulate(sgt.LinearRegression(COVARIANCES[1]), sgt.SGD(0.2), 2.0, runs=2, rng=0)
    assert pickle.loads(pickle.dumps(runs)) == runs
