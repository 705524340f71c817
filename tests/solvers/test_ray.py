"""Ray integrals against known transforms."""

import math

import numpy as np
import pytest

from sgdtheory.solvers.ray import ray_integral


@pytest.mark.parametrize("angle", [-0.5, 0.0, 0.4])
@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_gamma_function_on_any_ray(angle, power):
    """int exp(-(z/c)^p) dz = c Gamma(1 + 1/p), whatever the ray, for scales far apart."""
    c = np.geomspace(1e-8, 1e8, 5)
    strip = min((0.5 * np.pi - power * abs(angle)) / power, 1.0)
    reach = c * 300.0 ** (1.0 / power)
    found = ray_integral(lambda z: np.exp(-((z / c[:, None]) ** power)), angle, c, reach, strip)
    np.testing.assert_allclose(found, c * math.gamma(1.0 + 1.0 / power), rtol=3e-14)


def test_a_strip_that_is_too_wide_shows():
    """The step is not smaller than it must be: the test above can fail."""
    found = ray_integral(lambda z: np.exp(-(z**2)), 0.7, np.ones(1), 300.0 * np.ones(1), 1.5)
    assert abs(found[0] - math.sqrt(math.pi) / 2.0) > 1e-12
