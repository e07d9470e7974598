"""Every public name and where it lives; they are loaded when they are first used."""

from .assumptions.asteroid import ASTEROID
from .assumptions.bounds import floor_and_ceiling
from .assumptions.calibration import matched_to_paper, scenario, scenario_names
from .assumptions.candidacy import CANDIDACY, Candidacy
from .assumptions.programme import programme, programme_names
from .assumptions.trial import OutcomeAssumptions, TrialAssumptions
from .errors import InputError, NotYetError
from .estimate.attendance import attendance
from .estimate.effects import estimate_effects
from .estimate.rate_comparison import compare_with_yardstick, probability_rate_below
from .estimate.rate_intervals import rate_intervals
from .estimate.rates import event_rates
from .estimate.rerandomisation import rerandomisation_test
from .estimate.responders import responders
from .estimate.sensitivity import sensitivity
from .estimate.standardised import standardised_effects
from .estimate.tipping_point import tipping_point
from .estimate.within_arm import within_arm_changes
from .evaluate.assurance import assurance
from .evaluate.estimands import estimands
from .evaluate.fields import with_fields
from .evaluate.frailty import coverage_by_frailty
from .evaluate.performance import operating_characteristics
from .evaluate.power_curve import power_curve
from .evaluate.precision import hours_for_precision
from .evaluate.replication import replication, sceptical_p_value
from .evaluate.sample_size import sample_size
from .evaluate.sampling import sampling_distribution
from .evaluate.sweep import sweep
from .evaluate.what_if import what_if
from .published.ledger import published
from .published.rounding import audit_triple
from .schema import Trial
from .simulate.screening import screen
from .simulate.trial import simulate_trial
from .verify.audit import audit
from .verify.inference import inference_ledger
from .verify.reconstruct import reconstruct
from .verify.verdict import verify

__version__: str

__all__ = [
    "ASTEROID",
    "CANDIDACY",
    "Candidacy",
    "InputError",
    "NotYetError",
    "OutcomeAssumptions",
    "Trial",
    "TrialAssumptions",
    "assurance",
    "attendance",
    "audit",
    "audit_triple",
    "compare_with_yardstick",
    "coverage_by_frailty",
    "estimands",
    "estimate_effects",
    "event_rates",
    "floor_and_ceiling",
    "hours_for_precision",
    "inference_ledger",
    "matched_to_paper",
    "operating_characteristics",
    "power_curve",
    "probability_rate_below",
    "programme",
    "programme_names",
    "published",
    "rate_intervals",
    "reconstruct",
    "replication",
    "rerandomisation_test",
    "responders",
    "sample_size",
    "sampling_distribution",
    "scenario",
    "scenario_names",
    "sceptical_p_value",
    "screen",
    "sensitivity",
    "simulate_trial",
    "standardised_effects",
    "sweep",
    "tipping_point",
    "verify",
    "what_if",
    "with_fields",
    "within_arm_changes",
]
