"""The lessons are run as notebooks: without this, looking for doctests would run every script while collecting."""

collect_ignore_glob = ["*.py"]
