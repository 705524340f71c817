"""The noise transform: formulas derived in derivations/noise.py. Generated, not edited."""

import numpy as np

from sgdtheory import special

SOURCE = "arXiv:2411.12135"


def _floats(*values):
    """Arrays of one floating type: the widest of the arrays given, float64 if there is none."""
    kinds = [v.dtype for v in values if isinstance(v, (np.ndarray, np.float32, np.float16))]
    kind = np.result_type(*kinds) if kinds else np.float64
    kind = kind if np.issubdtype(kind, np.floating) else np.float64
    return tuple(np.asarray(v, dtype=kind) for v in values)


def component(u, mean, variance):
    """E exp(-u eps^2), eps ~ N(mean, variance).

        M(u; mu, v) = exp(-mean**2*u/(2*u*variance + 1))/sqrt(2*u*variance + 1)

    u: argument of the noise transform M(u) = E exp(-u eps^2), positive
    mean: mean of a Gaussian component of the noise, real
    variance: variance of a Gaussian component of the noise, positive

    Step 'component' of the derivation 'noise', exact; arXiv:2411.12135.
    """
    u, mean, variance = _floats(u, mean, variance)
    return np.exp(-u*mean**2/(2*u*variance + 1))/np.sqrt(2*u*variance + 1)


def log_component(u, mean, variance):
    """Its logarithm, which does not underflow.

        log M(u; mu, v) = -mean**2*u/(2*u*variance + 1) - log(2*u*variance + 1)/2

    u: argument of the noise transform M(u) = E exp(-u eps^2), positive
    mean: mean of a Gaussian component of the noise, real
    variance: variance of a Gaussian component of the noise, positive

    Step 'log_component' of the derivation 'noise', exact; arXiv:2411.12135.
    """
    u, mean, variance = _floats(u, mean, variance)
    return -u*mean**2/(2*u*variance + 1) - np.log(2*u*variance + 1)/2


def uniform(u, half_width):
    """E exp(-u eps^2), eps uniform, u > 0.

        M(u; uniform) = sqrt(pi)*erf(half_width*sqrt(u))/(2*half_width*sqrt(u))

    u: argument of the noise transform M(u) = E exp(-u eps^2), positive
    half_width: scale of a law: half-width of a uniform law, E|eps| of a Laplace law, positive

    Step 'uniform' of the derivation 'noise', exact; arXiv:2411.12135.
    """
    u, half_width = _floats(u, half_width)
    return (np.pi/4)**0.5*special.erf(half_width*np.sqrt(u))/(half_width*np.sqrt(u))


def laplace(u, scale):
    """E exp(-u eps^2), eps Laplace, u > 0.

        M(u; Laplace) = sqrt(pi)*exp(1/(4*scale**2*u))*erfc(1/(2*scale*sqrt(u)))/(2*scale*sqrt(u))

    u: argument of the noise transform M(u) = E exp(-u eps^2), positive
    scale: scale of a law: half-width of a uniform law, E|eps| of a Laplace law, positive

    Step 'laplace' of the derivation 'noise', exact; arXiv:2411.12135.
    """
    u, scale = _floats(u, scale)
    return (np.pi/4)**0.5*special.erfcx(1/(2*scale*np.sqrt(u)))/(scale*np.sqrt(u))


def cauchy(u, scale):
    """E exp(-u eps^2), eps Cauchy.

        M(u; Cauchy) = exp(scale**2*u)*erfc(scale*sqrt(u))

    u: argument of the noise transform M(u) = E exp(-u eps^2), positive
    scale: scale of a Cauchy or Student law, positive

    Step 'cauchy' of the derivation 'noise', exact; arXiv:2411.12135.
    """
    u, scale = _floats(u, scale)
    return special.erfcx(scale*np.sqrt(u))


def student_3(u, scale):
    """E exp(-u eps^2), eps Student's t with df = 3; cancels where u scale^2 is large.

        M(u; Student, df=3) = -6*scale**2*u*exp(3*scale**2*u)*erfc(sqrt(3)*scale*sqrt(u)) +
        2*sqrt(3)*scale*sqrt(u)/sqrt(pi) + exp(3*scale**2*u)*erfc(sqrt(3)*scale*sqrt(u))

    u: argument of the noise transform M(u) = E exp(-u eps^2), positive
    scale: scale of a Cauchy or Student law, positive

    Step 'student_3' of the derivation 'noise', exact; arXiv:2411.12135.
    """
    u, scale = _floats(u, scale)
    t0 = 3**0.5*scale*np.sqrt(u)
    t1 = special.erfcx(t0)
    return -6*t1*u*scale**2 + (4/np.pi)**0.5*t0 + t1


def frequency_height(u):
    """Density of N(0, 2u) at zero.

        frequency_height = 1/(2*sqrt(pi)*sqrt(u))

    u: argument of the noise transform M(u) = E exp(-u eps^2), positive

    Step 'height' of the derivation 'noise', exact; arXiv:2411.12135.
    """
    u, = _floats(u)
    return (1/(4*np.pi))**0.5/np.sqrt(u)


def frequency_curvature(u):
    """c of the density exp(-c tau^2) of N(0, 2u).

        frequency_curvature = 1/(4*u)

    u: argument of the noise transform M(u) = E exp(-u eps^2), positive

    Step 'curvature' of the derivation 'noise', exact; arXiv:2411.12135.
    """
    u, = _floats(u)
    return 1/(4*u)
