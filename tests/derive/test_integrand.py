"""What a kernel integrates is the derived function, and keeps its digits far out."""

import mpmath
import numpy as np
import pytest
import sympy as sp

from sgdtheory.derive.integrand import rewritten

r, b = sp.Symbol("r", real=True), sp.Symbol("b", positive=True)
SIGMOIDS = {
    "tanh": sp.tanh(r / b),
    "softsign": r / (1 + r / b),
    "algebraic": r / sp.sqrt(1 + r**2 / b**2),
    "arctangent": sp.atan(r / b),
    "cube root": r / (1 + r**2 / b**2) ** sp.Rational(1, 3),
    "logarithm": sp.log(1 + r / b),
    "arsinh": sp.asinh(r / b),
}


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("name", SIGMOIDS)
def test_is_the_same_function_and_keeps_its_digits(name, order):
    h = sp.diff(SIGMOIDS[name], r, order)
    found = rewritten(h, r)
    exact, values = sp.lambdify((r, b), h, "mpmath"), sp.lambdify((r, b), found, "numpy")
    tried = (0.01, 0.7, 3.1) + ((20.0, 150.0) if name == "tanh" else (1e4, 1e9))
    with mpmath.workdps(200):
        for at in tried:
            expected = float(exact(mpmath.mpf(at), mpmath.mpf(1.3)))
            assert abs(float(values(at, np.float64(1.3))) - expected) <= 1e-12 * abs(expected), (at, found)


def test_pieces_and_what_is_no_sigmoid():
    pieces = sp.Piecewise((r / (1 - r) ** 2 + 1 / (1 - r), r < 0), (-r / (r + 1) ** 2 + 1 / (r + 1), True))
    assert sp.simplify(rewritten(pieces, r) - sp.Piecewise(((r - 1) ** -2, r < 0), ((r + 1) ** -2, True))) == 0
    other = r * sp.exp(-(r**2)) * sp.erf(r) + sp.exp(-2 * r**2)
    assert rewritten(other, r) == other
    assert rewritten(sp.S.One, r) == 1
