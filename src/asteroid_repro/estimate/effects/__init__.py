"""Differences between the arms: every method and reference distribution, for one trial or a batch of them.

``estimate_effects`` is the verb; ``methods`` lists what there is; the others are closed forms and what they share.
"""
