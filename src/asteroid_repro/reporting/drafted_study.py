"""A study drafted from a paper's text: every printed result as a claim, each to be checked by a person."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from asteroid_repro.errors import InputError
from asteroid_repro.printed.grading.audited_print import audit_text
from asteroid_repro.printed.grading.grade import PrintedVerdict
from asteroid_repro.printed.reading.found_result import FoundResult
from asteroid_repro.reporting.files import write_file
from asteroid_repro.trial.assumptions import TrialAssumptions

CHECK: Final = "To be checked by a person."
_DESIGN: Final = """# Drafted from {source}. All of this is to be checked by a person: nothing but the results was read.
name = "My trial"           # to be checked by a person
title = "What is compared with what, in whom"
visits = [0, 12]            # weeks; to be checked by a person, with every week of claims.toml

[treatment]
name = "treatment"          # to be checked by a person
label = "Treatment"

[reference]
name = "control"            # to be checked by a person
label = "Control"

[analysis]
method = "ancova"           # to be checked by a person
"""
_OUTCOME: Final = """
[outcomes.{name}]
label = {label}
better = "lower"            # to be checked by a person; add minimum, maximum and step where the scale has ends
"""
_CLAIMS: Final = """# Drafted from {source}: every printed result that was found in it, as printed, and nothing else.
# To be checked by a person, one by one: that it is what the paper says; the outcome, the week and the arm; whether it
# is printed as reference minus treatment (then add reversed = true, and exchange ci_low and ci_high in about); its
# role (fitted where it sets an assumption). Add the people of each arm.
"""
_WORDS: Final = re.compile(r"[a-z]{3,}")
_EMPTY: Final = frozenset({"and", "the", "was", "were", "with", "had", "from", "for", "than", "week", "weeks", "month"})


def draft_study(folder: Path, text: str, source: str) -> tuple[Path, ...]:
    """Write a study into a new folder from what the audit finds in a text.

    Parameters
    ----------
    folder : pathlib.Path
        Must not exist, or be empty.
    text : str
        An abstract, or a paper.
    source : str
        What the text is, for instance the name of its file.

    Returns
    -------
    tuple of pathlib.Path
        ``study.toml``, ``claims.toml`` and ``sources.toml``; what is assumed is for a person to say.

    Raises
    ------
    InputError
        A folder that holds something, or a text without a printed result.

    Examples
    --------
    >>> import tempfile
    >>> from asteroid_repro import study
    >>> with tempfile.TemporaryDirectory() as place:
    ...     _ = draft_study(Path(place) / "mine", "Sleep rose by 4.0 (95% CI 1.0 to 7.0), p=0.009.", "a line")
    ...     [claim.printed for claim in study(Path(place) / "mine").ledger.claims]
    ['4.0', '1.0', '7.0', '0.009']
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"folder must be new or empty, got {folder}, which holds something. Choose another.")
    rows = audit_text(text).rows
    if not rows:
        raise InputError(f"{source} must print a result (estimate with limits or p, mean with SD), got none. Check it.")
    names = _names([row.found for row in rows])
    effects = [(name, row) for name, row in zip(names, rows, strict=True) if _is_effect(row.found)]
    outcomes = [(name, row.found.label) for name, row in effects] or [("primary", "Primary outcome")]
    design = _DESIGN.format(source=source) + "".join(
        _OUTCOME.format(name=name, label=_text(label or name)) for name, label in outcomes
    )
    claims = _CLAIMS.format(source=source) + "".join(
        claim for name, row in zip(names, rows, strict=True) for claim in _claims(name, row)
    )
    cited = f"[paper]\ncitation = {_text(f'{source}. {CHECK}')}\n"
    files = {"study.toml": design, "claims.toml": claims, "sources.toml": cited}
    return tuple(write_file(folder / name, content) for name, content in files.items())


def _names(found: list[FoundResult]) -> list[str]:
    """Return a name for each result, of the last words before it; numbered where the words are the same."""
    names: list[str] = []
    for one in found:
        words = [word for word in _WORDS.findall(one.label.lower()) if word not in _EMPTY]
        stem = "_".join(words[-2:]) or "result"
        taken = {*names, *dir(TrialAssumptions), *TrialAssumptions.model_fields}
        numbered = (stem if number == 1 else f"{stem}_{number}" for number in range(1, len(found) + 2))
        names.append(next(name for name in numbered if name not in taken))
    return names


def _is_effect(found: FoundResult) -> bool:
    """Whether it is an estimate with limits or p that may be a difference."""
    return found.kind not in ("mean", "share") and found.estimate is not None and found.scale in ("", "difference")


def _claims(name: str, row: PrintedVerdict) -> Iterator[str]:
    found = row.found
    limits = [each for each in (found.lower, found.upper) if each is not None]
    low, high = sorted(limits, key=float) if len(limits) == 2 else (None, None)
    parts = {"estimate": found.estimate, "ci_low": low, "ci_high": high, "p_value": found.p, "se": found.spread}
    if found.kind in ("mean", "share"):
        parts = {found.kind: found.estimate, "sd": found.spread}
    percent = "%" in found.quote and found.kind in ("mean", "share")
    for part, printed in parts.items():
        if printed is not None:
            unit = "1" if part == "p_value" else "percent" if percent else "points"
            yield _claim(f"{name}.{part}", printed, unit, row, _about(name, part, found))


def _about(name: str, part: str, found: FoundResult) -> str:
    if not _is_effect(found):
        return ""
    level = f", level = {found.level:g}" if part.startswith("ci") and found.level != 0.95 else ""
    figure = f'figure = "effect", outcome = "{name}", week = 12, statistic = "{part}"{level}'
    return f"about = {{ {figure} }}  # the week is to be checked by a person\n"


def _claim(claim: str, printed: str, unit: str, row: PrintedVerdict, about: str) -> str:
    part = claim.rpartition(".")[2]
    statement = f"{part}, {row.found.label or 'no words before it'} ({row.found.place}): {row.found.quote}"
    agrees = "consistent" if row.verdict == "compatible" else "unverifiable"
    return f"""
[[claim]]
id = "{claim}"
statement = {_text(statement)}
printed = {_text(_plain(printed))}
unit = "{unit}"
source = "paper"
strength = "P"
role = "context"  # to be checked by a person
status = "{agrees if about else "unverifiable"}"
reason = {_text(f"{CHECK} The audit says: {row.sentence}")}
{about}"""


def _plain(printed: str) -> str:
    """Return a number as claims hold it: digits before the point."""
    return re.sub(r"^([<>]?-?)\.", r"\g<1>0.", printed.replace("\u2212", "-"))


def _text(words: str) -> str:
    return json.dumps(" ".join(words.split()), ensure_ascii=False)
