"""Between-group effects: every method and reference distribution, for one trial or a batch of them."""
