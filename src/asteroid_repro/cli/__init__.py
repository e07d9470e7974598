"""The command line: parse, call one function, say the answer."""
