"""``sgt.verify``: derivations checked anew, kernels against definitions, theory against simulation, mutants."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sgdtheory.derive import record
from sgdtheory.errors import Interrupted, invalid
from sgdtheory.verification import checks
from sgdtheory.verification.findings import Finding, Verification
from sgdtheory.verification.tasks import Task, tasks

Progress = bool | None | Callable[[int, int, Finding], Any]


def theories() -> tuple[str, ...]:
    """Names that can be verified: those that have a record."""
    return tuple(record.names())


def verify(*names: str, report: str | os.PathLike[str] | None = None, mutants: bool = False, executor: Executor | None = None,
           progress: Progress = None) -> Verification:
    """Verify theories: every step of their derivation, every emitted function, and the curves against simulation.

    The record of each theory, and of the kernels it uses, is parsed and checked anew; the emitted functions are held against the
    formulas of the record and against their unevaluated definitions; the theory's curves against runs of the algorithm.

    Parameters
    ----------
    *names : str
        Theories such as "signsgd"; default: all that have a record.
    report : path, optional
        Folder that gets one self-contained ``index.html``, also when the work is interrupted.
    mutants : bool
        Also spoil every formula in turn and see that the checks notice.
    executor : concurrent.futures.Executor, optional
        Runs the work in parallel; default: in this process, one after the other.
    progress : bool, None or callable
        None shows a bar where somebody looks; a callable gets (done, total, finding).

    Returns
    -------
    Verification
        True in a condition if everything holds; prints as a table.

    Raises
    ------
    InvalidInput
        For a name without a record.
    Interrupted
        At Ctrl-C, after the report was written; ``runs`` is the incomplete Verification.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> bool(sgt.verify("noise", progress=False))
    True
    """
    known = theories()
    chosen = tuple(dict.fromkeys(names)) or known
    for name in chosen:
        if name not in known:
            raise invalid("name", name, "a theory with a record", "one of " + ", ".join(known))
    if report is not None and Path(report).exists() and not Path(report).is_dir():
        raise invalid("report", os.fspath(report), "a folder, or a path where one can be made", "the report is FOLDER/index.html")
    units = tuple(dict.fromkeys(k for name in chosen for k in checks.kernels(name) if k in known))
    work = [task for unit in units for task in tasks(unit, mutants)]
    order = {task: i for i, task in enumerate(work)}
    start = time.perf_counter()
    found: dict[Task, list[Finding]] = {}

    def verdict(complete: bool) -> Verification:
        findings = [f for task in sorted(found, key=order.__getitem__) for f in found[task]]
        result = Verification(chosen, tuple(findings), complete, time.perf_counter() - start)
        if report is not None:
            from sgdtheory.verification.report import write

            write(result, report)
        return result

    try:
        with _shown(progress, len(work)) as show:
            for task, findings in _performed(work, executor):
                found[task] = findings
                for finding in findings:
                    show(len(found), len(work), finding)
    except KeyboardInterrupt:
        raise Interrupted(f"verification interrupted after {len(found)} of {len(work)} parts", verdict(False)) from None
    return verdict(True)


def _performed(work: list[Task], executor: Executor | None) -> Iterator[tuple[Task, list[Finding]]]:
    if executor is None:
        for task in work:
            yield task, task()
        return
    futures = {executor.submit(task): task for task in sorted(work, key=lambda t: -t.cost)}
    try:
        for future in as_completed(futures):
            error = future.exception()
            task = futures[future]
            lost = [Finding(task.unit, task.kind, task.name, task.name, False, f"the worker was lost: {error}")]
            yield task, lost if error is not None else future.result()
    finally:
        for future in futures:
            future.cancel()


@contextmanager
def _shown(progress: Progress, total: int) -> Iterator[Callable[[int, int, Finding], Any]]:
    if callable(progress):
        yield progress
        return
    if progress not in (True, False, None):
        raise invalid("progress", progress, "True, False, None or a callable", "None shows a bar in a terminal or notebook")
    if progress is False or (progress is None and not (sys.stderr.isatty() or "ipykernel" in sys.modules)):
        yield lambda done, all_of_them, finding: None
        return
    from tqdm.auto import tqdm

    with tqdm(total=total, unit="part", desc="verify") as bar:
        def show(done: int, all_of_them: int, finding: Finding) -> None:
            bar.update(done - bar.n)
            bar.set_postfix_str(f"{finding.unit}: {finding.name}"[:40])

        yield show
