"""Configuration of the documentation site; `make docs` builds it.

The source directory is the root of the repository: so a relative link means the same on the site and in a checkout.
"""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.append(str(DOCS))

from draw_house import FLOORS  # noqa: E402 - it lies beside this file, which is no package
from generated_pages import write_all  # noqa: E402
from named_numbers import named_numbers  # noqa: E402

write_all(DOCS / "_generated")
ROOMS = [room for _, rooms in FLOORS for room in rooms]

project = "asteroid-repro"
author = "The asteroid-repro developers"
project_copyright = f"{author}. MIT licence"
version = release = version_of("asteroid-repro")
language = "en-GB"
smartquotes_action = "qe"  # dashes stay: --seed is an option

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_nb",
]
root_doc = "docs/index"
include_patterns = [
    "docs/**",
    "notebooks/*.ipynb",
    "data/*.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "REPRODUCING.md",
]
exclude_patterns = [
    ".*",
    "**/.*",
    "docs/_build",
    "docs/_templates",
    "docs/_static",
    "docs/_generated/*.md",  # pages that others include
    "benchmarks",
    "build",
    "dist",
    "src",
    "tests",
]
WIDE = ["data/audit", "data/verdicts", "docs/reference/claims", "docs/reference/scenario-format"]  # tables

nitpicky = True
nitpick_ignore_regex = [
    # What lives in a room and is not public has no page; docstrings may name it all the same.
    (r"py:(func|mod|class|data|meth)", rf"asteroid_repro\.({'|'.join(ROOMS)})(\..*)?"),
    (r"py:data", r"[A-Z_]+"),
    (r"py:func", r"exact_poisson_limits"),
]
templates_path = [str(DOCS / "_templates")]  # absolute: autosummary starts from the root, the theme from here
html_context = {"default_mode": "auto"}

# Numbers in the text come from here: {{ claim["adherence.mean"] }} and the like.
myst_substitutions = named_numbers()
myst_enable_extensions = ["attrs_inline", "colon_fence", "dollarmath", "substitution"]
myst_heading_anchors = 3

# The committed outputs of the notebooks are shown as they are (a test keeps them fresh); pages whose header asks for it
# are executed, so that what they show is what the code prints today.
nb_execution_mode = "off"
nb_execution_raise_on_error = True
nb_execution_timeout = 180
nb_ipywidgets_js = {}  # would be loaded from the network, and no page has widgets
nb_merge_streams = True

autosummary_generate = True
autosummary_filename_map = {
    # Some file systems take upper and lower case for the same.
    "asteroid_repro.CANDIDACY": "asteroid_repro.constant.CANDIDACY",
    "asteroid_repro.Programme": "asteroid_repro.class.Programme",
    "asteroid_repro.Study": "asteroid_repro.class.Study",
}
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

mathjax_path = "mathjax/tex-chtml.js"
mathjax3_config = {"options": {"enableMenu": False}}  # its menu would load more from a place that is not there

html_theme = "pydata_sphinx_theme"
html_title = "asteroid-repro"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_additional_pages = {"index": "to-docs.html"}
html_sidebars = {"docs/tutorial": [], "docs/gallery": [], "docs/studies": []}  # pages without others below them
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "asteroid-repro"},
    "header_links_before_dropdown": 6,
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "show_prev_next": False,
    "secondary_sidebar_items": {
        "**": ["page-toc"],
        **{page: [] for page in WIDE},
    },
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_toc_level": 2,
}
