"""The registration of a replication, to be read by people: what is fitted, what is foretold, its hash and date."""

from collections.abc import Mapping, Sequence

import pandas as pd

from asteroid_repro.reporting.records import markdown
from asteroid_repro.study_folder import Study
from asteroid_repro.verdicts.people_foretold.foretold import Foretold


def registration(study: Study, foretelling: Foretold) -> str:
    """Return the registration of a study's foretelling in Markdown.

    Parameters
    ----------
    study : Study
        With claims, assumptions and ``foretelling.toml``.
    foretelling : Foretold
        Frozen.
    """
    design, claims = study.design, study.ledger.claims
    fitted = [{"claim": one.id, "printed": one.printed, "source": one.source} for one in claims if one.role == "fitted"]
    predicted = [
        {"claim": one.id, "printed": one.printed, "blind": one.blind} for one in claims if one.role == "predicted"
    ]
    names = {"foretold": "Foretold", "known": "Known before", "printed": "Printed", "told": "Follows from these"}
    entries = {
        name: [
            {"quantity": one.quantity, "low": one.low, "middle": one.middle, "high": one.high}
            for one in foretelling.entries
            if one.status == status
        ]
        for status, name in names.items()
    }
    frozen = f"Frozen on {foretelling.date} with version {foretelling.version}, SHA-256 `{foretelling.sha256}`"
    analysis = f"The analysis is the study's: {design.analysis.method}, level {design.analysis.level:g}."
    parts = [
        f"# Registration: {design.name}",
        f"{design.title}. {foretelling.label}. {frozen}.",
        f"Only what stands under *Foretold* is scored, by `asteroid-repro study score`. {analysis}",
        "## Fitted",
        _table(fitted, "No claim is fitted."),
        "## Predicted claims",
        _table(predicted, "No claim is predicted."),
    ]
    for name, rows in entries.items():
        parts += [f"## {name}", _table(rows, "Nothing.")]
    files = [{"file": name, "SHA-256": digest} for name, digest in foretelling.files.items()]
    return "\n\n".join([*parts, "## Files", _table(files, "None.")]) + "\n"


def _table(rows: Sequence[Mapping[str, object]], nothing: str) -> str:
    return markdown(pd.DataFrame(rows)) if rows else nothing
