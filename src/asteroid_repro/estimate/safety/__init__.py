"""Adverse events: counts, rates per unit of exposure, their limits and comparisons."""
