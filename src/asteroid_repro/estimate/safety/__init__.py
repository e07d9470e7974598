"""Adverse events: rates per hour of the sessions or per person-week, and three kinds of limits of them.

And what a rate is compared with: a published yardstick, or a value that it should be below.
"""
