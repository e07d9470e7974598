"""The tables that people have, read into a trial: files of any kind, long or wide, with the codes they use.

What cannot be read in one way only is refused in a line; what was understood is said.
"""
