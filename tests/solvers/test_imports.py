"""A risk curve needs NumPy only."""

import subprocess
import sys

CODE = """
import sys
import numpy as np
from sgdtheory.solvers import greedy, modes, secular, spectra, stationary
system = modes.System([1.0, 0.5], [0.5, 0.5], [0.1, 0.1], np.ones_like, lambda r: 2 * r + 0.1, 0.5)
modes.integrate(system, 10.0)(np.array([1.0]))
loaded = {name.split(".")[0] for name in sys.modules} & {"scipy", "sympy", "matplotlib", "mpmath", "numba"}
assert not loaded, loaded
"""


def test_the_solvers_load_numpy_only():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
