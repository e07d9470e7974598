"""The next trial: sample size, power curve, assurance, precision, replication."""
