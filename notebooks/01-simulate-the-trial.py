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
# ASTEROID randomised 40 adults with chronic low back pain to twelve weeks of run-walk intervals or to a waitlist.
# Nobody outside the trial has its data. This package draws people who *could* have taken part, from assumptions that
# are matched to what was printed. Everything below is **simulated**.

# %%
import asteroid_repro as ar
from asteroid_repro.report.people_figures import plot_participant_flow, plot_trajectories

# %% tags=["parameters"]
assumptions = ar.ASTEROID
seed = 2024  # fixed before looking at any result

# %% [markdown]
# ## One trial, four tables
#
# A trial is four tables: its people, their scores at weeks 0, 6 and 12, the session log of the runners, and the
# adverse events. The same seed always gives the same trial.

# %%
trial = ar.simulate_trial(assumptions, seed=seed)
trial

# %%
trial.participants.head()

# %%
trial.outcomes.head(6)

# %%
trial.sessions.head(4)

# %%
trial.adverse_events

# %% [markdown]
# ## Who took part
#
# Allocation is exactly equal. How many people were screened is not published in what could be read. The counts of the
# first boxes rest on assumptions about each criterion of candidacy; they show what it asks for, no more.

# %%
screening = ar.screen(ar.CANDIDACY, wanted=assumptions.n_people, seed=seed)
_ = plot_participant_flow(trial, screening=screening)

# %%
print(screening.note)
# %% [markdown]
# ## What happened to them
#
# Thin lines are people, thick lines are arm means. Scores are whole points (pain) or even numbers (disability) and
# stay inside 0 to 100, as on the real instruments.

# %%
_ = plot_trajectories(trial, "average_pain")
# %%
_ = plot_trajectories(trial, "current_pain")
# %%
_ = plot_trajectories(trial, "disability")
# %% [markdown]
# Many runners reach the floor of the scale. The expected shares at 0 and at 100 points:

# %%
ar.floor_and_ceiling(assumptions).query("week == 12").round(3)

# %% [markdown]
# ## Where the assumptions come from
#
# Every field says whether it rests on a published claim or on an assumption of ours, and why. A few of them:

# %%
fields = type(assumptions).model_fields
for name in ("n_running", "age_mean", "ran_before_share", "adherence_sd", "visit_correlation", "running_speed_mean"):
    print(f"{name}: {fields[name].description}")

# %% [markdown]
# ## Differences from the paper
#
# * No participant data exist here. The people are drawn, not observed.
# * Baseline means of average pain, the correlation between visits and all of week 6 are assumptions: nothing is
#   published.
# * The arms start with the published difference in current pain. Other trials of the same kind would not.
# * The programme's later stages, and how people move among them, are assumptions (see lesson 3).
