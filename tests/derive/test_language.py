"""The language: symbols, paths, exactness, and what is refused."""

import subprocess
import sys

import pytest
import sympy as sp

from sgdtheory.derive import Derivation, DerivativeIn
from sgdtheory.derive.domains import domain, draw
from sgdtheory.errors import DerivationError, InvalidInput


def chain():
    D = Derivation("chain", update="x*Max(-c, Min(c, r))")
    a, q = D.symbol("a", "(0, 1)", ""), D.symbol("q", "(-1, 1)", "")
    area = D.definition("area", sp.Integral(2 * sp.sqrt(1 - q**2), (q, 0, a)))
    D.identity("closed", area, sp.asin(a) + a * sp.sqrt(1 - a**2), route=DerivativeIn(a, 0))
    return D, a, q


def test_the_update_is_the_first_definition_and_gives_the_parameters():
    D, *_ = chain()
    assert next(iter(D.steps)) == "update"
    assert [p.name for p in D.parameters] == ["c"]
    assert D.symbols["c"].symbol.is_positive
    assert D.symbols["r"].symbol.is_positive is None


def test_needs_are_read_off_where_the_left_side_is_an_earlier_result():
    D, *_ = chain()
    assert D.steps["closed"].needs == ("area",)
    assert D.path("closed") == ("area", "closed")


def test_nothing_without_a_path_from_a_definition_is_emitted():
    D, a, _ = chain()
    D.identity("alone", sp.sin(a) ** 2 + sp.cos(a) ** 2, sp.Integer(1))
    with pytest.raises(DerivationError, match="no path from a definition"):
        D.function("one", step="alone", arguments=[a])


def test_nothing_that_fails_or_is_unknown_is_emitted():
    D, a, _ = chain()
    D.identity("wrong", D.steps["area"].right, sp.asin(a), route=DerivativeIn(a, 0))
    with pytest.raises(DerivationError, match="rests on wrong, which fails"):
        D.function("wrong", step="wrong", arguments=[a])
    D.identity("later", sp.asin(a), sp.asin(a), needs=("wrong",))
    with pytest.raises(DerivationError, match="rests on wrong"):
        D.function("later", step="later", arguments=[a])
    D.theorem("open", "nobody checked this", needs=("area",))
    D.identity("rests", sp.asin(a), sp.asin(a), needs=("open",))
    with pytest.raises(DerivationError, match="rests on open, which is undecided"):
        D.function("rests", step="rests", arguments=[a])


def test_a_claim_is_never_emitted():
    D, a, _ = chain()
    D.claim("printed", D.steps["closed"].right, sp.asin(a) + a * sp.sqrt((1 - a) * (1 + a)))
    assert D.verdict("printed").value == "holds"
    with pytest.raises(DerivationError, match="claim is never emitted"):
        D.function("printed", step="printed", arguments=[a])


def test_a_result_is_as_exact_as_the_weakest_step_on_its_path():
    D, *_ = chain()
    x = D.symbol("small", "(0, 1)", "")
    D.bound("bound", x, 2 * x, needs=("closed",), not_sharp=True)
    D.limit("limit", sp.sin(x), x, x, 0, 2, needs=("bound",))
    D.identity("after", x, x, needs=("limit",))
    assert [D.exactness(n) for n in ("closed", "bound", "limit", "after")] == ["exact", "bound", "limit", "limit"]


def test_an_identity_held_in_one_way_is_not_written_without_a_word():
    D = Derivation("single")
    x = D.symbol("x")
    q = D.symbol("q", "real", "")
    hard = sp.Integral(sp.exp(-(q**2)) * sp.log(q**2 + x**2 + 1), (q, 0, 1))
    D.definition("given", hard)
    D.identity("same", hard, hard + 0 * x, time_limit=5)
    D.identity("moved", hard, sp.Integral(2 * q * sp.exp(-(q**4)) * sp.log(q**4 + x**2 + 1), (q, 0, 1)), time_limit=3)
    assert D.verdict("moved").value == "holds"
    with pytest.raises(DerivationError, match="moved is held in one way only"):
        D.files()
    E = Derivation("single")
    E.symbol("x")
    E.definition("given", hard)
    E.identity("moved", hard, D.steps["moved"].right, time_limit=3, one_way="no closed form")
    assert set(E.files()) == {"single.py", "single.json"}


@pytest.mark.parametrize(
    ("do", "error", "match"),
    [
        (lambda D, a: D.definition("area", a), InvalidInput, "new identifier"),
        (lambda D, a: D.definition("a b", a), InvalidInput, "identifier"),
        (lambda D, a: D.identity("i", a, a, needs=("nowhere",)), DerivationError, "not earlier steps"),
        (lambda D, a: D.definition("i", sp.Symbol("free")), DerivationError, "free has no domain"),
        (lambda D, a: D.definition("i", sp.Symbol("a")), DerivationError, "not the declared symbol"),
        (lambda D, a: D.symbol("unheard"), InvalidInput, "domain"),
        (lambda D, a: D.symbol("b", "somewhere", ""), InvalidInput, "domain='somewhere'"),
        (lambda D, a: D.symbol("b", "(0, k)", ""), InvalidInput, "declared before"),
        (lambda D, a: D.symbol("a", "real", ""), InvalidInput, "declared before"),
        (lambda D, a: D.symbol("b", "(0, __import__)", ""), InvalidInput, "domain"),
        (lambda D, a: D.function("f", step="nowhere"), InvalidInput, "step="),
        (lambda D, a: D.function("f", step="closed", arguments=[]), DerivationError, "no arguments"),
        (lambda D, a: D.function("f", step="area", arguments=[a]), DerivationError, "no closed form"),
        (lambda D, a: Derivation("no name"), InvalidInput, "identifier"),
    ],
)
def test_slips_are_told(do, error, match):
    D, a, _ = chain()
    with pytest.raises(error, match=match):
        do(D, a)


def test_a_name_stays_what_it_is_when_its_module_is_loaded():
    code = (
        "import sys, sgdtheory.derive as derive; assert 'sympy' not in sys.modules; "
        "from sgdtheory.derive.homogenize import kernel; from sgdtheory.derive import homogenize; "
        "import sgdtheory as sgt; assert sgt.derive.homogenize is homogenize is derive.homogenize; assert not hasattr(homogenize, 'kernel')"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_domains_say_what_is_assumed_and_what_is_drawn():
    k = sp.Symbol("k", positive=True)
    cases = {
        "real": (lambda v: True, None),
        "positive": (lambda v: v > 0, "positive"),
        "nonnegative": (lambda v: v >= 0, "nonnegative"),
        "(-1, 1)": (lambda v: -1 < v < 1, None),
        "[0, pi/2)": (lambda v: 0 <= v < 1.5708, "nonnegative"),
        "(2, oo)": (lambda v: v > 2, "positive"),
        "(-oo, 0)": (lambda v: v < 0, "negative"),
        "integer >= 1": (lambda v: v >= 1 and v == int(v), "positive"),
    }
    for text, (inside, assumed) in cases.items():
        where = domain(text, {})
        symbol = where.symbol("t")
        assert assumed is None or getattr(symbol, f"is_{assumed}"), text
        for seed in range(50):
            assert inside(draw({symbol: where}, seed)[symbol]), text
    inner = domain("(-sqrt(k), sqrt(k))", {"k": k})
    for seed in range(20):
        point = draw({k: domain("positive", {}), sp.Symbol("c", real=True): inner}, seed)
        assert abs(point[sp.Symbol("c", real=True)]) < point[k] ** 0.5
    assert draw({k: domain("positive", {})}, 3) == draw({k: domain("positive", {})}, 3)
