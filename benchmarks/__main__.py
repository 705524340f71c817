"""Print the table: ``python -m benchmarks [--quick]``."""

import os
import sys
import warnings

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # before NumPy is loaded

from benchmarks import curves, measure, processes, sizes  # noqa: E402

warnings.simplefilter("ignore")  # the power law is far from delocalised: that is for the theory to say, not the solver
quick = "--quick" in sys.argv[1:]
print(measure.machine())
for rows in (curves.table(quick), sizes.table(quick), processes.table(5 if quick else 15)):
    print("\n".join(rows), flush=True)
