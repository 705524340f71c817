"""Verdicts: what holds is found to hold, what is wrong by 5 % fails, what nothing decides is unknown."""

import threading
import time

import mpmath
import pytest
import sympy as sp

from sgdtheory.derive import (
    Derivation,
    DerivativeIn,
    Difference,
    DifferentRoute,
    Nonnegative,
    SeriesIn,
    Simulation,
    Verdict,
    timing,
)
from sgdtheory.derive.numeric import Evaluated, Undecided
from sgdtheory.derive.routes import from_data
from sgdtheory.errors import InvalidInput
from sgdtheory.expressions.expectation import Expectation


@pytest.fixture
def D():
    return Derivation("example")


def arcsine(D, factor=1, **options):
    rho, q = D.symbol("rho"), D.symbol("q", "(-1, 1)", "correlation on the way")
    given = D.definition("given", sp.Integral(2 / (sp.pi * sp.sqrt(1 - q**2)), (q, 0, rho)))
    D.identity("step", given, factor * 2 * sp.asin(rho) / sp.pi, **({"route": DerivativeIn(rho, 0)} | options))
    return D


def ways(D, name="step"):
    return {c.way: c.verdict for c in D.checks(name)}


def test_an_identity_holds_in_two_ways(D):
    check = {c.way: c for c in arcsine(D).checks("step")}
    assert {w: c.verdict for w, c in check.items()} == {"numeric": Verdict.HOLDS, "symbolic": Verdict.HOLDS}
    assert check["numeric"].digits == 30
    assert check["numeric"].points == 8
    assert float(check["numeric"].worst) < 1e-25
    assert D.verdict("step") is Verdict.HOLDS


def test_an_error_of_five_per_cent_fails_in_both_ways(D):
    found = ways(arcsine(D, factor=sp.Rational(21, 20)))
    assert found["numeric"] is Verdict.FAILS
    assert found["symbolic"] is not Verdict.HOLDS
    assert D.verdict("step") is Verdict.FAILS
    assert "left = " in D.told("step")


@pytest.mark.parametrize("change", [sp.Rational(1, 10**15), -1, 2])
def test_a_wrong_side_never_holds(D, change):
    rho = D.symbol("rho")
    given = D.definition("given", sp.Integral(sp.cos(D.symbol("q", "real", "")), (D.symbol("q", "real", ""), 0, rho)))
    D.identity("step", given, sp.sin(rho) + change * rho**3, route=DerivativeIn(rho, 0))
    assert D.verdict("step") is Verdict.FAILS


def test_nothing_decides_is_unknown(D):
    x = D.symbol("x")
    D.definition("given", sp.DiracDelta(x))
    D.identity("step", sp.DiracDelta(x), sp.DiracDelta(sp.sin(x)), needs=("given",), time_limit=5)
    assert set(ways(D).values()) == {Verdict.UNKNOWN}
    assert D.unknown() == ["step"]


def test_a_step_that_takes_too_long_is_unknown(D):
    x = D.symbol("x")
    D.definition("given", x)
    hard = sp.Integral(sp.exp(sp.sin(sp.exp(x))) * sp.cos(x**3), (x, 0, 200))
    D.identity("step", hard, sp.Integer(1), needs=("given",), time_limit=0.5)
    start = time.perf_counter()
    assert D.verdict("step") is Verdict.UNKNOWN
    assert time.perf_counter() - start < 15
    assert "within 0.5 s" in D.told("step")


def test_the_time_limit_works_in_any_thread_and_leaves_nothing_behind():
    found = []

    def work():
        try:
            with timing.limit(0.1):
                while True:
                    sum(range(100))
        except timing.TimeUp:
            found.append("up")
        time.sleep(0.05)
        found.append("alive")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert found == ["up", "alive"]
    with timing.limit(5):
        pass


@pytest.mark.parametrize(
    ("route", "held", "wrong"),
    [
        (Difference(), "sin(2*x)", "sin(2*x) + x/20"),
        (DerivativeIn("x", 0), "sin(2*x)", "sin(2*x) + x/20"),
        (SeriesIn("x", 0, 4), "sin(2*x)", "sin(2*x) + x**3/20"),
        (DifferentRoute("cos(x - pi/2)*cos(x)*2"), "sin(2*x)", "21*sin(2*x)/20"),
    ],
)
def test_routes_tell_right_from_wrong(D, route, held, wrong):
    from sgdtheory.derive.text import from_text

    x = D.symbol("x")
    left = 2 * sp.sin(x) * sp.cos(x)
    symbols = {"x": x}
    assert route.run(left, from_text(held, symbols), symbols).verdict is Verdict.HOLDS
    assert route.run(left, from_text(wrong, symbols), symbols).verdict is not Verdict.HOLDS
    assert from_data(route.data()) == route


