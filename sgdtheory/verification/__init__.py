"""Theory against simulation, records checked anew, mutants, reports."""
