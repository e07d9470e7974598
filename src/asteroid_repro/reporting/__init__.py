"""Results as tables and files for people: whole, rounded and in words."""