def test_the_right_side_is_no_other_route(D):
    x = D.symbol("x")
    route = DifferentRoute(sp.sin(2 * x))
    assert route.run(2 * sp.sin(x) * sp.cos(x), sp.sin(2 * x), {"x": x}).verdict is Verdict.UNKNOWN


def test_simulation_holds_and_notices_five_per_cent(D):
    m, s, z = D.symbol("m"), D.symbol("s"), D.symbol("z")
    given = Expectation((m + s * z) ** 2, z, 0, 1)
    D.definition("given", given)
    route = Simulation((m + s * z) ** 2, {"z": "normal"})
    D.identity("step", given, m**2 + s**2, needs=("given",), route=route)
    D.identity("wrong", given, sp.Rational(21, 20) * (m**2 + s**2), needs=("given",), route=route)
    assert ways(D)["simulation"] is Verdict.HOLDS
    assert ways(D, "wrong")["simulation"] is Verdict.FAILS
    assert from_data(route.data()) == route


def test_simulation_that_says_nothing_is_unknown(D):
    z = D.symbol("z")
    D.definition("given", z)
    D.identity("step", Expectation(z, z, 0, 1), sp.Integer(0), needs=("given",), route=Simulation(z, {"z": "normal"}))
    assert ways(D)["simulation"] is Verdict.UNKNOWN


def test_the_calculus_is_no_second_way_for_what_it_derived(D):
    r, m, s = D.symbol("r"), D.symbol("m"), D.symbol("s")
    given = D.definition("given", Expectation(sp.erf(r) ** 2 * sp.sign(r) * 0 + r**2, r, m, s))
    D.identity("step", given, m**2 + s**2)
    assert ways(D) == {"numeric": Verdict.HOLDS, "symbolic": Verdict.HOLDS}  # SymPy's integrator, not the calculus
    Q = Derivation("quick", quick=True)
    for name in "rms":
        Q.symbol(name)
    Q.definition("given", given)
    Q.identity("step", given, m**2 + s**2)
    assert ways(Q) == {"numeric": Verdict.HOLDS, "calculus": Verdict.HOLDS}


def test_a_bound_is_nearly_attained_or_said_not_to_be_sharp(D):
    x = D.symbol("x", "(0, 3)", "")
    D.definition("given", sp.sin(x))
    D.bound("sharp", sp.sin(x), x, needs=("given",), attained_at={x: sp.Rational(1, 100)}, one_way="elementary")
    D.bound("lie", sp.sin(x), 2 * x, needs=("given",), attained_at={x: sp.Rational(1, 100)})
    D.bound("loose", sp.sin(x), 2 * x, needs=("given",), not_sharp=True)
    D.bound("wrong", sp.sin(x), x * sp.Rational(9, 10), needs=("given",), not_sharp=True)
    D.bound("square", 2 * x, 1 + x**2, needs=("given",), attained_at={x: 1}, route=Nonnegative((x - 1) ** 2))
    verdicts = {n: D.verdict(n) for n in ("sharp", "lie", "loose", "wrong", "square")}
    assert [n for n, v in verdicts.items() if v is Verdict.HOLDS] == ["sharp", "loose", "square"]
    assert verdicts["lie"] is verdicts["wrong"] is Verdict.FAILS
    assert len(D.checks("square")) == 2
    with pytest.raises(InvalidInput, match="nearly attained"):
        D.bound("both", x, 2 * x, needs=("given",))


