# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 3 Adverse events and adherence
#
# The trial's point is a programme: run-walk intervals that grow. Here it is a mechanism. People come or stay away,
# do their repeats or not, move up a stage, flare, get hurt. Running hours and distances are what comes out.

# %%
import pandas as pd

import asteroid_repro as ar
from asteroid_repro.assumptions.programme import programme
from asteroid_repro.estimate.rates import DENOMINATORS
from asteroid_repro.evaluate.estimands import estimands
from asteroid_repro.report.exposure_figures import plot_attendance, plot_event_rates, plot_running_hours
from asteroid_repro.report.programme_figures import plot_programme

# %% tags=["parameters"]
assumptions = ar.ASTEROID
seed = 2024  # fixed before looking at any result
trials = 4000

# %%
trial = ar.simulate_trial(assumptions, seed=seed)

# %% [markdown]
# ## The plan
#
# What somebody does who starts on the lowest stage and completes every session. Stage 1, the repeats and the
# longest run are published; walk intervals after stage 1 and the stages between are assumptions.

# %%
_ = plot_programme(programme("asteroid"))

# %% [markdown]
# ## Who came
#
# Each row is a runner, each column a week. People differ far more than coin flips would: some come to nearly every
# session, some to few, and fewer come in the last weeks.

# %%
_ = plot_attendance(trial)

# %%
trial.sessions.loc[trial.sessions["participant"] == trial.sessions["participant"].min()].head(9)

# %% [markdown]
# ## Running time and events
#
# Most of an attended session is walking. The running hours of all runners together are the exposure of the rates.

# %%
_ = plot_running_hours(trial)

# %% [markdown]
# ## A rate needs a named denominator
#
# The same events give three different rates.

# %%
pd.concat([ar.event_rates(trial, per=per).to_frame().head(1) for per in DENOMINATORS]).round(1)

# %% [markdown]
# ## Against other runners
#
# The bands are running-related injuries of novice and recreational runners in the literature. The limits are wide:
# a trial of this size says little about rare events. The waitlist has no running hours, so no rate ratio between
# arms exists.

# %%
_ = plot_event_rates(ar.event_rates(trial), ar.published())

# %% [markdown]
# If some people are more easily hurt than others, their several events are not independent, and exact Poisson limits
# are too narrow. Limits clustered by person hold; with one event, or all in one person, there are none.

# %%
ar.coverage_by_frailty(assumptions, trials=trials, seed=seed).to_frame().round(3)

# %% [markdown]
# ## What the published counts say
#
# The same arithmetic on the printed numbers, without simulation:

# %%
published = ar.audit().to_frame()
published.loc[published["about"].str.contains("adverse|hours|speed|distance"), ["about", "result", "finding"]]

# %% [markdown]
# ## What the model foretells, and what it misses
#
# Attendance, running hours, event counts and the distance of the first week were fitted. The distances below were
# not.

# %%
result = ar.verify(seed=seed, assumptions=assumptions, trials=trials)
verdicts = result.to_frame()
columns = ["statement", "published", "reproduced", "interval_low", "interval_high", "verdict"]
verdicts.loc[verdicts["role"] == "predicted", columns].round(2)

# %%
print(result.fit_note)

# %% [markdown]
# A prediction that comes true is no proof. The intervals are wide, and the spread of speed and of progress between
# people are assumptions made by people who had read the published distances.

# %% [markdown]
# ## Did it help those who came?
#
# Adherence is not randomised. Suppose running did nothing, but people who would fare badly stay away: then
# comparing those who came with the waitlist finds an effect that is not there.

# %%
table = estimands(ar.scenario("prognostic_adherence_no_effect"), trials=trials, seed=seed).to_frame()
table.loc[table["outcome"] == "average_pain"].round(2)

# %% [markdown]
# ## Differences from the paper
#
# * Running hours come from a secondary account, not from the paper. "Under 1 % of training time", another secondary
#   statement, mixes events with hours and cannot be checked.
# * In the first stages little can be run. The published distance of the first week asks for more speed and more
#   early attendance than is comfortable; the note above says by how much.
# * Flares, proneness to injury, the effect of sudden rises of load and most stages are assumptions.
# * Whether the effect depends on the dose is not known; here it does not.
