"""The algorithms as they run; shares no formula with the theory."""
