"""Special functions and Gaussian averages that kernels call.

Arrays in, arrays out, broadcasting, float32 kept. ``scipy.special`` loads when a function that needs it is called;
the density and the averages need none. Each function of numbers has its mpmath twin in ``TWINS``.
"""

from sgdtheory.special.functions import (
    asin,
    erf,
    erfc,
    erfcx,
    gammaln,
    kve,
    log_erfcx,
    log_ndtr,
    normal_cdf,
    normal_pdf,
)
from sgdtheory.special.hermite import hermite_coefficients, noise_shape_series
from sgdtheory.special.quadrature import gaussian_expectation
from sgdtheory.special.stable import erf_around, refined
from sgdtheory.special.twins import TWINS

__all__ = ["TWINS", "asin", "erf", "erf_around", "erfc", "erfcx", "gammaln", "gaussian_expectation", "hermite_coefficients", "kve",
           "log_erfcx", "log_ndtr", "noise_shape_series", "normal_cdf", "normal_pdf", "refined"]