def test_a_limit_recovers_its_order(D):
    x, d = D.symbol("x", "(0, 1)", ""), D.symbol("d")
    D.definition("given", sp.sin(x))
    D.limit("small", sp.sin(x), x, x, 0, 2, needs=("given",))
    D.limit("wrong_order", sp.sin(x), x, x, 0, 1, needs=("given",))
    D.limit("wrong", sp.sin(x), sp.Rational(21, 20) * x, x, 0, 2, needs=("given",))
    D.limit("large", (1 + x / d) ** d, sp.exp(x), d, sp.oo, 1, needs=("given",))
    D.limit("below", 1 - x**2, 2 * (1 - x), x, 1, 1, needs=("given",))
    D.limit("exact", x, x, x, 0, 1, needs=("given",))
    found = {n: D.verdict(n).value for n in D.steps if n != "given"}
    assert found == {"small": "holds", "wrong_order": "fails", "wrong": "fails", "large": "holds", "below": "holds", "exact": "unknown"}


def test_a_theorem_holds_by_its_cases_only(D):
    D.definition("given", D.symbol("x"))
    D.theorem("cited", "the risk concentrates", needs=("given",), assumes=("delocalised",), checked_by=("two_sizes",))
    D.theorem("alone", "the risk concentrates", needs=("given",))
    assert D.verdict("cited") is Verdict.HOLDS
    assert D.verdict("alone") is Verdict.UNKNOWN
    assert D.exactness("cited") == "limit"


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (
            lambda x, s: sp.Integral(sp.sign(x - s) * sp.exp(-(x**2) / 2), (x, -sp.oo, sp.oo)),
            lambda s: -mpmath.sqrt(2 * mpmath.pi) * mpmath.erf(s / mpmath.sqrt(2)),
        ),
        (lambda x, s: sp.Integral(sp.exp(-((x - 50) ** 2) / (2 * s**2)), (x, -sp.oo, sp.oo)), lambda s: s * mpmath.sqrt(2 * mpmath.pi)),
        (
            lambda x, s: sp.Integral(sp.Max(-s, sp.Min(s, x)) ** 2, (x, -2, 2)),
            lambda s: 2 * (s**3 / 3 + s**2 * (2 - s)) if s < 2 else mpmath.mpf(16) / 3,
        ),
        (lambda x, s: sp.Integral(sp.Abs(x - s) ** 3, (x, 0, 5)), lambda s: (s**4 + (5 - s) ** 4) / 4),
        (lambda x, s: sp.Integral(x, (x, 3, 0)), lambda s: mpmath.mpf(-9) / 2),
        (lambda x, s: sp.Sum(x**2, (x, 1, 10)), lambda s: 385),
        (lambda x, s: sp.Derivative(sp.sin(s * x), x).subs(x, 0), lambda s: s),
        (lambda x, s: Expectation(sp.sign(x), x, s, 2), lambda s: mpmath.erf(s / mpmath.sqrt(8))),
    ],
)
def test_unevaluated_nodes_have_values_to_twenty_digits(build, expected):
    x, s = sp.Symbol("x", real=True), sp.Symbol("s", positive=True)
    with mpmath.workdps(40):
        for value in ("0.3", "1.7"):
            point = {s: mpmath.mpf(value)}
            found, wanted = Evaluated(build(x, s), [s])(point), expected(point[s])
            assert abs(found - wanted) <= mpmath.mpf(10) ** -20 * abs(wanted)


def test_no_value_is_undecided_not_a_number():
    x = sp.Symbol("x", real=True)
    with pytest.raises(Undecided, match=r"not finite|ZeroDivision"):
        Evaluated(1 / (x - x * sp.Symbol("one")), [x, sp.Symbol("one")])({x: mpmath.mpf(1), sp.Symbol("one"): mpmath.mpf(1)})
    with pytest.raises(Undecided):
        Evaluated(sp.DiracDelta(x), [x])


def test_a_failure_prints_digits_in_which_the_sides_differ(D):
    rho = D.symbol("rho")
    given = D.definition("given", sp.sin(rho))
    D.identity("step", given, sp.sin(rho) * (1 + sp.Rational(1, 10**15)), route=Difference())
    left, right = (side.split(" = ")[-1] for side in D.told("step").split("left = ")[1].split(")")[0].split(", right"))
    assert left != right.split(";")[0]


def test_a_closed_form_keeps_its_digits_where_it_cancels():
    u = sp.Symbol("u", positive=True)
    with mpmath.workdps(40):
        value = Evaluated((1 - sp.erfc(-u) / 2) * sp.exp(u**2), (u,))({u: mpmath.mpf(9)})
    with mpmath.workdps(120):
        expected = mpmath.exp(81) * mpmath.erfc(9) / 2
        assert abs(value / expected - 1) < mpmath.mpf(10) ** -35
