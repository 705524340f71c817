"""SGD: the limit from the text x*r, and the mean risk at any dimension and batch size, with no limit taken."""

import sympy as sp

from sgdtheory.algorithms.separable import SGD
from sgdtheory.derive import Derivation, DerivativeIn
from sgdtheory.derive.expectation import Expectation
from sgdtheory.derive.gaussian import expectation
from sgdtheory.derive.homogenize import homogenize

D = Derivation(
    "sgd",
    title="Risk curves of SGD in high dimension",
    source="arXiv:2411.12135",
    bibtex="""@article{xiao2024signsgd,
  title = {Exact Risk Curves of {signSGD} in High-Dimensions:
           Quantifying Preconditioning and Noise-Compression Effects},
  author = {Xiao, Ke Liang and Marshall, Noah and Agarwala, Atish and Paquette, Elliot},
  journal = {arXiv preprint arXiv:2411.12135},
  year = {2024}
}""",
    update=SGD.rule,
)
H = homogenize(D.update, into=D)
x = D.symbols["x"].symbol

lam = D.symbol("lam", "positive", "eigenvalue of K", latex=r"\lambda")
step = D.symbol("gamma_step", "positive", "raw step eta/d", latex=r"\gamma")
B = D.symbol("B", "integer >= 1", "batch size")
w = D.symbol("w", "positive", "E <e_j, v>^2, the squared error along an eigenvector of K")
power = D.symbol("power", "positive", "residual power 2P = sum_i lambda_i w_i + E eps^2")
rest = D.symbol("rest", "positive", "second moment of the residual without this eigenvector: 2P - lambda w")

# x is the feature along an eigenvector, r = x v + (the rest); the rest is independent of x with mean 0, so only its second moment enters.
single = D.definition("single_sample", Expectation(x**2 * (w * x**2 + rest), x, 0, sp.sqrt(lam)), label="E (x r)^2",
                      because="r = x v + (the rest): the mixed term has mean zero, whatever the law of the label noise")
single = D.identity("isserlis", single, expectation(x**2 * (w * x**2 + rest), x, 0, sp.sqrt(lam)), label="E (x r)^2",
                    needs=("single_sample", "update"), because="E x^4 = 3 lambda^2: Isserlis", route=DerivativeIn(rest, at=0))
mean = D.definition("mean_gradient", Expectation(x**2, x, 0, sp.sqrt(lam)), label="E x r / v", because="the rest is independent of x")
mean = D.identity("mean_slope", mean, expectation(x**2, x, 0, sp.sqrt(lam)), label="E x r / v", needs=("mean_gradient", "update"), because="E x^2 = lambda")

batch = single / B + (1 - 1 / B) * mean**2 * w
after = D.definition("one_step", w - 2 * step * mean * w + step**2 * batch.subs(rest, power - lam * w), label="E <e_j, v>^2 after a step",
                     because="v moves by -gamma times the mean of B independent gradients: 1/B of one sample's second moment, 1 - 1/B of the squared mean")
D.identity("second_moments", after, sp.collect(sp.expand(after), [w, power]), needs=("one_step", "isserlis", "mean_slope"),
           label="E <e_j, v>^2 after a step", because="linear in w_j and in 2P", route=DerivativeIn(step, at=0))
factor = D.identity("factor", sp.Derivative(after, w), sp.collect(sp.expand(sp.diff(after, w)), step), needs=("second_moments",), label="factor of w_j",
                    because="the recursion is linear in w_j", route=DerivativeIn(step, at=0))
source = D.identity("source", sp.Derivative(after, power), sp.simplify(sp.diff(after, power)), needs=("second_moments",), label="factor of 2P",
                    because="the recursion is linear in 2P", route=DerivativeIn(step, at=0))

residual = factor * w + source * power - w
fixed = lam / power * (w - residual / sp.Derivative(residual, w))
gain = D.identity("stability", fixed, sp.simplify(lam * source / (1 - factor)), needs=("factor", "source"), label="H_j = lambda_j w_j / (2P) at rest",
                  because="one Newton step solves a linear equation: w_j = factor w_j + source 2P", route=DerivativeIn(w, at=1))
total, noise, risk = (D.symbol("H_sum", "(0, 1)", "sum of the H_j", latex="H"), D.symbol("noise_moment", "positive", "E eps^2", latex=r"\sigma^2"),
                      D.symbol("R"))
balance = (2 * risk + noise) * total / 2 - risk
D.identity("stationary_exact", risk - balance / sp.Derivative(balance, risk), sp.cancel(noise * total / (2 * (1 - total))), needs=("stability",),
           label="R at rest", because="2R = sum_j lambda_j w_j = H 2P with 2P = 2R + E eps^2; a linear equation in R", route=DerivativeIn(noise, at=0))
D.limit("small_step", gain, lam * step / (2 * B), step, 0, 1, needs=("stability",),
        because="at gamma = eta/d and d -> infinity the sum of the H_j is eta tr K / (2 d B), the limit's stability parameter")
D.claim("batch_one", gain.subs(B, 1), step * lam / (2 * (1 - step * lam)), needs=("stability",), label="H_j, one sample a step",
        because="exact stability of SGD: sum_j H_j < 1", route=DerivativeIn(lam, at=0))

arguments = {"step": step, "rate": lam, "batch_size": B}
D.function("second_moment_factor", step="factor", arguments=arguments, doc="Factor of E <e_j, v>^2 in one step, exact")
D.function("second_moment_source", step="source", arguments=arguments, doc="Factor of 2P = sum_i lambda_i w_i + E eps^2 in one step, exact")
D.function("stability_term", step="stability", arguments=arguments, doc="H_j: stable in mean square where all are positive and their sum is below 1")
D.function("stationary_exact", step="stationary_exact", arguments={"noise_power": noise, "total": total}, doc="Stationary risk from the sum of the H_j, exact")
