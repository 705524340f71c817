"""Text to a tree of three kinds of node. Every piece of the text must be on the whitelist; nothing is evaluated.

Python's own parser splits the text (``ast.parse`` runs no code); a walk over what it returns keeps arithmetic, names,
numbers and calls of listed functions, and refuses the rest with its position. Size, depth, digits, powers are bounded.
"""

from __future__ import annotations

import ast
import keyword
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from sgdtheory.errors import InvalidInput, invalid
from sgdtheory.expressions import vocabulary

MAX_TEXT = {False: 2_000, True: 60_000}
MAX_NODES = {False: 400, True: 12_000}
MAX_DEPTH = 60
MAX_DIGITS = 300
MAX_POWER = 1_000
_LETTERS = re.compile(r"[A-Za-z0-9_+\-*/().,<>=! ]*")
_TOKEN = re.compile(r"[A-Za-z_]\w*|(?P<number>(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)(?P<glued>[\w.]*)")
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")


@dataclass(frozen=True, slots=True)
class Number:
    """An exact rational."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Name:
    """A symbol, or one of the constants."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply:
    """An operator or function (``head``) and its arguments.

    Heads of arithmetic: ``+`` and ``*`` (two or more arguments), ``/`` and ``**`` (two), ``neg`` (one). ``tuple`` holds
    the limits of an integral and the branches of a Piecewise. All other heads are names of functions.
    """

    head: str
    args: tuple[Node, ...]


Node = Number | Name | Apply


def free_symbols(node: Node) -> frozenset[str]:
    """The names that need a value: neither constants nor bound by an integral, sum, limit or expectation."""
    if isinstance(node, Number):
        return frozenset()
    if isinstance(node, Name):
        known = node.name in vocabulary.RESERVED or node.name in ("True", "False")
        return frozenset() if known else frozenset((node.name,))
    if node.head in ("Integral", "Sum", "Product"):
        body, *limits = node.args
        bound: frozenset[str] = frozenset()
        free: frozenset[str] = frozenset()
        # The last limit is the outermost: the ends of those before it may use its variable.
        for limit in reversed(limits):
            assert isinstance(limit, Apply)
            variable, *ends = limit.args
            free |= _free(ends) - bound
            bound |= free_symbols(variable)
        return free | (free_symbols(body) - bound)
    if node.head in vocabulary.BINDERS:
        body, variable, *rest = node.args
        return (free_symbols(body) - free_symbols(variable)) | _free(rest)
    return _free(node.args)


def _free(nodes: Iterable[Node]) -> frozenset[str]:
    return frozenset().union(*(free_symbols(n) for n in nodes))


