"""Formulas as text: what is read, what is refused, and that text, SymPy and NumPy mean the same."""

import pickle

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from sgdtheory.errors import InvalidInput, NotSeparable
from sgdtheory.expressions import Expression, NumPyFunction, from_sympy, parse

REFUSED = {
    "attribute": "x.real",
    "attribute of a number": "(1).real",
    "call of an attribute": "x.sum()",
    "call of a call": "exp(x)(r)",
    "foreign function": "print(x)",
    "import": "__import__(os)",
    "import with a string": "__import__('os').system('true')",
    "dunder": "__class__",
    "private": "_x",
    "lambda": "lambda: x",
    "lambda with argument": "(lambda x: x)(1)",
    "comprehension": "[x for x in r]",
    "generator": "Max(x for x in r)",
    "string": "'x'",
    "bytes": "b'x'",
    "f-string": "f'{x}'",
    "subscript": "x[0]",
    "keyword argument": "exp(x=1)",
    "starred argument": "Max(*x)",
    "double star": "Max(**x)",
    "no argument": "exp()",
    "too many arguments": "exp(x, r)",
    "assignment": "x = 1",
    "walrus": "(x := 1)",
    "statement": "x; r",
    "comment": "x # r",
    "comparison": "x < r",
    "chained comparison": "0 < x < 1",
    "equality": "x == r",
    "and": "x and r",
    "not": "not x",
    "choice": "x if r else 1",
    "await": "await x",
    "yield": "(yield)",
    "tuple": "x, r",
    "nothing in parentheses": "()",
    "modulo": "x % r",
    "floor division": "x // r",
    "matrix product": "x @ r",
    "bit operations": "x | r",
    "inversion": "~x",
    "caret": "x^2",
    "shift": "x << 2",
    "empty": "",
    "blank": " \t\n",
    "unbalanced": "(x",
    "too many closed": "x)",
    "two expressions": "x r",
    "glued product": "2x",
    "glued word": "1or x",
    "hexadecimal": "0x1F",
    "imaginary": "1j",
    "underscores in a number": "1_000",
    "boolean": "True",
    "none": "None",
    "ellipsis": "...",
    "reserved word": "lambda*x",
    "infinity": "oo",
    "imaginary unit": "I*x",
    "euler": "E**x",
    "nan": "nan",
    "function as a symbol": "sign*r",
    "tower": "9**9**9",
    "tower on a symbol": "x**9**9**9",
    "tower in disguise": "x**(2**(3*r))",
    "large power": "x**1001",
    "large power of a power": "(x**100)**100",
    "large power by arithmetic": "x**(100*100)",
    "large power by division": "x**(1/(1/2000))",
    "large number": "1e301",
    "small number": "1e-301",
    "huge exponent of ten": "1e999999999",
    "many digits": "9" * 301,
    "more digits than Python reads": "9" * 1999,
    "long": "x+" * 1500 + "x",
    "many operations": "+".join(["x"] * 450),
    "deep parentheses": "(" * 70 + "x" + ")" * 70,
    "deep minus": "-" * 500 + "x",
    "deep calls": "sin(" * 59 + "x*(1+(r" + ")" * 61,
    "full-width letters": "ｓｉｇｎ(x)",
    "greek": "λ*x",
    "look-alike": "х*r",
    "superscript": "x²",
    "null byte": "x\0",
    "backslash": "x\\\n+1",
    "record function in a rule": "gamma(x)",
    "integral in a rule": "Integral(x, (x, 0, 1))",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_refuses(text):
    with pytest.raises(InvalidInput):
        parse(text)


@pytest.mark.parametrize("text", [None, 3, b"x", ["x"], sympy.Symbol("x")])
def test_refuses_what_is_no_text(text):
    with pytest.raises(InvalidInput, match="text"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "position", "piece"),
    [
        ("x + r.real", 4, "r.real"),
        ("x*foo(r)", 2, "foo"),
        ("x*9**9**9", 5, "9**9"),
        ("x + $", 4, "$"),
        ("r + exp(x, r)", 4, "exp(x, r)"),
        ("x +\n r[0]", 6, "["),
        ("1 + 2x", 4, "2x"),
    ],
)
def test_an_error_names_position_and_piece(text, position, piece):
    with pytest.raises(InvalidInput) as caught:
        parse(text)
    assert f"position {position}: {piece!r}" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "hint"),
    [("abs(x)", "Abs"), ("max(x, r)", "Max"), ("arctan(r)", "atan"), ("x^2", "**"), ("ln(x)", "log"), ("2x", "2*x")],
)
def test_an_error_says_what_to_write(text, hint):
    with pytest.raises(InvalidInput, match=hint.replace("*", r"\*")):
        parse(text)


