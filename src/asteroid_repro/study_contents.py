"""What a study's folder holds, what can be done with it and what is missing, in words; and a skeleton to begin with."""

import shutil
from pathlib import Path

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.methods import chosen_analysis
from asteroid_repro.study_folder import Study
from asteroid_repro.tables.toml_files import in_file
from asteroid_repro.verdicts.left_by_print import assumed_from_print, left_by_print, own_analysis
from asteroid_repro.verdicts.people_foretold.foretold import FILE, read_foretelling
from asteroid_repro.verdicts.simulated import why_not


def study_contents(study: Study) -> tuple[str, ...]:
    """Read everything in a study's folder and say what is in it, what can be done with it, and what is missing.

    Parameters
    ----------
    study : Study
        For instance ``ar.study("my-trial")``.

    Returns
    -------
    tuple of str
        Sentences.

    Raises
    ------
    InputError
        The first thing that is wrong: file, entry, requirement, value.

    Examples
    --------
    >>> from asteroid_repro import study
    >>> print(study_contents(study("asteroid"))[0])
    ASTEROID: Run-walk intervals against a waitlist in chronic non-specific low back pain.
    """
    design = study.design
    with in_file(study.folder / "study.toml"):
        chosen_analysis(own=design.analysis)
    arms = f"{design.treatment.label} against {design.reference.label}"
    outcomes = ", ".join(outcome.label for outcome in design.outcomes)
    weeks = ", ".join(f"{week:g}" for week in design.visits)
    return (
        f"{design.name}: {design.title}.",
        f"Design: {arms}; weeks {weeks}; {outcomes}.",
        *_print(study),
        *_assumptions(study),
        *_scenarios(study),
        *_people(study),
    )


def write_skeleton(folder: Path) -> tuple[Path, ...]:
    """Write a commented study to begin with into a new folder.

    Parameters
    ----------
    folder : pathlib.Path
        Must not exist, or be empty.

    Returns
    -------
    tuple of pathlib.Path
        The files.

    Raises
    ------
    InputError
        A folder that holds something, or cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> from asteroid_repro import study
    >>> with tempfile.TemporaryDirectory() as place:
    ...     written = write_skeleton(Path(place) / "mine")
    ...     study(Path(place) / "mine").assumptions.n_people
    100
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"folder must be new or empty, got {folder}, which holds something. Choose another.")
    try:
        shutil.copytree(Path(__file__).parent / "studies" / "_skeleton", folder, dirs_exist_ok=True)
    except OSError as error:
        raise InputError(f"folder must be one to write to, got {folder}: {error.strerror}. Choose another.") from None
    return tuple(sorted(path for path in folder.rglob("*.toml")))


def _print(study: Study) -> list[str]:
    claims = study.ledger.claims
    if not claims:
        return ["Print: none. Missing: claims.toml and sources.toml, to audit and to verify."]
    roles = [claim.role for claim in claims]
    wanted = ("fitted", "derived", "predicted", "context")
    counts = ", ".join(f"{roles.count(role)} {role}" for role in wanted if role in roles)
    done = "Can be done: audit; derived claims verified."
    return [f"Print: {len(claims)} claims ({counts}). {done}", *_left_open(study)]


def _left_open(study: Study) -> list[str]:
    """Say what the printed lines leave open of what has to be assumed, and which analyses did not print them."""
    said = []
    for name, left in left_by_print(study).items():
        analysis = own_analysis(study, left)
        for row in left.rows:
            if row.analysis == analysis and analysis in left.possible:
                given = f", given {row.given}" if row.given else ""
                said.append(f"Left open by {name} ({analysis}): {row.quantity} {row.low:.4g} to {row.high:.4g}{given}.")
        if left.impossible:
            said.append(f"Cannot have printed {name}: {', '.join(left.impossible)}.")
    return [*said, *(f"For assumptions.toml: {line}" for line in assumed_from_print(study))]


def _assumptions(study: Study) -> list[str]:
    if not study.has_assumptions:
        return ["Assumptions: none. Missing: assumptions.toml, to simulate, plan, compare scenarios and verify."]
    record = study.assumptions
    roles = [one.role for one in record.provenance]
    counts = ", ".join(f"{roles.count(role)} {name}" for role, name in _ROLES.items() if role in roles)
    sessions = "Programme: none, so there are no sessions and adverse events follow person-time."
    if record.sessions:
        sessions = f"Programme: {record.sessions.programme.name}, {record.n_sessions} sessions."
    absent = [(claim.id, why_not(claim.about, record)) for claim in study.ledger.claims if claim.about]
    odd = [f"Not of this trial: claim {name}, {why}." for name, why in absent if why]
    people = f"{record.n_treatment} + {record.n_reference} people"
    done = "Can be done: simulate, operating characteristics, what-if, planning, verify."
    return [f"Assumptions: {len(roles)} values ({counts}); {people}. {done}", sessions, *odd]


def _people(study: Study) -> list[str]:
    if not study.has_people:
        return []
    counts = study.people.participants["arm"].value_counts()
    both = " + ".join(str(counts[name]) for name in study.design.arm_names)
    return [f"People: {both}. Can be done: estimate, rates, adherence, report; with print, verify against people."]


_ROLES = {"claim": "from claims", "fitted": "fitted to claims", "assumption": "assumed"}


def _scenarios(study: Study) -> list[str]:
    names = study.scenario_names[1:]
    if study.has_assumptions:
        for name in names:
            study.scenario(name)
    found = [f"Scenarios: {', '.join(names)}."] if names else []
    return found + (["Screening: how likely people are to fail each criterion."] if study.screening else [])


def _foretold(study: Study) -> list[str]:
    if not (study.folder / FILE).exists():
        return []
    found = read_foretelling(study.folder)
    count = sum(entry.status == "foretold" for entry in found.entries)
    frozen = f"frozen {found.date} as {found.sha256[:12]}"
    return [f"Foretold: {count} quantities of the people, {frozen}. Can be done: study score, with the people."]
