"""Formulas as text, evaluated: NumPy does what the algorithm does, SymPy says the same, and products separate."""

import pickle

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from sgdtheory.errors import InvalidInput, NotSeparable
from sgdtheory.expressions import NumPyFunction, from_sympy, parse


def test_evaluation_at_the_edges_is_the_algorithms():
    z = np.array([-2.0, -0.0, 0.0, 3.0])
    for text, expected in (
        ("sign(r)", np.sign(z)),
        ("Abs(r)", np.abs(z)),
        ("Max(r, 0)", np.maximum(z, 0.0)),
        ("Min(r, 0)", np.minimum(z, 0.0)),
        ("Heaviside(r)", [0.0, 0.5, 0.5, 1.0]),
        ("clip(r, -1, 1)", np.clip(z, -1.0, 1.0)),
        ("Max(r)", z),
        ("r - 1 - r", (z - 1) - z),
        ("-r + 1", 1 - z),
        ("r**0", np.ones(4)),
        ("r**1", z),
        ("r**(-2)", 1 / z[[0, 3, 3, 3]] ** 2),
    ):
        r = z[[0, 3, 3, 3]] if "-2" in text else z
        np.testing.assert_array_equal(parse(text).numpy()(r=r), expected, err_msg=text)


def test_numpy_function():
    rule = parse("x*Max(-c, Min(c, r))").numpy(c=0.5)
    assert isinstance(rule, NumPyFunction)
    assert rule.names == ("r", "x")
    x, r = np.arange(6.0).reshape(2, 3), np.array([[2.0], [-0.25]])
    np.testing.assert_array_equal(rule(x=x, r=r), x * np.clip(r, -0.5, 0.5))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(rule))(x=x, r=r), rule(x=x, r=r))
    single = rule(x=x.astype(np.float32), r=0.25)
    assert single.dtype == np.float32
    assert rule(x=2, r=1) == 1.0
    assert rule(x=[2, 4], r=[1, 1]).tolist() == [1.0, 2.0]
    assert parse("x**(-1)").numpy()(x=np.array([2, 4])).tolist() == [0.5, 0.25]
    assert parse("2*pi").numpy()() == 2 * np.pi


@pytest.mark.parametrize("arrays", [{}, {"x": 1.0}, {"x": 1.0, "r": 1.0, "z": 1.0}, {"x": 1.0, "z": 1.0}])
def test_numpy_function_wants_its_symbols(arrays):
    with pytest.raises(InvalidInput, match="'r', 'x'"):
        parse("x*r").numpy()(**arrays)


def test_numpy_function_refuses_bad_values():
    for text in ("x + 0/0", "x*sqrt(-1)", "x - (1/0 - 1/0)"):
        with pytest.raises(InvalidInput):
            parse(text).numpy()
    for parameters in ({"c": np.nan}, {"c": "1"}, {"c": [1.0]}, {"z": 1.0}):
        with pytest.raises(InvalidInput):
            parse("c*x").numpy(**parameters)
    for value in ("1", 1j, None, np.array([1j])):
        with pytest.raises(InvalidInput):
            parse("x").numpy()(x=value)
    with pytest.raises(InvalidInput, match="records"):
        parse("gamma(x)", record=True).numpy()


@pytest.mark.parametrize(
    ("text", "r"), [("sqrt(r)", -1.0), ("log(r)", -1.0), ("r/Abs(r)", 0.0), ("r**(1/3)", -8.0), ("log(r)*r", 0.0)]
)
def test_no_nan_is_returned(text, r):
    function = parse(text).numpy()
    for value in (r, np.array([1.0, r])):
        with pytest.raises(InvalidInput, match="real value"):
            function(r=value)


def test_limits_through_infinity_are_kept():
    assert parse("exp(-1/r**2)").numpy()(r=0.0) == 0.0
    assert parse("1/(1 + exp(-r))").numpy()(r=-1e4) == 0.0


