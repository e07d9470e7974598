"""ASTEROID: what is supposed of it and of those who answered its call, and what is published about it."""

from typing import Final, cast

from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.study_folder import study
from asteroid_repro.trial.candidacy import Candidacy

ASTEROID: Final = study("asteroid").assumptions
CANDIDACY: Final = cast("Candidacy", study("asteroid").screening)


def published() -> Ledger:
    """Return what is published about ASTEROID.

    Returns
    -------
    Ledger
        Every claim with its source, role and status.

    Examples
    --------
    >>> claim = published()["average_pain.week12.estimate"]
    >>> claim.printed, claim.unit, claim.role
    ('-15.30', 'points', 'fitted')
    """
    return study("asteroid").ledger
