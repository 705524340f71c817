"""Generated kernels keep their digits over many decades, against mpmath on the definition."""

import itertools

import mpmath
import numpy as np
import pytest

from sgdtheory import special
from sgdtheory.kernels import clipped_sgd, signsgd


def interval(low, high):
    """P(low < Z < high) at the working precision, which is far above what cancels."""
    return (mpmath.erfc(low / mpmath.sqrt(2)) - mpmath.erfc(high / mpmath.sqrt(2))) / 2


def clipped(mean, std, c):
    """P(|r| <= c) and E min(r^2, c^2), by truncated moments at 400 digits."""
    with mpmath.workdps(400):
        mean, std, c = map(mpmath.mpf, (mean, std, c))
        a, b = (-c - mean) / std, (c - mean) / std
        p = interval(a, b)
        fa, fb = mpmath.npdf(a), mpmath.npdf(b)
        inside = (mean**2 + std**2) * p - 2 * mean * std * (fb - fa) - std**2 * (b * fb - a * fa)
        return p, inside + c * c * (1 - p)


@pytest.mark.parametrize("std", [1e-7, 1.0, 1e6])
def test_clipped_averages_to_twelve_digits(std):
    for ratio, place in itertools.product(10.0 ** np.arange(-10, 11, 2.5), (0.0, 1e-6, 0.3, -2.0, 7.0, -20.0)):
        c, mean = ratio * std, place * std
        drift, noise = clipped(mean, std, c)
        assert abs(clipped_sgd.drift_factor(mean, std, c=c) / drift - 1) < 1e-12, (std, ratio, place)
        assert abs(clipped_sgd.noise_power(mean, std, c=c) / noise - 1) < 1e-12, (std, ratio, place)


def test_clipped_bounds_and_limits():
    std = np.geomspace(1e-6, 1e6, 200)
    for c in (1e-3, 1.0, 1e3):
        drift, noise = clipped_sgd.drift_factor(0.0, std, c=c), clipped_sgd.noise_power(0.0, std, c=c)
        assert np.all((drift >= 0) & (drift <= 1) & (noise <= np.minimum(std**2, c**2) * (1 + 1e-13)))
        assert np.all(std**2 * drift**2 <= noise * (1 + 1e-12))  # clipping never wins under Gaussian noise
        assert np.all(np.diff(drift) <= 1e-15)
    # noise +-1 and threshold 1/2: the drift is not monotone in the risk
    found = [
        np.mean(clipped_sgd.drift_factor(np.array([-1.0, 1.0]), np.sqrt(2 * risk), c=0.5)) for risk in (0.01, 0.3, 3.0)
    ]
    np.testing.assert_allclose(found, [0.0002, 0.233, 0.149], atol=5e-4)


def test_sign_kernel_of_a_far_residual():
    with mpmath.workdps(30):
        for mean, std in itertools.product((0.0, 1e-3, 1.0, 30.0), (1e-6, 0.1, 1.0, 1e6)):
            exact = 2 / mpmath.pi / std * mpmath.exp(-(mpmath.mpf(mean) ** 2) / (2 * mpmath.mpf(std) ** 2))
            if exact > mpmath.mpf(10) ** -300:
                size = 1 + (mean / std) ** 2
                assert abs(signsgd.drift_factor(mean, std) / exact - 1) < 4e-16 * size
            else:
                assert signsgd.drift_factor(mean, std) <= 1e-299


def test_erf_around_over_decades():
    with mpmath.workdps(60):
        for middle, half in itertools.product((0.0, 1e-9, 0.4, -1.3, 6.0, -19.0), 10.0 ** np.arange(-18, 3, 1.5)):
            m, h = mpmath.mpf(middle), mpmath.mpf(float(half))
            exact = mpmath.erfc(abs(m) - h) - mpmath.erfc(abs(m) + h)
            assert abs(special.erf_around(middle, half) / exact - 1) < 1e-13, (middle, half)
    assert special.erf_around(0.3, -0.5) == -special.erf_around(0.3, 0.5)
    assert special.erf_around(np.zeros((3, 1)), np.ones(2)).shape == (3, 2)


def test_refined_replaces_only_lost_entries():
    seen = []

    def otherwise(mean, std, c):
        seen.append((mean.copy(), c))
        return np.full(mean.shape, 7.0)

    terms = (np.array([1.0, 1.0, 0.0]), np.array([1.0, -1.0 + 1e-9, 0.0]))
    found = special.refined(terms, otherwise, np.array([0.0, 1.0, 2.0]), 1.0, 3.0)
    np.testing.assert_array_equal(found, [2.0, 7.0, 0.0])
    assert len(seen) == 1
    assert seen[0][1] == 3.0


def test_kernels_broadcast_and_keep_the_type():
    mean, std = np.zeros((4, 1), dtype=np.float32), np.ones(3, dtype=np.float32)
    for value in (
        signsgd.drift_factor(mean, std),
        clipped_sgd.drift_factor(mean, std, c=0.5),
        clipped_sgd.noise_power(mean, std, c=0.5),
    ):
        assert value.shape == (4, 3)
        assert value.dtype == np.float32
