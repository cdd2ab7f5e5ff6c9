# Two commands do everything on a fresh machine: `make run` and `make test`. README.md says what you then see.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3

# Counts of repeated tests: small for every run, large for `make soak` (the campaign of the fault catalogue).
export FUZZ_RUNS ?= 256
export FORGERY_ROUNDS ?= 20000
export FUZZ_CASES ?= 50
export HYPOTHESIS_PROFILE ?= default

# Where a machine forbids compiled files, every process of the service and of the tests would compile 1,500 files anew.
export PYTHONDONTWRITEBYTECODE :=

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

$(VENV)/.runtime: requirements.lock pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || { echo "Python 3.11 or newer is needed (PYTHON=...)"; exit 1; }
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "install the package python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

$(VENV)/.development: requirements-dev.lock $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements-dev.lock
	touch $@

node-packages: # the script itself sees whether there is something to do
	hardhat/install.sh

verifier-packages: # to build the static verifier anew; `make run` serves the one that is committed
	src/portfolio/verification/standalone/install.sh

setup: $(VENV)/.runtime node-packages ## what `make run` needs

setup-test: $(VENV)/.development node-packages verifier-packages ## what `make test` needs, with Kubo, PostgreSQL, Chromium and veraPDF
	scripts/system_packages.sh
	$(BIN)/python scripts/kubo.py
	$(BIN)/python scripts/verapdf.py
	tests/interop/install.sh

run: setup ## set up and serve http://127.0.0.1:8000 with the examples (DEMO=0: without)
	@if [ "$(DEMO)" = 0 ]; then exec $(BIN)/portfolio up; else exec $(BIN)/portfolio up --demo; fi

test: setup-test lint contracts unit ## set up and pass every test

lint: $(VENV)/.development
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

contracts: setup-test ## compile, test, cover and weigh the contracts
	hardhat/test.sh

unit: setup-test ## every Python test: unit, integration (anvil, Kubo, PostgreSQL), browser
	$(BIN)/pytest -n 3 --dist loadgroup -q $(UNIT_OPTIONS)

coverage: UNIT_OPTIONS = --cov --cov-report=term:skip-covered
coverage: unit ## the same, and which lines and branches no test reaches

bench: setup-test ## measure; prints medians, ratios and growth, beside others' implementations
	PYTHON=$(PYTHON) bench/peers/install.sh
	$(BIN)/python -m bench

soak: setup-test ## the long campaign; its last result stands in docs/soak.md
	FUZZ_RUNS=50000 FUZZ_CASES=1000 ERASURE_BATCH=1000 RACERS=100 RACES=1000 GUESSES=100000 FORGERY_ROUNDS=2000000 HYPOTHESIS_PROFILE=soak $(BIN)/pytest -q tests
	FUZZ_RUNS=50000 hardhat/test.sh

messages: $(VENV)/.development ## bring new sentences into the catalogue; then translate them
	$(BIN)/python scripts/messages.py

lock: ## renew the lock files from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev -c requirements.lock --generate-hashes --no-emit-index-url --no-header -q -o requirements-dev.lock

.PHONY: help node-packages verifier-packages setup setup-test run test lint contracts unit coverage bench soak messages lock
