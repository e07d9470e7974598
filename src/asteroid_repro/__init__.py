"""Simulate, analyse and check the ASTEROID trial of running for chronic low back pain, from what is published about it.

The names are listed in ``__init__.pyi`` and loaded when they are first used (SPEC 1 of Scientific Python), so that a
command pays only for what it needs. A function is handed out with the check of its arguments around it.
"""

from inspect import isfunction
from typing import Any

import lazy_loader

from asteroid_repro._version import __version__ as __version__

_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    found = _load(name)
    if isfunction(found):
        from asteroid_repro.checked_arguments import checked

        found = checked(found)
        found.__module__ = __name__  # where it is found again, by pickle too
    globals()[name] = found
    return found
