"""A tree to a NumPy function: closures over ufuncs, built once, so that a call does nothing but the ufuncs' work."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from sgdtheory import special
from sgdtheory.errors import InvalidInput, invalid
from sgdtheory.expressions import vocabulary
from sgdtheory.expressions.tree import Apply, Name, Node, Number
from sgdtheory.values import number

Values = tuple[Any, ...]
Code = Callable[[Values], Any]


def _heaviside(z: Any) -> Any:
    return np.heaviside(z, 0.5)


def _clip(z: Any, low: Any, high: Any) -> Any:
    return np.maximum(low, np.minimum(high, z))


_UFUNCS: dict[str, Callable[..., Any]] = {
    "sign": np.sign, "Abs": np.abs, "sqrt": np.sqrt, "exp": np.exp, "log": np.log,
    "erf": special.erf, "erfc": special.erfc, "tanh": np.tanh, "sinh": np.sinh, "cosh": np.cosh,
    "sin": np.sin, "cos": np.cos, "atan": np.arctan, "asinh": np.arcsinh,
    "Heaviside": _heaviside, "clip": _clip,
}


class _Constant:
    """Code whose value is already known."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __call__(self, values: Values) -> float:
        return self.value


def build(node: Node, places: Mapping[str, int], parameters: Mapping[str, float]) -> Code:
    """Code for a tree; ``places`` says where a symbol's array lies in the tuple of values."""
    if isinstance(node, Number):
        return _Constant(float(node.value))
    if isinstance(node, Name):
        if node.name == "pi":
            return _Constant(math.pi)
        if node.name in parameters:
            return _Constant(parameters[node.name])
        place = places[node.name]
        return lambda values: values[place]
    if node.head not in vocabulary.RULE and node.head not in ("+", "*", "/", "**", "neg"):
        raise invalid("text", node.head, "an update rule", f"{node.head} stands in records only, without a NumPy form")
    if node.head == "**":
        return _power(node, places, parameters)
    if node.head == "+":
        code, parts = _sum(node, places, parameters)
    else:
        parts = [build(a, places, parameters) for a in node.args]
        code = _combine(node, parts)
    if not all(isinstance(p, _Constant) for p in parts):
        return code
    value = float(code(()))
    if math.isnan(value):
        raise invalid("text", node.head, "an operation with a real value", "its arguments are constants and give none")
    return _Constant(value)


def _combine(node: Apply, parts: list[Code]) -> Code:
    if node.head == "neg":
        (inner,) = parts
        return lambda values: -inner(values)
    if node.head == "/":
        return _fold(np.divide, parts)
    if node.head == "*":
        return _fold(np.multiply, parts)
    if node.head in ("Max", "Min"):
        return _fold(np.maximum if node.head == "Max" else np.minimum, parts)
    function = _UFUNCS[node.head]
    if len(parts) == 1:
        (only,) = parts
        return lambda values: function(only(values))
    return lambda values: function(*(p(values) for p in parts))


def _fold(operation: Callable[[Any, Any], Any], parts: list[Code]) -> Code:
    if len(parts) == 2:
        first, second = parts
        return lambda values: operation(first(values), second(values))

    def code(values: Values) -> Any:
        result = parts[0](values)
        for part in parts[1:]:
            result = operation(result, part(values))
        return result

    return code


def _sum(node: Apply, places: Mapping[str, int], parameters: Mapping[str, float]) -> tuple[Code, list[Code]]:
    # a - b is stored as a + (-b); it is evaluated as the subtraction it was written as.
    negative = [isinstance(a, Apply) and a.head == "neg" for a in node.args]
    parts = [build(a.args[0] if n else a, places, parameters)  # type: ignore[union-attr]
             for a, n in zip(node.args, negative, strict=True)]
    steps = [(np.subtract if n else np.add, p) for p, n in zip(parts[1:], negative[1:], strict=True)]

    def code(values: Values) -> Any:
        result = -parts[0](values) if negative[0] else parts[0](values)
        for operation, part in steps:
            result = operation(result, part(values))
        return result

    return code, parts


