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
# # 7 Would it replicate?
#
# **If somebody ran the same trial again, how likely would they find the effect again?**
#
# "As sure as one minus p" is the usual guess. It is wrong, and this lesson shows by how much.

# %%
from statistics import NormalDist

import numpy as np
import pandas as pd

import asteroid_repro as ar

# %% tags=["parameters"]
assumptions = ar.ASTEROID
level = 0.95
relative_sizes = [1, 2, 4]  # size of the rerun, in trials like the first
possible_truths = [-3, -5, -8, -12, -16, -20]  # assumptions: true effects on average pain, points
trials = 2000
seed = 1

# %% [markdown]
# ## What was printed
#
# The standard error follows from the printed limits, half their distance over the normal quantile.

# %%
line = {part: claim.value for part, claim in ar.published().line("average_pain", week=12).items()}
estimate = line["estimate"]
se = (line["ci_high"] - line["ci_low"]) / (2 * NormalDist().inv_cdf((1 + level) / 2))
print(f"average pain at week 12: {estimate:.2f} points, standard error {se:.3f}, printed p {line['p_value']}")

# %% [markdown]
# ## The figure
#
# What a rerun of the same size would estimate. The first estimate has an error, and so has the second: both widen the
# curve.

# %%
again = ar.replication(estimate, se, level=level)
_ = ar.plot_rerun(again)

# %%
print(f"significant again, if the printed estimate is the truth: {again.significant_if_true:.3f}")
print(f"significant again, allowing for its error:               {again.significant_predictive:.3f}")
print(f"prediction interval: {again.prediction_low:.1f} to {again.prediction_high:.1f} points")

# %% [markdown]
# ## What it means
#
# A rerun may print an effect of nearly nothing or of twice the size, and neither would contradict the first trial. The
# chance of a second significant result is far below one minus p: a small p-value says that the data would be odd if
# running did nothing, not that the estimate is right.
#
# And this is the friendly case. It supposes the same truth in both trials, and a first estimate that is not flattered.
#
# ## Estimates that get printed are flattered
#
# A small trial that finds something must have found much. Simulated trials of the same size, for a range of assumed
# truths, analysed by the mixed model for repeated measures with Kenward and Roger's degrees of freedom, the default of
# planning:

# %%
curve = ar.power_curve(
    assumptions,
    {"average_pain.effect": possible_truths},
    measures=("power", "type_m", "type_s"),
    trials=trials,
    seed=seed,
)
_ = ar.plot_power_curve(curve, measure="type_m", design=assumptions.design)

# %%
print(curve.label)
curve.to_frame().round(3)

# %% [markdown]
# *Type M* is how many times too large a significant estimate is on average; *type S* is the share of significant
# estimates with the wrong sign. Where power is high nothing is wrong. Where it is low, significance is a filter that
# lets only exaggerations pass.
#
# At the assumed effect of the paper, analysed as the study takes the paper to have done:

# %%
oc = ar.operating_characteristics(assumptions, trials=trials, seed=seed)
print(oc.label)
print(f"{oc.analysis.method} with {oc.analysis.distribution}")
for name in ("power", "type_m", "type_s"):
    measure = oc.value("average_pain", name, 12)
    print(f"{name}: {measure.value:.3f} (MCSE {measure.mcse:.3f})")

# %% [markdown]
# ## Assurance: power averaged over what we do not know
#
# Power supposes that the effect is known. Assurance averages it over a belief: here that of somebody who takes the
# printed estimate and its standard error at face value.

# %%
believed = ar.assurance(assumptions, mean=estimate, sd=se, trials=trials, seed=seed)
_ = ar.plot_assurance(believed, design=assumptions.design)

# %% [markdown]
# The curve bends where the belief lies: the effects below the mean cost more power than the effects above it can give.
# So assurance is below the power at the mean, and it comes close to the predictive probability above. One was
# simulated, with scores that are whole numbers and stop at the ends of their scale; the other is a formula.
#
# A reader who does not believe printed estimates draws them towards no effect first. How far is an assumption;
# empirical Bayes takes it from the estimate itself:

# %%
doubted = ar.assurance(assumptions, mean=estimate, sd=se, shrinkage="empirical_bayes", trials=trials, seed=seed)
print(doubted.label)
print(f"share not believed: {doubted.shrinkage:.2f}; believed effect {doubted.mean:.1f} points, SD {doubted.sd:.1f}")
print(f"assurance {doubted.assurance:.3f} (MCSE {doubted.mcse:.3f}), was {believed.assurance:.3f}")

# %% [markdown]
# ## A larger rerun
#
# A rerun may be significant and still no success: in a large enough trial even a tiny effect is significant. The
# *sceptical p-value* asks more. A sceptic doubts the first result as firmly as it takes to make it unconvincing; the
# rerun succeeds if it contradicts that sceptic.

