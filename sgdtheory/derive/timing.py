"""A time limit for code that may hang inside a computer algebra system."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class TimeUp(BaseException):
    """Raised inside ``limit`` when the time is up; no ``except Exception`` swallows it."""


@contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Interrupt the body after so many seconds with :class:`TimeUp`; in any thread, for code written in Python."""
    thread, lock = threading.get_ident(), threading.Lock()
    over = fired = False

    def fire() -> None:
        nonlocal fired
        with lock:
            if not over:
                fired = True
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(TimeUp))

    timer = threading.Timer(seconds, fire)
    timer.daemon = True
    timer.start()
    try:
        yield
        with lock:
            over = True
        while fired:  # the interruption is on its way: take it here, not in the caller's code
            time.sleep(0.001)
    finally:
        over = True
        timer.cancel()
