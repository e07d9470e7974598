"""From tables or arrays to estimates. Knows nothing of simulation: it runs unchanged on a real trial's tables."""
