"""Simulate, analyse and check the ASTEROID trial of running for chronic low back pain, from what is published about it.

The names are listed in ``__init__.pyi`` and loaded when they are first used (SPEC 1 of Scientific Python), so that a
command pays only for what it needs.
"""

import lazy_loader

from asteroid_repro._version import __version__ as __version__

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
