"""From assumptions to simulated people and tables. One simulator: it works on a block of trials."""
