"""Checks of the kernel of signSGD."""

from sgdtheory.verification.checks import (
    one_step,  # noqa: F401  (registers the simulation of one step)
    rule,  # noqa: F401  (registers what every rule is checked for)
)
