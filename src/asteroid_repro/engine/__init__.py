"""Very many trials: simulate and estimate by the piece, here or on other processes, and sum what is measured."""
