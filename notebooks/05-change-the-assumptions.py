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
# What if running helped less, people differed more, or the trial were larger? Change the next cell and run all again.

# %%
import pandas as pd

import asteroid_repro as ar
from asteroid_repro.report.effect_figures import plot_sampling_distribution

# %% tags=["parameters"]
effect = -8.0  # average pain at week 12, points, running minus waitlist (ASTEROID: -15.3)
sd = 16.2  # spread between people, points (ASTEROID: about 16.2)
people_per_arm = 20  # (ASTEROID: 20)
trials = 10_000
seed = 1

# %%
changed = (
    ar.ASTEROID.with_effect(average_pain=effect).with_sd(average_pain=sd).with_people(people_per_arm, people_per_arm)
)

# %% [markdown]
# ## How often would the trial find it?
#
# Each row is computed from thousands of simulated trials that randomise anew; MCSE is the Monte Carlo standard error.

# %%
scenarios = {"as in ASTEROID": ar.ASTEROID, "changed": changed}
runs = {name: ar.operating_characteristics(record, trials=trials, seed=seed) for name, record in scenarios.items()}
rows = [
    {
        "scenario": name,
        "measure": measure,
        "value": run.value("average_pain", measure).value,
        "MCSE": run.value("average_pain", measure).mcse,
    }
    for name, run in runs.items()
    for measure in ("power", "coverage", "bias", "empirical_se", "model_se", "type_s", "type_m")
]
pd.DataFrame(rows).pivot_table(index="measure", columns="scenario", values=["value", "MCSE"]).round(4)

# %% [markdown]
# * **power**: share of trials with p below 0.05;
# * **coverage**: share of 95 % intervals that hold the truth;
# * **type S**: share of significant trials with the wrong sign;
# * **type M**: by how much a significant trial exaggerates, on average.

# %% [markdown]
# ## The sampling distribution moves

# %%
published = ar.published()["average_pain.week12.estimate"].value
drawn = ar.sampling_distribution(changed, trials=trials, seed=seed)
_ = plot_sampling_distribution(drawn.estimates["average_pain"][-1], "average_pain", published, label=drawn.label)
# %% [markdown]
# ## More people
#
# Power against the number of people per arm, for the changed effect and spread.

# %%
sizes = [10, 20, 40, 80]
power = [
    ar.operating_characteristics(changed.with_people(size, size), trials=2000, seed=seed).value("average_pain", "power")
    for size in sizes
]
pd.DataFrame({"people per arm": sizes, "power": [p.value for p in power], "MCSE": [p.mcse for p in power]}).round(3)

# %% [markdown]
# ## An impossible assumption explains itself

# %%
try:
    ar.ASTEROID.with_sd(average_pain=60)
except ar.InputError as error:
    print(error)

# %% [markdown]
# ## Differences from the paper
#
# * These numbers are about trials like ASTEROID under stated assumptions, not about ASTEROID.
# * The simulated trials randomise anew, so their arms start alike on average; the published arms did not in current
#   pain.
# * The sample-size calculation of the trial is not known.
