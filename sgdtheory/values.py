"""Plain frozen data: the one base of problems and algorithms, and the checks of their arguments.

Objects are equal and hashable by content; arrays are copied and read-only.
"""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from sgdtheory.errors import invalid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
else:                                  # numpy.typing costs as much as a risk curve
    Array = np.ndarray


class Frozen:
    """Equality and hash by content, for frozen dataclasses made with ``eq=False``."""

    def _content(self) -> tuple[Any, ...]:
        return tuple(_key(getattr(self, f.name)) for f in fields(self))  # type: ignore[arg-type]

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._content() == other._content()  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((type(self), self._content()))

    def __setstate__(self, state: dict[str, Any]) -> None:
        for value in state.values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
        self.__dict__.update(state)


def _key(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return (value.shape, value.dtype.str, value.tobytes())
    if isinstance(value, dict):
        return tuple(sorted((k, _key(v)) for k, v in value.items()))
    if isinstance(value, (list, tuple)):
        return tuple(_key(v) for v in value)
    return value


def store(instance: Any, **values: Any) -> None:
    """Set attributes of a frozen instance while it is being made."""
    for name, value in values.items():
        object.__setattr__(instance, name, value)


def number(argument: str, value: Any, *, above: float = -math.inf, least: float = -math.inf, below: float = math.inf,
           most: float = math.inf, instead: str = "") -> float:
    """A finite real number in a range; anything else is our error."""
    domain = _domain(above, least, below, most)
    if isinstance(value, (bool, str, bytes)) or np.ndim(value) != 0:
        raise invalid(argument, value, domain, instead)
    try:
        result = float(value)
    except (TypeError, ValueError):
        raise invalid(argument, value, domain, instead) from None
    if not math.isfinite(result) or result <= above or result < least or result >= below or result > most:
        raise invalid(argument, value, domain, instead)
    return result


def _domain(above: float, least: float, below: float, most: float) -> str:
    parts = [f"> {above:g}"] * (above > -math.inf) + [f">= {least:g}"] * (least > -math.inf)
    parts += [f"< {below:g}"] * (below < math.inf) + [f"<= {most:g}"] * (most < math.inf)
    return "a finite number" + (" " + " and ".join(parts) if parts else "")


def integer(argument: str, value: Any, *, least: int, most: int | None = None, instead: str = "") -> int:
    """A whole number that is at least ``least``, and at most ``most``."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)) or value < least:
        raise invalid(argument, value, f"a whole number >= {least}", instead)
    if most is not None and value > most:
        raise invalid(argument, value, f"a whole number in [{least}, {most}]", instead)
    return int(value)


def array(argument: str, value: Any, shape: tuple[int | None, ...], domain: str = "finite numbers", instead: str = "",
          lengths: str = "n") -> Array:
    """A read-only float64 copy with the given shape (None: any length), all entries finite.

    ``lengths`` are the letters that errors show for the lengths, one for each axis or one for all.
    """
    letters = lengths if len(lengths) == len(shape) else lengths[0] * len(shape)
    wanted = "(" + ", ".join(c if n is None else str(n) for c, n in zip(letters, shape, strict=True)) + ("," if len(shape) == 1 else "") + ")"
    try:
        result = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise invalid(argument, value, f"an array of {domain} of shape {wanted}", instead) from None
    if result.ndim != len(shape) or any(n is not None and n != m for n, m in zip(shape, result.shape, strict=True)) or result.size == 0:
        given = value if value is None or isinstance(value, (int, float)) else f"array of shape {result.shape}"
        raise invalid(argument, given, f"an array of shape {wanted}", instead)
    if not np.all(np.isfinite(result)):
        where = np.argwhere(~np.isfinite(result))[0]
        raise invalid(argument, float(result[tuple(where)]), f"{domain} everywhere (entry {tuple(int(i) for i in where)})", instead)
    result.setflags(write=False)
    return result
