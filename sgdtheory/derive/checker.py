"""How a step is held: numerically at random points at 30 digits, and by its route; both under a time limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import mpmath
import sympy as sp

from sgdtheory.derive import storing, timing
from sgdtheory.derive.domains import Domain, draw
from sgdtheory.derive.expectation import Expectation
from sgdtheory.derive.numeric import Evaluated, Undecided
from sgdtheory.derive.routes import Difference
from sgdtheory.derive.steps import Check, Kind, Step, Verdict
from sgdtheory.errors import invalid

Domains = Mapping[sp.Symbol, Domain]
TIME_LIMIT = 90.0
QUICK_LIMIT = 10.0
POINTS = 8
DIGITS = 30
_GUARD = 10


def check(step: Step, domains: Domains, quick: bool = False) -> tuple[Check, ...]:
    """Every way in which a step of its kind is held. ``quick`` spares SymPy's integrator."""
    if step.kind is Kind.DEFINITION:
        return (Check("given", Verdict.HOLDS, "taken as given"),)
    if step.kind is Kind.THEOREM:
        named = bool(step.checked_by)
        return (
            Check(
                "cited",
                Verdict.HOLDS if named else Verdict.UNKNOWN,
                f"cited; held against simulation by {', '.join(step.checked_by)}"
                if named
                else "cited; no case checks it",
            ),
        )
    numeric = {Kind.BOUND: _bound, Kind.LIMIT: _limit}.get(step.kind, _equal)
    checks = [_timed("numeric", lambda: numeric(step, domains), step, quick)]
    if step.route is not None:
        checks.append(_timed(step.route.way, lambda: _run(step, domains, quick), step, quick))
    return tuple(checks)


def recheck(record: Any, name: str | None = None) -> Any:
    """Read both sides of a step anew from a record's text and check them again, without the derivation's code.

    Parameters
    ----------
    record : Record or its data
    name : str, optional
        A step. None: every step.

    Returns
    -------
    tuple of Check, or dict of step name to tuple of Check
    """
    data = getattr(record, "data", record)
    domains, symbols = storing.read_symbols(data)
    if name is not None:
        step = next((s for s in data["steps"] if s["name"] == name), None)
        if step is None:
            raise invalid("name", name, f"one of {[s['name'] for s in data['steps']]}")
        return check(storing.read_step(step, symbols), domains)
    return {s["name"]: check(storing.read_step(s, symbols), domains) for s in data["steps"]}


def _run(step: Step, domains: Domains, quick: bool) -> Check:
    if quick and isinstance(step.route, Difference) and step.left.has(Expectation):
        return step.route.by_calculus(step.left, step.right)
    if step.route.way == "simulation":
        from sgdtheory.derive.sampling import simulate

        return simulate(step.route, step.right, domains)
    return step.route.run(step.left, step.right, {s.name: s for s in domains})


