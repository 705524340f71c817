"""Checks of kernels: each is a small function of a kernel module that raises where a formula is wrong.

A check holds emitted functions against the definition by independent means: an integral of the update rule itself, a
simulation of one step, a limit, a symmetry. The module ``checks/NAME.py`` holds those of the kernel NAME; it is found by name.
The tests, ``sgdtheory verify`` and the mutants all run these same functions.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

SHARED: dict[str, tuple[str, ...]] = {name: ("separable", "noise") for name in ("signsgd", "sgd", "clipped_sgd")}
"""Kernels that a theory uses beside the one of its own name."""


@dataclass(frozen=True)
class Check:
    """A check of one kernel.

    Attributes
    ----------
    kernel, name : str
    covers : tuple of str
        The kernel's functions that it is about; a mutant of one of them meets this check first.
    run : callable
        Takes the kernel module; raises if it is wrong.
    cost : int
        Order of running: 0 for microseconds to milliseconds, 1 for tens of milliseconds, 2 for more.
    """

    kernel: str
    name: str
    covers: tuple[str, ...]
    run: Callable[[ModuleType], Any]
    cost: int = 0

    @property
    def what(self) -> str:
        """First line of the check's docstring."""
        return (self.run.__doc__ or self.name.replace("_", " ")).strip().splitlines()[0].rstrip(".")


_registered: dict[str, dict[str, Check]] = {}


def check(kernels: str | Iterable[str], covers: str | Iterable[str], cost: int = 0) -> Callable[[Callable[[ModuleType], Any]], Any]:
    """Register a function as a check of one or several kernels."""
    names = (kernels,) if isinstance(kernels, str) else tuple(kernels)
    functions = (covers,) if isinstance(covers, str) else tuple(covers)

    def register(run: Callable[[ModuleType], Any]) -> Callable[[ModuleType], Any]:
        for name in names:
            _registered.setdefault(name, {})[run.__name__] = Check(name, run.__name__, functions, run, cost)
        return run

    return register


def kernel(name: str) -> ModuleType:
    """The emitted module of a kernel."""
    return importlib.import_module(f"sgdtheory.kernels.{name}")


def kernels(theory: str) -> tuple[str, ...]:
    """Names of the kernels a theory stands on, its own first."""
    return (theory, *SHARED.get(theory, ()))


def checks(name: str) -> tuple[Check, ...]:
    """All checks of a kernel, cheap ones first."""
    importlib.import_module(f"sgdtheory.verification.checks.{name}")
    return tuple(sorted(_registered.get(name, {}).values(), key=lambda c: c.cost))


def ordered(name: str, function: str) -> list[Check]:
    """The checks of a kernel, those about ``function`` first."""
    return sorted(checks(name), key=lambda c: (function not in c.covers, c.cost))
