"""The greedy path: closed forms, SciPy, and that no other learning rate falls faster."""

import numpy as np
import pytest
from references import feedback
from scipy.integrate import solve_ivp

from sgdtheory.errors import InvalidInput
from sgdtheory.solvers import greedy
from sgdtheory.solvers.modes import System, integrate


def steepest(psi, nu, moving, total):
    return psi * moving / (nu * total)


def system_of(rule, m=12, seed=0):
    rng = np.random.default_rng(seed)
    rates = np.arange(1, m + 1.0) ** -1.5
    initial = rng.random(m)
    return System(rates, initial / initial.sum(), rates * rng.random(m) / 5.0, *feedback(rule, 0.5), 1.0)


@pytest.mark.parametrize("rule", ["sgd", "sign", "sign, Gaussian", "clipped"])
@pytest.mark.parametrize("horizon", [1.0, 30.0])
def test_against_scipy(rule, horizon):
    system = system_of(rule)
    path = greedy.integrate(system, horizon, steepest)
    total = system.forcing.sum()

    def slope(t, y):
        risk = np.array([y.sum()])
        psi, nu = system.drift(risk)[0], system.power(risk)[0]
        eta = steepest(psi, nu, system.rates @ y, total)
        return -2.0 * eta * psi * system.rates * y + eta**2 * nu * system.forcing

    times = np.linspace(0.0, horizon, 30)
    exact = solve_ivp(slope, (0.0, horizon), system.initial, method="DOP853", rtol=1e-12, atol=1e-16, t_eval=times).y
    risk = exact.sum(axis=0)
    eta = steepest(system.drift(risk), system.power(risk), system.rates @ exact, total)
    assert np.abs(path(times) / risk - 1.0).max() <= path.numerical_error + 1e-11
    np.testing.assert_allclose(path.learning_rate(times), eta, rtol=1e-8)


def test_isotropic_sign_sgd_in_closed_form():
    """K = I, no noise: eta = 2 psi R / F', dR/dt = -(psi R)^2 / F with psi = (2/pi) / sqrt(2R): R decays exponentially."""
    path = greedy.integrate(System([1.0], [1.0], [0.5], *feedback("sign", 0.0), 1.0), 20.0, steepest)
    times = np.linspace(0.0, 20.0, 9)
    np.testing.assert_allclose(path(times), np.exp(-4.0 / np.pi**2 * times), rtol=1e-8)


def test_the_schedule_given_to_the_integrator_gives_the_same_curve():
    system = system_of("sign, Gaussian")
    path = greedy.integrate(system, 10.0, steepest)
    times = np.linspace(0.0, 10.0, 20)
    same = integrate(System(system.rates, system.initial, system.forcing, system.drift, system.power, path.schedule), 10.0)
    np.testing.assert_allclose(same(times), path(times), rtol=1e-7)
    for factor in (0.95, 1.05):
        other = integrate(System(system.rates, system.initial, system.forcing, system.drift, system.power,
                                 lambda t, factor=factor: factor * path.schedule(t)), 1e-3, 1e-11)
        assert other(1e-3) > path(1e-3)  # steepest at the first moment
    assert path.schedule(11.0) == path.schedule(10.0)


def test_a_risk_that_vanishes_ends_at_zero():
    path = greedy.integrate(System([1.0], [1.0], [0.5], np.ones_like, lambda r: 2.0 * r, 1.0), 1000.0, steepest)  # R' = -R
    np.testing.assert_allclose(path([1.0, 100.0]), np.exp([-1.0, -100.0]), rtol=1e-7)
    assert path(1000.0) == 0.0
    assert np.isfinite(path.schedule(1000.0))


def test_bad_input():
    with pytest.raises(InvalidInput, match="forcing"):
        greedy.integrate(System([1.0], [1.0], [0.0], *feedback("sgd", 0.1), 1.0), 1.0, steepest)
    with pytest.raises(InvalidInput, match="horizon"):
        greedy.integrate(system_of("sgd"), 0.0, steepest)
