# The few words of this project. Each is quick the second time.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test check fix bench clean

help: ## Show these words
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 26

demo: $(STAMP) ## Build the default bundle and watch it complete API calls through the language server
	@$(BIN)/rlaif-train export --default
	@$(BIN)/callwright demo

test: $(STAMP) ## Run every test
	@$(BIN)/python -m pytest

check: $(STAMP) ## Lint, format and type-check, changing nothing
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

fix: $(STAMP) ## Mend what the linter can mend, and format
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

clean: ## Remove the environment and everything built
	rm -rf $(VENV) build dist

# torch goes first and alone: asked for by another package, pip would take the newest CUDA build.
$(STAMP): pyproject.toml
	@echo "Making the environment in $(VENV) (once; about two minutes) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --progress-bar on --quiet torch==2.13.0
	@echo "torch is there; now everything else ..."
	@$(BIN)/python -m pip install --progress-bar on --quiet --editable '.[train,dev]'
	@touch $@
