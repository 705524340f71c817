"""The words that may stand in a text: functions with their numbers of arguments, constants, reserved names.

An update rule uses ``RULE``; a record of a derivation may use ``RECORD`` as well, which holds what only a
symbolic form needs (integrals, relations, more special functions).
"""

from __future__ import annotations

MANY = 64

RULE: dict[str, tuple[int, int]] = {
    **dict.fromkeys(["sign", "Abs", "sqrt", "exp", "log", "erf", "erfc", "tanh", "sinh", "cosh", "sin", "cos", "atan",
                     "asinh", "Heaviside"], (1, 1)),
    "Max": (1, MANY),
    "Min": (1, MANY),
    "clip": (3, 3),
}

_FUNCTIONS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(["asin", "acos", "tan", "acosh", "atanh", "coth", "gamma", "loggamma", "digamma", "factorial",
                     "erfi", "erfcx", "erfinv", "erfcinv", "Ei", "zeta", "LambertW", "floor", "ceiling", "re", "im",
                     "conjugate"], (1, 1)),
    **dict.fromkeys(["atan2", "besseli", "besselj", "besselk", "bessely", "polygamma", "beta", "lowergamma",
                     "uppergamma", "expint", "binomial", "hermite", "KroneckerDelta"], (2, 2)),
    "DiracDelta": (1, 2),
    "Heaviside": (1, 2),
}

# Operators that bind a variable or change the kind of value; the parser treats each by itself.
BINDERS = frozenset({"Integral", "Sum", "Product", "Limit", "Subs", "Expectation"})
RELATIONS = frozenset({"Eq", "Ne", "Lt", "Le", "Gt", "Ge"})
CONNECTIVES = frozenset({"And", "Or", "Not"})
OPERATORS = BINDERS | RELATIONS | CONNECTIVES | {"Piecewise", "Derivative"}

RECORD: dict[str, tuple[int, int]] = {**RULE, **_FUNCTIONS, **dict.fromkeys(OPERATORS, (1, MANY))}

RULE_CONSTANTS = frozenset({"pi"})
RECORD_CONSTANTS = frozenset({"pi", "I", "oo"})
# Never symbols, in neither mode: a reader, or SymPy, would take them for something else.
RESERVED = frozenset({"pi", "I", "E", "oo", "zoo", "nan", "inf", "Infinity", "NaN"})

SPELLINGS = {
    "abs": "Abs", "fabs": "Abs", "max": "Max", "maximum": "Max", "min": "Min", "minimum": "Min", "arctan": "atan",
    "arcsinh": "asinh", "sgn": "sign", "Sign": "sign", "Tanh": "tanh", "ln": "log", "heaviside": "Heaviside",
    "softsign": "r/(1 + Abs(r))", "relu": "Max(0, x)", "sigmoid": "1/(1 + exp(-r))", "pow": "**", "square": "**2",
}
