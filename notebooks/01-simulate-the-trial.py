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
# # 1 Simulate the trial
#
# **What could a trial like ASTEROID look like, person by person, if all we have is what was printed about it?**
#
# ASTEROID randomised adults with chronic low back pain to run-walk intervals or to a waitlist. Nobody outside the trial
# has its data. This package draws people who *could* have taken part, from assumptions that are matched to what was
# printed. Everything below is **simulated**.

# %%
import asteroid_repro as ar

# %% tags=["parameters"]
assumptions = ar.ASTEROID
seed = 2024  # fixed before looking at any result

# %% [markdown]
# ## The figure
#
# One line makes a whole trial. The same seed always gives the same trial.

# %%
trial = ar.simulate_trial(assumptions, seed=seed)
_ = ar.plot_trajectories(trial, "average_pain")

# %% [markdown]
# ## What it means
#
# Thin lines are people, thick lines are the means of the arms. Look at the thin lines first: they cross, rise and fall
# in both arms. Some runners end worse than they began, some people on the waitlist end better. The difference between
# the thick lines is what the trial is about, and it is small beside the differences between people.
#
# Scores are whole points (pain) or even numbers (disability) and stay on their scale, as on the real instruments.

# %%
_ = ar.plot_trajectories(trial, "current_pain")

# %%
_ = ar.plot_trajectories(trial, "disability")

# %% [markdown]
# Many runners reach the floor of a pain scale, where nobody can improve any further. The expected shares of people at
# either end, by arm:

# %%
print(trial.label)
ar.floor_and_ceiling(assumptions).query("week == 12").round(3)

# %% [markdown]
# ## Who took part
#
# Table 1 of a paper describes the people at baseline. It has no p-values: the arms were randomised, so whatever differs
# between them is chance. Here one difference is not: the arms start with the *published* imbalance in current pain.

# %%
ar.table_one(trial, assumptions.characteristics)

# %% [markdown]
# The flow of participants. Allocation is exactly equal. How many people were screened is not published in what could be
# read, so the counts of the first boxes rest on assumptions about each criterion of candidacy.

# %%
screening = ar.screen(ar.CANDIDACY, wanted=assumptions.n_people, seed=seed)
_ = ar.plot_participant_flow(trial, screening=screening)

# %%
print(*screening.notes())

# %% [markdown]
# ## Four tables
#
# A trial is four tables: its people, their scores at each visit, the session log of the runners, and the adverse
# events. A real trial with the same columns can take the simulated one's place in every lesson that follows.

# %%
trial

# %%
print(trial.label)
trial.outcomes.head(6)

# %%
print(trial.label)
trial.sessions.head(4)

# %%
print(trial.label)
trial.adverse_events

# %% [markdown]
# ## Where the assumptions come from
#
# Every value says whether it rests on a published claim, was fitted to some, or is an assumption, and why. A few:

# %%
for name in ("n_treatment", "characteristics.ran_before.share", "visit_correlation", "running_speed_mean"):
    print(f"{name} = {assumptions.values()[name]}. {assumptions.source(name)}")

# %% [markdown]
# A copy with another value says who changed it, and never names the old claim:

# %%
print(assumptions.with_values(n_treatment=30).source("n_treatment"))

# %% [markdown]
# ## Exercise
#
# Draw the trial again with five other seeds and look at each Table 1. How far apart can the arms be by chance alone?
# Which difference between the arms stays whatever the seed, and why?
#
# <details><summary>Answer</summary>
#
# ```python
# for other in range(1, 6):
#     again = ar.simulate_trial(assumptions, seed=other)
#     print(ar.table_one(again, assumptions.characteristics).markdown())
# ```
#
# With arms this small, means of age or of average pain easily differ by a few units, and the share of women by a few
# people, although nothing but the draw separates the arms. The difference in current pain stays: it was printed, so it
# is one of the assumptions, and the waitlist begins worse in nearly every draw. Remove it and it comes and goes with
# the seed like the others:
#
# ```python
# ar.table_one(ar.simulate_trial(assumptions.with_equal_baselines(), seed=seed), assumptions.characteristics)
# ```
#
# </details>

# %% [markdown]
# ## Differences from the paper
#
# * No participant data exist here. The people are drawn, not observed.
# * Baseline means of average pain, the correlation between visits and all of week 6 are assumptions: nothing is
#   published.
# * The arms start with the published difference in current pain. Trials that randomise anew would not, but by chance.
# * The programme's later stages, and how people move among them, are assumptions (see lesson 3).