@pytest.mark.parametrize(
    ("text", "f", "h"),
    [
        ("x*r", "x", "r"),
        ("sign(x)*sign(r)", "sign(x)", "sign(r)"),
        ("x*Max(-c, Min(c, r))", "x", "Max(-c, Min(c, r))"),
        ("sign(x*r)", "sign(x)", "sign(r)"),
        ("c*Abs(2*x*r)", "Abs(x)", "c*Abs(2*r)"),
        ("-(x*r)**3/(2*c)", "x**3", "(-r**3)/(2*c)"),
        ("r*exp(-r**2)*tanh(x/c)", "tanh(x/c)", "r*exp(-r**2)"),
        ("exp(x - r**2 + c)", "exp(x)", "exp(-r**2)*exp(c)"),
        ("x*r/(1 + Abs(r))/Abs(x)", "x/Abs(x)", "r/(1 + Abs(r))"),
        ("x/r", "x", "1/r"),
        ("r", "1", "r"),
        ("sign(x)", "sign(x)", "1"),
        ("3", "1", "3"),
    ],
)
def test_factors(text, f, h):
    assert parse(text).factor() == (f, h)


@pytest.mark.parametrize(
    "text",
    [
        "x*r + x*r**3",
        "x*(r + r**3) - c*x*r",
        "sign(x)*r + 2*sign(x)*tanh(r)",
        "x*r/(x + x*r**2)*x",
        "(x + x*r)*(r + c)",
        "x*Max(r, -c) + x*r",
    ],
)
def test_sums_factor_by_sympy(text):
    f, h = (parse(t) for t in parse(text).factor())
    assert f.symbols <= {"x", "c"}
    assert h.symbols <= {"r", "c"}
    rng = np.random.default_rng(5)
    values, c = {"x": rng.normal(size=50), "r": rng.normal(size=50)}, 0.75
    whole = parse(text)
    product = f.numpy(**{n: c for n in f.symbols - {"x"}})(x=values["x"]) * h.numpy(
        **{n: c for n in h.symbols - {"r"}}
    )(r=values["r"])
    np.testing.assert_allclose(product, whole.numpy(**{n: c for n in whole.symbols - {"x", "r"}})(**values), rtol=1e-12)


@pytest.mark.parametrize(
    "text",
    ["x + r", "tanh(x*r)", "x*r + x**2*r**2", "Max(x, r)", "exp(x*r)", "(x + r)**2", "x**r", "sign(x + r)", "x*r + 1"],
)
def test_what_does_not_factor(text):
    with pytest.raises(NotSeparable, match="product"):
        parse(text).factor()


def test_factor_by_other_names():
    assert parse("u*tanh(e)*x").factor("u", "e") == ("u", "tanh(e)*x")


ATOMS = st.sampled_from(["x", "r", "c", "pi", "1", "2", "3", "0.5", "1.25", "7"])


def _grow(inner):
    unary = st.sampled_from(
        [
            "sign({})",
            "Abs({})",
            "tanh({})",
            "erf({})",
            "atan({})",
            "asinh({})",
            "sin({})",
            "cos({})",
            "Heaviside({})",
            "-({})",
            "erfc({})",
            "exp(-Abs({}))",
            "sqrt(1 + Abs({}))",
            "log(2 + Abs({}))",
            "({})**2",
            "({})**3",
            "1/(1 + ({})**2)",
            "sinh(tanh({}))",
            "cosh(sin({}))",
        ]
    )
    binary = st.sampled_from(
        [
            "({}) + ({})",
            "({}) - ({})",
            "({})*({})",
            "({})/(3 + Abs({}))",
            "Max({}, {})",
            "Min({}, {}, 1)",
            "clip({}, -1, Abs({}))",
        ]
    )
    return st.one_of(st.builds(str.format, unary, inner), st.builds(str.format, binary, inner, inner))


TREES = st.recursive(ATOMS, _grow, max_leaves=8)
POINTS = st.integers(-40, 40).map(lambda k: k / 8)


