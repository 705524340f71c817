"""Samplers against characteristic functions: two roads that share nothing.

Each law is held at three frequencies, real and imaginary part, by z-scores of ``SIZE`` draws. With the bound 6.0 a
right sampler fails one comparison with probability 2e-9 (means of that many bounded terms are normal to that level), so
all 72 together raise a false alarm with probability below 2e-7 over fresh seeds. The same test rejects draws that are
5 % too large, for every law.
"""

import numpy as np
import pytest

from sgdtheory.problems.noise import Atoms, Cauchy, Gaussian, Laplace, Mixture, Noiseless, Stable, StudentT, Uniform

SIZE, BOUND = 250_000, 6.0
LAWS = [
    Gaussian(0.5),
    Laplace(2.0),
    Uniform(3.0),
    StudentT(0.7, 0.5),
    StudentT(3.0, 2.0),
    Cauchy(0.5),
    Atoms([-1.0, 1.0]),
    Atoms([-1.0, 0.5, 3.0], [0.2, 0.7, 0.1]),
    Stable(1.5, 0.0, 0.3),
    Stable(0.6, -0.9, 0.3),
    Stable(1.0, 0.8, 2.0),
    Mixture([Gaussian(0.5), Atoms([2.0]), Cauchy(3.0)], [0.6, 0.1, 0.3]),
]
SCALES = [0.5, 2.0, 3.0, 0.5, 2.0, 0.5, 1.0, 1.0, 0.3, 0.3, 2.0, 1.0]


def largest_z(law, draws, frequencies):
    worst = 0.0
    for t in frequencies:
        value = law.characteristic_function(t)
        terms = np.exp(1j * t * draws)
        for part, expected in ((terms.real, value.real), (terms.imag, value.imag)):
            # A part may be constant (cosines at -1 and 1): then only rounding is left.
            worst = max(worst, abs(part.mean() - expected) / (part.std() / np.sqrt(draws.size) + 1e-13))
    return worst


@pytest.mark.parametrize(("law", "scale"), list(zip(LAWS, SCALES, strict=True)), ids=lambda x: repr(x))
def test_draws_have_the_characteristic_function(law, scale):
    frequencies = np.array([0.3, 1.0, 2.1]) / scale
    draws = law.sample(np.random.default_rng(20250101), SIZE)
    assert draws.shape == (SIZE,)
    assert largest_z(law, draws, frequencies) < BOUND
    # Power: an error of 5 % in the scale is always seen.
    assert largest_z(law, 1.05 * draws, frequencies) > BOUND


def test_the_test_has_power_against_the_wrong_skewness():
    law, wrong = Stable(1.5, 0.5), Stable(1.5, -0.5)
    draws = wrong.sample(np.random.default_rng(1), SIZE)
    assert largest_z(law, draws, [0.3, 1.0, 2.1]) > 10 * BOUND


@pytest.mark.parametrize("law", [Noiseless(), *LAWS], ids=repr)
def test_shapes_seeds_and_generators(law):
    assert law.sample(3, (4, 5)).shape == (4, 5)
    assert np.shape(law.sample(3)) == ()
    assert law.sample(3, 0).shape == (0,)
    np.testing.assert_array_equal(law.sample(3, 6), law.sample(np.random.default_rng(3), 6))
    assert np.all(np.isfinite(law.sample(3, 1000)))


def test_noiseless_is_zero():
    np.testing.assert_array_equal(Noiseless().sample(0, 5), np.zeros(5))
