"""How times are taken: alternating repeats, medians, and what machine they come from."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path


def machine() -> str:
    """Processor, cores and versions."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        name = next((line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")), name)
    packages = ", ".join(f"{p} {version(p)}" for p in ("numpy", "scipy", "sympy"))
    return f"{name}, {os.cpu_count()} cores, one BLAS thread; Python {platform.python_version()}, {packages}"


def medians(jobs: dict[str, Callable[[], object]], repeats: dict[str, int]) -> dict[str, float]:
    """Median seconds of each job. The repeats are interleaved, so that a busy moment hits all."""
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    for job in jobs.values():
        job()
    for turn in range(max(repeats.values())):
        for name, job in jobs.items():
            most = max(repeats.values())
            if turn * repeats[name] // most == (turn + 1) * repeats[name] // most:
                continue
            start = time.perf_counter()
            job()
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in taken.items()}


def fresh(code: str) -> float:
    """Seconds of a new interpreter that runs ``code``."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
    return time.perf_counter() - start
