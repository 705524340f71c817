"""The quantities of an update rule f(x) h(r), each once as its definition and once as derived.

Where the Gaussian calculus has no closed form, the definition stays and the kernel integrates numerically.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from sgdtheory.derive import admissible, bivariate, stable
from sgdtheory.derive.canonical import canonical
from sgdtheory.derive.expectation import Expectation
from sgdtheory.derive.gaussian import expectation, heat, slope, stein_slope, unintegrated
from sgdtheory.derive.heat import HeatFlow, Untried
from sgdtheory.derive.language import Derivation
from sgdtheory.derive.numpy_printer import NumPySource
from sgdtheory.derive.pieces import Generalized, NoPieces, cuts
from sgdtheory.derive.price import PriceRoute
from sgdtheory.derive.routes import Difference, DifferentRoute
from sgdtheory.derive.series import MehlerSeries

_NUMBERS = "no closed form on one of the sides: held by quadrature of both"


class Quantities:
    """One homogenization: each quantity once as a definition and once as derived."""

    def __init__(self, D: Derivation, text: str, f: sp.Expr, h: sp.Expr, points: int) -> None:
        self.D, self.text, self.f, self.h, self.points = D, text, f, h, points
        self.x, self.r = D.symbol("x"), D.symbol("r")
        self.m, self.s = D.symbol("m"), D.symbol("s")
        self.kappa, self.ki, self.kj = D.symbol("kappa"), D.symbol("kappa_i"), D.symbol("kappa_j")
        self.rho = D.symbol("rho")
        try:
            self.generalized = Generalized.of(h, self.r)
            for derivative in (self.generalized, Generalized.of(h**2, self.r)):
                derivative.diff().diff()
        except NoPieces as error:
            why = str(error) or "the places where h bends cannot be found and ordered for all values of its parameters"
            raise admissible.refuse(text, why) from None
        self.closed, self.integrated = True, False
        self.forms: dict[str, Any] = {}  # what a kernel computes instead of the expression
        self.integrals: dict[str, Any] = {}  # what replaces a sum of terms where they cancel

    def run(self) -> None:
        """Add the steps."""
        D, f, h, x = self.D, self.f, self.h, self.x
        self._identity(
            "separation",
            D.steps["update"].right,
            f * h,
            "the rule is a function of the feature times one of the residual",
            ("update",),
            Difference(),
            label="f(x) h(r)",
        )
        self._identity(
            "odd_feature",
            f.subs(x, -x),
            -f,
            "the feature's factor is odd, so the constant part of h averages out",
            ("separation",),
            Difference(),
            label="f(-x)",
        )
        fs, fp = self._feature()
        self._shape(fp)
        self._average("response", h, sp.S.One, "E h(r)", "Gaussian moments between the kinks of h")
        self._drift(fs)
        self._average(
            "noise_power",
            h**2,
            fp,
            "E f(Z)^2 E h(r)^2",
            "Gaussian moments of h^2 between its kinks",
            ("feature_power", "separation"),
        )
        self._slopes(fs, fp)

    def _identity(
        self,
        name: str,
        left: Any,
        right: Any,
        because: str,
        needs: tuple[str, ...],
        route: Any,
        label: str,
        **options: Any,
    ) -> Any:
        if sp.sympify(left).atoms(Expectation) and any(
            e.atoms(Expectation) != {e} for e in sp.sympify(left).atoms(Expectation)
        ):
            deep = (
                {"points": 2, "digits": 6, "time_limit": 120}
                if self.points > 2
                else {"points": 1, "digits": 6, "time_limit": 2}
            )
            options = deep | options
        return self.D.identity(
            name,
            canonical(left),
            canonical(right),
            because,
            route=route,
            needs=needs,
            label=label,
            **({"points": self.points} | options),
        )

    def _by_quadrature(self, name: str, value: Any, because: str, label: str) -> Any:
        self.closed = False
        return self.D.definition(name, value, because=f"{because}; no closed form, the kernel integrates", label=label)

    def _feature(self) -> tuple[Any, Any]:
        f, x, kappa = self.f, self.x, self.kappa
        defined, power = stein_slope(f, x, 0, 1), Expectation(f**2, x, 0, 1)
        at = slope(f, x, sp.S.Zero, sp.sqrt(kappa))
        moved = expectation(f, x, self.m, sp.S.One)
        because = "Gaussian integration by parts: E f'(Z) = E f(Z) Z"
        if at is None:
            # What stands inside the average must not depend on kappa, or a kernel could not broadcast over it.
            fs = self._by_quadrature("feature_slope", defined, because, "E f'(Z)")
            spread = Expectation(x * f, x, 0, sp.sqrt(kappa)) / kappa
            self._by_quadrature("preconditioner", spread / fs, because, "p(kappa)")
        else:
            shifted = sp.diff(moved, self.m).subs(self.m, 0) if moved is not None else None
            fs = self._identity(
                "feature_slope",
                defined,
                _tidy(at.subs(kappa, 1)),
                f"{because}; a jump of f counts as a delta",
                ("separation",),
                Difference()
                if shifted is None or shifted == _tidy(at.subs(kappa, 1))
                else DifferentRoute(canonical(shifted)),
                "E f'(Z)",
            )
            self._identity(
                "preconditioner",
                stein_slope(f, x, 0, sp.sqrt(kappa)) / fs,
                _tidy(at / fs),
                because,
                ("feature_slope",),
                Difference(),
                "p(kappa)",
            )
        closed = bivariate.expectation(f, x, sp.S.One, sp.S.One, sp.S.One)
        closed = expectation(f**2, x, sp.S.Zero, sp.S.One) if closed is None else closed
        if closed is None:
            fp = self._by_quadrature("feature_power", power, "the power of the feature's factor", "E f(Z)^2")
        else:
            fp = self._identity(
                "feature_power",
                power,
                _tidy(closed),
                "the noise shape before normalisation, of a feature with itself",
                ("separation",),
                Difference(),
                "E f(Z)^2",
            )
        return fs, fp

    def _shape(self, fp: Any) -> None:
        arguments = (self.rho, self.ki, self.kj)
        closed = bivariate.expectation(self.f, self.x, *arguments)
        if closed is None:
            series = MehlerSeries(self.f, self.x, *arguments)
            self._by_quadrature(
                "noise_shape",
                series.as_expectation(),
                "the definition; kernels sum Mehler's series",
                "S(rho, kappa_i, kappa_j)",
            )
            self.forms["noise_shape"] = series
            return
        because = "Isserlis' theorem for powers; Price's theorem for sign, and erf is the mean of the sign of a wider Gaussian"
        self._identity(
            "noise_shape",
            bivariate.definition(self.f, self.x, *arguments) / fp,
            _tidy(closed / fp),
            because,
            ("feature_power",),
            PriceRoute(self.f, fp),
            "S(rho, kappa_i, kappa_j)",
        )

    def _average(
        self, name: str, h: Any, factor: Any, label: str, because: str, needs: tuple[str, ...] = ("separation",)
    ) -> None:
        unevaluated = factor * Expectation(h, self.r, self.m, self.s)
        try:
            closed = expectation(h, self.r, self.m, self.s)
        except ValueError as error:
            raise admissible.refuse(self.text, f"E h^2 is infinite: {error}") from None
        if closed is None:
            self._by_quadrature(name, unevaluated, because, label)
            return
        self.integrals[name] = factor * (
            stable.by_pieces(h, self.r, self.m, self.s) or Expectation(h, self.r, self.m, self.s)
        )
        route = Difference() if closed.is_number else HeatFlow((factor * h).subs(self.r, self.m))
        self._identity(name, unevaluated, _factored(factor, closed), because, needs, route, label)

    def _drift(self, fs: Any) -> None:
        because = "Gaussian integration by parts: E h'(r) = E h(r) (r - m)/s^2; a jump of h counts as a delta"
        label, needs = "E f'(Z) E h'(r)", ("feature_slope", "response")
        left = fs * stein_slope(self.h, self.r, self.m, self.s)
        integral = fs * unintegrated(self.generalized.diff(), self.m, self.s)
        right, response = slope(self.h, self.r, self.m, self.s), self.D.steps["response"].right
        if right is None:
            self.closed = False
            self._identity("drift_factor", left, integral, because, needs, Untried(_NUMBERS), label)
            return
        self.integrals["drift_factor"] = integral
        value, other = _factored(fs, right), fs * sp.diff(response, self.m)
        route = (
            DifferentRoute(canonical(other))
            if not response.has(Expectation) and canonical(value) != canonical(other)
            else Difference()
        )
        self._identity("drift_factor", left, value, because, needs, route, label)

    def _slopes(self, fs: Any, fp: Any) -> None:
        r, m, s = self.r, self.m, self.s
        because = "the heat equation: d/d(s^2) is half of the second derivative in m, jumps and bends counted as deltas"
        square = Generalized.of(self.h**2, r)
        for name, base, factor, start, function, label in (
            (
                "drift_slope",
                "drift_factor",
                fs,
                stein_slope(self.h, r, m, s),
                self.generalized.diff(),
                "d(drift)/d(s^2)",
            ),
            ("noise_slope", "noise_power", fp, Expectation(self.h**2, r, m, s), square, "d(noise)/d(s^2)"),
        ):
            left, whole, closed = factor * start.diff(s) / (2 * s), self.D.steps[base].right, heat(function, m, s)
            integral = factor * unintegrated(function.diff().diff(), m, s) / 2
            if closed is None:
                self.closed = False
                self._identity(name, left, integral, because, (base,), Untried(_NUMBERS), label)
                continue
            pieced = stable.by_pieces(self.h**2, r, m, s, order=2) if name == "noise_slope" else None
            self.integrals[name] = integral if pieced is None else factor * pieced / 2
            value, other = canonical(_factored(factor, closed)), canonical(sp.diff(whole, s) / (2 * s))
            if whole.has(Expectation):
                bends = function.diff().diff()
                route: Any = (
                    Untried(_NUMBERS)
                    if bends.deltas or bends.smooth.cuts
                    else HeatFlow(factor * bends.smooth.values[0].subs(r, m) / 2)
                )
            else:
                route = Difference() if value == other or closed.is_number else DifferentRoute(other)
            self._identity(name, left, value, because, (base,), route, label)

    def emit(self) -> None:
        """Emit the kernel's functions, once; the steps they rest on are checked now."""
        D = self.D
        if "preconditioner" in D.functions:
            return
        D.constant("CLOSED_FORM", self.closed and not self.integrated)
        residual = {"mean": self.m, "std": self.s}
        functions = [
            (
                "preconditioner",
                {"variance": self.kappa},
                "Preconditioner p of a coordinate whose feature has this variance, p(1) = 1",
            ),
            (
                "noise_shape",
                {"correlation": self.rho, "variance_i": self.ki, "variance_j": self.kj},
                "Shape S of the gradient noise, S(1, 1, 1) = 1",
            ),
            ("response", residual, "Mean response E h(r), r ~ N(mean, std^2)"),
            ("feature_slope", {}, "E f'(Z), the constant in the drift factor"),
            ("feature_power", {}, "E f(Z)^2, the constant in the noise power"),
            ("drift_factor", residual, "Drift factor E f'(Z) E h'(r), r ~ N(mean, std^2)"),
            ("noise_power", residual, "Noise power E f(Z)^2 E h(r)^2, r ~ N(mean, std^2)"),
            ("drift_slope", residual, "Derivative of the drift factor in std^2"),
            ("noise_slope", residual, "Derivative of the noise power in std^2"),
        ]
        parameters = self.D.parameters
        names = {self.m: "mean", self.s: "std", **{p: p.name for p in parameters}}
        for name, arguments, doc in functions:
            step = D.steps[name]
            otherwise = self.integrals.get(name)
            guard = arguments is residual and otherwise is not None
            form = (
                otherwise
                if guard and self.integrated
                else stable.guarded(step.right, otherwise, names, [self.m, self.s, *parameters])
                if guard
                else self.forms.get(name)
            )
            D.function(name, step=name, arguments=arguments, doc=doc, form=form)
        D.helper("kinks", _kinks(cuts(self.h, self.r), parameters))


def _kinks(points: tuple[sp.Expr, ...], parameters: tuple[sp.Symbol, ...]) -> str:
    signature = f"*, {', '.join(p.name for p in parameters)}" if parameters else ""
    inside = "".join(f"{NumPySource().doprint(p)}, " for p in points).rstrip(" ")
    return f'def kinks({signature}):\n    """Residuals at which h is not smooth."""\n    return ({inside})\n'


def _tidy(value: Any) -> Any:
    return sp.powsimp(sp.factor_terms(sp.powdenest(value)))


def _factored(factor: Any, closed: Any) -> Any:
    """A constant goes into every term: a sum of terms keeps its shape."""
    return sp.Add(*(factor * t for t in sp.Add.make_args(closed)))
