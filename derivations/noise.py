"""The noise transform M(u) = E exp(-u eps^2): of a Gaussian component, in closed form, and as a Fourier integral.

A Gaussian feature projects the noise through M: the density of the residual at zero, and with it signSGD's drift, is a
multiple of M(1/(4R)).
"""

import sympy as sp

from sgdtheory.derive import Derivation, DerivativeIn, DifferentRoute
from sgdtheory.derive.gaussian import expectation, normal_density

D = Derivation(
    "noise",
    title="The noise transform",
    source="arXiv:2411.12135",
    bibtex="""@article{xiao2024signsgd,
  title = {Exact Risk Curves of {signSGD} in High-Dimensions:
           Quantifying Preconditioning and Noise-Compression Effects},
  author = {Xiao, Ke Liang and Marshall, Noah and Agarwala, Atish and Paquette, Elliot},
  journal = {arXiv preprint arXiv:2411.12135},
  year = {2024}
}""",
)

u, eps = D.symbol("u"), D.symbol("eps")
m = D.symbol("mu", "real", "mean of a Gaussian component of the noise", latex=r"\mu")
v = D.symbol("v", "positive", "variance of a Gaussian component of the noise")
b = D.symbol("b", "positive", "scale of a law: half-width of a uniform law, E|eps| of a Laplace law")
g = D.symbol("g", "positive", "scale of a Cauchy or Student law")
q = D.symbol("q", "positive", "square of a scale")
w = D.symbol("w", "positive", "square root of u, as a variable of integration")
a = D.symbol("a", "(-1, 1)", "a value of the noise, in units in which it is below one")
t = D.symbol("t_freq", "real", "frequency", latex=r"\tau")
bell = sp.exp(-u * eps**2)
LINE = (eps, -sp.oo, sp.oo)

# The weight is a normal density up to its height, so its area needs no integrator.
area = D.definition("area_integral", sp.Integral(bell, LINE), because="the weight exp(-u eps^2) over the line")
normal = normal_density(eps, 0, 1 / sp.sqrt(2 * u))
area = D.identity("area", area, bell / normal, because="it is the density of N(0, 1/(2u)) over that density's height")

# One Gaussian component: complete the square.
component = D.definition("component_integral", sp.Integral(bell * normal_density(eps, m, sp.sqrt(v)), LINE),
                         label="M(u; mu, v)", because="E exp(-u eps^2) over a Gaussian component N(mu, v) of the noise")
component = D.identity("component", component, expectation(bell, eps, m, sp.sqrt(v)), label="M(u; mu, v)",
                       because="complete the square in the exponent; what is left is a normal density of area one")
D.identity("log_component", sp.log(component), sp.expand_log(sp.log(component)), needs=("component",),
           label="log M(u; mu, v)", because="a sum, which does not underflow", route=DerivativeIn(u, at=0))

# Uniform noise: the integrand is even, and its integral from 0 is an error function.
half = D.definition("half_integral", sp.Integral(bell, (eps, 0, b)), because="the weight over [0, b]")
half = D.identity("half", half, sp.integrate(bell, (eps, 0, b)), because="an error function, after eps -> eps/sqrt(u)",
                  route=DerivativeIn(b, at=0))
uniform = D.definition("uniform_integral", sp.Integral(bell / (2 * b), (eps, -b, b)),
                       because="eps is uniform on [-b, b]")
D.identity("uniform", uniform, half / b, needs=("uniform_integral", "half"), label="M(u; uniform)",
           because="the integrand is even")

# Laplace noise: the weight as a normal law, under which exp(-|eps|/b) is averaged.
tail = sp.exp(-sp.Abs(eps) / b)
laplace = D.definition("laplace_integral", sp.Integral(bell * tail / (2 * b), LINE),
                       because="eps has density exp(-|eps|/b)/(2b)")
D.identity("laplace", laplace, sp.simplify(area / (2 * b) * expectation(tail, eps, 0, 1 / sp.sqrt(2 * u))),
           needs=("laplace_integral", "area"), label="M(u; Laplace)",
           because="the weight is its area times a normal density; complete the square on both half lines")

# Cauchy noise: a differential equation in u that starts at M(0) = 1.
cauchy = D.definition("cauchy_integral", sp.Integral(bell * g / (sp.pi * (g**2 + eps**2)), LINE),
                      because="eps has density g/(pi (g^2 + eps^2))")
flow = D.definition("flow_integral", sp.Integral(g / sp.pi * sp.exp(-u * (eps**2 + g**2)), LINE),
                    because="-d/du of exp(-g^2 u) M(u): the derivative cancels the Cauchy denominator")
