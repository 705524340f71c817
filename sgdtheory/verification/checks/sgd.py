"""Checks of the kernel of sgd."""

from sgdtheory.verification.checks import rule  # noqa: F401  (registers what every rule is checked for)
