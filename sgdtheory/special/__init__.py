"""Special functions and Gaussian averages that kernels call.

Arrays in, arrays out, broadcasting, float32 kept. ``scipy.special`` loads at the first call of a function that needs it.
Every function has an mpmath twin in ``TWINS``.
"""

from sgdtheory.special.functions import erf, erfc, erfcx, normal_pdf
from sgdtheory.special.quadrature import gaussian_expectation

__all__ = ["erf", "erfc", "erfcx", "gaussian_expectation", "normal_pdf"]
