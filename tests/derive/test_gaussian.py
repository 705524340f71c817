"""The Gaussian calculus against quadrature of the definition."""

import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from sgdtheory.derive import bivariate
from sgdtheory.derive.expectation import Expectation, gaussian_quadrature
from sgdtheory.derive.gaussian import expectation, heat, slope, stein_slope, unintegrated
from sgdtheory.derive.heat import HeatFlow
from sgdtheory.derive.pieces import Generalized, NoPieces, pieces
from sgdtheory.derive.price import PriceRoute, pair_slope, price
from sgdtheory.derive.steps import Verdict
from sgdtheory.errors import NotConverged

x, r, m = (sp.Symbol(n, real=True) for n in "xrm")
s, c, b = (sp.Symbol(n, positive=True) for n in "scb")
rho = sp.Symbol("rho", real=True)
POINTS = (
    {m: sp.Rational(3, 7), s: sp.Rational(6, 5), c: sp.Rational(9, 10), b: sp.Rational(13, 10)},
    {m: sp.Rational(-2), s: sp.Rational(1, 4), c: sp.Rational(1, 3), b: sp.Rational(5, 2)},
)
CLOSED = (
    r**4,
    sp.sign(r),
    sp.Abs(r),
    sp.Max(-c, sp.Min(c, r)),
    sp.Max(-c, sp.Min(b, r)),
    sp.Min(r**2, c**2),
    sp.sign(r) * sp.Max(sp.Abs(r) - c, 0),
    sp.sign(r**3 - r),
    sp.Heaviside(r - c),
    sp.Piecewise((r, sp.Abs(r) < c), (0, True)),
    r**3 + sp.sign(r),
    r * sp.exp(-(r**2) / c),
    sp.exp(-sp.Abs(r)),
    sp.sinh(r),
    sp.erf(c * r + b),
    r**3 * sp.exp(-r) * sp.erf(r),
    r * sp.cos(r) * sp.exp(-(r**2)),
)


def same(a: sp.Expr, e: sp.Expr, digits: int = 25) -> None:
    for point in POINTS:
        left, right = (sp.sympify(v).subs(point).evalf(30) for v in (a, e))
        assert abs(left - right) <= sp.Float(10) ** -digits * (1 + abs(right)), (left, right)


@pytest.mark.parametrize("h", CLOSED, ids=str)
def test_closed_form_slope_and_heat_agree_with_quadrature(h):
    unevaluated = Expectation(h, r, m, s)
    same(expectation(h, r, m, s), unevaluated)
    same(slope(h, r, m, s), stein_slope(h, r, m, s))
    same(heat(Generalized.of(h, r), m, s), unevaluated.diff(s) / (2 * s))
    same(unintegrated(Generalized.of(h, r).diff(), m, s), stein_slope(h, r, m, s))


@given(
    st.lists(st.tuples(st.integers(-30, 30), st.integers(-3, 3), st.integers(-3, 3)), min_size=1, max_size=4),
    st.integers(-20, 20),
    st.integers(1, 30),
)
@settings(deadline=None, max_examples=25, derandomize=True)
def test_any_piecewise_line(rows, mean, std):
    cuts = sorted({sp.Rational(k, 10) for k, _, _ in rows})
    values = [a + g * r for _, a, g in rows[: len(cuts)]]
    h = sp.Piecewise(*((v, r < k) for v, k in zip(values, cuts, strict=True)), (1 - r, True))
    mu, sd = sp.Rational(mean, 10), sp.Rational(std, 10)
    exact = Expectation(h, r, mu, sd).evalf(25)
    assert abs(expectation(h, r, mu, sd).evalf(25) - exact) <= sp.Float(10) ** -20 * (1 + abs(exact))


@pytest.mark.parametrize("h", [sp.tanh(r), sp.erf(r) ** 2, 1 / (1 + r**2), sp.sign(r) * sp.erf(sp.Abs(r) + 1)], ids=str)
def test_no_closed_form_is_said(h):
    assert expectation(h, r, m, s) is None
    assert isinstance(Expectation(h, r, m, s).doit(), Expectation)


def test_growth_like_the_square_exponential_is_infinite():
    with pytest.raises(ValueError, match="infinite"):
        expectation(sp.exp(r**2 / 50), r, m, s)
    with pytest.raises(NotConverged, match="diverges"):
        Expectation(sp.exp(r**2), r, 0, 20).evalf(20)


