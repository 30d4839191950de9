"""The configuration of the documentation: ``sphinx-build -W docs docs/_build``."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent / "_ext"), str(Path(__file__).parents[1])]  # the second for benchmarks

import microgradnet

project = "microgradnet"
copyright = "the microgradnet maintainers"
version = release = microgradnet.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "tables",  # pages generated from the package's own tables
    "made",  # the gallery, run; lessons and benchmarks, copied
]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
exclude_patterns = ["_build", "_ext", "README.md"]
nb_execution_mode = "off"  # the lessons are executed, and compared, by the test suite
myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
suppress_warnings = ["mystnb.unknown_mime_type", "ref.python"]  # the second: attributes that share a name

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = "microgradnet"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_theme_options = {"source_directory": "docs/"}
html_math_renderer = "mathml"  # native in browsers, so that the pages are read offline
