"""What stands under a kernel's integral, written so that floating-point numbers keep its digits where it is small.

1 - tanh(u)^2 is 1/cosh(u)^2, and a derivative that is a sum of fractions becomes one fraction: far out, where the terms
cancel, their difference would be rounding, and the quadrature would refuse it.
"""

from __future__ import annotations

import math
from typing import Any

import sympy as sp


def rewritten(h: Any, r: sp.Symbol) -> Any:
    """The same function of r without the cancellations that derivatives of sigmoids bring."""
    h = sp.sympify(h)
    if isinstance(h, sp.Piecewise):
        return sp.Piecewise(*((rewritten(value, r), condition) for value, condition in h.args))
    h = h.replace(lambda e: isinstance(e, sp.Add) and e.has(sp.tanh), _with_cosh)
    return _one_fraction(h, r) if h.has(r) else h


def _with_cosh(total: sp.Add) -> Any:
    """k - k tanh(u)^2 = k / cosh(u)^2."""
    terms = list(total.args)
    for term in total.args:
        squares = [f for f in sp.Mul.make_args(term) if f.is_Pow and f.exp == 2 and isinstance(f.base, sp.tanh)]
        if term in terms and len(squares) == 1 and -term / squares[0] in terms:
            terms.remove(term)
            terms.remove(-term / squares[0])
            terms.append(-term / squares[0] / sp.cosh(squares[0].base.args[0]) ** 2)
    return sp.Add(*terms)


def _one_fraction(h: Any, r: sp.Symbol) -> Any:
    """A sum of fractions over powers of common bases as one, where that is shorter."""
    roots = {p for p in h.atoms(sp.Pow) if p.has(r) and p.exp.is_Rational and not p.exp.is_Integer}
    bases = sorted({p.base for p in roots}, key=sp.default_sort_key)
    # A root becomes a symbol q, its base q^n, so that fractions in r and the q are rational.
    names = {b: (sp.Dummy("q", positive=True), math.lcm(*(int(p.exp.q) for p in roots if p.base == b))) for b in bases}
    plain = h.replace(lambda e: isinstance(e, sp.Pow) and e.base in names, lambda e: names[e.base][0] ** (e.exp * names[e.base][1]))
    if not plain.is_rational_function(r, *(q for q, _ in names.values())):
        return h
    upper, lower = sp.fraction(sp.together(plain))
    for base, (q, n) in names.items():
        upper = sp.expand(upper).replace(lambda e, q=q: e.is_Pow and e.base == q, lambda e, b=base, q=q, n=n: b ** (e.exp // n) * q ** (e.exp % n))
    back = {q: b ** sp.Rational(1, n) for b, (q, n) in names.items()}
    value = sp.expand(upper).subs(back) / lower.subs(back)
    value = value if names else sp.factor(sp.cancel(value))
    return value if sp.count_ops(value) < sp.count_ops(h) else h
