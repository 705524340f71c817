"""A time limit for code that may hang inside a computer algebra system."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_AGAIN = 0.25


class TimeUp(BaseException):
    """Raised inside ``limit`` when the time is up; no ``except Exception`` swallows it."""


@contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Interrupt the body after so many seconds with :class:`TimeUp`; in any thread, for code written in Python.

    The interruption is repeated until the body ends, since a destructor or a callback may swallow one.
    """
    thread, lock, over = ctypes.c_ulong(threading.get_ident()), threading.Lock(), threading.Event()
    interrupt = ctypes.pythonapi.PyThreadState_SetAsyncExc

    def watch() -> None:
        wait = seconds
        while not over.wait(wait):
            with lock:
                if not over.is_set():
                    interrupt(thread, ctypes.py_object(TimeUp))
            wait = _AGAIN

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        # One more interruption is asked for and waited for: afterwards none is on its way to the caller. (Clearing it instead leaves
        # the interpreter's signal flag set, and a tracer, such as a profiler, then spins for ever.)
        last = False
        while not last:
            try:
                with lock:
                    over.set()
                    last = True
                    interrupt(thread, ctypes.py_object(TimeUp))
                while True:
                    pass
            except TimeUp:
                pass
