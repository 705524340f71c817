"""Every error and warning of the package. All errors are :class:`SGDTheoryError`."""

from __future__ import annotations

from typing import Any


class SGDTheoryError(Exception):
    """Base of every error that sgdtheory raises on purpose."""


class InvalidInput(SGDTheoryError, ValueError):
    """An argument lies outside its domain."""


class OutsideTheory(InvalidInput):
    """The input is well formed, but an assumption of the theory does not hold for it."""


class NoTheory(SGDTheoryError, LookupError):
    """No theory answers this question for this problem and algorithm."""


class NotSeparable(InvalidInput):
    """An update rule that the homogenization does not cover; the message says why."""


class NotConverged(SGDTheoryError, ArithmeticError):
    """A solver could not reach its tolerance; nothing is returned rather than something wrong."""


class DerivationError(SGDTheoryError):
    """A step of a derivation does not hold, or has no path from a definition."""


class NotComparable(SGDTheoryError):
    """Theory and runs cannot be held against each other honestly."""


class Diverged(SGDTheoryError, ArithmeticError):
    """A simulated algorithm overflowed; the message names the time, the step and the step size."""


class Interrupted(SGDTheoryError, KeyboardInterrupt):
    """A simulation was interrupted; ``runs`` holds what had finished, or None.

    It is a KeyboardInterrupt too: a script that does not catch it stops, as at any Ctrl-C.
    """

    def __init__(self, message: str, runs: Any = None) -> None:
        super().__init__(message)
        self.runs = runs


class SGDTheoryWarning(UserWarning):
    """Base of every warning of sgdtheory."""


class AsymptoticWarning(SGDTheoryWarning):
    """The limit that the theory takes is not yet reached for this input."""


class InfiniteMeanWarning(SGDTheoryWarning):
    """The mean risk of a run is infinite, so that no number of runs estimates it; medians are meaningful."""


class LongJobWarning(SGDTheoryWarning):
    """A job that may take more than a day, with an estimate of its hours."""


def invalid(argument: str, value: Any, domain: str, instead: str = "", kind: type[InvalidInput] = InvalidInput) -> InvalidInput:
    """The error for a bad argument: it names the argument, its value, its domain and a valid alternative."""
    shown = repr(value)
    if len(shown) > 80:
        shown = shown[:77] + "..."
    message = f"{argument}={shown}: {argument} must be {domain}"
    return kind(f"{message}; {instead}" if instead else message)
