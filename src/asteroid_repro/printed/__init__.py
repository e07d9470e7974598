"""The audit of print: what printed numbers imply and where they contradict each other. Knows no trial."""
