"""What the words around a result say of it: its scale, its kind, the sides of its p-value."""

import re

from asteroid_repro.printed.reading.known_words import CAPITALS, RANKS, SCALE, SCALE_NAMES, SCALES


def scale_of(words: list[str]) -> str:
    """Return the scale that the last telling word names; empty where none does.

    Examples
    --------
    >>> scale_of(["adjusted", "hazard", "ratio"]), scale_of(["pain", "or", "disability"])
    ('ratio', '')
    """
    for place in range(len(words) - 1, -1, -1):
        word = words[place].lower()
        if word not in SCALE or (word in CAPITALS and words[place] != CAPITALS[word]):
            continue
        if word in ("d", "g", "b", "r") and words[place] != word:
            continue
        if word in ("effect", "change", "changes") and scale_of(words[:place]):
            continue
        return SCALE[word]
    return ""


def scale_named(word: str) -> str:
    """Return the scale that a user names, empty for none; raises KeyError for a word that names no scale.

    Examples
    --------
    >>> scale_named("HR"), scale_named("efficacy"), scale_named(" ")
    ('ratio', 'per cent reduction', '')
    """
    plain = word.strip()
    named = {scale.lower(): scale for scale in SCALES} | SCALE_NAMES
    return named[plain.lower()] if plain else ""


def is_rank(words: list[str]) -> bool:
    """Whether the words tell of a median or of a method of ranks.

    Examples
    --------
    >>> is_rank(["median", "difference"])
    True
    """
    return any(word.lower() in RANKS for word in words)


def sides_of(words: str) -> int:
    """Return 1 where the words say that the p-value is one-sided, else 2.

    Examples
    --------
    >>> sides_of("one-sided P = 0.02"), sides_of("p = 0.02")
    (1, 2)
    """
    return 1 if re.search(r"(?i)\b(?:one|1)[- \u2010\u2011]{0,2}(?:sided|tailed)", words) else 2
