"""From the text of an update rule to its kernel."""

import inspect
import pickle

import numpy as np
import pytest
import sympy as sp

from sgdtheory import expressions, special
from sgdtheory.algorithms.separable import SGD, ClippedSGD, SeparableUpdate, SignSGD
from sgdtheory.derive.homogenize import homogenize, kernel
from sgdtheory.derive.steps import Verdict
from sgdtheory.errors import DerivationError, InvalidInput, NotSeparable

RULES = (
    "x*sign(r)*Max(Abs(r) - c, 0)",
    "sign(x)*tanh(r/b)",
    "erf(x)*r",
    "atan(x)*r/(1 + Abs(r))",
    "Max(-1, Min(1, x))*(r + sign(r))",
    "x**3*r*exp(-r**2)",
    "-x*tanh(-r)",
)
MEAN, STD = np.array([0.0, 0.3, -2.0])[:, None], np.array([0.2, 1.0, 30.0])
PARAMETER = 1.3


def parts(text):
    """f and h as functions of arrays, by the road the simulator takes, with generous kinks."""
    for factor, variable in zip(expressions.parse(text).factor(), "xr", strict=True):
        e = expressions.parse(factor)
        f = e.numpy(**dict.fromkeys(e.symbols - {variable}, PARAMETER))
        yield lambda v, f=f, variable=variable: np.asarray(f(**{variable: v})) * np.ones_like(v)


@pytest.mark.parametrize("text", RULES)
def test_every_function_is_the_average_that_it_names(text):
    k = kernel(text)
    given = dict.fromkeys(inspect.signature(k.kinks).parameters, PARAMETER)
    f, h = parts(text)
    kinks, bends = (0.0, PARAMETER, -PARAMETER), (0.0, 1.0, -1.0)

    def mean(g, m=MEAN, s=STD):
        return special.gaussian_expectation(g, m, s, kinks)

    def feature(g, s=1.0):
        return special.gaussian_expectation(g, 0.0, s, bends)

    slope, power = feature(lambda x: x * f(x)), feature(lambda x: f(x) ** 2)
    sign = np.sign(slope)
    np.testing.assert_allclose(k.feature_slope(**given), abs(slope), rtol=1e-10)
    np.testing.assert_allclose(k.feature_power(**given), power, rtol=1e-10)
    np.testing.assert_allclose(
        k.preconditioner(np.array([0.25, 4.0]), **given),
        [feature(lambda x: x * f(x), sd) / sd**2 / slope for sd in (0.5, 2.0)],
        rtol=1e-10,
    )
    np.testing.assert_allclose(k.response(MEAN, STD, **given), sign * mean(h), rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(k.noise_power(MEAN, STD, **given), power * mean(lambda r: h(r) ** 2), rtol=1e-10)
    step = 1e-4 * STD
    by_shift = (
        mean(h, MEAN - 2 * step) - 8 * mean(h, MEAN - step) + 8 * mean(h, MEAN + step) - mean(h, MEAN + 2 * step)
    ) / (12 * step)
    np.testing.assert_allclose(k.drift_factor(MEAN, STD, **given), slope * by_shift, rtol=1e-7, atol=1e-8)
    for function, change in ((k.drift_factor, k.drift_slope), (k.noise_power, k.noise_slope)):
        near = [function(MEAN, STD * np.sqrt(1 + t), **given) for t in (-2e-4, -1e-4, 1e-4, 2e-4)]
        expected = (near[0] - 8 * near[1] + 8 * near[2] - near[3]) / (12e-4 * STD**2)
        np.testing.assert_allclose(
            change(MEAN, STD, **given), expected, rtol=1e-6, atol=1e-7 * np.max(np.abs(near[1] / STD**2))
        )


@pytest.mark.parametrize("text", ["erf(x)*r", "atan(x)*r", "Max(-1, Min(1, x))*r"])
def test_noise_shape_is_a_double_average(text):
    k, (f, _) = kernel(text), parts(text)
    bends = (-1.0, 0.0, 1.0)
    for rho, vi, vj in ((0.6, 0.5, 2.0), (-0.9, 1.0, 1.0), (0.0, 1.0, 3.0)):

        def given(x, rho=rho, vi=vi, vj=vj):
            return special.gaussian_expectation(f, rho * np.sqrt(vj / vi) * x, np.sqrt(vj * (1 - rho**2)), bends)

        expected = (
            special.gaussian_expectation(lambda x, given=given: f(x) * given(x), 0.0, np.sqrt(vi), bends)
            / k.feature_power()
        )
        np.testing.assert_allclose(k.noise_shape(rho, vi, vj), expected, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(k.noise_shape(np.array([1.0, -1.0]), 1.0, 1.0), [1.0, -1.0], rtol=1e-10)


@pytest.mark.parametrize("text", RULES[:3])
def test_every_step_holds(text):
    h = homogenize(text)
    assert set(h.verdicts.values()) == {Verdict.HOLDS}
    assert "<math" in h._repr_html_()
    assert text in str(h)


def test_normalisation_does_not_depend_on_how_the_rule_is_split():
    one, other = kernel("2*x*r"), kernel("x*(2*r)")
    np.testing.assert_allclose(one.drift_factor(0.1, 1.0), 2.0)
    np.testing.assert_allclose(other.noise_power(0.0, 1.0), 4.0)
    np.testing.assert_allclose([one.preconditioner(1.0), other.noise_shape(1.0, 1.0, 1.0)], 1.0)


def test_the_named_rules_have_their_known_functions():
    sign, plain, clip = (homogenize(a.rule) for a in (SignSGD, SGD, ClippedSGD))
    m, s = (sign.derivation.symbols[n].symbol for n in "ms")
    assert sp.simplify(sign.drift_factor - 2 * sp.exp(-(m**2) / (2 * s**2)) / (sp.pi * s)) == 0
    assert (sign.noise_power, plain.drift_factor, plain.noise_power) == (1, 1, m**2 + s**2)
    assert sign.closed_form
    assert clip.closed_form
    assert not homogenize("x*tanh(r)").closed_form


def test_an_expression_is_as_good_as_its_text_and_both_are_derived_once():
    a, b = sp.symbols("x r")
    assert homogenize(sp.sign(a) * sp.tanh(b)).closed_form is False
    assert homogenize("x*r") is homogenize("x*r")
    assert kernel("x*r") is kernel("x*r")


def test_called_it_gives_an_algorithm():
    made = homogenize("sign(x)*tanh(r/b)")(learning_rate=0.5, batch_size=3, b=2.0)
    assert made == SeparableUpdate(0.5, 3, (), "sign(x)*tanh(r/b)", {"b": 2.0})
    assert pickle.loads(pickle.dumps(made)) == made
    with pytest.raises(InvalidInput, match="parameters"):
        homogenize("sign(x)*tanh(r/b)")(learning_rate=0.5)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Max(0, x)*sign(r)", "relative spread .34"),
        ("(x + 1)*r", "not odd"),
        ("(x**3 - 3*x)*r", "E f'.x. = 0"),
        ("x*Abs(r)", "h is even"),
        ("x*r**2", "no descent"),
        ("-x*r", "climbs"),
        ("x*exp(r**2)", "infinite"),
        ("x*sinh(r**3)", "infinite"),
        ("x/r", "pole"),
        ("x*log(r)", "not a real number"),
        ("x*sqrt(Abs(r))*sign(r)", "slope is infinite"),
        ("tanh(x*r)", "product"),
        ("x + r", "product"),
        ("sign(x)", "lacks r"),
        ("r", "lacks x"),
    ],
)
def test_rules_that_are_not_covered_say_why(text, why):
    with pytest.raises(NotSeparable, match=why):
        homogenize(text)


