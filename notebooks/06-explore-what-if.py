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
# # 6 Explore: what if?
#
# **How large would a trial like this have to be, if running helped only half as much?**
#
# Lesson 5 changed the assumptions in code. Here you change them by hand, on the page that `asteroid-repro app` serves.

# %%
from IPython.display import SVG

from asteroid_repro.app.code import code
from asteroid_repro.app.figures import distribution_figure
from asteroid_repro.app.results import one_trial, performance, rates, table
from asteroid_repro.app.state import from_query
from asteroid_repro.app.words import summary, what_changed
from asteroid_repro.figures.style import image

# %% tags=["parameters"]
query = "average_pain.effect=-7.65"  # what follows the question mark in the page's address
live = False  # True shows the page itself, with all its controls

# %% [markdown]
# ## The page
#
# Set `live = True` in the cell above and run all cells. Move *Effect on average pain* and *People per arm*; each slider
# also takes the arrow keys.

# %%
if live:
    import panel as pn

    from asteroid_repro.app.page import page_of

    pn.extension(inline=True)  # scripts from this machine, none from outside
page_of(query).view if live else "Set live = True to see the page here."

# %% [markdown]
# ## The same state without the page
#
# The page computes nothing itself. A state is a record of what was changed, and the address of the page holds it, under
# the names that every other change has. Trials are analysed as the study takes the paper to have done, unless another
# method is chosen on the page.

# %%
state = from_query(query)
print(performance(state).label)
print(summary(state))

# %% [markdown]
# Against ASTEROID, with the same simulated people and noise in both scenarios:

# %%
print("\n".join(what_changed(state)))

# %%
SVG(image(distribution_figure(state), "svg"))

# %% [markdown]
# ## What it means
#
# The histogram is where the estimates of such trials fall. If the published estimate lies in its left tail, a trial of
# this truth would seldom have printed it. That is no proof against this truth: the published trial is one trial.
#
# Type M says by how much the significant trials exaggerate. The lower the power, the more they do.

# %%
table(state).query("outcome == 'average_pain' and week == 12").round(3)

# %% [markdown]
# One simulated trial, and its adverse events per 1000 running hours with exact limits:

# %%
rates(one_trial(state), level=state["level"])

# %% [markdown]
# ## Take it away
#
# The page offers this program for download; it prints the numbers above.

# %%
print(code(state))

# %% [markdown]
# ## Exercise
#
# With half the effect, how many people per arm does the trial need for a power of 80 %? Find it with the slider, then
# check it with `ar.sample_size`.
#
# <details><summary>Answer</summary>
#
# ```python
# import asteroid_repro as ar
#
# method, distribution = state.analysis.method, state.analysis.distribution
# ar.sample_size(state.assumptions, power=0.8, seed=1, method=method, distribution=distribution)
# ```
#
# Raise *People per arm* until the power passes 80 %. The error bar says how sure that is; `ar.sample_size` finds the
# number, and says between which the answer lies. It takes the mixed model for repeated measures unless another method
# is named, and that asks for a few people more. Twice as many people are not enough: the standard error falls with the
# square root of their number, so half the effect needs about four times as many for the same power as before.
#
# </details>

# %% [markdown]
# ## Differences from the paper
#
# * Everything here is simulated under assumptions; nothing is an estimate from participants.
# * The simulated trials randomise anew, so their arms start alike on average.
# * The page shows what the assumptions imply. Whether they hold is another question, and lesson 4 asks it.
