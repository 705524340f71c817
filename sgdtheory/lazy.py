"""Names that load their module when first used (SPEC 1), for packages whose parts are seldom all needed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def names(package: str, places: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """``__getattr__``, ``__dir__`` and ``__all__`` of a package whose public names lie in the modules ``places`` tells.

    A place that ends in ":" is the module itself.
    """

    def load(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        place = places[name]
        module = import_module(f"{package}.{place.rstrip(':')}")
        value = module if place.endswith(":") else getattr(module, name)
        setattr(sys.modules[package], name, value)
        return value

    return load, lambda: sorted(places), sorted(places)