@pytest.mark.parametrize(
    ("update", "why"),
    [
        ("x*m*r", "rename"),
        ("x.real*r", "attribute"),
        ("x**9**9**9*r", "text"),
        ("__import__('os')", "text"),
        ("x*besselj(0, r)", "update rule"),
        (sp.Function("q")(sp.Symbol("r")) * sp.Symbol("x"), "q"),
        (object(), "SymPy expression"),
    ],
)
def test_what_is_no_rule_is_refused(update, why):
    with pytest.raises(InvalidInput, match=why):
        homogenize(update)


def test_a_closed_form_that_cancels_twenty_digits_is_no_failure():
    """(1 - erfc(-u)/2) exp(2 s^2 - 2 m) loses the digits of the exponential, and has to be given more."""
    for text, h in (
        ("x*sign(r)*(1-exp(-Abs(r)))", lambda r: -np.sign(r) * np.expm1(-np.abs(r))),
        ("x*r*exp(-Abs(r))", lambda r: r * np.exp(-np.abs(r))),
    ):
        rule = homogenize(text)
        assert rule.verdicts["noise_power"] is Verdict.HOLDS
        assert rule.verdicts["noise_slope"] is Verdict.HOLDS
        wanted = special.gaussian_expectation(lambda r, h=h: h(r) ** 2, 0.3, np.array([0.2, 1.0, 5.0]), [0.0])
        np.testing.assert_allclose(kernel(text).noise_power(0.3, np.array([0.2, 1.0, 5.0])), wanted, rtol=1e-9)


def test_a_failed_derivation_fails_the_same_way_again(monkeypatch):
    rule = homogenize.__globals__["_derive"]("x*tanh(r/b)", None)
    emit = rule.derivation.function

    def function(name, **options):
        if name == "noise_power":
            raise DerivationError("noise_power fails")
        emit(name, **options)

    monkeypatch.setattr(rule.derivation, "function", function)
    messages = []
    for _ in range(2):
        with pytest.raises(DerivationError) as told:
            rule.source()
        messages.append(str(told.value))
    assert messages == ["noise_power fails"] * 2


@pytest.mark.parametrize("name", ["self", "learning_rate", "batch_size", "breaks"])
def test_names_of_the_call_are_no_parameters(name):
    with pytest.raises(InvalidInput, match=f"other parameter names than '{name}'"):
        homogenize(f"x*tanh(r/{name})")


def test_what_is_no_rule_or_no_derivation():
    with pytest.raises(InvalidInput, match="into must be a Derivation"):
        homogenize("x*r", 5)
    with pytest.raises(InvalidInput, match="must be text"):
        homogenize(None)
