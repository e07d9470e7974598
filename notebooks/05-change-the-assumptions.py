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
# # 5 Change the assumptions
#
# **How large should the next trial be if running helps less than the paper's estimate says?**
#
# Change the parameters and run all again. Nothing here is fitted to anything: these are assumptions, and the answers
# are no better than they are.

# %%
import pandas as pd

import asteroid_repro as ar

# %% tags=["parameters"]
effect = -8.0  # assumption: average pain at week 12, points, running minus waitlist
sd = 18.0  # assumption: spread of average pain between people, points
wanted_power = 0.9
sizes = [10, 20, 40, 80, 120]  # people per arm
trials = 4000
seed = 1

# %%
changed = ar.ASTEROID.with_values(average_pain={"effect": effect, "sd": sd})
print(f"effect {ar.ASTEROID.average_pain.effect} becomes {changed.average_pain.effect}, by visit after the first")
print(f"SD {ar.ASTEROID.average_pain.sd[0]:.1f} becomes {changed.average_pain.sd[0]:.1f}")

# %% [markdown]
# ## The figure
#
# Power is the share of trials that come out significant. Both scenarios are simulated with the same people and the same
# noise, trial by trial, so the change is known far better than either number. The trials are analysed as the study
# takes the paper to have done.

# %%
found = ar.what_if(ar.ASTEROID, changed, trials=trials, seed=seed)
print(f"{found.analysis.method} with {found.analysis.distribution}")
_ = ar.plot_what_if(found, measure="power", design=changed.design)

# %% [markdown]
# ## What it means
#
# Only average pain was changed, and its power falls. The power of the other outcomes stays, but for a trace: all
# outcomes of a person are drawn together. The same change, counted in trials: how many would have found an effect
# under one scenario and not under the other?

# %%
print(found.label)
pd.DataFrame(found.verdicts)

# %% [markdown]
# All measures of average pain at the last visit:
#
# * **coverage**: share of intervals that hold the truth;
# * **type S**: share of significant trials with the wrong sign;
# * **type M**: by how much a significant trial exaggerates, on average;
# * **MCSE**: Monte Carlo standard error of the change.

# %%
measures = ["power", "coverage", "bias", "empirical_se", "model_se", "type_s", "type_m"]
table = found.to_frame().query("outcome == 'average_pain' and week == 12 and measure in @measures")
print(found.label)
table[["measure", "base", "changed", "change", "mcse"]].round(4)

# %% [markdown]
# ## The sampling distribution moves
#
# The published estimate is marked. How lucky a draw it would be under the changed assumptions stands beside it.

# %%
drawn = ar.sampling_distribution(changed, trials=trials, seed=seed)
_ = ar.plot_sampling_distribution(drawn, "average_pain", design=changed.design, ledger=ar.published())

# %% [markdown]
# ## More people
#
# Power against the number of people per arm, for the changed effect, half as much again, and the one of ASTEROID. What
# is planned is a new trial, so the analysis is no longer the paper's: without a method planning takes the mixed model
# for repeated measures with Kenward and Roger's degrees of freedom, which does not find effects too easily where
# visits do not correlate alike.

# %%
effects = [effect, 1.5 * effect, ar.ASTEROID.average_pain.effect[-1]]
curve = ar.power_curve(changed, {"people_per_arm": sizes, "average_pain.effect": effects}, trials=trials, seed=seed)
_ = ar.plot_power_curve(curve, target=wanted_power, design=changed.design)

# %% [markdown]
# The smallest trial with the wanted power, found by simulation. The sizes in brackets are those that another run of as
# many trials could have answered.

# %%
size = ar.sample_size(changed, power=wanted_power, trials=trials, seed=seed)
print(size.label)
print(
    f"{size.people_per_arm} people per arm ({size.lowest} to {size.highest}): "
    f"power {size.power:.3f} (MCSE {size.mcse:.3f})"
)

# %% [markdown]
# ## More hours
#
# A trial that is large enough for pain may be too small for harms. How much running would bring the upper limit of the
# rate of all adverse events below twice the true rate, with the wanted probability? This one is exact, nothing is
# simulated; the rate and the hours are the published ones.

# %%
hours = ar.published()["exposure.running_hours"].value
rate = 1000 * ar.published()["adverse_events.all"].value / hours
per_person = hours / ar.ASTEROID.n_treatment
plan = ar.hours_for_precision(rate, ratio=2, assurance=wanted_power, hours_per_person=per_person)
print(f"{plan.hours:.0f} running hours ({hours:.0f} in ASTEROID), {plan.people} runners of the same diligence")

# %% [markdown]
# ## An impossible assumption explains itself

# %%
try:
    ar.ASTEROID.with_values(average_pain={"sd": 60})
except ar.InputError as error:
    print(error)

# %% [markdown]
# ## Exercise
#
# ASTEROID lost nobody. Suppose that the next trial loses a fifth of the people in each arm, for reasons that have
# nothing to do with their pain. How many people per arm does it need now? Guess first.
#
# <details><summary>Answer</summary>
#
# ```python
# losing = changed.with_values(missing_treatment=0.2, missing_reference=0.2)
# more = ar.sample_size(losing, power=wanted_power, trials=trials, seed=seed)
# print(size.people_per_arm, more.people_per_arm, size.people_per_arm / 0.8)
# ```
#
# Dividing by the share that stays is the usual rule, and it comes close. It asks for some too many: people who leave
# after the middle visit still say something about the change, and the mixed model uses it. An analysis of complete
# cases would not. Had people left *because* of their pain, no number of people would repair the answer.
#
# </details>

# %% [markdown]
# ## Differences from the paper
#
# * These numbers are about trials like ASTEROID under stated assumptions, not about ASTEROID.
# * The simulated trials randomise anew, so their arms start alike on average; the published arms did not in current
#   pain.
# * The sample-size calculation of the trial is not known.
