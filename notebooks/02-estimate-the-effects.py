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
# # 2 Estimate the effects
#
# Three analyses of the same simulated trial. The first is the likely analysis of the paper, the other two are what a
# careful trialist would set beside it.

# %%
import pandas as pd

import asteroid_repro as ar
from asteroid_repro.report.effect_figures import plot_forest

# %% tags=["parameters"]
assumptions = ar.ASTEROID
seed = 2024  # fixed before looking at any result

# %%
trial = ar.simulate_trial(assumptions, seed=seed)

# %% [markdown]
# ## The faithful analysis
#
# A linear mixed model with a random intercept per person, group by visit, and a normal reference distribution. The
# printed intervals and p-values are compatible with it. The effect is the *net difference*: change in the running arm
# minus change in the waitlist. Negative numbers favour running.

# %%
ar.estimate_effects(trial, method="random_intercept")

# %% [markdown]
# ## Three methods side by side, week 12

# %%
methods = ["random_intercept", "mmrm", "ancova"]
table = pd.concat(ar.estimate_effects(trial, method=method).to_frame() for method in methods)
columns = ["outcome", "method", "distribution", "estimate", "se", "df", "ci_low", "ci_high", "p_value"]
table.loc[table["week"] == 12, columns].sort_values("outcome", kind="stable").round(3)

# %% [markdown]
# The mixed model for repeated measures (MMRM) and the random intercept give the same estimate but not the same
# standard error. The random intercept takes the spread of *all* changes between visits; the MMRM only that from
# baseline to week 12. If correlation fades with time, the first is too small. Analysis of covariance (ANCOVA) answers
# a slightly different question when the arms differ at baseline: it corrects only the part of the difference that
# would persist.

# %% [markdown]
# ## Every reference distribution
#
# The faithful row is what the paper likely did; the honest rows hold their error rate whatever the correlation of the
# visits. *Compatible* says whether that reference distribution could have printed the published line.

# %%
ledger = ar.inference_ledger(trial, "average_pain").to_frame()
ledger[["method", "distribution", "role", "estimate", "se", "df", "p_value", "compatible"]].round(3)

# %% [markdown]
# ## Beside the published results
#
# One simulated trial lands near the published values because the assumptions were fitted to them. That is no
# confirmation.

# %%
_ = plot_forest(ar.estimate_effects(trial), ar.published())
# %% [markdown]
# ## Your own table
#
# Anybody with a real table of the same columns can run the same line.

# %%
outcomes = trial.outcomes[["participant", "arm", "week", "outcome", "value"]]
ar.estimate_effects(outcomes, method="mmrm").to_frame().round(3)

# %% [markdown]
# ## Differences from the paper
#
# * The software and the covariance structure of the published analysis are not known. The random intercept with a
#   normal reference is compatible with the two pain lines; it is not shown to be what was used.
# * The published disability line contradicts itself (its upper limit), so no analysis reproduces it as printed.
# * The paper reports no missing visit, so none is simulated here; the methods handle them.
