"""Agreement has a stated false-alarm probability, finds a theory wrong by 5 %, and never passes silently."""

import dataclasses

import numpy as np
import pytest

import sgdtheory as sgt
from sgdtheory.errors import InvalidInput, NotComparable

PROBLEM = sgt.LinearRegression(sgt.covariance.diagonal(np.linspace(0.5, 1.5, 400)), sgt.noise.StudentT(3, 0.5))
ALGORITHM = sgt.SignSGD(0.5)


@pytest.fixture(scope="module")
def runs():
    return sgt.simulate(PROBLEM, ALGORITHM, horizon=6.0, runs=96, rng=11)


@pytest.fixture(scope="module")
def curve():
    return sgt.risk_curve(PROBLEM, ALGORITHM, horizon=6.0)


def test_theory_and_runs_agree_with_power(curve, runs):
    found = sgt.compare(curve, runs)
    assert found
    assert found.agrees is True
    assert found.resolution < 0.05
    assert found.z.shape == found.allowance.shape == runs.times.shape
    np.testing.assert_allclose(found.allowance, 3.0 * curve(runs.times) / 400)
    assert found.plot() is not None
    assert "agrees" in repr(found)


@pytest.mark.parametrize("factor", [0.95, 1.05])
def test_a_theory_wrong_by_five_percent_is_rejected(curve, runs, factor):
    wrong = dataclasses.replace(
        curve, evaluate=lambda t: factor * curve.evaluate(t) + (1 - factor) * np.where(np.asarray(t) == 0.0, curve.risk[0], 0.0)
    )
    found = sgt.compare(wrong, runs)
    assert not found
    assert found.margin > 1.0
    assert "DISAGREES" in repr(found)


def test_false_alarms_come_at_most_as_often_as_stated():
    """Runs drawn from the theory itself, 400 times at 5 %: more than 40 alarms have probability 2e-5."""
    problem = sgt.LinearRegression(sgt.covariance.identity(100), sgt.noise.Gaussian(0.5))
    curve = sgt.exact_risk_curve(problem, sgt.SGD(0.5), 2.0)
    runs = sgt.simulate(problem, sgt.SGD(0.5), 2.0, runs=16, rng=0)
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(400):
        walk = np.cumsum(rng.standard_normal((16, runs.times.size)), axis=1) / np.sqrt(np.arange(1, runs.times.size + 1))
        risk = curve(runs.times) * (1.0 + 0.05 * walk)
        risk[:, 0] = curve.risk[0]
        alarms += not sgt.compare(curve, dataclasses.replace(runs, risk=risk), false_alarm=0.05)
    assert alarms <= 40


def test_what_does_not_match_is_an_error(curve, runs):
    other = sgt.risk_curve(PROBLEM, sgt.SignSGD(0.6), horizon=6.0)
    with pytest.raises(InvalidInput, match="theory's algorithm"):
        sgt.compare(other, runs)
    problem = sgt.LinearRegression(PROBLEM.covariance, sgt.noise.Cauchy(0.5))
    with pytest.raises(InvalidInput, match="problem"):
        sgt.compare(sgt.risk_curve(problem, ALGORITHM, horizon=6.0), runs)
    with pytest.raises(InvalidInput, match="horizon"):
        sgt.compare(sgt.risk_curve(PROBLEM, ALGORITHM, horizon=3.0), runs)
    with pytest.raises(InvalidInput, match="RiskCurve"):
        sgt.compare(runs, curve)
    with pytest.raises(InvalidInput, match="4 runs"):
        sgt.compare(curve, sgt.simulate(PROBLEM, ALGORITHM, horizon=0.1, runs=2, rng=0))
    with pytest.raises(InvalidInput, match="false_alarm"):
        sgt.compare(curve, runs, false_alarm=0.0)


def test_sgd_without_fourth_moment_is_never_judged():
    algorithm = sgt.SGD(0.2)
    curve = sgt.risk_curve(PROBLEM, algorithm, horizon=0.5)
    with pytest.raises(NotComparable, match="no finite variance"):
        sgt.compare(curve, sgt.simulate(PROBLEM, algorithm, horizon=0.5, runs=8, rng=0))


def test_runs_that_could_not_tell_are_never_judged():
    small = sgt.LinearRegression(sgt.covariance.identity(2), sgt.noise.Gaussian(0.1))
    runs = sgt.simulate(small, sgt.SGD(0.5), horizon=5.0, runs=4000, rng=0)
    with pytest.raises(NotComparable, match="cannot tell"):
        sgt.compare(sgt.risk_curve(small, sgt.SGD(0.5), horizon=5.0), runs)
    assert sgt.compare(sgt.exact_risk_curve(small, sgt.SGD(0.5), horizon=5.0), runs)