def _power(node: Apply, places: Mapping[str, int], parameters: Mapping[str, float]) -> Code:
    base, exponent = build(node.args[0], places, parameters), build(node.args[1], places, parameters)
    if isinstance(exponent, _Constant):
        p = exponent.value
        if isinstance(base, _Constant):
            return _Constant(float(np.power(base.value, p)))
        if p == int(p) and abs(p) <= 16:
            n = int(p)
            return lambda values: _integer_power(base(values), n)
        if p == 0.5:
            return lambda values: np.sqrt(base(values))
        return lambda values: np.power(base(values), p)
    return lambda values: np.power(base(values), exponent(values))


def _integer_power(z: Any, n: int) -> Any:
    # Repeated squaring: ten times faster than np.power on arrays, and a few units in the last place.
    if n < 0:
        return np.divide(1.0, _integer_power(z, -n))
    result = None
    while n:
        if n & 1:
            result = z if result is None else result * z
        n >>= 1
        if n:
            z = z * z
    return np.ones_like(z, dtype=np.result_type(z, 0.0)) if result is None else result


class NumPyFunction:
    """An expression as a function of arrays, by keyword; its parameters are already put in.

    Raises ``InvalidInput`` where the value is no real number (a root or logarithm of a negative number, 0/0).
    """

    def __init__(self, expression: Any, parameters: Mapping[str, Any]) -> None:
        self.expression = expression
        self.parameters = {str(k): number(str(k), v) for k, v in parameters.items()}
        unknown = sorted(set(self.parameters) - expression.symbols)
        if unknown:
            raise invalid(unknown[0], self.parameters[unknown[0]], f"a symbol of {expression.text!r}",
                          f"its symbols are {sorted(expression.symbols)}")
        self.names = tuple(sorted(expression.symbols - set(self.parameters)))
        with np.errstate(all="ignore"):
            self._code = build(expression.tree, {n: i for i, n in enumerate(self.names)}, self.parameters)

    def __call__(self, **arrays: Any) -> Any:
        try:
            values = tuple([arrays[n] for n in self.names])
        except KeyError:
            values = ()
        if len(values) != len(arrays) or len(values) != len(self.names):
            raise invalid("arrays", sorted(arrays),
                          f"one for each of the symbols {list(self.names)} of {self.expression.text!r}")
        values = _floats(self.names, values)
        try:
            with np.errstate(invalid="raise", divide="ignore", over="ignore", under="ignore"):
                return self._code(values)
        except FloatingPointError:
            raise self._undefined(arrays) from None

    def _undefined(self, arrays: Mapping[str, Any]) -> InvalidInput:
        shown = ", ".join(f"{k} in [{np.min(v):.6g}, {np.max(v):.6g}]" for k, v in arrays.items())
        return invalid("text", self.expression.text, f"an expression with a real value at {shown}",
                       "it takes a root or logarithm of a negative number, or 0/0")

    def __reduce__(self) -> tuple[Any, ...]:
        return (NumPyFunction, (self.expression, self.parameters))

    def __repr__(self) -> str:
        return f"NumPyFunction({self.expression.text!r}, {self.parameters!r})"


def _floats(names: tuple[str, ...], values: Values) -> Values:
    """Arrays of floats; a plain Python number takes the precision of the arrays beside it."""
    if all(isinstance(v, np.ndarray) and v.dtype.kind == "f" for v in values):
        return values
    result = []
    for name, value in zip(names, values, strict=True):
        try:
            array = np.asarray(value)
            result.append(array if array.dtype.kind == "f" else array.astype(np.float64, casting="safe"))
        except (TypeError, ValueError):
            raise invalid(name, value, "an array of real numbers") from None
    plain = [type(v) in (float, int) for v in values]
    if any(plain) and not all(plain):
        dtype = np.result_type(*(a for a, p in zip(result, plain, strict=True) if not p))
        result = [a.astype(dtype) if p else a for a, p in zip(result, plain, strict=True)]
    return tuple(a[()] for a in result)
