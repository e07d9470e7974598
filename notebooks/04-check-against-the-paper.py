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
# # 4 Check against the paper
#
# **Do the printed numbers agree with each other, and does the simulation agree with them?**
#
# Two different questions. The first needs no simulation at all.

# %%
import pandas as pd

import asteroid_repro as ar

pd.set_option("display.max_colwidth", None)  # findings are sentences

# %% tags=["parameters"]
assumptions = ar.ASTEROID
seed = 2024  # fixed before looking at any result
trials = 5000
reconstructions = 100

# %% [markdown]
# ## The figure
#
# An estimate, its interval and its p-value must come from one unrounded result. Each printed number leaves a band of
# unrounded estimates and standard errors; the line is possible where all bands overlap. First with a normal
# distribution, then with the t distribution that a mixed model for repeated measures of so few people would use:

# %%
audit = ar.audit()
_ = ar.plot_triple(audit.triples["average_pain.week12"])

# %%
_ = ar.plot_triple(audit.triples["average_pain.week12"], df=38)

# %% [markdown]
# ## What it means
#
# In the first picture the bands meet, in the second they do not: that analysis could not have printed this line. For
# every line we ask which reference distributions could have.

# %%
print("Published numbers, nothing simulated")
audit.to_frame().query("topic == 'result line'")[["about", "printed", "result", "finding"]]

# %% [markdown]
# The two pain lines fit a normal distribution, and a t distribution only with more degrees of freedom than there are
# people. A mixed model for repeated measures or an analysis of covariance with t has fewer: they could not have printed
# these lines. What could have is still a set: a random intercept with z or with its many degrees of freedom, by REML or
# by maximum likelihood; or another mixed model with z. *Compatible does not mean used.*
#
# ## The disability line contradicts itself
#
# Its estimate is not in the middle of its interval, and rounding does not explain it. No analysis with a symmetric
# interval prints that. If exactly one number is wrong, it is the upper limit. Which of the repairs is right cannot be
# known; code that reproduces the printed limit would be wrong.

# %%
_ = ar.plot_triple(audit.triples["disability.week12"])

# %%
for repair in audit.triples["disability.week12"].repairs:
    print(f"{repair.field} limit {repair.value}")

# %% [markdown]
# ## Granularity
#
# Means of whole-number scores can only take some values: with arms of this size, differences of means move in steps.
# The printed values sit on those steps. The share tells how often a random value would pass: small shares are evidence,
# a share of all values is none.

# %%
print("Published numbers, nothing simulated")
audit.to_frame().query("topic == 'granularity'")[["about", "printed", "result", "finding"]]

# %% [markdown]
# This shows that the printed estimates *can* come from complete whole-number data of two equal arms. It does not show
# that they do.
#
# ## Data sets that would print the same line
#
# Many different whole-number data sets print exactly the published line for current pain. What they share is pinned
# down by the paper; where they differ, the paper leaves it open.

# %%
found = ar.reconstruct("current_pain", n=reconstructions, seed=seed)
_ = ar.plot_reconstructions(found)

# %%
print("SIMULATED data sets, each of which prints the published line")
found.ranges().round(3)

# %% [markdown]
# Within-person variation is pinned down. The SD of the change from baseline to the last visit, and with it the p-value
# of an MMRM, is wide open: under some of these data sets the effect would be far less certain than printed.
#
# ## Does the simulation agree with the paper?
#
# Each claim is judged by the test its role allows. *Fitted* claims set an assumption: passing shows a sound pipeline,
# no more. *Derived* ones are recomputed from other printed numbers. Only *predicted* ones test the model, and a miss is
# a finding that is printed.

# %%
result = ar.verify(seed=seed, assumptions=assumptions, trials=trials)
print(f"SIMULATED ({result.trials:,} trials, seed {result.seed}), beside the published claims")
ar.verdict_table(result)

# %%
print(result.findings)
print(result.summary)

# %% [markdown]
# The mean over many trials lies on the fitted estimates, as it must. One trial does not, analysed as the study takes
# the paper to have done:

# %%
trial = ar.simulate_trial(assumptions, seed=seed)
paper = assumptions.design.analysis
effects = ar.estimate_effects(trial, method=paper.method, distribution=paper.distribution)
print(f"{paper.method} with {paper.distribution}")
_ = ar.plot_forest(effects, design=assumptions.design, ledger=ar.published(), verification=result)

# %%
drawn = ar.sampling_distribution(assumptions, trials=trials, seed=seed)
_ = ar.plot_sampling_distribution(drawn, "average_pain", design=assumptions.design, ledger=ar.published())

# %% [markdown]
# ## Exercise
#
# Here are two invented result lines: `-4.00 (-7.90, -0.10), p=0.045`, and the same interval with `p=0.012`. Which of
# them contradicts itself? Which single number would you ask the authors about?
#
# <details><summary>Answer</summary>
#
# ```python
# for p in ("0.045", "0.012"):
#     checked = ar.audit_triple(f"-4.00 (-7.90, -0.10), p={p}")
#     print(p, checked.consistent, [(repair.field, repair.value) for repair in checked.repairs])
# ```
#
# The first line holds together. In the second, the interval only just leaves out zero, so the p-value must be only just
# below its threshold, and the one printed is much smaller. The estimate lies in the middle of the interval, so those
# numbers agree among themselves: ask about the p-value. A contradiction is no accusation. It says that one number is
# not what it seems: a slip, another method, or another rounding.
#
# </details>

# %% [markdown]
# ## Differences from the paper
#
# * Only abstracts and secondary accounts were read; a number that the full text corrects would change this page.
# * The upper limit of the disability interval is reported as inconsistent and is not chased.
# * A single simulated trial that looks like the paper proves little: with these standard errors, most reruns of the
#   same truth would print clearly different numbers (see lesson 7).
