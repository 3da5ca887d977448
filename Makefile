# Everything a newcomer, a developer and CI run. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: help setup demo check test faults bench stack stack-stop format docs lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

setup: $(READY) ## .venv with everything, from the lock file

$(READY): requirements.lock pyproject.toml
	@echo "setup: a virtual environment in .venv, about 400 MB from the package index"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -c 'import sys; sys.exit("wirewatch needs Python 3.11 or newer: make setup PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: setup ## a day on the wires in half a minute; no server, no network
	@$(BIN)/wirewatch demo

check: setup ## lint, types, contracts, and the tests that need no server
	@$(BIN)/python -m tests.check

test: setup ## every check and test, on the real servers too
	@$(BIN)/python -m tests.check --servers

faults: setup ## the fault suite at full size; SIZE="--fault-stories 10000 --fault-faults 10" for less of it
	@$(BIN)/python -m pytest -q tests/faults --fault-size large $(SIZE)

bench: setup ## the benchmarks, as a table and build/bench.json
	@$(BIN)/python -m tests.bench

stack: setup ## the real servers on loopback, for development
	@$(BIN)/python -m tests.servers start

stack-stop: ## stop them
	@$(BIN)/python -m tests.servers stop

format: setup ## format the code and sort the imports
	@$(BIN)/ruff check --quiet --fix-only . && $(BIN)/ruff format .

docs: setup ## write docs/reference anew from the code
	@$(BIN)/python docs/build.py

lock: setup ## write requirements.lock anew from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --all-extras --python-version 3.11 --universal --generate-hashes \
		--no-emit-index-url --no-header --upgrade --quiet -o requirements.lock

clean: ## remove what the build and the tests have made
	@rm -rf build dist .coverage* .hypothesis .ruff_cache .import_linter_cache
