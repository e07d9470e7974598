"""The tables that go in and come out: columns, the check of a table that a user brought, results as tables.

And the one record of two limits with the one check of a level. Knows no trial.
"""
