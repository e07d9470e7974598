"""The mixed model for repeated measures of one table: any covariates, any covariance, REML or ML, however many visits.

``one_table`` fits a method to an outcome; ``deviance`` and ``maximum`` are the likelihood, ``contrasts`` the tests.
"""
