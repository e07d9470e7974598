"""What is printed about a trial: claims with source, role and formula, checked against each other."""
