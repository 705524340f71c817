"""Theory and algorithms on a data set: the job behind ``sgt.analyse`` and ``sgdtheory risk``."""
