"""What if visits are not missing at random: multiple imputation under stated departures."""
