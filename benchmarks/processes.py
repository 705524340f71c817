"""Fresh processes: what the import costs, and the first curve, in units of ``import numpy``."""

from __future__ import annotations

import statistics

from benchmarks.measure import fresh

FIRST = ("import sgdtheory as sgt; problem = sgt.LinearRegression(sgt.covariance.power_law(1000, 2.0), sgt.noise.Gaussian(0.5)); "
         "sgt.risk_curve(problem, {}, horizon=100.0)")
CODES = {
    "import numpy": "import numpy",
    "import sgdtheory": "import sgdtheory",
    "first curve, SGD": FIRST.format("sgt.SGD(0.5)"),
    "first curve, signSGD": FIRST.format("sgt.SignSGD(0.5)"),
    "import scipy.special": "import scipy.special",
    "first curve, clipped SGD (erf)": FIRST.format("sgt.ClippedSGD(0.5, threshold=1.0)"),
}


def table(repeats: int = 15) -> list[str]:
    """Rows of the table; the processes take turns."""
    taken: dict[str, list[float]] = {name: [] for name in CODES}
    for code in CODES.values():
        fresh(code)
    for _ in range(repeats):
        for name, code in CODES.items():
            taken[name].append(fresh(code))
    base = statistics.median(taken["import numpy"])
    rows = ["fresh processes"]
    for name, values in taken.items():
        ratios = statistics.median(v / n for v, n in zip(values, taken["import numpy"], strict=True))
        rows.append(f"  {name:32s} {1e3 * statistics.median(values):8.1f} ms   {ratios:5.2f} x import numpy")
    return [*rows, f"  ({repeats} turns; median of import numpy {1e3 * base:.1f} ms)"]
