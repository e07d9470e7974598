"""From tables or arrays to estimates of a two-arm trial, simulated or real.

Knows the design of a trial and its tables, and no study, assumption or claim: it runs unchanged on anybody's trial.
"""
