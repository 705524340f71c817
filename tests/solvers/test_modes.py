"""The mode integrator: true relative errors against exact solutions and SciPy, at the knots and between them."""

import numpy as np
import pytest
from references import KINDS, drawn, exact_sgd, feedback, radau, rates_of, volterra

from sgdtheory.errors import InvalidInput, NotConverged
from sgdtheory.solvers.modes import System, integrate

sign = feedback("sign", 0.0)


def sgd_case(kind, m, seed, load, noise):
    rng = np.random.default_rng(seed)
    rates = np.maximum(rates_of(kind, m, rng), 1e-12)
    initial = rates / rates.sum()
    forcing = rates**2 * rng.exponential(size=m)
    eta = 0.5
    forcing *= load / (eta * np.sum(forcing / rates))
    drift, power = feedback("sgd", np.sqrt(noise))
    return System(rates, initial, forcing, drift, power, eta), (rates, initial, forcing, noise, eta)


@pytest.mark.parametrize("kind", KINDS[:-1])
@pytest.mark.parametrize("rtol", [1e-3, 1e-5, 1e-8, 1e-11])
def test_true_error_against_the_exact_solution_of_sgd(kind, rtol):
    for seed, (m, load, noise) in enumerate([(1, 0.4, 0.0), (30, 0.9, 0.01), (150, 0.45, 1e-4), (400, 0.6, 0.1)]):
        system, parts = sgd_case(kind, m, seed, load, noise)
        horizon = min(1e4, 10.0 / (0.5 * system.rates.min())) if noise == 0.0 else 1e4
        curve = integrate(system, horizon, rtol)
        knots = curve.knots[curve.knots <= horizon]
        times = np.concatenate((knots, knots[:-1] + np.diff(knots) * np.random.default_rng(seed).random(knots.size - 1), [horizon]))
        error = np.abs(curve(times) / exact_sgd(*parts, times) - 1.0).max()
        assert curve.numerical_error <= rtol
        assert error <= curve.numerical_error + 2e-11  # the reference's own rounding


@pytest.mark.parametrize("seed", range(36))
def test_true_error_is_below_the_claimed_one_over_drawn_problems(seed):
    system, horizon = drawn(seed)
    rtol = (1e-5, 1e-8, 1e-9)[seed % 3]
    curve = integrate(system, horizon, rtol)
    times = np.concatenate(([0.0], np.geomspace(1e-4 * horizon, horizon, 50)))
    error = np.abs(curve(times) / radau(system, horizon, times) - 1.0).max()
    assert curve.numerical_error <= rtol
    assert error <= curve.numerical_error + 1e-11


def test_a_volterra_trapezoid_converges_to_the_curve_at_its_own_order():
    system, _ = sgd_case("spread", 20, 5, 0.5, 0.1)
    curve = integrate(system, 5.0, 1e-10)
    errors = []
    for points in (401, 801):
        t, risk = volterra(system, 5.0, points)
        errors.append(np.abs(risk / curve(t) - 1.0).max())
    assert errors[1] < 2e-4
    assert 3.8 < errors[0] / errors[1] < 4.2


def test_more_modes_are_compressed_to_the_same_curve():
    rates = np.arange(1, 3001) ** -1.5
    drift, power = feedback("sign, Gaussian", 0.1)
    system = System(rates, rates / rates.sum(), rates / 6000, drift, power, 0.5)
    short, full = integrate(system, 1e3), integrate(system, 1e3, 1e-11, keep_modes=True)
    times = np.geomspace(1e-3, 1e3, 200)
    assert np.abs(short(times) / full(times) - 1.0).max() <= short.numerical_error + full.numerical_error