def _timed(way: str, run: Callable[[], Check], step: Step, quick: bool) -> Check:
    seconds = float(step.options.get("time_limit", QUICK_LIMIT if quick else TIME_LIMIT))
    try:
        with timing.limit(seconds):
            return run()
    except timing.TimeUp:
        return Check(way, Verdict.UNKNOWN, f"no decision within {seconds:g} s")
    except (
        Undecided,
        NotImplementedError,
        ArithmeticError,
        ValueError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        return Check(way, Verdict.UNKNOWN, f"no decision: {error}")


def _sides(step: Step, domains: Domains) -> tuple[list[sp.Symbol], Evaluated, Evaluated]:
    free = step.left.free_symbols | step.right.free_symbols
    symbols = [s for s in domains if s in free]
    return symbols, Evaluated(step.left, symbols), Evaluated(step.right, symbols)


def _tolerance(digits: int) -> Any:
    return mpmath.mpf(10) ** (-(2 * digits) // 3)


def _high(value: Any) -> Any:
    return mpmath.mpf(sp.Float(sp.N(value, mpmath.mp.dps), mpmath.mp.dps))


def _power_of_ten(error: Any) -> str:
    return "0" if error == 0 else f"1e{int(mpmath.ceil(mpmath.log10(error)))}"


def _equal(step: Step, domains: Domains) -> Check:
    digits, points = int(step.options.get("digits", DIGITS)), int(step.options.get("points", POINTS))
    worst, decided, reason = mpmath.mpf(0), 0, ""
    with mpmath.workdps(digits + _GUARD):
        symbols, left, right = _sides(step, domains)
        wanted = points if symbols else 1
        for seed in range(2 * wanted):
            point = draw(domains, seed)
            try:
                a, b = left(point), right(point)
            except Undecided as error:
                reason = str(error)
                continue
            size = max(abs(a), abs(b))
            gap = abs(a - b) if size < mpmath.mpf(10) ** (-digits - 5) else abs(a - b) / size
            if gap > _tolerance(digits):
                if abs(a - b) <= 100 * (left.error + right.error):
                    reason = "the quadrature did not reach the precision"
                    continue
                where = ", ".join(f"{s} = {mpmath.nstr(point[s], 6)}" for s in symbols)
                shown = max(12, 4 - int(mpmath.floor(mpmath.log10(gap))))  # so that the difference is seen
                return Check(
                    "numeric",
                    Verdict.FAILS,
                    f"at {where or 'its only point'}: left = {mpmath.nstr(a, shown)}, right = {mpmath.nstr(b, shown)}",
                    digits,
                    decided + 1,
                    _power_of_ten(gap),
                )
            worst, decided = max(worst, gap), decided + 1
            if decided == wanted:
                break
    if decided < wanted:
        return Check(
            "numeric",
            Verdict.UNKNOWN,
            f"only {decided} of {wanted} points could be evaluated ({reason})",
            digits,
            decided,
        )
    return Check(
        "numeric",
        Verdict.HOLDS,
        f"both sides agree at {wanted} random point{'s' * (wanted > 1)}",
        digits,
        decided,
        _power_of_ten(worst),
    )


def _bound(step: Step, domains: Domains) -> Check:
    digits, points = int(step.options.get("digits", DIGITS)), int(step.options.get("points", 4 * POINTS))
    sharp = step.options.get("attained_at")
    with mpmath.workdps(digits + _GUARD):
        symbols, left, right = _sides(step, domains)
        for seed in range(points):
            point = draw(domains, seed)
            a, b = left(point), right(point)
            if a - b > _tolerance(digits) * max(abs(a), abs(b)) + 100 * (left.error + right.error):
                where = ", ".join(f"{s} = {mpmath.nstr(point[s], 6)}" for s in symbols)
                return Check(
                    "numeric",
                    Verdict.FAILS,
                    f"at {where}: left = {mpmath.nstr(a, 12)} > right = {mpmath.nstr(b, 12)}",
                    digits,
                    seed + 1,
                )
        if sharp is None:
            return Check(
                "numeric", Verdict.HOLDS, f"left <= right at {points} random points; not sharp", digits, points
            )
        point = draw(domains, 0) | {s: _high(sharp[s.name]) for s in domains if s.name in sharp}
        a, b = left(point), right(point)
        if not 0.99 * abs(b) <= abs(a) <= (1 + _tolerance(digits)) * abs(b):
            return Check(
                "numeric",
                Verdict.FAILS,
                f"not attained where it is said to be: left/right = {mpmath.nstr(a / b, 6)}",
                digits,
                points,
            )
        return Check(
            "numeric",
            Verdict.HOLDS,
            f"left <= right at {points} random points; left/right = {mpmath.nstr(a / b, 6)} where nearly attained",
            digits,
            points,
        )


def _limit(step: Step, domains: Domains) -> Check:
    digits, points = int(step.options.get("digits", DIGITS)), int(step.options.get("points", 3))
    order, to = float(step.options["order"]), step.options["to"]
    with mpmath.workdps(digits + _GUARD):
        symbols, left, right = _sides(step, domains)
        variable = next(s for s in domains if s.name == step.options["variable"])
        fitted, side = [], -1 if domains[variable].high == to else 1
        for seed in range(points if len(symbols) > 1 else 1):
            point = draw(domains, seed)
            gaps = []
            for k in range(8, 14):
                small = mpmath.mpf(2) ** -k
                near = 1 / small if to == sp.oo else _high(to) + side * small
                here = point | {variable: near}
                gaps.append(abs(left(here) / right(here) - 1))
            if 0 in gaps:
                return Check(
                    "numeric",
                    Verdict.UNKNOWN,
                    "both sides agree exactly: this is an identity, not a limit",
                    digits,
                    seed + 1,
                )
            rates = [mpmath.log(a / b, 2) for a, b in pairwise(gaps)]
            fitted.append(2 * rates[-1] - rates[-2])  # the slope itself converges like the step: one extrapolation
            if abs(fitted[-1] - order) > 0.05 or gaps[-1] >= gaps[0]:
                return Check(
                    "numeric",
                    Verdict.FAILS,
                    f"relative error of order {mpmath.nstr(fitted[-1], 4)}, not {order:g}",
                    digits,
                    seed + 1,
                )
        worst = max(fitted, key=lambda f: abs(f - order))
        return Check(
            "numeric",
            Verdict.HOLDS,
            f"the ratio tends to 1 with an error of order {mpmath.nstr(worst, 3)}",
            digits,
            len(fitted),
        )
