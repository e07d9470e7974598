"""Describe the trial's programme by the items of TIDieR, from the ledger and the programme's own data."""

import pandas as pd

import asteroid_repro as ar
from asteroid_repro.reporting.records import markdown

NOT_KNOWN = "Not known from the sources read."


def tidier() -> str:
    """Return the twelve items of TIDieR (doi:10.1136/bmj.g1687), each with the claims it rests on."""
    items = {
        "Brief name": ar.ASTEROID.sessions.programme.description,
        "Why": NOT_KNOWN,
        "What: materials": "A smartphone, since people without one were excluded (`design.excluded.no_smartphone`); a "
        "treadmill for the test run (`programme.start_test.minutes`). "
        "Other materials: not known.",
        "What: procedures": _procedures(),
        "Who provided": _quoted("programme.delivery"),
        "How": _quoted("programme.delivery"),
        "Where": _quoted("programme.delivery", "programme.progression.metric"),
        "When and how much": _dose(),
        "Tailoring": _tailoring(),
        "Modifications": NOT_KNOWN,
        "How well: planned": "Remote support, " + _quoted("programme.delivery"),
        "How well: actual": _actual(),
    }
    rows = [
        {"item": str(number), "TIDieR": name, "in ASTEROID": text}
        for number, (name, text) in enumerate(items.items(), start=1)
    ]
    return markdown(pd.DataFrame(rows))


def _printed(claim: str) -> str:
    return ar.published()[claim].printed


def _quoted(*claims: str) -> str:
    return "; ".join(f"“{_printed(claim)}” (`{claim}`)" for claim in claims)


def _procedures() -> str:
    plan = ar.ASTEROID.sessions.programme
    run = _printed("programme.stage1.run_seconds")
    walk = _printed("programme.stage1.walk_seconds")
    first = f"Stage 1: run {run} s, walk {walk} s (`programme.stage1.run_seconds`, `.walk_seconds`)"
    last = f"last stages: run up to {_printed('programme.last_stage.run_minutes')} min, "
    cycles = f"{_printed('programme.repeats.minimum')} to {_printed('programme.repeats.maximum')} cycles a session"
    return (
        f"{first}; {last}{_quoted('programme.last_stage.walk')}; {cycles} (`programme.repeats.*`). "
        f"Assumption: {len(plan.stages)} stages, and the walks after stage 1."
    )


def _dose() -> str:
    a_week, minutes, weeks, sessions, hours = (
        _printed(f"programme.{name}") for name in ("sessions_per_week", "session_minutes", "weeks", "sessions", "hours")
    )
    cited = "(`programme.sessions_per_week`, `.session_minutes`, `.weeks`, `.sessions`, `.hours`)"
    return f"{a_week} sessions a week of {minutes} min for {weeks} weeks: {sessions} sessions, {hours} h {cited}"


def _tailoring() -> str:
    test = _printed("programme.start_test.minutes")
    start = f"A test run of {test} min sets the first stage (`programme.start_test.minutes`)"
    needed = f"after the most cycles in {_printed('programme.progression.sessions')} sessions of the week"
    up = f"{_quoted('programme.progression.stages')}, {needed} (`programme.progression.sessions`)"
    return f"{start}. {up}; {_quoted('programme.progression.choice')}. Flares: {_quoted('programme.flare_rule')}"


def _actual() -> str:
    share = f"mean {_printed('adherence.mean')}, SD {_printed('adherence.sd')} (`adherence.mean`, `.sd`)"
    hours = f"{_printed('exposure.running_hours')} h of running in all (`exposure.running_hours`)"
    lost = f"{_printed('attrition.lost')} of {_printed('design.randomised')} people (`attrition.lost`)"
    return f"Sessions attended: {share}; {hours}; lost: {lost}"
