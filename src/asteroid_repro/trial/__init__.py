"""Records of a trial, validating themselves: its design, its outcomes, what is assumed of it."""
