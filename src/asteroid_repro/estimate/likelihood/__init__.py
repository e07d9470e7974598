"""Likelihood fits where visits are missing: restricted maximum likelihood by patterns of observed visits.

With the small-sample inference of Satterthwaite and of Kenward and Roger; many trials at once.
"""
