"""One file a theory; the registry imports the modules named here."""

NAMES: tuple[str, ...] = ("separable", "sgd", "signsgd", "noise")
