# `make help` lists the targets. Environments are made by the first target that needs them.

PYTHON ?= python3
# What pip installs for PyTorch, one or more packages; to choose a build: make setup TORCH='torch==2.x.y+cpu'.
# The tests also use torchvision, which fits one version of torch: TORCH='torch==2.x.y torchvision==0.z.y'
TORCH ?= torch

FULL := .venv/bin
DEMO := .venv-demo/bin
LOWEST := .venv-lowest/bin
WHEEL := .venv-wheel/bin

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help demo test check gates setup docs pages site format lint types imports wheel

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/\1	\2/' | expand -t 10

demo: .venv-demo/.done ## search the embedded benchmark with four agents and write a report; no torch
	$(DEMO)/awnas search examples/demo.yaml --out runs/demo --overwrite --workers 2
	$(DEMO)/awnas report runs/demo
	@echo "Next: $(DEMO)/awnas config new mine.yaml writes a search of your own; $(DEMO)/awnas --help lists the commands."

test: .venv/.done .venv-lowest/.done ## all tests; the tabular ones also on the lowest dependencies, without torch
	$(LOWEST)/python -m pytest -q -n auto -rfE -p no:cacheprovider --ignore=tests/test_docs.py tests
	$(FULL)/python -m pytest -q -n auto

check: gates test ## every gate: format, lint, types, imports, wheel, tests, doctests

gates: format lint types imports wheel ## the gates without the tests

setup: .venv/.done ## make .venv with everything; TORCH='torch==…' chooses a build of PyTorch

docs: .venv/.done ## run every code block of README and docs
	$(FULL)/python -m pytest -q tests/test_docs.py

pages: .venv/.done ## write docs/environments of the docstrings and tables, and docs/leaderboard.md of its results
	$(FULL)/python -m scripts.make_environment_docs
	$(FULL)/python -m scripts.make_leaderboard

site: .venv/.done ## build the documentation site into build/site
	$(FULL)/sphinx-build -W --keep-going -q -b html docs build/site
	@echo "Open build/site/index.html"

format: .venv/.done ## is everything formatted?
	$(FULL)/ruff format --check .

lint: .venv/.done ## ruff
	$(FULL)/ruff check .

types: .venv/.done ## mypy --strict
	$(FULL)/mypy

imports: .venv/.done ## who may import whom
	$(FULL)/lint-imports

wheel: .venv/.done ## build the wheel; install and play it elsewhere, without torch
	rm -rf dist .venv-wheel
	$(FULL)/python -m build --wheel --outdir dist .
	$(PYTHON) -m venv .venv-wheel
	$(WHEEL)/pip install --quiet dist/*.whl
	cd / && $(CURDIR)/$(WHEEL)/python -I $(CURDIR)/scripts/check_wheel.py

.venv/.done: pyproject.toml
	$(PYTHON) -m venv .venv
	$(FULL)/pip install --quiet $(foreach package,$(TORCH),'$(package)')
	$(FULL)/pip install --quiet --editable '.[all]'
	touch $@

.venv-demo/.done: pyproject.toml
	$(PYTHON) -m venv .venv-demo
	$(DEMO)/pip install --quiet --editable '.[plot]'
	touch $@

.venv-lowest/.done: pyproject.toml scripts/lowest.py
	$(PYTHON) -m venv --clear .venv-lowest
	$(LOWEST)/pip install --quiet --editable . pytest pytest-xdist hypothesis packaging
	$(LOWEST)/python scripts/lowest.py > .venv-lowest/lowest.txt
	$(LOWEST)/pip install --quiet -r .venv-lowest/lowest.txt
	touch $@
