"""Clipped SGD: the residual is clipped at c; the limit from the text x*Max(-c, Min(c, r)).

The printed rule clips the norm of the gradient r x at c sqrt(tr K). As |x|^2 = tr K (1 + o(1)), that is the same in high dimension.
"""

import sympy as sp

from sgdtheory.algorithms.separable import ClippedSGD
from sgdtheory.derive import Derivation, DerivativeIn
from sgdtheory.derive.homogenize import homogenize

D = Derivation(
    "clipped_sgd",
    title="Risk curves of clipped SGD in high dimension",
    source="arXiv:2406.11733",
    bibtex="""@article{marshall2024clip,
  title = {To Clip or not to Clip: the Dynamics of {SGD} with Gradient Clipping in High-Dimensions},
  author = {Marshall, Noah and Xiao, Ke Liang and Agarwala, Atish and Paquette, Elliot},
  journal = {arXiv preprint arXiv:2406.11733},
  year = {2024}
}""",
    update=ClippedSGD.rule,
)
H = homogenize(D.update, into=D)
c, s, m = (D.symbols[n].symbol for n in ("c", "s", "m"))
small = D.symbol("small", "(0, 1)", "a quantity that tends to 0", latex=r"\epsilon")

# Gaussian label noise: the residual is N(0, s^2) with s^2 = 2P.
z = c / s
mu, nu = H.drift_factor.subs(m, 0), H.noise_power.subs(m, 0)
bell = sp.exp(-z**2 / 2) / sp.sqrt(2 * sp.pi)
D.claim("gaussian_drift", mu, sp.erf(z / sp.sqrt(2)), needs=("drift_factor",), label="mu, Gaussian noise", because="the probability that r is not clipped",
        route=DerivativeIn(c, at=0))
D.claim("gaussian_noise", nu, s**2 * (sp.erf(z / sp.sqrt(2)) - 2 * z * bell) + c**2 * sp.erfc(z / sp.sqrt(2)), needs=("noise_power",),
        label="nu, Gaussian noise", because="E min(r^2, c^2)", route=DerivativeIn(c, at=0))
D.limit("low_threshold_drift", mu.subs(c, s * small), sp.sqrt(2 / sp.pi) * small, small, 0, 2, needs=("drift_factor",), label="mu, low threshold",
        because="2 c times the density of the residual at 0: the sign of the residual, times c")
D.limit("low_threshold_noise", nu.subs(c, s * small), s**2 * small**2, small, 0, 1, needs=("noise_power",), label="nu, low threshold",
        because="every residual is clipped")
D.bound("gaussian_criterion", s**2 * mu**2 / nu, sp.Integer(1), needs=("drift_factor", "noise_power"), label="clipping criterion, Gaussian noise",
        because="Stein: s^2 mu = E r clip(r), and (E r clip(r))^2 <= s^2 nu by Cauchy and Schwarz: clipping never helps", attained_at={c: 40, s: 2, m: 0},
        one_way="Cauchy and Schwarz, equality only without clipping; the difference has no visibly positive form")
