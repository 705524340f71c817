"""Special functions against their mpmath twins, over 20 decades of their domains."""

import subprocess
import sys

import mpmath
import numpy as np
import pytest

from sgdtheory import special
from sgdtheory.errors import InvalidInput

# log10 of the smallest and largest argument; the twin's value decides what float64 can hold.
DECADES = (-15.0, 5.0)
RTOL = 1e-13


def _sweep(signs, extra=(), count=120):
    rng = np.random.default_rng(11)
    sizes = 10.0 ** rng.uniform(*DECADES, count)
    return np.concatenate([*(s * sizes for s in signs), np.asarray(extra, dtype=float)])


def _near(points):
    steps = np.array([1e-13, 1e-10, 1e-6, 1e-3, 0.05, 0.29, 0.31])
    return np.concatenate([[p, *(p + steps), *(p - steps)] for p in points])


ARGUMENTS = {
    "erf": _sweep((1, -1), np.linspace(-6, 6, 61)),
    "erfc": _sweep((1, -1), np.linspace(-6, 26.5, 66)),
    "erfcx": _sweep((1, -1), np.linspace(-26, 100, 127)),
    "log_erfcx": _sweep((1, -1), np.concatenate([np.linspace(-30, 30, 61), _near([0.0, 0.5])])),
    "normal_pdf": _sweep((1, -1), np.linspace(-37, 37, 75)),
    "normal_cdf": _sweep((1, -1), np.linspace(-37, 37, 75)),
    "log_ndtr": _sweep((1, -1), np.linspace(-60, 37, 98)),
    "gammaln": _sweep((1,), np.concatenate([np.linspace(0.1, 6, 60), _near([1.0, 2.0])])),
    "asin": np.concatenate(
        [_sweep((1, -1))[_sweep((1, -1)) ** 2 <= 1], 1 - 10.0 ** np.arange(-16.0, 0.0), [1.0, -1.0]]
    ),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_holds_its_digits(name):
    function, twin, z = getattr(special, name), special.TWINS[name], ARGUMENTS[name]
    values = function(z)
    assert values.shape == z.shape
    checked = 0
    with mpmath.workdps(40):
        for argument, value in zip(z, values, strict=True):
            exact = twin(float(argument))
            if exact == 0 or not 1e-290 < abs(exact) < 1e305:
                assert value == 0.0 or abs(value) < 1e-280 or abs(value) > 1e300
                continue
            checked += 1
            assert abs(value - exact) <= RTOL * abs(exact), (argument, value, exact)
    assert checked > 0.6 * len(z)


@pytest.mark.parametrize("order", [0.0, 0.25, 0.5, 1.0, 2.5, 10.0])
def test_kve_holds_its_digits(order):
    z = _sweep((1,), np.linspace(0.05, 20, 40), 30)
    with mpmath.workdps(30):
        for argument, value in zip(z, special.kve(order, z), strict=True):
            exact = special.TWINS["kve"](order, float(argument))
            assert abs(value - exact) <= RTOL * abs(exact), (argument, value, exact)


def test_every_function_has_a_twin():
    assert set(special.TWINS) == {*ARGUMENTS, "kve"}
    assert set(special.TWINS) < set(special.__all__)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arrays_in_arrays_out(name):
    function = getattr(special, name)
    assert np.ndim(function(0.5)) == 0
    grid = np.full((2, 3), 0.5)
    np.testing.assert_array_equal(function(grid), np.full((2, 3), function(0.5)))
    np.testing.assert_array_equal(function(grid[:, ::2]), np.full((2, 2), function(0.5)))
    single = function(grid.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, function(grid), rtol=1e-6)
    np.testing.assert_array_equal(function(1), function(1.0))
    assert function(np.empty(0)).shape == (0,)
    assert np.isnan(function(np.array([0.5, np.nan]))).tolist() == [False, True]


def test_limits():
    assert special.normal_pdf(np.array([np.inf, -np.inf, 1e200])).tolist() == [0.0, 0.0, 0.0]
    assert special.normal_cdf(np.array([-np.inf, np.inf])).tolist() == [0.0, 1.0]
    assert special.log_ndtr(np.array([-np.inf, np.inf])).tolist() == [-np.inf, 0.0]
    assert special.log_erfcx(np.array([-1e200, 0.0])).tolist() == [np.inf, 0.0]
    assert special.gammaln(np.array([1.0, 2.0])).tolist() == [0.0, 0.0]
    assert special.kve(0.25, 0.0) == np.inf


def test_asin_takes_rounding_but_no_more():
    assert special.asin(np.array([1 + 4e-16, -1 - 4e-16])).tolist() == [np.pi / 2, -np.pi / 2]
    with pytest.raises(InvalidInput, match="correlation"):
        special.asin([0.0, 1.0 + 1e-12])


def test_the_density_and_the_averages_need_no_scipy():
    code = """
import sys
import numpy as np
from sgdtheory import special
special.normal_pdf(0.3)
special.gaussian_expectation(np.tanh, 1.0, 2.0)
special.noise_shape_series(np.tanh, 0.5, 1.0, 1.0)
loaded = [m for m in ("scipy", "sympy", "mpmath") if m in sys.modules]
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", code], check=True)
