"""Simulate, analyse and check the ASTEROID trial of running for chronic low back pain, from what is published."""

from asteroid_repro._version import __version__ as __version__
from asteroid_repro.assumptions.bounds import floor_and_ceiling
from asteroid_repro.assumptions.calibration import matched_to_paper, scenario, scenario_names
from asteroid_repro.assumptions.candidacy import CANDIDACY, Candidacy
from asteroid_repro.assumptions.programme import programme, programme_names
from asteroid_repro.assumptions.trial import OutcomeAssumptions, TrialAssumptions
from asteroid_repro.errors import InputError, NotYetError
from asteroid_repro.estimate.attendance import attendance
from asteroid_repro.estimate.effects import estimate_effects
from asteroid_repro.estimate.rate_comparison import compare_with_yardstick, probability_rate_below
from asteroid_repro.estimate.rate_intervals import rate_intervals
from asteroid_repro.estimate.rates import event_rates
from asteroid_repro.estimate.rerandomisation import rerandomisation_test
from asteroid_repro.estimate.responders import responders
from asteroid_repro.estimate.sensitivity import sensitivity
from asteroid_repro.estimate.standardised import standardised_effects
from asteroid_repro.estimate.tipping_point import tipping_point
from asteroid_repro.estimate.within_arm import within_arm_changes
from asteroid_repro.evaluate.estimands import estimands
from asteroid_repro.evaluate.frailty import coverage_by_frailty
from asteroid_repro.evaluate.performance import operating_characteristics, sampling_distribution
from asteroid_repro.evaluate.what_if import what_if
from asteroid_repro.published.ledger import published
from asteroid_repro.published.rounding import audit_triple
from asteroid_repro.schema import Trial
from asteroid_repro.simulate.screening import screen
from asteroid_repro.simulate.trial import simulate_trial
from asteroid_repro.verify.audit import audit
from asteroid_repro.verify.inference import inference_ledger
from asteroid_repro.verify.reconstruct import reconstruct
from asteroid_repro.verify.verdict import verify

ASTEROID = matched_to_paper()

__all__ = [
    "ASTEROID",
    "CANDIDACY",
    "Candidacy",
    "InputError",
    "NotYetError",
    "OutcomeAssumptions",
    "Trial",
    "TrialAssumptions",
    "attendance",
    "audit",
    "audit_triple",
    "compare_with_yardstick",
    "coverage_by_frailty",
    "estimands",
    "estimate_effects",
    "event_rates",
    "floor_and_ceiling",
    "inference_ledger",
    "matched_to_paper",
    "operating_characteristics",
    "probability_rate_below",
    "programme",
    "programme_names",
    "published",
    "rate_intervals",
    "reconstruct",
    "rerandomisation_test",
    "responders",
    "sampling_distribution",
    "scenario",
    "scenario_names",
    "screen",
    "sensitivity",
    "simulate_trial",
    "standardised_effects",
    "tipping_point",
    "verify",
    "what_if",
    "within_arm_changes",
]
