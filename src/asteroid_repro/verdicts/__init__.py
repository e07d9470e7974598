"""A verdict on every claim: against the simulation, against other claims, against reconstructed people."""
