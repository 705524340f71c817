"""signSGD against its simulation."""

from sgdtheory.algorithms.separable import SignSGD
from sgdtheory.verification.cases.grid import grid

CASES = grid(SignSGD(1.4), ("Gaussian", "Student t, 3 degrees", "Cauchy", "Rademacher"), seed=1000)