flow = D.identity("flow", flow, sp.simplify(g / sp.pi * sp.exp(-u * g**2) * area), needs=("flow_integral", "area"),
                  because="the area of the weight")
fallen = sp.integrate(sp.powsimp(flow.subs(u, w**2) * 2 * w), (w, 0, sp.sqrt(u))).rewrite(sp.erfc)
cauchy = D.identity("cauchy", cauchy, sp.exp(g**2 * u) * (1 - fallen), needs=("cauchy_integral", "flow"),
                    label="M(u; Cauchy)", because="exp(-g^2 u) M(u) is 1 at u = 0 and loses the integral of the flow")

# Student noise with three degrees of freedom: the derivative of Cauchy noise in the square of its scale.
squared = D.definition("squared_integral", sp.Integral(bell / (q + eps**2)**2, LINE),
                       because="-d/dq of the Cauchy integral with g^2 = q")
by_flow = sp.exp(q * u) * (sp.pi / (2 * q**sp.Rational(3, 2)) - sp.pi / sp.sqrt(q)
                           * sp.Integral(2 * w * sp.erfc(sp.sqrt(q) * w), (w, 0, sp.sqrt(u))))
squared = D.identity("squared", squared, sp.simplify(-sp.diff(sp.pi / sp.sqrt(q) * cauchy.subs(g, sp.sqrt(q)), q)),
                     needs=("squared_integral", "cauchy"), because="differentiate the Cauchy integral in q = g^2",
                     route=DifferentRoute(by_flow))
density = 2 / (sp.sqrt(3) * sp.pi * g * (1 + eps**2 / (3 * g**2))**2)
factor = sp.simplify((density * (q + eps**2)**2).subs(q, 3 * g**2))
student = D.definition("student_integral", sp.Integral(bell * density, LINE), because="Student's density for df = 3")
D.identity("student_3", student, sp.simplify(factor * squared.subs(q, 3 * g**2)),
           needs=("student_integral", "squared"), label="M(u; Student, df=3)", because="q = 3 g^2",
           route=DifferentRoute(factor * by_flow.subs(q, 3 * g**2)))

# Laws known by their characteristic function chi: M(u) = E chi(tau) with tau ~ N(0, 2u).
weight = D.definition("frequency", normal_density(t, 0, sp.sqrt(2 * u)), because="the density of N(0, 2u) at tau")
fourier = D.definition("fourier_integral", sp.Integral(weight * sp.cos(t * a), (t, -sp.oo, sp.oo)),
                       because="E cos(tau a) over tau ~ N(0, 2u); its mean over a = eps is the integral of Re chi")
D.identity("fourier", fourier, expectation(sp.cos(t * a), t, 0, sp.sqrt(2 * u)), label="exp(-u a^2)",
           needs=("fourier_integral", "frequency"), because="the characteristic function of a normal law")
height = D.definition("height_integral", 1 / sp.Integral(sp.exp(-t**2 / (4 * u)), (t, -sp.oo, sp.oo)),
                      because="what makes the area of the frequency's density one")
D.identity("height", height, weight.subs(t, 0), needs=("height_integral", "frequency", "fourier"),
           because="the density of N(0, 2u) at zero")
curvature = D.definition("curvature_of_log", -sp.Derivative(sp.log(weight), t, 2) / 2,
                         because="the density of the frequency is its height times exp(-curvature tau^2)")
D.identity("curvature", curvature, sp.simplify(-sp.diff(sp.expand_log(sp.log(weight), force=True), t, 2) / 2),
           needs=("curvature_of_log", "frequency", "fourier"), because="differentiate twice")

gaussian = {"u": u, "mean": m, "variance": v}
D.function("component", step="component", arguments=gaussian, doc="E exp(-u eps^2), eps ~ N(mean, variance)")
D.function("log_component", step="log_component", arguments=gaussian, doc="Its logarithm, which does not underflow")
D.function("uniform", step="uniform", arguments={"u": u, "half_width": b}, doc="E exp(-u eps^2), eps uniform, u > 0")
D.function("laplace", step="laplace", arguments={"u": u, "scale": b}, doc="E exp(-u eps^2), eps Laplace, u > 0")
D.function("cauchy", step="cauchy", arguments={"u": u, "scale": g}, doc="E exp(-u eps^2), eps Cauchy")
D.function("student_3", step="student_3", arguments={"u": u, "scale": g},
           doc="E exp(-u eps^2), eps Student's t with df = 3; cancels where u scale^2 is large")
D.function("frequency_height", step="height", arguments=[u], doc="Density of N(0, 2u) at zero")
D.function("frequency_curvature", step="curvature", arguments=[u], doc="c of the density exp(-c tau^2) of N(0, 2u)")
