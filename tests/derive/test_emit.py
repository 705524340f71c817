"""The emitter: values, broadcasting, dtype, no warnings, pickling, deterministic and clean source."""

import importlib.util
import json
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from sgdtheory.derive import Derivation
from sgdtheory.derive.numeric import Evaluated
from sgdtheory.derive.numpy_printer import NumPySource, callable_of, scaled
from sgdtheory.errors import DerivationError
from sgdtheory.expressions.expectation import Expectation

x, y = sp.symbols("x y", real=True)
s, c = sp.symbols("s c", positive=True)
POINT = {x: 0.37, y: -1.3, s: 0.8, c: 0.25}

FORMULAS = {
    sp.sqrt(2) / sp.sqrt(sp.pi) * x: "(2/np.pi)**0.5*x",
    2 * sp.asin(x) / sp.pi: "(2/np.pi)*np.arcsin(x)",
    x**-2: "1/x**2",
    -x / 2: "-x/2",
    sp.Rational(2, 3) * x: "2*x/3",
    sp.sqrt(s): "np.sqrt(s)",
    s ** sp.Rational(3, 2): "s*np.sqrt(s)",
    s ** sp.Rational(-5, 2): "1/(s**2*np.sqrt(s))",
    -sp.exp(-(x**2) / (2 * s**2)) / (s * sp.sqrt(2 * sp.pi)): "-(1/(2*np.pi))**0.5*np.exp(-x**2/(2*s**2))/s",
    sp.exp(s**2) * (1 - sp.erf(s)) / 3: "special.erfcx(s)/3",
    sp.exp(-(s**2)) * sp.erfc(s): "special.erfcx(s)*np.exp(-2*s**2)",
    sp.exp(x**2) * sp.erfc(x): "special.erfc(x)*np.exp(x**2)",
    2 - 2 * sp.erf(x) + y: "y + 2*special.erfc(x)",
    sp.Max(-c, sp.Min(c, x)): "np.maximum(-c, np.minimum(c, x))",
    sp.log(2) * x: "float(np.log(2))*x",
    sp.Piecewise((x / s, x < 0), (sp.sqrt(s), True)): "np.where(x < 0, x/s, np.sqrt(s))",
    sp.Piecewise((x, (x < 0) & (y < 1)), (y, True)): "np.where((x < 0) & (y < 1), x, y)",
    (x + 1) * (y - 2) / (s + 1): "(x + 1)*(y - 2)/(s + 1)",
    (1 + sp.sqrt(2)) * x: "(1 + 2**0.5)*x",
    sp.Abs(x) * sp.sign(y): "np.abs(x)*np.sign(y)",
    -((x + y) ** 3) / (2 * s): "-(x + y)**3/(2*s)",
    sp.pi**2 * x / 6: "(np.pi**2/6)*x",
    s**x: "s**x",
    (x**2 + 1) ** y: "(x**2 + 1)**y",
    sp.besselk(0, s): "special.kve(0, s)*np.exp(-s)",
    sp.Heaviside(x): "np.heaviside(x, 0.5)",
    Expectation(sp.Max(x, c), x, y, s): "special.gaussian_expectation(lambda x: np.maximum(c, x), y, s, kinks=(c,))",
}


@pytest.mark.parametrize("expr", FORMULAS, ids=str)
def test_source_and_value(expr):
    assert NumPySource().doprint(scaled(expr)) == FORMULAS[expr]
    symbols = sorted(expr.free_symbols, key=str)
    call = callable_of(expr, symbols)
    with mpmath.workdps(30):
        exact = float(Evaluated(expr, symbols)({t: mpmath.mpf(v) for t, v in POINT.items()}))
    assert call(*(POINT[t] for t in symbols)) == pytest.approx(exact, rel=3e-15 if not expr.has(Expectation) else 1e-12)
    if not expr.has(Expectation):
        arrays = [np.full((2, 1), POINT[t], dtype=np.float32) for t in symbols]
        assert call(*arrays).dtype == np.float32
        assert call(*arrays).shape == (2, 1)


@settings(deadline=None, max_examples=40, derandomize=True)
@given(
    st.recursive(
        st.sampled_from([x, y, s, c, sp.Integer(2), sp.Integer(-3), sp.Rational(2, 7), sp.pi, sp.sqrt(3)]),
        lambda e: st.one_of(
            st.builds(lambda a, b: a + b, e, e),
            st.builds(lambda a, b: a * b, e, e),
            st.builds(lambda a, b: a - b, e, e),
            st.builds(lambda a: a**2, e),
            st.builds(lambda a: 1 / (1 + a**2), e),
            st.builds(lambda a: sp.exp(-(a**2)), e),
            st.builds(lambda a: sp.sqrt(1 + a**2), e),
            st.builds(sp.erf, e),
            st.builds(sp.Max, e, e),
        ),
        max_leaves=8,
    )
)
def test_printed_trees_have_the_value_of_the_tree(expr):
    symbols = [x, y, s, c]
    exact = mpmath.mpf(str(sp.N(expr.subs({k: sp.Rational(str(v)) for k, v in POINT.items()}), 40)))
    size = max((abs(float(sp.N(a.subs(POINT)))) for a in sp.preorder_traversal(expr) if a.is_real), default=1.0)
    assert abs(callable_of(expr, symbols)(*(POINT[t] for t in symbols)) - exact) <= 1e-13 * max(size, abs(exact))


