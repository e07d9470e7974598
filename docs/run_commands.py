"""Prepare a page whose cells run commands: in a new folder, without colours, and a command that fails fails the page.

A page begins with ``%run ../run_commands.py``.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp

from IPython import get_ipython

PLACE = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
COLOURS = ("FORCE_COLOR", "CLICOLOR_FORCE")  # a kernel sets them


def bash(_: str, cell: str) -> None:
    """Run the lines of a cell and print what they say, in one piece."""
    environment = {name: value for name, value in os.environ.items() if name not in COLOURS} | {"PATH": PLACE}
    done = subprocess.run(["bash", "-euc", cell], env=environment, capture_output=True, text=True, check=False)  # noqa: S607
    print(done.stdout + done.stderr, end="")
    done.check_returncode()


get_ipython().register_magic_function(bash, "cell")
os.chdir(mkdtemp())
