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
# # 3 Follow the programme
#
# **What did people actually do, what did it cost them in injuries, and may we compare those who came with those who did
# not?**
#
# The trial's point is a programme: run-walk intervals that grow. Here it is a mechanism. People come or stay away, do
# their repeats or not, move up a stage, flare, get hurt. Running hours and distances are what comes out.

# %%
import pandas as pd

import asteroid_repro as ar

pd.set_option("display.max_colwidth", None)  # findings are sentences

# %% tags=["parameters"]
assumptions = ar.ASTEROID
seed = 2024  # fixed before looking at any result
trials = 2000

# %% [markdown]
# ## The figure: the plan
#
# What somebody does who starts on the lowest stage and completes every session.

# %%
_ = ar.plot_programme(ar.programme("asteroid"))

# %% [markdown]
# ## What it means
#
# Most of an early session is walking. The run intervals grow while the walks shrink. Stage 1, the repeats and the
# longest run are published; walk intervals after stage 1 and the stages between are assumptions.

# %% [markdown]
# ## Adherence: who came
#
# Each row is a runner, each column a week.

# %%
trial = ar.simulate_trial(assumptions, seed=seed)
_ = ar.plot_attendance(trial)

# %%
print(trial.label)
ar.attendance(trial).to_frame().round(2)

# %% [markdown]
# People differ far more than coin flips would: some come to nearly every session, some to few, and fewer come in the
# last weeks. The printed mean and SD of adherence say so too; both were fitted.

# %% [markdown]
# ## Harms: a rate needs a named denominator
#
# The running hours of all runners together are the exposure.

# %%
_ = ar.plot_running_hours(trial)

# %%
ar.adverse_events_table(ar.event_rates(trial), design=assumptions.design)

# %% [markdown]
# The same events give three different rates, depending on which hours they are divided by:

# %%
print(trial.label)
pd.concat(
    [
        ar.event_rates(trial, per=per).to_frame().head(1)
        for per in ("running_hours", "attended_hours", "prescribed_hours")
    ]
).round(1)

# %% [markdown]
# ## Against other runners
#
# The bands are running-related injuries of novice and recreational runners in the literature. The limits are wide: a
# trial of this size says little about rare events. The waitlist has no running hours, so no rate ratio between arms
# exists.

# %%
_ = ar.plot_event_rates(ar.event_rates(trial), design=assumptions.design, ledger=ar.published())

# %% [markdown]
# If some people are more easily hurt than others, their several events are not independent, and exact Poisson limits
# are too narrow. Limits clustered by person hold better; with one event, or all in one person, there are none.

# %%
frailty = ar.coverage_by_frailty(assumptions, trials=trials, seed=seed)
print(frailty.label)
frailty.to_frame().round(3)

# %% [markdown]
# ## What the published counts say
#
# The same arithmetic on the printed numbers:

# %%
published = ar.audit().to_frame()
print("Published numbers, nothing simulated")
published.loc[published["about"].str.contains("adverse|hours|speed|distance"), ["about", "result", "finding"]]

# %% [markdown]
# ## What the model foretells, and what it misses
#
# Attendance, running hours, event counts and the distance of the first week were fitted. The distances below were not.
# Those over the whole programme are *blind*: they were read after the model had been fixed. Each interval is given what
# is known of the same trial: its hours, its attendance, its first week. *Detectable* is how far the figure would have
# to be shifted to be missed four times in five.

# %%
result = ar.verify(seed=seed, assumptions=assumptions, trials=trials)
verdicts = result.to_frame()
columns = ["statement", "published", "reproduced", "interval_low", "interval_high", "detectable", "verdict"]
print(f"SIMULATED ({result.trials:,} trials), beside the published claims")
verdicts.loc[verdicts["role"] == "predicted", columns].round(2)

# %%
print(result.fit_note)
print(result.miss_note)

# %% [markdown]
# A prediction that comes true is worth what it could have missed: hold the detectable shift against the figure itself.
# The spread of speed and of progress between people are assumptions made by people who had read the weekly distances.
#
# The mean distance over the programme is the sharpest of these tests: hours and first week leave it little room. Given
# them, the model expects more kilometres than were run: its people run too fast, in the first week or later.

# %% [markdown]
# ## Did it help those who came?
#
# Adherence is not randomised. Suppose running did *nothing*, but people who would fare badly stay away. The truth of
# every estimand below is then no effect:

# %%
found = ar.estimands(ar.scenario("prognostic_adherence_no_effect"), trials=trials, seed=seed)
table = found.to_frame()
print(found.label)
table.loc[table["outcome"] == "average_pain"].round(2)

# %% [markdown]
# Analyses of those who came find an effect that is not there; the analysis of everybody as randomised does not.

# %% [markdown]
# ## Exercise
#
# A reader divides the low back pain event by the attended hours and calls running safe. Another divides the same event
# by the running hours and is less sure. Compute both published rates with their limits. Then: how many running hours
# would pin the rate of that event down to an upper limit of twice the truth, with a probability of four in five?
#
# <details><summary>Answer</summary>
#
# ```python
# print(published.loc[published["about"].str.contains("low back pain, per"), "result"].to_string(index=False))
# hours = ar.published()["exposure.running_hours"].value
# rate = 1000 * ar.published()["adverse_events.low_back_pain"].value / hours
# plan = ar.hours_for_precision(rate, ratio=2, assurance=0.8, hours_per_person=hours / assumptions.n_treatment)
# print(plan.hours, plan.people)
# ```
#
# Both rates are right; neither means anything without its denominator. The limits of either reach from almost nothing
# to several times the rate, since they rest on a single event. To know such a rate takes a trial more than ten times as
# long or as large. "One event" is no evidence of safety, nor of harm.
#
# </details>

# %% [markdown]
# ## Differences from the paper
#
# * Running hours come from a secondary account, not from the paper. The statement that the low back pain event was a
#   small share of "training time", another secondary one, mixes events with hours and cannot be checked.
# * In the first stages little can be run. The published distance of the first week asks for more speed and more
#   early attendance than is comfortable: `running_speed_mean` and `adherence_decline` are what it took.
# * Flares, proneness to injury, the effect of sudden rises of load and most stages are assumptions.
# * Whether the effect depends on the dose is not known; `dose_response` is what is assumed of it.
