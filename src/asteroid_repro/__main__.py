"""Run the command line with ``python -m asteroid_repro``."""

from asteroid_repro.cli.commands import main

main()