def test_allowed_symbols():
    assert parse("x*r", symbols={"x", "r"}).symbols == {"x", "r"}
    with pytest.raises(InvalidInput, match="position 4: 'c'"):
        parse("x + c", symbols=["x", "r"])
    # A bound variable needs no permission; a free one of the same name does.
    parse("Integral(t*x, (t, 0, 1))", symbols=["x"], record=True)
    with pytest.raises(InvalidInput, match="'t'"):
        parse("t + Integral(t*x, (t, 0, 1))", symbols=["x"], record=True)


RECORDED = {
    "Integral(x*exp(-x**2/2), (x, -oo, oo))": set(),
    "Integral(x*y, (x, 0, y), (y, 0, c))": {"c"},
    "Integral(x*y, (x, 0, c), (y, 0, x))": {"x", "c"},
    "Sum(rho**k/factorial(k), (k, 0, oo))": {"rho"},
    "Product(k, (k, 1, n))": {"n"},
    "Derivative(exp(c*x), x)": {"x", "c"},
    "Derivative(exp(c*x), (x, 2))": {"x", "c"},
    "Limit(sin(x)/x, x, 0)": set(),
    "Subs(Derivative(exp(c*x), x), x, 1)": {"c"},
    "Expectation(Max(-c, Min(c, r)), r, m, s)": {"c", "m", "s"},
    "Piecewise((r**2/2, Abs(r) < c), (c*Abs(r), True))": {"r", "c"},
    "Eq(x, y)": {"x", "y"},
    "And(x < 1, Or(y >= 2, Ne(x, y)))": {"x", "y"},
    "gamma*gamma(2*gamma)": {"gamma"},
    "asin(x)*besselk(1/4, c)*erfinv(x) + I*re(x)": {"x", "c"},
    "True": set(),
}


@pytest.mark.parametrize(("text", "symbols"), RECORDED.items())
def test_records_read_more(text, symbols):
    parsed = parse(text, record=True)
    assert parsed.symbols == symbols
    back = parse(from_sympy(parsed.sympy()), record=True)
    assert back.sympy() == parsed.sympy()
    if text not in ("True",):
        with pytest.raises(InvalidInput):
            parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "x + (x < 1)",
        "exp(x < 1)",
        "And(x, y)",
        "Piecewise((1, x))",
        "Piecewise(x)",
        "0 < x < 1",
        "x == 1",
        "Integral(x, x)",
        "Integral(x, (x, 0))",
        "Integral(x, (2*x, 0, 1))",
        "Sum(x, (pi, 0, 1))",
        "Expectation(r, r, m)",
        "Expectation(r, 2*r, m, s)",
        "Derivative(x)",
        "Not(x < 1, x > 2)",
        "Eq(x, y, z)",
        "Eq(x < 1, y)",
        "Limit(x, x, 0, 1, 2)",
        "x.real",
        "__import__(x)",
        "lambda: x",
        "9**9**9",
        "(x, y)",
        "Subs(x, x)",
        "Symbol(x)",
        "sympify(x)",
        "1 + True",
        "Piecewise((1, True, x))",
        "Expectation(r, r, r, s)",
    ],
)
def test_records_refuse(text):
    with pytest.raises((InvalidInput, ValueError)):
        parse(text, record=True).sympy()


