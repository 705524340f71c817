"""One file a theory; the registry imports the modules named here."""

NAMES: tuple[str, ...] = ("separable", "signsgd", "sgd", "clipped_sgd", "noise")
