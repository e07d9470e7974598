"""The words that the reader knows, from ``words.toml``."""

import tomllib
from importlib.resources import files
from typing import Any, Final

_ALL: Final[dict[str, Any]] = tomllib.loads(files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))


def meaning_of(table: str) -> dict[str, str]:
    """Return what each word of a table means, by the word.

    Examples
    --------
    >>> meaning_of("scales")["hr"]
    'ratio'
    """
    return {word: meaning for meaning, words in _ALL[table].items() for word in words.split()}


KIND: Final = meaning_of("kinds")
DATES: Final = set(_ALL["dates"]["words"].split())
SCALE: Final = meaning_of("scales")
SCALE_NAMES: Final = meaning_of("scale_names")
SCALES: Final = tuple(_ALL["scale_names"])
CAPITALS: Final[dict[str, str]] = _ALL["capitals"]
RANKS: Final = set(_ALL["ranks"]["words"].split())
