"""Special functions and Gaussian averages that kernels call.

Arrays in, arrays out, broadcasting, float32 kept. ``scipy.special`` loads when a function that needs it is called;
the density and the averages need none. Each function of numbers has its mpmath twin in ``TWINS``.
"""

from sgdtheory.lazy import names

_FUNCTIONS = ("asin", "erf", "erfc", "erfcx", "gammaln", "kve", "log_erfcx", "log_ndtr", "normal_cdf", "normal_pdf")
__getattr__, __dir__, __all__ = names(__name__, {
    **dict.fromkeys(_FUNCTIONS, "functions"),
    "hermite_coefficients": "hermite",
    "noise_shape_series": "hermite",
    "gaussian_expectation": "quadrature",
    "between": "stable",
    "erf_around": "stable",
    "refined": "stable",
    "TWINS": "twins",
})
