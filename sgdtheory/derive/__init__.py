"""The language that derivations are written in: steps, routes, checker, renderers, records, emitter.

Names load their module when first used, so that reading a record needs no SymPy.
"""

import importlib as _importlib
import sys as _sys
import types as _types

_PUBLIC = {
    "Derivation": "language",
    "Verdict": "steps",
    "homogenize": "homogenize",
    "derivation": "record",
    "Record": "record",
    "recheck": "checker",
    "Difference": "routes",
    "DerivativeIn": "routes",
    "DifferentRoute": "routes",
    "SeriesIn": "routes",
    "Simulation": "routes",
    "Nonnegative": "routes",
}
__all__ = [*_PUBLIC, "routes"]


def __getattr__(name: str) -> object:
    if name == "routes":
        return _importlib.import_module(f"{__name__}.routes")
    try:
        place = _PUBLIC[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(_importlib.import_module(f"{__name__}.{place}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


class _Package(_types.ModuleType):
    """``derive.homogenize`` is the function, also once its module of the same name is loaded."""

    def __setattr__(self, name: str, value: object) -> None:
        if _PUBLIC.get(name) == name and isinstance(value, _types.ModuleType):
            value = getattr(value, name)
        super().__setattr__(name, value)


_sys.modules[__name__].__class__ = _Package