# %%
reruns = [ar.replication(estimate, se, relative_size=size, level=level) for size in relative_sizes]
columns = ["relative_size", "prediction_low", "prediction_high", "significant_predictive", "success_predictive"]
print("Normal approximation, nothing simulated")
pd.concat([rerun.to_frame() for rerun in reruns])[columns].round(3)

# %% [markdown]
# One simulated rerun, analysed as the study takes the paper to have done, and judged both ways:

# %%
rerun = ar.simulate_trial(assumptions.with_equal_baselines(), seed=seed)
paper = assumptions.design.analysis
effects = ar.estimate_effects(rerun, method=paper.method, distribution=paper.distribution)
second = next(row for row in effects.rows if (row.outcome, row.week) == ("average_pain", 12))
sceptical = ar.sceptical_p_value(estimate / se, second.estimate / second.se, (se / second.se) ** 2)
print(rerun.label)
print(f"rerun: {second.estimate:.1f} points, standard error {second.se:.1f}, p {second.p_value:.2g}")
print(f"one-sided sceptical p {sceptical:.3f}; success is {(1 - level) / 2:g} or less")

# %% [markdown]
# ## Every way in which the lines can have been printed
#
# All of the above takes one analysis and one covariance for granted. Print allows others: z or t, REML or maximum
# likelihood, a random intercept or a free covariance, and visits that correlate in any way. For each of them the
# spread follows from the printed interval, and so do power, errors and the chance that a rerun is significant:

# %%
every = ar.multiverse(trials=trials, seed=seed)
print(every.label)
print(every.answer())
_ = ar.plot_multiverse(every, design=assumptions.design)

# %% [markdown]
# Each column is a way in which the lines can have come about, those with the smallest type I error first; the squares
# below say which. Scores are normal here, without a floor.
#
# ## What to believe now
#
# A posterior needs a prior, and readers differ. A *sceptic* expects nothing, and hardly anything beyond the minimal
# important change; an *enthusiast* expects just that change. One yardstick is published: what two active arms of a
# trial by the same group changed by themselves. That is no difference between arms, so it is a generous prior.

# %%
claims = ar.published()
changes = [claims[f"yardstick.same_group.vas_change_{which}"].value for which in ("first", "second")]
widths = [
    claims[f"yardstick.same_group.vas_change_{which}.high"].value
    - claims[f"yardstick.same_group.vas_change_{which}.low"].value
    for which in ("first", "second")
]
own = (float(np.mean(changes)), float(np.ptp(changes)) + max(widths) / 2 / NormalDist().inv_cdf(0.975))
belief = ar.posterior(
    estimate, se, important=assumptions.design.outcome("average_pain").important, better="lower",
    priors={"same group": own},
)  # fmt: skip
_ = ar.plot_posterior(belief)

# %%
belief

# %% [markdown]
# That running helped at all is likely under every prior that is not firm doubt. That it helped by a minimal important
# change is a toss-up for an enthusiast and unlikely to a sceptic. No verdict of this package rests on a prior.

# %% [markdown]
# ## Exercise
#
# The disability line was printed with a p-value just below its threshold. (Its upper limit contradicts the rest, so
# take the standard error from the estimate and the lower limit.) Would a rerun of the same size find it again? And
# could a very large one succeed by the sceptical p-value?
#
# <details><summary>Answer</summary>
#
# ```python
# odi = {part: claim.value for part, claim in ar.published().line("disability", week=12).items()}
# odi_se = (odi["estimate"] - odi["ci_low"]) / NormalDist().inv_cdf((1 + level) / 2)
# for size in (1, 4, 100):
#     rerun = ar.replication(odi["estimate"], odi_se, relative_size=size)
#     print(f"{size}: significant {rerun.significant_predictive:.3f}, success {rerun.success_predictive:.3f}")
# ```
#
# About as likely as a coin shows heads. An estimate that lies just beyond the threshold has, if true, one side of its
# own distribution beyond it and the other not. A larger rerun is often significant, and yet hardly any would succeed by
# the sceptical p-value: success needs an effect much larger than the one that was printed, since a first result this
# weak convinces no sceptic however exactly the same value is found again. It is a reason to look, not an answer.
#
# </details>

# %% [markdown]
# ## Differences from the paper
#
# * The paper reports one trial and makes no statement about a rerun. All of this is ours.
# * The printed estimate is *fitted* here: it sets the assumed effect. That simulated trials find it again says nothing
#   about running.
# * A real rerun would have other people, other staff and another season. Its truth would differ, so all these
#   probabilities are upper ones.
# * The simulated reruns randomise anew and start without the published imbalance in current pain.
