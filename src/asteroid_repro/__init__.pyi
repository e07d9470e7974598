from .assumptions.asteroid import ASTEROID as ASTEROID
from .assumptions.bounds import floor_and_ceiling as floor_and_ceiling
from .assumptions.calibration import (
    matched_to_paper as matched_to_paper,
)
from .assumptions.calibration import (
    scenario as scenario,
)
from .assumptions.calibration import (
    scenario_names as scenario_names,
)
from .assumptions.candidacy import CANDIDACY as CANDIDACY
from .assumptions.candidacy import Candidacy as Candidacy
from .assumptions.programme import programme as programme
from .assumptions.programme import programme_names as programme_names
from .assumptions.trial import OutcomeAssumptions as OutcomeAssumptions
from .assumptions.trial import TrialAssumptions as TrialAssumptions
from .errors import InputError as InputError
from .errors import NotYetError as NotYetError
from .estimate.attendance import attendance as attendance
from .estimate.effects import estimate_effects as estimate_effects
from .estimate.rate_comparison import (
    compare_with_yardstick as compare_with_yardstick,
)
from .estimate.rate_comparison import (
    probability_rate_below as probability_rate_below,
)
from .estimate.rate_intervals import rate_intervals as rate_intervals
from .estimate.rates import event_rates as event_rates
from .estimate.rerandomisation import rerandomisation_test as rerandomisation_test
from .estimate.responders import responders as responders
from .estimate.sensitivity import sensitivity as sensitivity
from .estimate.standardised import standardised_effects as standardised_effects
from .estimate.tipping_point import tipping_point as tipping_point
from .estimate.within_arm import within_arm_changes as within_arm_changes
from .evaluate.estimands import estimands as estimands
from .evaluate.frailty import coverage_by_frailty as coverage_by_frailty
from .evaluate.performance import (
    operating_characteristics as operating_characteristics,
)
from .evaluate.performance import (
    sampling_distribution as sampling_distribution,
)
from .evaluate.what_if import what_if as what_if
from .published.ledger import published as published
from .published.rounding import audit_triple as audit_triple
from .schema import Trial as Trial
from .simulate.screening import screen as screen
from .simulate.trial import simulate_trial as simulate_trial
from .verify.audit import audit as audit
from .verify.inference import inference_ledger as inference_ledger
from .verify.reconstruct import reconstruct as reconstruct
from .verify.verdict import verify as verify

__version__: str
