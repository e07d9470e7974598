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
# Two different questions: do the printed numbers agree *with each other*, and does the simulation agree *with them*?

# %%
import asteroid_repro as ar
from asteroid_repro.report.audit_figures import plot_reconstructions, plot_triple
from asteroid_repro.report.tables import verdict_table
from asteroid_repro.verify.reconstruct import reconstruct

# %% tags=["parameters"]
assumptions = ar.ASTEROID
seed = 2024  # fixed before looking at any result
trials = 20_000
reconstructions = 100

# %% [markdown]
# ## Do the printed numbers agree with each other?
#
# An estimate, its interval and its p-value must come from one unrounded result. For each line we ask which reference
# distributions could have printed it.

# %%
audit = ar.audit()
audit.to_frame().query("topic == 'result line'")[["about", "printed", "result", "finding"]]

# %% [markdown]
# The two pain lines fit a normal distribution, and a t distribution only from about fifty degrees of freedom up. A
# mixed model for repeated measures or an analysis of covariance of 40 people would have 38 or 37: they could not have
# printed these lines. Compatible does not mean used.
#
# The picture shows why. Each printed number leaves a band of unrounded estimates and standard errors; the line is
# possible where all bands overlap.

# %%
_ = plot_triple(audit.triples["average_pain.week12"])
# %%
_ = plot_triple(audit.triples["average_pain.week12"], df=38)
# %% [markdown]
# ## The disability line contradicts itself
#
# Its estimate is not in the middle of its interval, and rounding does not explain it. If exactly one number is wrong,
# it is the upper limit. Which of the repairs is right cannot be known; code that reproduces the printed limit would
# be wrong.

# %%
_ = plot_triple(audit.triples["disability.week12"])
# %%
for repair in audit.triples["disability.week12"].repairs:
    print(f"{repair.field} limit {repair.value}")

# %% [markdown]
# ## Everything is a multiple of 1/20
#
# Differences of means of whole-number scores with 20 people per arm move in steps of 1/20 (2/20 for the even
# disability scores). The printed values do. The share tells how often a random value would pass: small shares are
# evidence, 100 % is none.

# %%
audit.to_frame().query("topic == 'granularity'")[["about", "printed", "result", "finding"]]

# %% [markdown]
# This shows that the printed estimates can come from complete whole-number data of two arms of 20. It does not show
# that they do.

# %% [markdown]
# ## Data sets that would print the same line
#
# Many different whole-number data sets print exactly the published line for current pain. What they share is pinned
# down by the paper; where they differ, the paper leaves it open.

# %%
found = reconstruct("current_pain", n=reconstructions, seed=seed)
_ = plot_reconstructions(found)
# %%
found.ranges().round(3)

# %% [markdown]
# Within-person variation is fixed to three digits. The SD of the change from baseline to week 12, and with it the
# p-value of an MMRM, is wide open: under some of these data sets the effect would be far less certain than printed.

# %% [markdown]
# ## Does the simulation agree with them?
#
# Each claim is judged by the test its role allows. *Fitted* claims set an assumption: passing shows a sound pipeline,
# no more. *Derived* ones are recomputed. Only *predicted* ones test the model, and a miss is a finding that is
# printed.

# %%
result = ar.verify(seed=seed, assumptions=assumptions, trials=trials)
verdict_table(result)

# %%
print(result.findings)
print(result.summary)

# %% [markdown]
# ## Differences from the paper
#
# * Only abstracts and secondary accounts were read; a number that the full text corrects would change this page.
# * The upper limit of the disability interval is reported as inconsistent and is not chased.
# * A single simulated trial that looks like the paper proves little: with these standard errors, most reruns of the
#   same truth would print clearly different numbers.
