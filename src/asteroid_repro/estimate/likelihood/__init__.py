"""Likelihood fits where visits are missing: restricted maximum likelihood and its small-sample inference."""
