"""Stationary risks in closed form, several at once, and none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from references import feedback

from sgdtheory.errors import InvalidInput, NotConverged
from sgdtheory.solvers.stationary import fixed_point


@settings(deadline=None, max_examples=50, derandomize=True)
@given(st.floats(-6, -0.001), st.floats(-8, 8))
def test_sgd(log_load, log_variance):
    load, variance = 10.0**log_load, 10.0**log_variance
    (risk,) = fixed_point(*feedback("sgd", np.sqrt(variance)), 0.5 * load)
    assert risk == pytest.approx(0.5 * variance * load / (1.0 - load), rel=1e-12 / (1.0 - load))


@settings(deadline=None, max_examples=50, derandomize=True)
@given(st.floats(-12, 12), st.floats(-8, 8))
def test_sign_sgd_with_gaussian_noise(log_level, log_std):
    level, std = 10.0**log_level, 10.0**log_std
    (risk,) = fixed_point(*feedback("sign, Gaussian", std), level)
    a = 0.5 * np.pi * level
    assert risk == pytest.approx(a * (a + np.hypot(a, std)), rel=1e-12)


@pytest.mark.parametrize("level", [1e-60, 1e-20, 1e-3, 1.0, 1e20])
def test_without_noise_far_beyond_the_first_scan(level):
    (risk,) = fixed_point(*feedback("sign", 0.0), level)
    assert risk == pytest.approx(0.5 * (np.pi * level) ** 2, rel=1e-12)


def test_noise_with_atoms_where_the_drift_underflows():
    drift, power = feedback("sign, two points", 1.0)
    for level in (1e-2, 1e-8, 1e-200):
        (risk,) = fixed_point(drift, power, level)
        assert np.log(risk * drift(np.array([risk]))[0]) == pytest.approx(np.log(level), rel=1e-9)


@pytest.mark.parametrize("level", [0.5, 0.500001, 1.0, 1e6])
def test_none_at_or_above_the_threshold_of_sgd(level):
    assert fixed_point(*feedback("sgd", 0.1), level) == ()
    assert fixed_point(*feedback("sgd", 0.0), level) == ()


def test_several_are_all_found_in_order():
    roots = np.array([1e-6, 3e-2, 0.0301, 5.0, 7e8])

    def drift(risk):
        return np.exp(0.1 * np.prod(np.sign(np.log(risk)[..., None] - np.log(roots))
                                    * np.minimum(np.abs(np.log(risk)[..., None] - np.log(roots)), 1.0), axis=-1)) / risk

    np.testing.assert_allclose(fixed_point(drift, np.ones_like, 1.0), roots, rtol=1e-11)


def test_a_pair_between_two_points_of_the_scan_is_found_and_a_near_miss_is_not():
    def drift(lift):
        return lambda risk: np.exp((np.log(risk) - 0.05) ** 2 - lift) / risk

    low, high = fixed_point(drift(1e-6), np.ones_like, 1.0)
    assert np.log([low, high]) == pytest.approx([0.05 - 1e-3, 0.05 + 1e-3], abs=1e-9)
    assert fixed_point(drift(-1e-6), np.ones_like, 1.0) == ()


def test_bad_input():
    with pytest.raises(InvalidInput, match="level=0"):
        fixed_point(np.ones_like, np.ones_like, 0.0)
    with pytest.raises(NotConverged, match="the drift is nan"):
        fixed_point(lambda r: np.where(r > 1.0, np.nan, 1.0), np.ones_like, 1.0)
