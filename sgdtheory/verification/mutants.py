"""Mutants: every formula of a kernel is spoilt in turn, and the checks of its theory must notice.

A mutant is one small change (a sign, a factor 2, an exponent, a swapped symbol, a dropped term, a changed constant) of one
emitted function. It takes the place of the kernel's own functions for as long as :func:`installed` lasts, so that theories
and checks meet it without knowing. One mechanism serves all theories.
"""

from __future__ import annotations

import ast
import copy
import inspect
import types
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from sgdtheory.verification import checks
from sgdtheory.verification.mutations import mutations

NEEDED_RATE = 0.95
"""A theory's checks must kill at least this share of its mutants."""


@dataclass(frozen=True)
class Mutant:
    """One change of one function of a kernel.

    Attributes
    ----------
    kernel, function : str
    operator, inside : str
        What kind of change, and the argument of which special function it is in.
    before, after : str
        The changed expression.
    number : int
        Which of the mutations of the function, in the order of :func:`sgdtheory.verification.mutations.mutations`.
    """

    kernel: str
    function: str
    operator: str
    inside: str
    before: str
    after: str
    number: int

    @property
    def id(self) -> str:
        """A name that says what was done, the same as long as the formula is."""
        return f"{self.kernel}.{self.function}#{self.number}: {self.before} -> {self.after}"

    def module(self) -> types.ModuleType:
        """The kernel with this change, as a module in memory."""
        tree = copy.deepcopy(_tree(self.kernel))
        body = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == self.function)
        for number, mutation in enumerate(mutations(body)):
            if number == self.number:
                mutation.apply()
                break
        module = types.ModuleType(f"{self.kernel}_mutant")
        exec(compile(ast.fix_missing_locations(tree), f"<{self.id}>", "exec"), module.__dict__)
        return module


@dataclass(frozen=True)
class Killed:
    """What became of the mutants of one kernel.

    Attributes
    ----------
    kernel : str
    by : dict of Mutant to str
        The check that noticed each killed mutant.
    equivalent : dict of Mutant to str
        Survivors that are no change, and why.
    survivors : tuple of Mutant
        Survivors without an excuse.
    """

    kernel: str
    by: dict[Mutant, str] = field(default_factory=dict)
    equivalent: dict[Mutant, str] = field(default_factory=dict)
    survivors: tuple[Mutant, ...] = ()

    @property
    def total(self) -> int:
        """All mutants."""
        return len(self.by) + len(self.equivalent) + len(self.survivors)

    @property
    def rate(self) -> float:
        """Share of all mutants that were killed; equivalent ones count as not killed."""
        return len(self.by) / self.total if self.total else 1.0

    def __repr__(self) -> str:
        return (f"Killed({self.kernel}: {len(self.by)} of {self.total} mutants ({self.rate:.1%}), "
                f"{len(self.equivalent)} equivalent, {len(self.survivors)} survive)")


@cache
def _tree(kernel: str) -> ast.Module:
    return ast.parse(inspect.getsource(checks.kernel(kernel)))


def mutants(kernel: str) -> tuple[Mutant, ...]:
    """All mutants of a kernel, in the order of its source.

    Parameters
    ----------
    kernel : str
        Name of a module in ``sgdtheory.kernels``.

    Examples
    --------
    >>> from sgdtheory.verification.mutants import mutants
    >>> len(mutants("sgd")) > 10
    True
    """
    found = []
    for body in _tree(kernel).body:
        if isinstance(body, ast.FunctionDef) and not body.name.startswith("_"):
            found += [Mutant(kernel, body.name, m.operator, m.inside, m.before, m.after, number) for number, m in enumerate(mutations(body))]
    return tuple(found)


@contextmanager
def installed(mutant: Mutant) -> Iterator[types.ModuleType]:
    """The kernel's module with the mutant's functions in it, until the block ends. Not for several threads at once."""
    module = checks.kernel(mutant.kernel)
    own = dict(module.__dict__)
    spoilt = mutant.module()
    module.__dict__.update({k: v for k, v in spoilt.__dict__.items() if callable(v) and k in own})
    try:
        yield module
    finally:
        module.__dict__.update(own)


def killer(mutant: Mutant) -> str | None:
    """Name of the first check that notices a mutant, None if all pass."""
    with installed(mutant) as module, np.errstate(all="ignore"):
        for check in checks.ordered(mutant.kernel, mutant.function):
            try:
                check.run(module)
            except KeyboardInterrupt:
                raise
            except Exception:
                return check.name
    return None


def kill(kernel: str, chosen: Iterable[Mutant] | None = None, progress: Callable[[Mutant], Any] = lambda mutant: None) -> Killed:
    """Run the checks of a kernel on its mutants, after the kernel itself has passed them all.

    Parameters
    ----------
    kernel : str
    chosen : iterable of Mutant, optional
        Some of the kernel's mutants; default all.
    progress : callable
        Called with each mutant when its fate is known.
    """
    for check in checks.checks(kernel):
        check.run(checks.kernel(kernel))
    by, equivalent, survivors = {}, {}, []
    for mutant in mutants(kernel) if chosen is None else chosen:
        name = killer(mutant)
        if name is not None:
            by[mutant] = name
        elif (mutant.inside, mutant.operator) in EQUIVALENT and identical(mutant):
            equivalent[mutant] = EQUIVALENT[mutant.inside, mutant.operator]
        else:
            survivors.append(mutant)
        progress(mutant)
    return Killed(kernel, by, equivalent, tuple(survivors))


def kill_rate(theory: str) -> float:
    """Share of the mutants of all kernels of a theory that its checks kill."""
    found = [kill(name) for name in checks.kernels(theory)]
    return sum(len(f.by) for f in found) / sum(f.total for f in found)


EQUIVALENT: dict[tuple[str, str], str] = {
    ("erf_around[0]", "sign"): "erf_around is even in its first argument",
    ("between[5]", "constant"): "the order is a flag: any number but 0 asks for the second derivative",
}
"""Changes that are none, by place and kind, and why. Believed only of a mutant that is also ``identical`` in value."""


def identical(mutant: Mutant, points: int = 400, rtol: float = 1e-9) -> bool:
    """Whether a mutant's values are the kernel's at random points of the domains in its record, from 1e-4 to 1e4 times the usual ones."""
    from sgdtheory.derive import record
    from sgdtheory.derive.domains import draw
    from sgdtheory.derive.storing import read_symbols

    data = record.derivation(mutant.kernel)
    domains, symbols = read_symbols(data.data)
    result = data.results[mutant.function]
    names = {**result["arguments"], **result["parameters"]}
    own, spoilt = (getattr(m, mutant.function) for m in (checks.kernel(mutant.kernel), mutant.module()))
    rng = np.random.default_rng(0)
    for seed in range(points):
        point = draw(domains, seed)
        wide = {n: float(point[symbols[s]]) for n, s in names.items()}
        given = {n: v * 10.0 ** rng.uniform(-4.0, 4.0) if data.symbols[names[n]]["domain"] in ("real", "positive", "nonnegative") else v
                 for n, v in wide.items()}
        a, b = np.asarray(own(**given)), np.asarray(spoilt(**given))
        if not np.all(np.abs(a - b) <= rtol * np.abs(a)):
            return False
    return True
