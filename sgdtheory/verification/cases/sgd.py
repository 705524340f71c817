"""SGD against its simulation; its risk has a finite variance over runs only where the noise has a fourth moment."""

from sgdtheory.algorithms.separable import SGD
from sgdtheory.verification.cases.grid import grid

CASES = grid(SGD(1.0), ("Gaussian", "Student t, 6 degrees", "Rademacher"), seed=2000)