def test_quadrature_finds_narrow_shapes_and_keeps_digits_of_cancelled_means():
    with mpmath.workdps(30):
        wide = gaussian_quadrature(mpmath.tanh, mpmath.mpf(1) / 3, 1000)
        step = mpmath.erf(mpmath.mpf(1) / 3 / 1000 / mpmath.sqrt(2))
        assert abs(wide / step - 1) < mpmath.mpf(10) ** -6
        # E (r - m) sign(r) with m eleven standard deviations from the kink: 1e-27 out of terms of order one
        value = gaussian_quadrature(lambda v: (v - 11) * mpmath.sign(v), 11, 1, [0])
        assert (
            abs(value / (2 * mpmath.exp(-mpmath.mpf(121) / 2) / mpmath.sqrt(2 * mpmath.pi)) - 1) < mpmath.mpf(10) ** -25
        )


def test_bound_symbol_is_bound():
    e = Expectation(c * r, r, m, s)
    assert e.free_symbols == {c, m, s}
    assert e.subs(r, 5) == e
    assert e.subs(m, r).doit() == c * r


def test_order_of_cuts_must_not_depend_on_parameters():
    assert pieces(sp.Max(-c, sp.Min(c, r)), r).cuts == (-c, c)
    with pytest.raises(NoPieces):
        pieces(sp.Min(b, sp.Max(c, r)), r)
    deltas = Generalized.of(sp.sign(r) * c, r).diff().deltas
    assert deltas == ((0, 0, 2 * c),)


def test_isserlis_is_the_pairing_formula():
    # E x^4 y^2 = 3 vi^2 vj + 12 cov^2 vi
    vi, vj = b, c
    assert sp.expand(bivariate.isserlis(4, 2, rho, vi, vj) - (3 * vi**2 * vj + 12 * rho**2 * vi**2 * vj)) == 0


@pytest.mark.parametrize("f", [x, sp.sign(x), x**3, x + sp.sign(x), x**3 + x], ids=str)
def test_pairs_agree_with_the_nested_expectation(f):
    closed = bivariate.expectation(f, x, rho, b, c)
    point = {rho: sp.Rational(3, 7), b: sp.Rational(6, 5), c: sp.Rational(9, 10)}
    with mpmath.workdps(8):
        nested = bivariate.definition(f, x, rho, b, c).subs(point).evalf(8)
    assert abs(closed.subs(point).evalf(12) - nested) < 1e-6


@pytest.mark.parametrize("f", [x, sp.sign(x), sp.erf(c * x), x + 2 * sp.sign(x) + sp.erf(x)], ids=str)
def test_prices_theorem_gives_the_slope_in_the_correlation(f):
    closed = bivariate.expectation(f, x, rho, b, c)
    priced = sp.sqrt(b) * sp.sqrt(c) * pair_slope(f, x, rho, b, c)
    point = {rho: sp.Rational(-3, 7), b: sp.Rational(6, 5), c: sp.Rational(9, 10)}
    assert abs((closed.diff(rho) - priced).subs(point).evalf(20)) < 1e-15


def test_price_route_rejects_a_wrong_arcsine():
    ki, kj = (sp.Symbol(n, positive=True) for n in ("kappa_i", "kappa_j"))
    symbols = {"x": x, "rho": rho, "kappa_i": ki, "kappa_j": kj}
    route = PriceRoute("sign(x)", "1")
    assert route.run(None, 2 * sp.asin(rho) / sp.pi, symbols).verdict is Verdict.HOLDS
    assert route.run(None, sp.asin(rho) / sp.pi, symbols).verdict is not Verdict.HOLDS
    assert route.run(None, 2 * sp.asin(rho) / sp.pi + 1, symbols).verdict is Verdict.FAILS


def test_heat_flow_rejects_wrong_closed_forms():
    symbols, clip = {"m": m, "s": s, "c": c}, sp.Max(-c, sp.Min(c, m))
    closed = expectation(sp.Max(-c, sp.Min(c, r)), r, m, s)
    route = HeatFlow(clip)
    assert route.run(None, closed, symbols).verdict is Verdict.HOLDS
    assert route.run(None, closed.subs(s, 2 * s), symbols).verdict is not Verdict.HOLDS
    assert route.run(None, 2 * closed, symbols).verdict is Verdict.FAILS
    assert route.run(None, closed + m, symbols).verdict is Verdict.FAILS


def test_price_of_signs_is_four_times_the_density():
    q = sp.Symbol("q", real=True)
    value = price(sp.sign, sp.sign, q, m, s)
    joint = sp.exp(-(m**2) / (2 * s**2 * (1 - q**2))) / (2 * sp.pi * s * sp.sqrt(1 - q**2))
    assert sp.simplify(value - 4 * s * joint) == 0
