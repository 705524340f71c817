"""Rendering: well-formed MathML, LaTeX and plain text for everything a record may hold."""

from xml.etree import ElementTree

import pytest
import sympy as sp

from sgdtheory.derive import render
from sgdtheory.derive.record import derivation, names
from sgdtheory.expressions.expectation import Expectation

x, y, m = sp.symbols("x y m", real=True)
s, k = sp.Symbol("s", positive=True), sp.Symbol("kappa_i", positive=True)
NS = "{http://www.w3.org/1998/Math/MathML}"
EVERYTHING = [
    x < y,
    sp.Le(x, 2),
    sp.Eq(x, y),
    sp.Ne(x, y),
    (x < 1) & (y > 2),
    (x < 1) | (y >= 2),
    sp.Piecewise((x, x < 0), (sp.sqrt(k), True)),
    sp.DiracDelta(x),
    sp.Heaviside(x),
    sp.Max(x, y),
    sp.Min(x, sp.Abs(y)),
    sp.sign(x) * sp.erf(y) / sp.erfc(s),
    sp.Function("erfcx")(s),
    sp.besselk(1, s) * sp.loggamma(s) * sp.gamma(s),
    sp.asin(x) * sp.atan(y) * sp.asinh(x),
    sp.Integral(sp.exp(-(x**2) / 2) * sp.sign(x), (x, -sp.oo, sp.oo)),
    sp.Sum(x**y, (y, 1, sp.oo)),
    sp.Derivative(sp.exp(x * y), x),
    sp.Subs(sp.Derivative(sp.exp(x * y), x), x, s),
    Expectation(sp.Max(x, 0), x, m, s),
    sp.exp(-x) * sp.log(s) ** 2 - sp.Rational(2, 3) * sp.pi,
    sp.I * sp.conjugate(x + sp.I * y),
]


@pytest.mark.parametrize("expr", EVERYTHING, ids=str)
def test_mathml_is_well_formed_and_says_no_words(expr):
    text = render.mathml(expr)
    root = ElementTree.fromstring(text)
    assert root.tag == NS + "math"
    words = {"".join(e.itertext()).lower() for e in root.iter(NS + "mi")}
    assert not words & {"piecewise", "diracdelta", "heaviside", "expectation", "subs", "true", "loggamma", "besselk"}
    assert "&" not in text.replace("&lt;", "").replace("&gt;", "").replace("&amp;", "")
    latex = render.latex(expr)
    assert latex.count("{") == latex.count("}")
    assert render.plain(expr)


def test_less_than_is_escaped_once():
    root = ElementTree.fromstring(render.mathml(x < y))
    assert [e.text for e in root.iter(NS + "mo")] == ["<"]


def test_expectations_name_their_law():
    e = Expectation(sp.sign(x), x, m, s)
    assert render.plain(e) == "E[sign(x); x ~ N(m, s**2)]"
    assert r"\mathbb{E}_{x \sim \mathcal{N}\left(m,\, s^{2}\right)}" in render.latex(e)
    assert "∼" in render.mathml(e)


def test_symbols_are_printed_by_their_names():
    t = sp.Symbol("t_freq", real=True)
    assert render.latex(t**2, {"t_freq": r"\tau"}) == r"\tau^{2}"
    assert "τ" in render.mathml(t**2, {"t_freq": r"\tau"})
    assert "ε" in render.mathml(sp.Symbol("eps"), {"eps": r"\varepsilon"})


@pytest.mark.parametrize("label", ["psi(m, s)", "log M(u; mu, v)", "E f'(Z) E h'(r)", "area_integral", "d(drift)/d(s^2)", "a < b & c"])
def test_labels_are_well_formed(label):
    shown = render.shown("definition", None, x**2, label, {"m": "m"})
    assert shown["plain"] == f"{label} := x**2"
    ElementTree.fromstring(shown["mathml"])
    assert shown["latex"].endswith(":= x^{2}")


@pytest.mark.parametrize("name", names())
def test_every_formula_of_every_record_is_well_formed(name):
    record = derivation(name)
    formulas = [s["mathml"] for s in record if s["kind"] != "theorem"] + [r["mathml"] for r in record.results.values()]
    assert formulas
    for text in formulas:
        assert ElementTree.fromstring(text).tag == NS + "math"
    for step in record:
        assert step["latex"].count("{") == step["latex"].count("}")
