"""Foretelling a trial's people before anybody looks, frozen in a file, and scoring that file when somebody has looked.

``foretell`` makes it, ``foretold`` is what it holds, ``score`` holds it against people.
"""
