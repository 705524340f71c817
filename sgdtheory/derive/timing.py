"""A time limit for code that may hang inside a computer algebra system."""

from __future__ import annotations

import ctypes
import threading
import time
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
    thread, lock = ctypes.c_ulong(threading.get_ident()), threading.Lock()
    over, sent = threading.Event(), threading.Event()
    interrupt = ctypes.pythonapi.PyThreadState_SetAsyncExc

    def watch() -> None:
        wait = seconds
        while not over.wait(wait):
            with lock:
                if not over.is_set():
                    sent.set()
                    interrupt(thread, ctypes.py_object(TimeUp))
            wait = _AGAIN

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        # Where an interruption was sent, one more is asked for and waited for: afterwards none is on its way to the caller. (Clearing
        # it instead leaves the interpreter's signal flag set, and a tracer, such as a profiler, then spins for ever.)
        quiet = False
        while not quiet:
            try:
                with lock:
                    over.set()
                quiet = not sent.is_set()
                if not quiet:
                    interrupt(thread, ctypes.py_object(TimeUp))
                    until = time.monotonic() + _AGAIN       # a callback may swallow this one, too
                    while time.monotonic() < until:
                        pass
            except TimeUp:
                quiet = over.is_set()
