"""Problems: what is learned, and from which noise. Plain frozen data; none knows a theory."""
