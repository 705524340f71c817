"""Formulas as text: the only place where text becomes mathematics.

``parse`` reads a text on a whitelist into an :class:`Expression`, which becomes a NumPy function or a SymPy expression
(SymPy is imported then). ``from_sympy`` is the way back. Decimals are exact rationals; size, depth and powers are
bounded; nothing is evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from sgdtheory.errors import invalid
from sgdtheory.expressions import tree as _tree
from sgdtheory.expressions.numeric import NumPyFunction

__all__ = ["Expression", "NumPyFunction", "from_sympy", "parse"]


class Expression:
    """A parsed text. Immutable; equal and hashable by its text; pickles as its text. Made by :func:`parse`.

    Attributes
    ----------
    text : str
        The text, without surrounding blanks.
    symbols : frozenset of str
        The free symbols (bound variables of integrals and sums are not among them).
    record : bool
        Whether the wider language of records was allowed.
    tree : Node
        The whitelisted tree.

    Examples
    --------
    >>> rule = parse("x*Max(-c, Min(c, r))")
    >>> sorted(rule.symbols)
    ['c', 'r', 'x']
    >>> float(rule.numpy(c=1.0)(x=2.0, r=-3.0))
    -2.0
    >>> rule.factor()
    ('x', 'Max(-c, Min(c, r))')
    """

    __slots__ = ("record", "symbols", "text", "tree")

    text: str
    symbols: frozenset[str]
    record: bool
    tree: _tree.Node

    def __init__(self, text: str, record: bool, tree: _tree.Node) -> None:
        for name, value in (("text", text), ("record", record), ("tree", tree), ("symbols", _tree.free_symbols(tree))):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"an Expression is immutable; parse another text to change {name}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("an Expression is immutable")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and (self.text, self.record) == (other.text, other.record)

    def __hash__(self) -> int:
        return hash((self.text, self.record))

    def __reduce__(self) -> tuple[Any, ...]:
        return (parse, (self.text, None, self.record))

    def __repr__(self) -> str:
        return f"parse({self.text!r}{', record=True' if self.record else ''})"

    def __str__(self) -> str:
        return self.text

    def numpy(self, **parameters: float) -> NumPyFunction:
        """The expression as a function of arrays, with these parameters put in.

        Parameters
        ----------
        **parameters : float
            A value for each symbol that is no array.

        Returns
        -------
        NumPyFunction
            Called with one keyword array for each remaining symbol; broadcasts, keeps float32, pickles. ``sign(0) = 0``
            and ``Heaviside(0) = 1/2``; sign, Abs, Max and Min are NumPy's, exact. Where the value is not real it raises
            InvalidInput.

        Examples
        --------
        >>> import numpy as np
        >>> parse("sign(x)*tanh(r/c)").numpy(c=2.0)(x=np.array([1.0, -1.0]), r=0.0)
        array([ 0., -0.])
        """
        return NumPyFunction(self, parameters)

    def sympy(self, symbols: Mapping[str, Any] | None = None) -> Any:
        """The SymPy expression; decimals become exact rationals.

        Parameters
        ----------
        symbols : mapping of str to sympy.Symbol, optional
            A name without an entry becomes a real symbol.

        Examples
        --------
        >>> parse("0.1*x + Max(r, 0)").sympy()
        x/10 + Max(0, r)
        """
        from sgdtheory.expressions.symbolic import to_sympy

        return to_sympy(self.tree, symbols)

    def factor(self, name_x: str = "x", name_r: str = "r") -> tuple[str, str]:
        """Separate g(x, r) = f(x) h(r); numbers and parameters go to h.

        Returns
        -------
        f, h : str
            Texts of the factors; "1" where a factor is trivial.

        Raises
        ------
        NotSeparable
            If g is no product of a function of ``name_x`` and a function of ``name_r``.
        """
        from sgdtheory.expressions.separate import separate

        return separate(self, name_x, name_r)


def parse(text: str, symbols: Iterable[str] | None = None, record: bool = False) -> Expression:
    """Read a text as an expression.

    Parameters
    ----------
    text : str
        Numbers, symbols, ``+ - * / **``, parentheses, ``pi`` and the functions sign, Abs, Max, Min, clip(r, low, high),
        sqrt, exp, log, erf, erfc, tanh, sinh, cosh, sin, cos, atan, asinh, Heaviside.
    symbols : iterable of str, optional
        The symbols that may stand in the text. None: any name that is no function.
    record : bool
        Allow also what derivations are recorded with: integrals, sums, derivatives, expectations, relations, Piecewise,
        more functions.

    Raises
    ------
    InvalidInput
        For anything else; it names the piece and its position. No text is ever evaluated as code.

    Examples
    --------
    >>> parse("sign(x)*erf(r/0.1)").sympy()
    erf(10*r)*sign(x)
    >>> try:
    ...     parse("x.real")
    ... except ValueError as error:
    ...     print(str(error).split("; ")[1])
    position 0: 'x.real' is an attribute, which no expression holds
    """
    result = _parse(_tree.checked(text), bool(record))
    if symbols is not None:
        allowed = frozenset(symbols)
        foreign = sorted(result.symbols - allowed)
        if foreign:
            position = _tree.position(result.text, foreign[0])
            raise invalid("text", text, f"an expression in the symbols {sorted(allowed)}",
                          f"position {position}: {foreign[0]!r} is not one of them")
    return result


@lru_cache(maxsize=1024)
def _parse(text: str, record: bool) -> Expression:
    return Expression(text, record, _tree.read(text, record))


def from_sympy(expr: Any) -> str:
    """Text of a SymPy expression such that ``parse(text, record=True).sympy({name: symbol})`` is that expression again.

    Raises
    ------
    InvalidInput
        For floating-point numbers, dummy symbols, symbols that print alike, and functions outside the whitelist.

    Examples
    --------
    >>> import sympy
    >>> r = sympy.Symbol("r", real=True)
    >>> from_sympy(sympy.exp(-r**2 / 2) / sympy.sqrt(2 * sympy.pi))
    'sqrt(2)*exp(-r**2/2)/(2*sqrt(pi))'
    """
    from sgdtheory.expressions.symbolic import to_text

    return to_text(expr)
