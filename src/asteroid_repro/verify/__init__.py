"""Claims against results: a verdict for every published number."""
