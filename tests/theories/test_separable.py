"""Laws that every separable rule obeys, over drawn problems; the kernel shared by all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sgdtheory as sgt
from sgdtheory.errors import OutsideTheory
from sgdtheory.testing import strategies
from sgdtheory.verification.checks import checks, kernel

pytestmark = pytest.mark.filterwarnings("ignore::sgdtheory.errors.AsymptoticWarning")
few = settings(deadline=None, max_examples=25, derandomize=True)


@pytest.mark.parametrize("name", ["separable", "noise"])
def test_kernel_by_its_checks(name):
    for check in checks(name):
        check.run(kernel(name))


@st.composite
def algorithms(draw, schedules=False):
    eta = draw(strategies.learning_rates(0.8, schedules=schedules))
    threshold = draw(st.sampled_from([0.2, 0.7, 3.0]))
    return draw(st.sampled_from([sgt.SignSGD(eta), sgt.SGD(eta), sgt.ClippedSGD(eta, threshold=threshold)]))


@few
@given(strategies.problems(noise=strategies.noises(finite_variance=True)), algorithms())
def test_modes_share_the_risk(problem, algorithm):
    m = sgt.modes(problem, algorithm)
    assert np.all(m.initial >= 0.0)
    assert np.all(m.rates >= 0.0)
    assert np.all(m.weights >= 0.0)
    np.testing.assert_allclose(m.initial.sum(), problem.initial_risk, rtol=1e-9)
    np.testing.assert_allclose(m.forcing, m.rates * m.weights / (2 * problem.scale), rtol=1e-12)


@few
@given(strategies.problems(noise=strategies.noises(finite_variance=True, continuous=True)), algorithms())
def test_slopes_are_derivatives(problem, algorithm):
    found = sgt.drift_and_noise(problem, algorithm)
    r = problem.initial_risk * np.array([0.2, 1.0])
    h = 1e-4 * r
    for function, slope in ((found.drift, found.drift_slope), (found.noise, found.noise_slope)):
        numeric = (8 * (function(r + h) - function(r - h)) - function(r + 2 * h) + function(r - 2 * h)) / (12 * h)
        np.testing.assert_allclose(slope(r), numeric, rtol=1e-6, atol=1e-9 * float(np.max(function(r) / r)))


@few
@given(strategies.problems(noise=strategies.noises(finite_variance=True).filter(lambda n: "Uniform" not in repr(n))), algorithms())
def test_stationary_modes_add_up_to_a_fixed_point(problem, algorithm):
    try:
        found = sgt.stationary_risk(problem, algorithm)
    except OutsideTheory:
        return
    if found.value == 0.0:
        assert problem.noise.second_moment == 0.0
        return
    a, m = sgt.drift_and_noise(problem, algorithm), sgt.modes(problem, algorithm)
    np.testing.assert_allclose(found.modes.sum(), found.value, rtol=1e-9)
    eta, at = algorithm.learning_rate, np.array([found.value])
    fall = 2 * eta * a.drift(at) * m.rates * found.modes
    np.testing.assert_allclose(fall, eta**2 * a.noise(at) * m.forcing, rtol=1e-8, atol=1e-12 * float(fall.max()))


@settings(deadline=None, max_examples=12, derandomize=True)
@given(strategies.problems(noise=strategies.noises(finite_variance=True)), algorithms(schedules=True))
def test_curve_starts_right_stays_positive_and_in_its_bounds(problem, algorithm):
    curve = sgt.risk_curve(problem, algorithm, horizon=2.0)
    np.testing.assert_allclose(curve(0.0), problem.initial_risk, rtol=1e-9)
    assert np.all(curve.risk > 0.0)
    if curve.upper is not None:
        assert np.all(curve.risk <= curve.upper * (1 + 1e-9))
        assert np.all(curve.lower <= curve.risk * (1 + 1e-9))


@few
@given(strategies.covariances(diagonal=True), st.sampled_from([sgt.SGD(0.3), sgt.SignSGD(0.3), sgt.ClippedSGD(0.3, threshold=0.5)]))
def test_permuted_coordinates_give_the_same_curve(covariance, algorithm):
    variances = np.array(covariance.variances)
    error = np.linspace(0.5, 1.5, covariance.d)
    law = sgt.noise.Laplace(0.5)
    turned = sgt.LinearRegression(sgt.covariance.diagonal(variances[::-1]), law, -error[::-1])
    a = sgt.risk_curve(sgt.LinearRegression(sgt.covariance.diagonal(variances), law, error), algorithm, 1.0)
    np.testing.assert_allclose(sgt.risk_curve(turned, algorithm, 1.0).risk, a.risk, rtol=1e-7)


def test_cases_of_the_same_rule_under_two_names_agree():
    """A user's text that is SGD in other words has the named theory's curve."""
    problem = sgt.LinearRegression(sgt.covariance.ar1(30, 0.4), sgt.noise.Laplace(0.4))
    mine = sgt.derive.homogenize("2*x*r")(learning_rate=0.4)
    np.testing.assert_allclose(sgt.risk_curve(problem, mine, 2.0).risk, sgt.risk_curve(problem, sgt.SGD(0.8), 2.0).risk, rtol=1e-7)


def test_greedy_schedule_for_the_identity():
    """Closed integrals of the greedy flows for K = I, R(0) = 1/2, noise of std 1/2, at t = 4."""
    problem = sgt.LinearRegression(sgt.covariance.identity(300), sgt.noise.Gaussian(0.5), np.full(300, 300**-0.5))
    for algorithm, expected in ((sgt.SignSGD(0.5), 0.1645409), (sgt.SGD(0.5), 0.0591083)):
        best = sgt.best_schedule(problem, algorithm, horizon=4.0)
        np.testing.assert_allclose(best.risk[-1], expected, rtol=1e-6)
