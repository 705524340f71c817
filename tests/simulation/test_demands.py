"""What the simulator says of a job before it starts, and of runs too wild for their mean."""

import warnings

import numpy as np
import pytest

import sgdtheory as sgt
from sgdtheory.errors import Diverged, InfiniteMeanWarning, InvalidInput, LongJobWarning, SGDTheoryWarning
from sgdtheory.simulation import demands, ensemble
from sgdtheory.simulation.runs import Runs

PROBLEM = sgt.LinearRegression(sgt.covariance.identity(50), sgt.noise.Gaussian(0.5))
S = sgt.SGD(0.5)


@pytest.mark.parametrize(("algorithm", "law"), [
    (S, sgt.noise.Cauchy(0.1)),
    (S, sgt.noise.StudentT(df=2, scale=0.1)),
    (sgt.SeparableUpdate(0.5, update="x*sign(r)*sqrt(Abs(r))"), sgt.noise.Cauchy(0.1)),
])
def test_an_infinite_mean_is_a_warning(algorithm, law):
    problem = sgt.LinearRegression(sgt.covariance.identity(50), law)
    with pytest.warns(InfiniteMeanWarning, match=r"(?s)mean risk of .* is infinite.*medians"):
        sgt.simulate(problem, algorithm, 1.0, runs=4, rng=0)


@pytest.mark.parametrize(("algorithm", "law", "rule"), [
    (S, sgt.noise.StudentT(df=2.1, scale=0.1), None),
    (sgt.SignSGD(0.5), sgt.noise.Cauchy(0.1), None),
    (sgt.ClippedSGD(0.5, threshold=1.0), sgt.noise.Cauchy(0.1), sgt.rules.GradientNormClipping()),
    (sgt.SeparableUpdate(0.5, update="x*sign(r)*sqrt(Abs(r))"), sgt.noise.StudentT(df=2, scale=0.1), None),
    (sgt.SeparableUpdate(0.5, update="sign(x + r)"), sgt.noise.Cauchy(0.1), None),
    (sgt.SeparableUpdate(0.5, update="2*x"), sgt.noise.Cauchy(0.1), None),
])
def test_a_finite_mean_is_no_warning(algorithm, law, rule):
    problem = sgt.LinearRegression(sgt.covariance.identity(50), law)
    assert np.all(np.isfinite(sgt.simulate(problem, algorithm, 1.0, runs=4, rng=0, rule=rule).mean))


def test_risks_whose_squares_overflow_have_a_mean_and_an_error():
    runs = sgt.simulate(PROBLEM, sgt.SGD(5.0), 50, rng=0)  # warnings are errors here
    assert runs.mean[-1] > 1e200
    assert np.all(np.isfinite(runs.standard_error))
    assert "inf" not in repr(runs)
    # the same risks in units that do not overflow
    small = runs.risk[:, -1] / runs.risk[:, -1].max()
    assert runs.standard_error[-1] / runs.mean[-1] == pytest.approx(small.std(ddof=1) / 4.0 / small.mean(), rel=1e-12)
    largest = Runs([0.0], np.full((16, 1), 1.7e308), 0, PROBLEM, S)
    assert largest.mean[0] == pytest.approx(1.7e308)
    assert largest.standard_error[0] <= 1e300


@pytest.mark.parametrize("horizon", [30.0, 50.0, 60.0, 80.0, 200.0])
@pytest.mark.parametrize("K", [sgt.covariance.identity(50), sgt.covariance.ar1(50, 0.5), sgt.covariance.dense(np.eye(50))],
                         ids=lambda K: type(K).__name__)
def test_no_warning_of_numpy_escapes_near_an_overflow(horizon, K):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            error = sgt.simulate(sgt.LinearRegression(K), sgt.SGD(5.0), horizon, rng=0).standard_error
        except Diverged:
            error = np.zeros(1)
    assert np.all(np.isfinite(error))


@pytest.mark.parametrize(("change", "message"), [
    ({"runs": 10**9}, r"^runs=1000000000: .* 16 GiB .*; runs <= \d+ with \d+ recorded times"),
    ({"runs": 10**30}, "^runs=1000"),
    ({"algorithm": sgt.SGD(0.5, batch_size=10**12)}, r"^batch_size=1000000000000: .* 16 GiB .*; batch_size <= \d+"),
    ({"horizon": 1e300}, r"^horizon=1e\+300: .*at most 1\.8"),
])
def test_a_job_that_cannot_fit_is_one_clear_error(change, message):
    call = {"problem": PROBLEM, "algorithm": S, "horizon": 1.0, "runs": 2, "rng": 0} | change
    with pytest.raises(InvalidInput, match=message):
        sgt.simulate(**call)


def test_the_alternative_that_an_error_names_fits(monkeypatch):
    for name, call in (("runs", lambda n: demands.check_memory(PROBLEM, S, n, 121, 0)),
                       ("batch_size", lambda n: demands.check_memory(PROBLEM, sgt.SGD(0.5, batch_size=n), 1, 121, 0))):
        with pytest.raises(InvalidInput) as caught:
            call(10**12)
        most = int(str(caught.value).split(f"{name} <= ")[1].split()[0])
        call(most)
        with pytest.raises(InvalidInput):
            call(most + 1)
    with pytest.raises(InvalidInput, match=r"^horizon=.*constant learning rate"):
        demands.check_memory(PROBLEM, S, 1, 121, 10**10)


def test_a_dimension_that_does_not_fit_is_an_error(monkeypatch):
    monkeypatch.setattr(demands, "MOST_BYTES", 1000)
    with pytest.raises(InvalidInput, match=r"^problem='dimension 50'.*d <= 25"):
        sgt.simulate(PROBLEM, S, 1.0, runs=1, rng=0)


def test_a_block_of_a_large_batch_takes_the_memory_that_is_counted():
    import tracemalloc

    algorithm = sgt.SGD(0.5, batch_size=40_000)
    sgt.simulate(PROBLEM, S, 0.1, runs=1, rng=0)
    tracemalloc.start()
    sgt.simulate(PROBLEM, algorithm, 0.04, runs=16, rng=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.1 * demands._ARRAYS_OF_SAMPLES * 8 * 50 * 40_000


class Started(Exception):
    """The job was about to start."""


def test_a_long_job_is_announced_before_it_starts(monkeypatch):
    def start(*args):
        raise Started

    monkeypatch.setattr(ensemble._progress, "bar", start)
    with pytest.warns(LongJobWarning, match=r"5e\+10 steps of 16 runs are 4e\+13 draws, about \d+ hours"), pytest.raises(Started):
        sgt.simulate(PROBLEM, S, 1e9)
    with pytest.raises(Started):  # a job of hours is no surprise
        sgt.simulate(PROBLEM, S, 1e7)
    assert issubclass(LongJobWarning, SGDTheoryWarning)


def test_hours_grow_with_the_work():
    base = demands.hours(PROBLEM, S, 16, 10**6, 16)
    assert demands.hours(PROBLEM, S, 16, 2 * 10**6, 16) == pytest.approx(2.0 * base)
    assert demands.hours(PROBLEM, S, 32, 10**6, 16) == pytest.approx(2.0 * base)
    assert demands.hours(PROBLEM, sgt.SGD(0.5, batch_size=1000), 16, 10**6, 16) > 100.0 * base
