"""signSGD against its simulation."""

from sgdtheory.algorithms.separable import SignSGD
from sgdtheory.verification.cases import Case
from sgdtheory.verification.cases.grid import HORIZON, RUNS, D, grid

CASES = grid(SignSGD(1.4), ("Gaussian", "Student t, 3 degrees", "Cauchy", "Rademacher"), seed=1000)
CASES.append(Case("batches of 4", f"Cauchy noise, diagonal covariance, d = {D}, the sign of the mean of 4 gradients a step",
                  CASES[6].problem, SignSGD(1.4, batch_size=4), HORIZON, RUNS, 1900))
