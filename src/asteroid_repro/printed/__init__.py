"""The audit of print: what printed numbers imply and where they contradict each other. Knows no trial.

One printed line is read (``printed_triple``) and audited (``audit_triple``), many are in ``families``; ``granularity``
checks means, SDs and percentages of whole-number data;
``left_open`` says what print leaves open of SDs and correlations.
"""
