"""The audit of print: what printed numbers imply and where they contradict each other. Knows no trial.

``reading`` finds results in a text, ``grading`` judges them, ``left_open`` says what print leaves open of SDs and
correlations. Here is the exact argument on one line (``audit_triple``, ``feasible_df``), and ``granularity`` of means,
SDs and percentages of whole-number data.
"""
