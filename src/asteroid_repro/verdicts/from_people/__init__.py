"""Every printed number recomputed from the tables of the people it came from."""