class _Reader:
    """One walk over one text."""

    def __init__(self, text: str, record: bool) -> None:
        self.text, self.record, self.count = text, record, 0
        self.functions = vocabulary.RECORD if record else vocabulary.RULE
        self.constants = vocabulary.RECORD_CONSTANTS if record else vocabulary.RULE_CONSTANTS

    def error(self, why: str, at: ast.AST | int | None = None, piece: str | None = None) -> InvalidInput:
        position = at if isinstance(at, int) or at is None else getattr(at, "col_offset", 0)
        if piece is None and isinstance(at, ast.AST):
            piece = ast.get_source_segment(self.text, at)
        shown = "" if position is None else f"position {position}: "
        if piece is not None:
            shown += repr(piece if len(piece) <= 40 else piece[:37] + "...") + " "
        return invalid("text", self.text, "an expression in the allowed symbols and functions", shown + why)

    def parse(self) -> Node:
        bad = next((i for i in range(len(self.text)) if not _LETTERS.fullmatch(self.text[i])), None)
        if bad is not None:
            hint = "; write ** for a power" if self.text[bad] == "^" else ""
            raise self.error(f"is no letter of an expression{hint}", bad, self.text[bad])
        self._check_tokens()
        try:
            body = ast.parse(self.text, mode="eval").body
        except SyntaxError as e:
            at = min(max((e.offset or 1) - 1, 0), len(self.text))
            raise self.error("does not read as an expression", at, self.text[at:] or self.text[-1:]) from None
        except (ValueError, MemoryError, RecursionError):
            raise self.error("the text is nested too deeply or holds too long a number") from None
        return self.value(body, 0, "any" if self.record else "number")

    def _check_tokens(self) -> None:
        # Python's tokenizer only warns of "1or x"; and a text that opens many parentheses should not reach its parser.
        for token in _TOKEN.finditer(self.text):
            if token["number"] and token["glued"]:
                raise self.error("is no decimal number; write 2*x for a product", token.start(), token.group())
            if keyword.iskeyword(token.group()) and token.group() not in ("True", "False"):
                raise self.error("is a reserved word; call the symbol something else", token.start(), token.group())
        depth = 0
        for i, letter in enumerate(self.text):
            depth += (letter == "(") - (letter == ")")
            if depth > MAX_DEPTH:
                raise self.error(f"more than {MAX_DEPTH} nested parentheses", i)

    def value(self, node: ast.AST, depth: int, kind: str = "number") -> Node:
        """One node; ``kind`` is what the place accepts: 'number', 'truth' or 'any'."""
        self.count += 1
        if self.count > MAX_NODES[self.record]:
            raise self.error(f"more than {MAX_NODES[self.record]} operations and names")
        if depth > MAX_DEPTH:
            raise self.error(f"nested more than {MAX_DEPTH} deep", node)
        if isinstance(node, ast.BinOp):
            self._numeric(node, kind)
            return self.arithmetic(node, depth)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            self._numeric(node, kind)
            inner = self.value(node.operand, depth + 1)
            return Apply("neg", (inner,)) if isinstance(node.op, ast.USub) else inner
        if isinstance(node, ast.Constant):
            return self.constant(node, kind)
        if isinstance(node, ast.Name):
            return self.name(node, kind)
        if isinstance(node, ast.Call):
            return self.call(node, depth, kind)
        if isinstance(node, ast.Compare):
            return self.comparison(node, depth, kind)
        if isinstance(node, ast.Tuple):
            raise self.error("is a tuple; separate values by operators", node)
        kinds = {ast.Attribute: "an attribute", ast.BoolOp: "'and'/'or'", ast.IfExp: "a choice", ast.UnaryOp: "'not'",
                 ast.Starred: "a starred argument"}
        what = kinds.get(type(node), "a " + type(node).__name__.lower())
        raise self.error(f"is {what}, which no expression holds", node)

    def _numeric(self, node: ast.AST, kind: str) -> None:
        if kind == "truth":
            raise self.error("is a number where a condition is needed", node)

    def arithmetic(self, node: ast.BinOp, depth: int) -> Node:
        if isinstance(node.op, (ast.Add, ast.Sub)):
            return self.chain(node, depth, (ast.Add, ast.Sub))
        if isinstance(node.op, ast.Mult):
            return self.chain(node, depth, (ast.Mult,))
        if isinstance(node.op, ast.Div):
            return Apply("/", (self.value(node.left, depth + 1), self.value(node.right, depth + 1)))
        if isinstance(node.op, ast.Pow):
            return self.power(node, depth)
        raise self.error("uses an operator that is not one of + - * / **", node)

    def chain(self, node: ast.BinOp, depth: int, kinds: tuple[type[ast.operator], ...]) -> Node:
        # Python nests a + b + c to the left; a flat list keeps a long sum from counting as a deep one.
        terms: list[tuple[ast.AST, bool]] = []
        at: ast.AST = node
        while isinstance(at, ast.BinOp) and isinstance(at.op, kinds):
            terms.append((at.right, isinstance(at.op, ast.Sub)))
            at = at.left
        terms.append((at, False))
        args = []
        for term, negative in reversed(terms):
            value = self.value(term, depth + 1)
            args.append(Apply("neg", (value,)) if negative else value)
        return Apply("*" if kinds == (ast.Mult,) else "+", tuple(args))

    def power(self, node: ast.BinOp, depth: int) -> Node:
        base, exponent = self.value(node.left, depth + 1), self.value(node.right, depth + 1)
        if _has_power(exponent) and (not self.record or not free_symbols(exponent)):
            raise self.error("is a power in an exponent", node.right)
        if not free_symbols(exponent) and _largest(exponent) * _degree(base) > MAX_POWER:
            raise self.error(f"is an exponent beyond {MAX_POWER}, alone or with the powers in its base", node.right)
        return Apply("**", (base, exponent))

    def constant(self, node: ast.Constant, kind: str) -> Node:
        if isinstance(node.value, bool) and self.record and kind != "number":
            return Name(str(node.value))
        text = ast.get_source_segment(self.text, node) or ""
        if isinstance(node.value, (bool, str, bytes, complex)) or not _NUMBER.fullmatch(text):
            raise self.error("is not a decimal number", node)
        self._numeric(node, kind)
        if len(text) > MAX_DIGITS:
            raise self.error(f"has more than {MAX_DIGITS} digits", node)
        value = Fraction(text)
        if value and not Fraction(10) ** -MAX_DIGITS <= value <= Fraction(10) ** MAX_DIGITS:
            raise self.error(f"is beyond 1e{MAX_DIGITS} or below 1e-{MAX_DIGITS}", node)
        return Number(value)

    def name(self, node: ast.Name, kind: str) -> Node:
        name = node.id
        self._numeric(node, kind)
        if name in self.constants:
            return Name(name)
        if name in vocabulary.RESERVED:
            raise self.error("is reserved; call the symbol something else (exp(1) is Euler's number)", node)
        if name in vocabulary.RULE or name in vocabulary.OPERATORS:
            raise self.error(f"is a function; write {name}(...)", node)
        if name.startswith("_") or len(name) > 60:
            raise self.error("is no name of a symbol: it starts with an underscore or is too long", node)
        return Name(name)

    def call(self, node: ast.Call, depth: int, kind: str) -> Node:
        if not isinstance(node.func, ast.Name):
            raise self.error("is no name of a function", node.func)
        name = node.func.id
        if name not in self.functions:
            raise self.error(self._unknown(name), node.func)
        if node.keywords:
            raise self.error("has a keyword argument; arguments go by position", node)
        if any(isinstance(a, ast.Starred) for a in node.args):
            raise self.error("has a starred argument", node)
        least, most = self.functions[name]
        if not least <= len(node.args) <= most:
            takes = str(least) if least == most else f"{least} to {most}"
            raise self.error(f"has {len(node.args)} arguments where {name} takes {takes}", node)
        truth = name in vocabulary.RELATIONS or name in vocabulary.CONNECTIVES
        if truth and kind == "number":
            raise self.error("is a condition where a number is needed", node)
        if kind == "truth" and not truth:
            raise self.error("is a number where a condition is needed", node)
        if name in vocabulary.OPERATORS:
            return Apply(name, self.operator(name, node, depth + 1))
        return Apply(name, tuple(self.value(a, depth + 1) for a in node.args))

    def _unknown(self, name: str) -> str:
        if name in vocabulary.RECORD:
            return "stands in records of derivations only, not in an update rule"
        right = vocabulary.SPELLINGS.get(name)
        allowed = sorted(set(self.functions) - vocabulary.OPERATORS)
        return f"is not an allowed function; {'write ' + right if right else 'allowed are ' + ', '.join(allowed)}"

    def operator(self, name: str, node: ast.Call, depth: int) -> tuple[Node, ...]:
        args = node.args
        if name in vocabulary.CONNECTIVES:
            self._count(node, 1, 1 if name == "Not" else vocabulary.MANY)
            return tuple(self.value(a, depth, "truth") for a in args)
        if name in vocabulary.RELATIONS:
            self._count(node, 2, 2)
            return tuple(self.value(a, depth) for a in args)
        if name == "Piecewise":
            return tuple(self.group(a, depth, ("number", "truth")) for a in args)
        if name in ("Integral", "Sum", "Product"):
            self._count(node, 2, vocabulary.MANY)
            limits = (self.group(a, depth, ("symbol", "number", "number")) for a in args[1:])
            return (self.value(args[0], depth), *limits)
        if name == "Derivative":
            self._count(node, 2, vocabulary.MANY)
            variables = (self.group(a, depth, ("symbol", "number")) if isinstance(a, ast.Tuple) else self.symbol(a)
                         for a in args[1:])
            return (self.value(args[0], depth), *variables)
        self._count(node, *{"Limit": (3, 3), "Subs": (3, 3), "Expectation": (4, 4)}[name])
        return (self.value(args[0], depth), self.symbol(args[1]), *(self.value(a, depth) for a in args[2:]))

    def _count(self, node: ast.Call, least: int, most: int) -> None:
        if not least <= len(node.args) <= most:
            raise self.error(f"has {len(node.args)} arguments", node)

    def group(self, node: ast.AST, depth: int, kinds: tuple[str, ...]) -> Node:
        if not isinstance(node, ast.Tuple) or len(node.elts) != len(kinds):
            raise self.error(f"must be a group of {len(kinds)} in parentheses", node)
        return Apply("tuple", tuple(self.symbol(e) if k == "symbol" else self.value(e, depth + 1, k)
                                    for e, k in zip(node.elts, kinds, strict=True)))

    def symbol(self, node: ast.AST) -> Node:
        if not isinstance(node, ast.Name) or node.id in self.constants:
            raise self.error("must be a symbol", node)
        self.count += 1
        return self.name(node, "number")

    def comparison(self, node: ast.Compare, depth: int, kind: str) -> Node:
        heads = {ast.Lt: "Lt", ast.LtE: "Le", ast.Gt: "Gt", ast.GtE: "Ge"}
        if kind == "number":
            raise self.error("is a comparison where a number is needed", node)
        if len(node.ops) != 1 or type(node.ops[0]) not in heads:
            raise self.error("must be one of < <= > >=, or Eq(a, b), Ne(a, b), And(a, b)", node)
        sides = (node.left, node.comparators[0])
        return Apply(heads[type(node.ops[0])], tuple(self.value(side, depth + 1) for side in sides))


