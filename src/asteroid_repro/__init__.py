"""Simulate, analyse and check the ASTEROID trial of running for chronic low back pain, from what is published."""

from asteroid_repro._version import __version__ as __version__
from asteroid_repro.assumptions.calibration import matched_to_paper, scenario, scenario_names
from asteroid_repro.assumptions.trial import OutcomeAssumptions, TrialAssumptions
from asteroid_repro.errors import InputError, NotYetError
from asteroid_repro.estimate.attendance import attendance
from asteroid_repro.estimate.effects import estimate_effects
from asteroid_repro.estimate.rates import event_rates
from asteroid_repro.evaluate.performance import operating_characteristics
from asteroid_repro.published.ledger import published
from asteroid_repro.schema import Trial
from asteroid_repro.simulate.trial import simulate_trial
from asteroid_repro.verify.audit import audit
from asteroid_repro.verify.verdict import verify

ASTEROID = matched_to_paper()

__all__ = [
    "ASTEROID",
    "InputError",
    "NotYetError",
    "OutcomeAssumptions",
    "Trial",
    "TrialAssumptions",
    "attendance",
    "audit",
    "estimate_effects",
    "event_rates",
    "matched_to_paper",
    "operating_characteristics",
    "published",
    "scenario",
    "scenario_names",
    "simulate_trial",
    "verify",
]
