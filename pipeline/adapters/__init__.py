"""One file per outside system; each keeps that system's words and faults to itself."""
