"""Hold NumPy's BLAS to one thread for a while.

A threaded BLAS may order its sums by the number of threads, so that bits depend on the machine's settings; and many
small products are slower with threads than without, by a factor where other work shares the cores.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np

_lock = threading.Lock()
_users = 0
_before = 1


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold OpenBLAS, where NumPy uses it, to one thread; other libraries are left as they are.

    The setting belongs to the process. The first of several users, in whatever threads, sets it; the last restores it.
    """
    global _users, _before
    controls = _openblas()
    if controls is None:
        yield
        return
    get, set_ = controls
    with _lock:
        if _users == 0:
            _before = int(get())
            set_(1)
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                set_(_before)


@cache
def _openblas() -> tuple[Callable[[], Any], Callable[[int], Any]] | None:
    """OpenBLAS's functions that get and set the number of threads, None where there is no OpenBLAS to be found."""
    import ctypes
    from pathlib import Path

    package = Path(np.__file__).parent
    loaded = getattr(getattr(np, "_core", None), "_multiarray_umath", None)
    places = [str(getattr(loaded, "__file__", "")), *map(str, (package.parent / "numpy.libs").glob("*openblas*")),
              *map(str, (package / ".dylibs").glob("*openblas*"))]
    for place in filter(None, places):
        try:
            library = ctypes.CDLL(place)
        except OSError:
            continue
        for prefix, suffix in (("scipy_", "64_"), ("scipy_", ""), ("", "64_"), ("", "")):
            names = [f"{prefix}openblas_{verb}_num_threads{suffix}" for verb in ("get", "set")]
            if all(hasattr(library, name) for name in names):
                return getattr(library, names[0]), getattr(library, names[1])
    return None
