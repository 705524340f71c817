"""A progress bar for jobs that can pass two seconds: in a terminal or a notebook, silent when piped."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sgdtheory.errors import invalid

_SECONDS_PER_COORDINATE = 1.2e-8
_LONG = 2.0


@contextmanager
def bar(progress: bool | None, steps: int, coordinates: int) -> Iterator[Callable[[int], object]]:
    """Yield a function that is told of finished steps.

    ``progress`` None shows the bar only where somebody looks and the job is long, as ``coordinates`` (a step) tells.
    """
    if progress is not None and not isinstance(progress, bool):
        raise invalid("progress", progress, "True, False or None", "None shows long jobs in a terminal or notebook")
    long = steps * coordinates * _SECONDS_PER_COORDINATE > _LONG
    if progress or (progress is None and long and (sys.stderr.isatty() or _in_notebook())):
        from tqdm.auto import tqdm

        with tqdm(total=steps, unit="step", unit_scale=True, desc="simulate") as shown:
            yield shown.update
    else:
        yield lambda done: None


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell is not None else None
    return running is not None and "IPKernelApp" in running.config
