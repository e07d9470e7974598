"""What if visits are not missing at random: multiple imputation under stated departures, pooled by Rubin's rules.

``sensitivity`` asks about one departure, ``tipping_point`` how large it must be to change the conclusion.
"""
