"""Results in, figures and tables out: the only floor that rounds, and the only one that imports matplotlib."""
