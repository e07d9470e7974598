"""The tables that go in and come out: their columns, and the checks of a table that a user brought."""
