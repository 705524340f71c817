"""The units of verification work: plain data that a worker process can take, and what each does."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from sgdtheory.verification import checks, mutants
from sgdtheory.verification.cases import WRONG_BY, Case, cases
from sgdtheory.verification.findings import Finding


@dataclass(frozen=True)
class Task:
    """One thing to look at: ``kind`` of work on ``unit``, ``name`` says which. The cost orders the work, long ones first."""

    unit: str
    kind: str
    name: str
    cost: float = 0.0

    def __call__(self) -> list[Finding]:
        """Do it; an error of the work is a finding that does not hold, never lost."""
        start = time.perf_counter()
        try:
            found = _WORK[self.kind](self)
        except Exception as error:
            found = [Finding(self.unit, self.kind, self.name, self.name, False, f"{type(error).__name__}: {error}")]
        spent = (time.perf_counter() - start) / max(1, len(found))
        return [Finding(f.unit, f.kind, f.name, f.what, f.ok, f.detail, f.seconds or spent, f.data) for f in found]


def tasks(unit: str, with_mutants: bool) -> list[Task]:
    """All work on one kernel or theory."""
    found = [Task(unit, "record", unit, 10.0), Task(unit, "kernel", unit, 1.0)]
    found += [Task(unit, "check", c.name, float(c.cost)) for c in checks.checks(unit)]
    found += [Task(unit, "case", c.name, 5.0) for c in cases(unit)]
    if with_mutants:
        found += [Task(unit, "mutants", name, 3.0) for name in dict.fromkeys(m.function for m in mutants.mutants(unit))]
    return found


def _record(task: Task) -> list[Finding]:
    from sgdtheory.verification.records import rechecked

    return rechecked(task.unit)


def _kernel(task: Task) -> list[Finding]:
    from sgdtheory.verification.records import compared

    return compared(task.unit)


def _check(task: Task) -> list[Finding]:
    check = next(c for c in checks.checks(task.unit) if c.name == task.name)
    try:
        detail = check.run(checks.kernel(task.unit))
    except AssertionError as error:
        return [Finding(task.unit, "check", check.name, check.what, False, str(error))]
    return [Finding(task.unit, "check", check.name, check.what, True, detail if isinstance(detail, str) else "")]


def _case(task: Task) -> list[Finding]:
    return [judged(task.unit, next(c for c in cases(task.unit) if c.name == task.name))]


def judged(unit: str, case: Case) -> Finding:
    """A case's verdict: the theory agrees, the same theory at a learning rate wrong by 5 % does not, 5 % errors are resolved."""
    from sgdtheory.verification.budget import RESOLUTION

    theory, runs = case.theory(), case.simulation()
    found = case.agreement(theory, runs)
    wrong = case.agreement(case.wrong_theory(), runs)
    reasons = [] if found else [f"the mean of {case.runs} runs deviates by {found.margin:.2f} times what is admitted"]
    reasons += [f"a learning rate wrong by {WRONG_BY - 1:.0%} passes"] if wrong else []
    reasons += [f"resolves errors of {found.resolution:.1%} only"] if found.resolution > RESOLUTION else []
    numbers = (
        f"deviation {found.deviation:+.2%} +- {found.standard_error:.2%}, largest |z| {found.worst:.2f}, finds errors above {found.resolution:.1%}, "
        f"rejects a 5 % wrong learning rate by {wrong.margin:.1f} times the limit"
    )
    from scipy.special import stdtrit

    power = float(stdtrit(case.runs - 1, 0.99)) * found.standard_error
    fine = np.linspace(0.0, case.horizon, 200)
    data: dict[str, Any] = {
        "times": runs.times,
        "mean": runs.mean,
        "low": np.quantile(runs.risk, 0.1, axis=0),
        "high": np.quantile(runs.risk, 0.9, axis=0),
        "fine": fine,
        "theory": theory(fine),
        "runs": case.runs,
        "seed": case.seed,
        "d": case.problem.scale,
        "algorithm": repr(case.algorithm),
        "worst": found.worst,
        "deviation": found.deviation,
        "standard_error": found.standard_error,
        "resolution": found.resolution,
        "admitted": found.resolution - power,
        "margin": found.margin,
        "wrong_margin": wrong.margin,
        "limit": found.quantile_each,
        "exactness": theory.exactness.kind,
    }
    return Finding(unit, "case", case.name, case.what, not reasons, "; ".join([*reasons, numbers]), data=data)


def _mutants(task: Task) -> list[Finding]:
    chosen = [m for m in mutants.mutants(task.unit) if m.function == task.name]
    found = mutants.kill(task.unit, chosen)
    excused = [f"equivalent: {m.id} ({why})" for m, why in found.equivalent.items()]
    alive = [f"survives: {m.id}" for m in found.survivors]
    data = {
        "killed": len(found.by),
        "equivalent": {m.id: w for m, w in found.equivalent.items()},
        "survivors": [m.id for m in found.survivors],
        "total": found.total,
    }
    return [
        Finding(
            task.unit,
            "mutants",
            task.name,
            f"mutants of {task.name}",
            not found.survivors,
            "; ".join([f"{len(found.by)} of {found.total} mutants killed", *alive, *excused]),
            data=data,
        )
    ]


_WORK = {"record": _record, "kernel": _kernel, "check": _check, "case": _case, "mutants": _mutants}
