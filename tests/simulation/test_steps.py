"""Step by step the simulator is the printed algorithm: on its own samples exactly, on others in law."""

import functools

import numpy as np
import plain
import pytest

import sgdtheory as sgt
from sgdtheory.algorithms.separable import SeparableUpdate

_A = np.random.default_rng(1).standard_normal((6, 6))
COVARIANCES = [sgt.covariance.power_law(6, exponent=1.0), sgt.covariance.ar1(6, 0.5, scales=np.linspace(0.5, 2.0, 6)),
               sgt.covariance.low_rank(_A[:, :2], np.ones(6)), sgt.covariance.dense(_A @ _A.T / 6)]
CASES = {
    "sgd": (sgt.SGD(0.4), None, plain.sgd),
    "sgd, batch": (sgt.SGD(0.4, batch_size=3), None, plain.sgd),
    "signsgd": (sgt.SignSGD(0.4), None, plain.signsgd),
    "signsgd, batch": (sgt.SignSGD(0.4, batch_size=3), None, plain.signsgd),
    "clipped": (sgt.ClippedSGD(0.4, threshold=0.7, batch_size=2), None, plain.clipped_sgd(0.7)),
    "clipped gradient": (sgt.ClippedSGD(0.4, threshold=0.7, batch_size=2), sgt.rules.GradientNormClipping(), None),
    "own rule": (SeparableUpdate(0.4, 2, (), "sign(x)*tanh(r/c)", {"c": 0.5}), None,
                 plain.separable(np.sign, lambda r: np.tanh(r / 0.5))),
    "response only": (SeparableUpdate(0.4, 1, (), "sign(x)*2", {}), None, plain.separable(np.sign, lambda r: 2.0)),
    "no product": (SeparableUpdate(0.4, 2, (), "tanh(x*r)", {}), None,
                   lambda v, X, eps, rate: v - rate / len(v) * np.mean(np.tanh(X * (X @ v - eps)[:, None]), axis=0)),
    "schedule": (sgt.SGD(lambda t: 0.4 / (1.0 + t)), None, plain.sgd),
}


def printed(name, K):
    algorithm, rule, step = CASES[name]
    return algorithm, rule, step or plain.clipped_gradient(0.7 * np.sqrt(K.trace))


@pytest.mark.parametrize("K", COVARIANCES, ids=lambda K: type(K).__name__)
@pytest.mark.parametrize("name", CASES)
def test_paths_are_those_of_the_printed_algorithm_on_the_same_samples(name, K):
    algorithm, rule, step = printed(name, K)
    problem = sgt.LinearRegression(K, sgt.noise.StudentT(df=3, scale=0.5))
    horizon, times, batch = 30 / 6, np.arange(31) / 6, algorithm.batch_size
    runs = sgt.simulate(problem, algorithm, horizon, runs=3, rng=11, times=times, rule=rule)
    np.testing.assert_array_equal(runs.times, times)
    for run, child in enumerate(np.random.SeedSequence(11).spawn(3)):
        rng = np.random.Generator(np.random.SFC64(child))
        X, eps = K.sample(rng, 1024 * batch), problem.noise.sample(rng, 1024 * batch)
        blocks = iter(zip(X.reshape(1024, batch, 6), eps.reshape(1024, batch), strict=True))
        expected = plain.risks(step, K, lambda n, blocks=blocks: next(blocks), problem.error, 30, batch,
                               algorithm.learning_rate_at)
        np.testing.assert_allclose(runs.risk[run], expected, rtol=1e-10)


# |z| > 5.6 has probability 2e-8: with 4 comparisons the false alarm is below 1e-7, were the seeds not fixed
BOUND = 5.6
D, STEPS, NOISE = 12, 96, 0.3
IN_LAW = {
    "sgd": (sgt.SGD, {}, plain.sgd, 1500),
    "signsgd": (sgt.SignSGD, {}, plain.signsgd, 1500),
    "signsgd, batch": (sgt.SignSGD, {"batch_size": 3}, plain.signsgd, 600),
    "clipped": (sgt.ClippedSGD, {"threshold": 0.7, "batch_size": 2}, plain.clipped_sgd(0.7), 600),
}
PROBLEM = sgt.LinearRegression(sgt.covariance.diagonal(np.linspace(0.5, 1.5, D)), sgt.noise.Gaussian(NOISE))


@functools.cache
def independent_ends(name):
    """Final risks of the plain loop, on samples that it draws itself."""
    _, options, step, runs = IN_LAW[name]
    rng, variances, batch = np.random.default_rng(99), PROBLEM.covariance.variances, options.get("batch_size", 1)
    ends = []
    for _ in range(runs):
        v = PROBLEM.error
        X, eps = np.sqrt(variances) * rng.normal(size=(STEPS, batch, D)), NOISE * rng.normal(size=(STEPS, batch))
        for k in range(STEPS):
            v = step(v, X[k], eps[k], 0.1)
        ends.append(0.5 * np.sum(variances * v * v))
    return np.array(ends)


def mean_z(name, learning_rate):
    make, options, _, runs = IN_LAW[name]
    ends = independent_ends(name)
    simulated = sgt.simulate(PROBLEM, make(learning_rate, **options), STEPS / D, runs=runs, rng=5, times=[STEPS / D])
    error = np.hypot(simulated.standard_error[-1], ends.std(ddof=1) / np.sqrt(runs))
    return (simulated.mean[-1] - ends.mean()) / error


@pytest.mark.parametrize("name", IN_LAW)
def test_mean_risk_is_that_of_an_independent_loop(name):
    assert abs(mean_z(name, 0.1)) < BOUND


@pytest.mark.parametrize("name", IN_LAW)
def test_an_independent_loop_would_tell_a_learning_rate_that_is_wrong_by_five_percent(name):
    assert abs(mean_z(name, 0.105)) > BOUND
