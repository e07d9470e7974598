"""Results as tables and files: the floor that rounds for people."""