@settings(deadline=None, max_examples=50, derandomize=True)
@given(text=TREES, x=POINTS, r=POINTS, c=st.integers(1, 30).map(lambda k: k / 8))
def test_numpy_is_what_sympy_says_at_30_digits(text, x, r, c):
    parsed = parse(text)
    values = {n: v for n, v in (("x", x), ("r", r), ("c", c)) if n in parsed.symbols}
    symbols = {n: sympy.Symbol(n, real=True) for n in values}
    exact = parsed.sympy(symbols).subs({symbols[n]: sympy.Rational(v) for n, v in values.items()}).evalf(30)
    got = float(
        parsed.numpy(**{n: v for n, v in values.items() if n == "c"})(**{n: v for n, v in values.items() if n != "c"})
    )
    assert abs(got - float(exact)) <= 1e-12 * max(1.0, abs(float(exact)))


@settings(deadline=None, max_examples=50, derandomize=True)
@given(text=TREES, x=POINTS, r=POINTS)
def test_text_to_sympy_to_text(text, x, r):
    parsed = parse(text)
    symbols = {n: sympy.Symbol(n, positive=True) if n == "c" else sympy.Symbol(n, real=True) for n in parsed.symbols}
    expr = parsed.sympy(symbols)
    back = parse(from_sympy(expr), record=True)
    assert back.sympy(symbols) == expr
    assert from_sympy(back.sympy(symbols)) == back.text
    values = {n: {"x": x, "r": r, "c": 0.75}[n] for n in parsed.symbols}
    direct = float(parsed.numpy()(**values))
    through = float(back.numpy()(**{n: values[n] for n in back.symbols}))
    assert abs(direct - through) <= 1e-11 * max(1.0, abs(direct))


@settings(deadline=None, max_examples=50, derandomize=True)
@given(
    f=st.sampled_from(["x", "sign(x)", "tanh(x)", "x/(1 + Abs(x))", "x**3", "2*x", "Max(-1, Min(x, 1))"]),
    h=st.sampled_from(["r", "sign(r)", "erf(r/c)", "r*exp(-r**2)", "(r + r**3)", "-r/c", "Max(-c, Min(c, r))"]),
    shape=st.sampled_from(
        ["({f})*({h})", "-({h})*({f})/c", "2*({f})*({h})*c", "({f})/(1/({h}))", "({h})*({f})*({f})**2"]
    ),
)
def test_products_factor_back(f, h, shape):
    text = shape.format(f=f, h=h)
    whole = parse(text)
    left, right = (parse(t) for t in whole.factor())
    assert "r" not in left.symbols
    assert "x" not in right.symbols
    assert left.symbols <= {"x"}
    x, r = np.array([-1.5, 0.25, 3.0]), np.array([0.5, -2.0, 0.125])
    product = left.numpy()(x=x) * right.numpy(**dict.fromkeys(right.symbols & {"c"}, 1.25))(r=r)
    np.testing.assert_allclose(product, whole.numpy(**dict.fromkeys(whole.symbols & {"c"}, 1.25))(x=x, r=r), rtol=1e-13)


def test_expectation_means_the_gaussian_integral():
    expr = parse("Expectation(r**2*Heaviside(r - c), r, m, s)", record=True).sympy()
    values = {"c": sympy.Rational(1, 3), "m": sympy.Rational(1, 2), "s": 2}
    integral = expr.as_integral().subs({sympy.Symbol(n, real=True): v for n, v in values.items()})
    ((z, low, high),) = integral.limits
    assert (low, high) == (-sympy.oo, sympy.oo)
    integrand = sympy.lambdify(z, integral.function, "mpmath")
    with mpmath.workdps(20):
        got = mpmath.quad(integrand, [-mpmath.mpf(1) / 12, 2, 5, 12])
        expected = mpmath.quad(lambda r: r**2 * mpmath.npdf(r, 0.5, 2), [mpmath.mpf(1) / 3, 5, 12, 25])
    assert abs(got - expected) < 1e-15
    with pytest.raises(ValueError, match="bound"):
        parse("Expectation(r, r, r, s)", record=True).sympy()