@pytest.mark.parametrize("eta", [0.3, lambda t: 0.3 * max(0.0, 1.0 - t / 50.0)])
def test_modes_add_up_to_the_risk_and_start_at_their_initial_values(eta):
    rng = np.random.default_rng(1)
    rates, initial = rng.permutation(np.logspace(-3, 1, 30)), rng.random(30)
    drift, power = feedback("clipped", 0.3)
    curve = integrate(System(rates, initial, rng.random(30) / 100, drift, power, eta), 50.0, keep_modes=True)
    times = np.concatenate(([0.0], np.geomspace(1e-3, 50.0, 33)))
    modes = curve.modes(times)
    np.testing.assert_allclose(modes[0], initial, rtol=1e-15)
    np.testing.assert_allclose(modes.sum(axis=1), curve(times), rtol=1e-9)
    assert modes.min() > 0.0
    assert curve.modes(3.0).shape == (30,)


def test_shapes_of_times():
    curve = integrate(System([1.0], [2.0], [0.1], *sign, 0.2), 4.0)
    assert isinstance(curve(1.0), float)
    assert curve(np.zeros((2, 3))).shape == (2, 3)
    assert curve(0.0) == pytest.approx(2.0, rel=1e-12)
    assert curve(np.array([])).shape == (0,)
    for bad in (-1.0, 4.1, np.nan):
        with pytest.raises(InvalidInput, match=r"within \[0, 4\]"):
            curve(bad)


# --- the edges of what can be asked ------------------------------------------------------------------------------------


def test_unstable_growth_is_the_honest_curve_until_it_overflows():
    growing = System([1.0], [1.0], [1.0], np.ones_like, lambda r: 2.0 * r, 2.0)  # R' = 4 R
    times = np.array([1.0, 50.0, 150.0])
    np.testing.assert_allclose(integrate(growing, 150.0)(times), np.exp(4.0 * times), rtol=1e-8)
    with pytest.raises(NotConverged, match=r"t=172\.\d.*R=.*lower the learning rate"):
        integrate(growing, 500.0)


def test_decay_to_nothing_ends_at_zero():
    curve = integrate(System([1.0], [1.0], [0.0], np.ones_like, np.ones_like, 0.5), 1000.0)  # R = exp(-t)
    times = np.array([100.0, 600.0, 700.0, 1000.0])
    np.testing.assert_allclose(curve(times)[:2], np.exp(-times[:2]), rtol=1e-8)
    assert np.all(curve(times)[2:] == 0.0)


def test_modes_in_the_kernel_keep_and_gather_risk():
    flat = integrate(System([0.0, 0.0], [1.0, 1.0], [1.0, 1.0], np.ones_like, np.ones_like, 0.5), 1e3)
    np.testing.assert_allclose(flat([0.0, 10.0, 1e3]), [2.0, 7.0, 502.0], rtol=1e-12)
    rates = np.array([1.0, 0.0])
    curve = integrate(System(rates, [1.0, 0.25], [0.0, 0.0], np.ones_like, np.ones_like, 0.5), 100.0)
    np.testing.assert_allclose(curve([1.0, 100.0]), [0.25 + np.exp(-1.0), 0.25], rtol=1e-8)


def test_no_learning_rate_no_motion():
    for eta in (0.0, lambda t: 0.0):
        curve = integrate(System([1.0, 0.1], [0.5, 0.5], [1.0, 1.0], *sign, eta), 1e3)
        np.testing.assert_allclose(curve([1.0, 1e3]), 1.0, rtol=1e-14)


def test_a_long_horizon_ends_at_the_stationary_risk():
    curve = integrate(System(np.logspace(-6, 0, 100), np.full(100, 0.01), np.logspace(-6, 0, 100) / 200, *sign, 0.5), 1e8)
    level = 0.5 * 100 / 400.0  # eta sum(forcing / rate) / 2
    assert curve(1e8) == pytest.approx(0.5 * (np.pi * level) ** 2, rel=1e-8)  # R psi = sqrt(2R) / pi = level


