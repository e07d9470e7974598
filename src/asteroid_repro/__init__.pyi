"""Every public name and where it lives; they are loaded when they are first used."""

from .asteroid import ASTEROID, CANDIDACY, published
from .errors import InputError, NotYetError
from .estimate.attendance import attendance
from .estimate.change_from_baseline.responders import responders
from .estimate.change_from_baseline.standardised import standardised_effects
from .estimate.change_from_baseline.within_arm import within_arm_changes
from .estimate.effects.estimate_effects import estimate_effects
from .estimate.effects.multiplicity import adjust_p_values
from .estimate.missing_visits.sensitivity import sensitivity
from .estimate.missing_visits.tipping_point import tipping_point
from .estimate.rerandomisation import rerandomisation_test
from .estimate.safety.harms import harms
from .estimate.safety.rate_comparison import compare_with_yardstick, probability_rate_below
from .estimate.safety.rates import event_rates
from .evaluate.estimands import estimands
from .evaluate.frailty import coverage_by_frailty
from .evaluate.performance import operating_characteristics
from .evaluate.sampling import sampling_distribution
from .figures.audit_figures import plot_reconstructions, plot_triple
from .figures.effect_figures import plot_forest, plot_sampling_distribution
from .figures.exposure_figures import plot_attendance, plot_event_rates, plot_running_hours
from .figures.people_figures import plot_participant_flow, plot_trajectories
from .figures.planning_figures import plot_assurance, plot_power_curve, plot_rerun, plot_what_if
from .figures.programme_figures import plot_programme
from .figures.reanalysis_figures import plot_adjusted, plot_multiverse, plot_posterior
from .figures.style import save_figure
from .mechanism.scale_bounds import floor_and_ceiling
from .number_changes import changes_since
from .planning.assurance import assurance
from .planning.posterior import posterior
from .planning.power_curve import power_curve
from .planning.precision import hours_for_precision
from .planning.replication import replication, sceptical_p_value
from .planning.sample_size import sample_size
from .printed.adjusted import adjusted_from_print
from .printed.audit_triple import audit_triple
from .printed.grading.audited_print import audit_text
from .printed.granularity import debit, grim, grim_difference, grimmer
from .printed.left_open.nuisance import nuisance_from_print
from .reading.read_people import read_people
from .reporting.paper_tables import adverse_events_table, effects_table, table_one
from .reporting.result_tables import verdict_table
from .scenarios_compared import what_if
from .simulate.screening import screen
from .simulate.trial_tables import simulate_trial
from .study_folder import Study, programme, programme_names, scenario, scenario_names, study, study_names
from .sweeps.run_sweep import sweep
from .trial.assumptions import TrialAssumptions
from .trial.candidacy import Candidacy
from .trial.design import Design, Outcome
from .trial.outcome_assumptions import OutcomeAssumptions
from .trial.participant_data import Trial
from .trial.programme import Programme
from .trial_report import report
from .validation.validate import validate
from .verdicts.audit_ledger import audit
from .verdicts.inference_ledger import inference_ledger
from .verdicts.multiverse import multiverse
from .verdicts.people_foretold.score import score_foretelling
from .verdicts.reanalysis import reanalyse
from .verdicts.reconstruction import reconstruct
from .verdicts.verdict import verify

__version__: str

__all__ = [
    "ASTEROID",
    "CANDIDACY",
    "Candidacy",
    "Design",
    "InputError",
    "NotYetError",
    "Outcome",
    "OutcomeAssumptions",
    "Programme",
    "Study",
    "Trial",
    "TrialAssumptions",
    "adjust_p_values",
    "adjusted_from_print",
    "adverse_events_table",
    "assurance",
    "attendance",
    "audit",
    "audit_text",
    "audit_triple",
    "changes_since",
    "compare_with_yardstick",
    "coverage_by_frailty",
    "debit",
    "effects_table",
    "estimands",
    "estimate_effects",
    "event_rates",
    "floor_and_ceiling",
    "grim",
    "grim_difference",
    "grimmer",
    "harms",
    "hours_for_precision",
    "inference_ledger",
    "multiverse",
    "nuisance_from_print",
    "operating_characteristics",
    "plot_adjusted",
    "plot_assurance",
    "plot_attendance",
    "plot_event_rates",
    "plot_forest",
    "plot_multiverse",
    "plot_participant_flow",
    "plot_posterior",
    "plot_power_curve",
    "plot_programme",
    "plot_reconstructions",
    "plot_rerun",
    "plot_running_hours",
    "plot_sampling_distribution",
    "plot_trajectories",
    "plot_triple",
    "plot_what_if",
    "posterior",
    "power_curve",
    "probability_rate_below",
    "programme",
    "programme_names",
    "published",
    "read_people",
    "reanalyse",
    "reconstruct",
    "replication",
    "report",
    "rerandomisation_test",
    "responders",
    "sample_size",
    "sampling_distribution",
    "save_figure",
    "scenario",
    "scenario_names",
    "sceptical_p_value",
    "score_foretelling",
    "screen",
    "sensitivity",
    "simulate_trial",
    "standardised_effects",
    "study",
    "study_names",
    "sweep",
    "table_one",
    "tipping_point",
    "validate",
    "verdict_table",
    "verify",
    "what_if",
    "within_arm_changes",
]
