"""The check of an installation: each requirement held against references from outside, on the user's own machine.

Data: ``requirements.toml`` (the one table of requirements), ``references/`` (outputs of R, with the data behind them).
"""