def test_noise_with_atoms_has_no_drift_at_small_risk_until_the_noise_lifts_it():
    drift, power = feedback("sign, two points", 1.0)
    curve = integrate(System([1.0], [1e-6], [0.5], drift, power, 0.05), 2.0)  # exp(-1/(4R)) underflows at first
    assert curve(0.1) == pytest.approx(1e-6 + 0.05**2 * 0.5 * 0.1, rel=1e-8)


def test_a_jump_of_the_learning_rate_at_a_break_costs_nothing():
    def jump(t):
        return 0.5 if t < np.pi else 0.05

    system = System([1.0, 0.1], [0.5, 0.5], [0.3, 0.2], np.ones_like, lambda r: 2 * r + 0.1, jump, (np.pi,))
    curve = integrate(system, 10.0)
    assert np.pi in curve.knots
    times = np.array([1.0, np.pi, 4.0, 10.0])
    np.testing.assert_allclose(curve(times), radau(system, 10.0, times), rtol=1e-8)
    unnamed = integrate(System(system.rates, system.initial, system.forcing, system.drift, system.power, jump), 10.0)
    np.testing.assert_allclose(unnamed(times), curve(times), rtol=1e-8)
    assert unnamed.knots.size > curve.knots.size


@pytest.mark.parametrize(("drift", "power", "message"), [
    (lambda r: np.where(r < 0.5, np.nan, 1.0), np.ones_like, "drift factor is nan at R=0"),
    (np.ones_like, lambda r: np.where(r < 0.5, np.inf, 0.1), "noise power is inf at R=0"),
    (lambda r: -np.ones_like(r), np.ones_like, "drift factor is -1"),
    (np.ones_like, lambda r: np.where(r < 0.5, -1.0, 0.1), "noise power is -1 at R=0"),
])
def test_a_feedback_that_is_no_number_is_named_with_time_and_risk(drift, power, message):
    with pytest.raises(NotConverged, match=message) as caught:
        integrate(System([1.0], [1.0], [1e-3], drift, power, 0.5), 10.0)
    assert "t=" in str(caught.value)
    assert "shorter horizon" in str(caught.value)


def test_a_drift_that_jumps_where_the_risk_wants_to_stay_is_not_waited_for():
    with pytest.raises(NotConverged, match=r"too short at t=\d.*jumps"):
        integrate(System([1.0], [1.0], [1.0], lambda r: np.where(r > 0.3, 1.0, 0.01), np.ones_like, 0.2), 1e3, 1e-5)


@pytest.mark.parametrize(("arguments", "message"), [
    (([1.0], [1.0], [1.0, 2.0]), "forcing"), (([1.0], [-1.0], [1.0]), "initial=-1"), (([-1.0], [1.0], [1.0]), "rates=-1"),
    (([1.0], [0.0], [1.0]), "initial=0"), (([np.nan], [1.0], [1.0]), "rates"), (([], [], []), "rates"),
])
def test_bad_systems(arguments, message):
    with pytest.raises(InvalidInput, match=message):
        System(*arguments, *sign, 0.5)


@pytest.mark.parametrize(("horizon", "rtol", "message"), [
    (0.0, 1e-8, "horizon=0"), (-1.0, 1e-8, "horizon=-1"), (np.inf, 1e-8, "horizon=inf"), (1.0, 1e-12, "rtol=1e-12"), (1.0, 0.1, "rtol=0.1"),
])
def test_bad_horizons_and_tolerances(horizon, rtol, message):
    with pytest.raises(InvalidInput, match=message):
        integrate(System([1.0], [1.0], [1.0], *sign, 0.5), horizon, rtol)


def test_compressed_modes_cannot_be_asked_for():
    rates = np.linspace(0.1, 1.0, 500)
    system = System(rates, rates, rates / 1000, *sign, 0.5)
    with pytest.raises(InvalidInput, match="keep_modes=True"):
        integrate(system, 1.0).modes(0.5)
    assert integrate(system, 1.0, keep_modes=True).modes(0.5).shape == (500,)