def _has_power(node: Node) -> bool:
    return isinstance(node, Apply) and (node.head == "**" or any(_has_power(a) for a in node.args))


def _rational(node: Node) -> Fraction | None:
    """The value of a quotient, product or sum of plain numbers."""
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Name) or node.head not in ("+", "*", "/", "neg"):
        return None
    parts = [_rational(a) for a in node.args]
    values = [p for p in parts if p is not None]
    if len(values) < len(parts):
        return None
    if node.head == "neg":
        return -values[0]
    if node.head == "/":
        return values[0] / values[1] if values[1] else None
    return sum(values, Fraction(0)) if node.head == "+" else Fraction(math.prod(values))


def _degree(node: Node) -> Fraction:
    """The largest product of constant exponents stacked on one another in a tree, at least 1."""
    if not isinstance(node, Apply):
        return Fraction(1)
    inside = max((_degree(a) for a in node.args), default=Fraction(1))
    if node.head == "**" and not free_symbols(node.args[1]):
        return max(inside * _largest(node.args[1]), inside)
    return inside


def _largest(node: Node) -> Fraction:
    """A bound on the size of a constant exponent: what its numbers could make at most, without computing any power."""
    if isinstance(node, Number):
        return abs(node.value)
    if isinstance(node, Name):
        return Fraction(4)
    parts = [_largest(a) for a in node.args]
    if node.head == "*":
        product = Fraction(1)
        for p in parts:
            product *= max(p, Fraction(1)) if p > 1 else p
        return product
    if node.head == "/":
        below = _rational(node.args[1])
        return parts[0] / abs(below) if below else Fraction(MAX_POWER + 1)
    if node.head in ("+", "neg", "sqrt", "Max", "Min", "Abs"):
        return sum(parts, Fraction(0))
    return Fraction(MAX_POWER + 1)


def checked(text: object) -> str:
    """The text on one line, without surrounding blanks; positions in errors count in it."""
    flat = re.sub(r"[\t\r\n]", " ", text).strip() if isinstance(text, str) else ""
    if not isinstance(text, str) or not flat:
        raise invalid("text", text, "a string that holds an expression", "for example 'sign(x)*tanh(r)'")
    return flat


def read(text: str, record: bool) -> Node:
    """The tree of a text, or an ``InvalidInput`` that names the offending piece and its position."""
    if len(text) > MAX_TEXT[record]:
        raise invalid("text", text, f"at most {MAX_TEXT[record]} characters long", f"it has {len(text)}")
    return _Reader(text, record).parse()


def position(text: str, name: str) -> int:
    """Where a name first stands in a text."""
    found = re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_(])", text)
    return found.start() if found else 0