@pytest.mark.parametrize(
    "text",
    [
        "9**(999*x/x*999*x/x*999*x/x)",
        "exp(999999999*log(2))",
        "exp(x*log(9)*999999)",
        "gamma(100000000)",
        "factorial(x/x*10**9)",
        "hermite(x/x*10**6, r)",
        "binomial(10**9, 5*10**8)",
        "1/(x - x)",
        "(x - x)**(-2)",
        "log(0)",
    ],
)
def test_sympy_is_kept_from_writing_out_what_the_text_hides(text):
    with pytest.raises(InvalidInput):
        parse(text, record=True).sympy()


def test_decimals_are_exact():
    assert parse("0.1*x").sympy() == sympy.Rational(1, 10) * sympy.Symbol("x", real=True)
    assert parse("1e-3 + .25 + 2.").sympy() == sympy.Rational(1, 1000) + sympy.Rational(9, 4)
    assert parse("0." + "1" * 50).sympy().q == 10**50


def test_symbols_of_the_caller():
    x = sympy.Symbol("x", positive=True)
    assert parse("Abs(x)").sympy({"x": x}) is x
    assert parse("x*r").sympy({"x": x}).free_symbols == {x, sympy.Symbol("r", real=True)}


@pytest.mark.parametrize(
    "expr",
    [
        sympy.Float(0.5),
        sympy.Dummy("z"),
        sympy.nan,
        sympy.zoo,
        sympy.Symbol("lambda"),
        sympy.Symbol("a b"),
        sympy.Symbol("λ"),
        sympy.Symbol("sign"),
        sympy.Function("f")(sympy.Symbol("x")),
        sympy.Matrix([1]),
        sympy.Symbol("x") + sympy.Symbol("x", positive=True),
        "x",
        "__import__('os')",
        sympy.Mul(2, sympy.Symbol("x") + 1, evaluate=False),
        sympy.Symbol("x", commutative=False),
        sympy.Symbol("x.real"),
    ],
)
def test_from_sympy_refuses_what_would_not_come_back(expr):
    with pytest.raises(InvalidInput):
        from_sympy(expr)


@pytest.mark.parametrize("record", [False, True])
def test_an_expression_is_a_value(record):
    a, b = parse(" x*r\n", record=record), parse("x*r", record=record)
    assert a == b
    assert hash(a) == hash(b)
    assert a.text == str(a) == "x*r"
    assert a != parse("r*x", record=record)
    assert a != parse("x*r", record=not record)
    assert a != "x*r"
    again = pickle.loads(pickle.dumps(a))
    assert again == a
    assert again.symbols == a.symbols
    assert isinstance(a, Expression)
    with pytest.raises(AttributeError):
        a.text = "r"
    with pytest.raises(AttributeError):
        del a.text


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


PIECES = st.sampled_from(
    [
        "x",
        "r",
        "9",
        "0",
        "1e9",
        ".",
        "**",
        "*",
        "/",
        "(",
        ")",
        ",",
        "=",
        "<",
        ">",
        " ",
        "sign",
        "exp(",
        "gamma(",
        "E",
        "_",
        "True",
        "Integral(",
        "__import__(",
        "-",
        "+",
        "lambda",
        "or",
        "1_0",
        "Piecewise((",
        "I",
        "x.y",
        "!",
        "log(",
        "factorial(",
    ]
)


@settings(deadline=None, max_examples=50, derandomize=True)
@given(st.lists(PIECES, max_size=12).map("".join), st.booleans())
def test_any_text_is_read_or_refused(text, record):
    try:
        parsed = parse(text, record=record)
        parsed.sympy()
    except InvalidInput:
        return
    assert all(s.isidentifier() and not s.startswith("_") for s in parsed.symbols)


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
