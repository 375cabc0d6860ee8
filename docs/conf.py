"""The documentation site: `make site`."""

from importlib.metadata import version as installed

project, author = "awnas_gym", "the awnas_gym authors"
copyright = author  # noqa: A001 - Sphinx's name
release = version = installed("awnas-gym")
extensions = ["myst_parser", "sphinx_copybutton"]
exclude_patterns = ["build"]
html_theme = "furo"
html_title = f"awnas_gym {release}"
html_theme_options = {"source_repository": "", "navigation_with_keys": True}
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