def kernel(build):
    D = Derivation("made", title="A made-up kernel", source="arXiv:0000.00000", update="x*Max(-c, Min(c, r))")
    m, std = D.symbol("m"), D.symbol("s")
    build(D, m, std)
    return D


def load(D, tmp_path, name="made_kernel"):
    path = tmp_path / f"{name}.py"
    path.write_text(D.source_text(), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def made(tmp_path):
    def build(D, m, std):
        bell = D.definition("bell", sp.exp(-(m**2) / (2 * std**2)) / std)
        D.definition("ratio", (1 - sp.exp(-m)) / m)
        D.definition("branch", sp.Piecewise((sp.sqrt(m), m > 0), (m**2 / std, True)))
        D.definition("one", sp.Integer(1))
        D.definition("whole", sp.Integral(bell * sp.cos(m), (m, 0, 1)))
        pair = {"mean": m, "std": std}
        D.function("bell", step="bell", arguments=pair, doc="A bell")
        D.function("ratio", step="ratio", arguments={"mean": m}, removable={m: (0, 1)}, parameters=())
        D.function("branch", step="branch", arguments=pair)
        D.function("one", step="one", arguments=pair)
        D.function("integrand", step="whole", arguments=pair, part="integrand")
        D.constant("CLOSED_FORM", True)

    D = kernel(build)
    yield D, load(D, tmp_path)
    sys.modules.pop("made_kernel", None)


def test_functions_broadcast_keep_the_dtype_and_do_not_warn(made):
    _, k = made
    mean, std = np.linspace(-2, 2, 5)[:, None], np.array([0.5, 1.0, 2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for f in (k.bell, k.branch, k.one, k.integrand):
            value = f(mean, std, c=1.0)
            assert value.shape == (5, 3)
            assert value.dtype == np.float64
            assert f(mean.astype(np.float32), std.astype(np.float32), c=np.float64(1.0)).dtype == np.float32
            assert f(mean.astype(np.float32), 2.0, c=1.0).dtype == np.float32
            assert np.ndim(f(1, 2, c=1)) == 0
            assert isinstance(f(1, 2, c=1), np.floating)
        np.testing.assert_allclose(k.branch(mean, std, c=1.0), np.where(mean > 0, np.sqrt(np.abs(mean)), mean**2 / std), rtol=1e-15)
        np.testing.assert_array_equal(k.one(mean, std, c=1.0), np.ones((5, 3)))
        np.testing.assert_allclose(k.ratio(np.array([0.0, 1.0])), [1.0, 1 - np.exp(-1)], rtol=1e-15)
        assert k.ratio(0.0) == 1.0
    assert (k.SOURCE, k.UPDATE, k.CLOSED_FORM) == ("arXiv:0000.00000", "x*Max(-c, Min(c, r))", True)


def test_functions_say_what_they_are_and_pickle(made):
    _, k = made
    assert "A bell." in k.bell.__doc__
    assert "exp(-mean**2/(2*std**2))/std" in k.bell.__doc__
    assert "mean of the residual" in k.bell.__doc__
    assert "arXiv:0000.00000" in k.bell.__doc__
    assert pickle.loads(pickle.dumps(k.bell))(1.0, 2.0, c=1.0) == k.bell(1.0, 2.0, c=1.0)


def test_the_source_is_clean_and_always_the_same(made, tmp_path):
    D, k = made
    assert D.source_text() == D.source_text()
    config = Path(__file__).parents[2] / "pyproject.toml"
    path = Path(k.__file__)
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "--config", str(config), "--ignore", "E501,INP001", str(path)]
    done = subprocess.run(ruff, capture_output=True, text=True, check=False)
    if "No module named ruff" in done.stderr:
        pytest.skip("ruff is not installed")
    assert done.returncode == 0, done.stdout


def test_only_what_is_needed_is_imported():
    D = Derivation("plain")
    t = D.symbol("t")
    D.definition("two", 2 * t)
    D.function("two", step="two", arguments=[t])
    assert "special" not in D.source_text()


@pytest.mark.parametrize("name", sorted(p.stem for p in (Path(__file__).parents[2] / "sgdtheory" / "kernels").glob("[a-z]*.py")))
def test_a_kernel_of_the_package_imports_neither_scipy_nor_sympy(name):
    heavy = ("scipy", "sympy", "mpmath", "matplotlib")
    code = f"import sys, json, sgdtheory.kernels.{name}; print(json.dumps([m for m in {heavy} if m in sys.modules]))"
    assert json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) == []


def test_what_cannot_be_printed_or_is_printed_wrongly_is_refused():
    D = Derivation("refused")
    t, u = D.symbol("t"), D.symbol("u")
    D.definition("integral", sp.Integral(sp.exp(-(u**2)), (u, 0, t)))
    D.definition("complex", sp.I * t)
    D.definition("open", sp.Piecewise((t, t < 1)))
    for name, match in (("integral", "no closed form"), ("complex", "no closed form"), ("open", "do not cover")):
        with pytest.raises(DerivationError, match=match):
            D.function(name, step=name, arguments=[t])
    D.definition("line", 2 * t)
    with pytest.raises(DerivationError, match="is printed so that it gives"):
        D.function("line", step="line", arguments=[t], form=sp.Rational(21, 10) * t)
    with pytest.raises(DerivationError, match="removable"):
        D.function("line", step="line", arguments=[t], removable={u: (0, 0)})
    assert D.functions == {}
