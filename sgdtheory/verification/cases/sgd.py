"""SGD against its simulation; its risk has a finite variance over runs only where the noise has a fourth moment."""

from sgdtheory.algorithms.separable import SGD
from sgdtheory.verification.cases import Case
from sgdtheory.verification.cases.grid import HORIZON, RUNS, D, grid

CASES = grid(SGD(1.0), ("Gaussian", "Student t, 6 degrees", "Rademacher"), seed=2000)
CASES.append(Case("batches of 4", f"Gaussian noise, diagonal covariance, d = {D}, the mean of 4 updates a step",
                  CASES[0].problem, SGD(1.8, batch_size=4), HORIZON, RUNS, 2900))
