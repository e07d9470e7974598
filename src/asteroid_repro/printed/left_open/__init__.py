"""What print leaves open of SDs, correlations and baseline means: exact sets by rounding, one analysis at a time.

``nuisance`` is the front; what is printed of the arms and of the line comes in as intervals.
"""
