"""One file a theory; the registry imports the modules named here, by the problem that is asked about."""

NAMES: dict[str, tuple[str, ...]] = {
    "LinearRegression": ("separable", "sgd", "signsgd"),
    "NoiseLaw": ("noise",),
}
