"""The algorithms themselves, run as printed: ``sgt.simulate``. Uses no formula of a theory."""

from sgdtheory.simulation.rows import Rows

__all__ = ["Rows"]
