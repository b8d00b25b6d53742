# The few words of this project. Each is quick the second time.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

# pip's hundreds of lines as one line that moves; a failure still shows what pip said on stderr.
SHELL       := bash
.SHELLFLAGS := -o pipefail -c
SHOW        := | { while read -r line; do test ! -t 1 || printf '\r\033[K  %.100s' "$$line"; done; test ! -t 1 || printf '\r\033[K'; }

# Node from the environment's wheel; npm's modules once, so that packaging needs no network after that.
NPM_READY   := export PATH="$(CURDIR)/$(BIN):$$PATH" && { test node_modules/.package-lock.json -nt package-lock.json || npm ci --loglevel=error; }

.DEFAULT_GOAL := help
.PHONY: help demo test check fix bench bench-grounding bench-editor vsix picture clean

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

bench: $(STAMP) ## Measure the engine beside others, and the server over a typing trace
	@$(BIN)/python benchmarks/bench

bench-grounding: $(STAMP) ## Measure grounding: what is known, what exists, false errors, speed
	@$(BIN)/callwright index && $(BIN)/python benchmarks/grounding

vsix: $(STAMP) ## Package the VS Code extension
	@cd editor-extension && $(NPM_READY) && npm run --silent package

picture: $(STAMP) ## Make the README's picture in a real VS Code, with the default bundle
	@$(BIN)/python -m pytest -q -s tests/editor/by_hand.py -k picture

bench-editor: $(STAMP) ## Measure in a real VS Code what the extension costs each key, and what it connects to
	@$(BIN)/python -m pytest -q -s tests/editor/by_hand.py -k "keystrokes or network"

clean: ## Remove the environment and everything built
	rm -rf $(VENV) build dist

# torch goes first and alone: asked for by another package, pip would take the newest CUDA build.
$(STAMP): pyproject.toml
	@echo "Making the environment in $(VENV) (once; a few minutes) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Error: $(PYTHON) cannot make an environment; on Debian: apt-get install python3-venv"; exit 2; }
	@$(BIN)/python -m pip install torch==2.13.0 $(SHOW)
	@$(BIN)/python -m pip install --editable '.[train,dev]' $(SHOW)
	@touch $@
