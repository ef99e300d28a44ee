# make demo   sets up and runs the main job end to end: no key, no server
# make test   sets up, checks and tests
# make help   lists the rest

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test check bench evals slack-preview slack-load clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/.run: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"Weir needs Python 3.11 or newer, this is {v[0]}.{v[1]}: set PYTHON=python3.11, say.")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Setting up $(VENV) (a few minutes the first time) ..."
	@$(PIP) install --quiet --upgrade "pip>=25.1"
	@$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@$(PIP) install --quiet --constraint constraints.txt --group dev
	@touch $@

demo: $(VENV)/.run ## find a leak, draft a play, approve it, run it, trace it
	@$(BIN)/weir demo

test: $(VENV)/.dev check ## run every check and every test
	@$(BIN)/pytest --numprocesses 2 --dist loadgroup

check: $(VENV)/.dev ## lint, format and types
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy --no-error-summary

bench: $(VENV)/.dev ## measure against named peers and write docs/benchmarks.md
	@$(BIN)/python -m evals.bench

evals: $(VENV)/.dev ## measure how good it is and write docs/benchmarks.md
	@$(BIN)/python -m evals.report

slack-preview: $(VENV)/.dev ## draw every card, modal and home view of a demo run (needs Chromium for pictures)
	@$(BIN)/python -m evals.slack_preview build/slack-preview

slack-load: $(VENV)/.dev ## put 50 people on the Slack app for five minutes and write docs/benchmarks.md
	@$(BIN)/python -m evals.slack_load

clean: ## remove the environment, caches and the local stores
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .weir build dist *.egg-info
