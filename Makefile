# `make demo` and `make test` need Python 3.11 to 3.14, make and git; everything else is set up by them.

# Without bytecode files every start of Dagster costs three times as long.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet
RUN_LOCK := requirements/runtime.txt
DEV_LOCK := requirements/dev.txt
BUILD_LOCK := requirements/build.txt
KUBERNETES_LOCK := requirements/kubernetes.txt
DELTA_LOCK := requirements/delta.txt
LOWEST := $(VENV)/lowest
LOWEST_LOCK := requirements/lowest.txt
CHARTS := jira_assets/web/static/vendor/charts.js
NODE := $(VENV)/node
NODE_LOCK := requirements/package-lock.json
KUBERNETES := $(VENV)/kubernetes
OLD_DUCKDB := $(VENV)/duckdb15
OLD_DUCKDB_LOCK := requirements/duckdb15.txt
CLIENTS := $(VENV)/clients
CLIENTS_LOCK := requirements/clients.txt
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--no-strip-extras --generate-hashes --no-emit-index-url --no-header

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev assets demo programs test test-lowest test-postgres test-shared prove pictures lint types check docs benchmark lock clean

help:  ## Show what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 15) else \
		"jira_assets needs Python 3.11 to 3.14; set PYTHON=/path/to/one of them")'
	@$(PYTHON) -m venv $(VENV) || { echo "Python has no venv module: install it (Debian: python3-venv)"; exit 1; }

$(VENV)/.runtime: $(RUN_LOCK) $(BUILD_LOCK) setup.cfg pyproject.toml | $(BIN)/python
	@echo "Setting up the environment in $(VENV) (a minute or two, once) …"
	@$(PIP) install --require-hashes -r $(RUN_LOCK) -r $(BUILD_LOCK)
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(DEV_LOCK) setup.cfg pyproject.toml | $(BIN)/python
	@echo "Setting up the development environment in $(VENV) (a few minutes, once) …"
	@$(PIP) install --require-hashes -r $(DEV_LOCK)
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.runtime

# The lowest versions that setup.cfg allows, in an environment of their own.
$(LOWEST)/.installed: $(LOWEST_LOCK) setup.cfg pyproject.toml | $(BIN)/python
	@$(PYTHON) -m venv $(LOWEST)
	@$(LOWEST)/bin/pip --disable-pip-version-check --quiet install --require-hashes -r $(LOWEST_LOCK)
	@$(LOWEST)/bin/pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation --editable .
	@touch $@

# An older DuckDB in an environment of its own: the published file has to open there, too.
$(OLD_DUCKDB)/.installed: $(OLD_DUCKDB_LOCK) | $(BIN)/python
	@$(PYTHON) -m venv $(OLD_DUCKDB)
	@$(OLD_DUCKDB)/bin/pip --disable-pip-version-check --quiet install --require-hashes -r $(OLD_DUCKDB_LOCK)
	@touch $@

# Programs that read the published file, with the DuckDB that is supported longest, in an environment of their own.
$(CLIENTS)/.installed: $(CLIENTS_LOCK) | $(BIN)/python
	@$(PYTHON) -m venv $(CLIENTS)
	@$(CLIENTS)/bin/pip --disable-pip-version-check --quiet install --require-hashes -r $(CLIENTS_LOCK)
	@touch $@

# Programs that tests start themselves: root installs what is missing; without, tests that need them are skipped.
programs:
	@.ci/programs

# What draws the charts of the page: taken out of a pinned package, since a repository is no place for a build.
$(CHARTS): build_backend/charts.py $(BUILD_LOCK) | $(VENV)/.runtime
	@$(BIN)/python -m build_backend.charts

# axe-core and Azurite, which only tests use; without npm those that need them say so and are skipped.
$(NODE)/.installed: $(NODE_LOCK) requirements/package.json
	@mkdir -p $(NODE) && cp $^ $(NODE)
	@command -v npm >/dev/null && cd $(NODE) && npm ci --silent --ignore-scripts --no-audit >/dev/null \
		&& touch .installed || echo "No npm, or no way to its registry: accessibility and Azure are not tested."

# helm and kubectl, which only tests use as well.
$(KUBERNETES)/helm: .ci/kubernetes
	@.ci/kubernetes $(KUBERNETES)

setup: $(VENV)/.runtime $(CHARTS)  ## Create the environment that runs the project

setup-dev: $(VENV)/.dev $(CHARTS)  ## Create the environment that develops it

assets: $(CHARTS)  ## Build what draws the charts of the page

demo: setup  ## Sync the embedded demo site into DuckDB and show what came out
	@$(BIN)/jira-assets demo --once

# Homes of tests live in memory where there is room for them: they are made durable all the time, and soon gone.
MEMORY := $(shell df -Pm /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 >= 1000 {print "/dev/shm"}')
IN_MEMORY := $(if $(MEMORY),TMPDIR=$(MEMORY))

# Three workers on two cores: one of them usually waits for a browser or a disk.
test: setup-dev $(NODE)/.installed $(KUBERNETES)/helm $(OLD_DUCKDB)/.installed $(CLIENTS)/.installed programs  ## Run all tests
	@$(IN_MEMORY) JIRA_ASSETS_DUCKDB15_PYTHON=$(CURDIR)/$(OLD_DUCKDB)/bin/python \
		JIRA_ASSETS_CLIENTS_PYTHON=$(CURDIR)/$(CLIENTS)/bin/python \
		JIRA_ASSETS_KUBERNETES_TOOLS=$(CURDIR)/$(KUBERNETES) \
		$(BIN)/python -m pytest -n 3 --dist worksteal -m "not prove"

# The demo site and the distributions depend on nothing that has versions worth trying. The lowest uvicorn and starlette use
# parts of websockets and anyio that have become deprecated.
test-lowest: setup-dev $(LOWEST)/.installed programs  ## Run most tests on the lowest versions that are allowed
	@$(IN_MEMORY) JIRA_ASSETS_PROGRAMS_REQUIRED= $(LOWEST)/bin/python -m pytest -n 3 --dist worksteal -m "not prove" \
		-W "ignore:The anyio.abc.BlockingPortal:DeprecationWarning" \
		-W "ignore:websockets:DeprecationWarning" \
		$(addprefix --ignore jira_assets_tests/,demo test_distributions.py test_image.py)

# Tests in which the state decides what happens. Others keep in it what these do, and would do the same twice.
STATEFUL := $(addprefix sync/test_,$(addsuffix .py,change_detection choose_tasks external_inputs failures \
	field_discovery forget full_refresh histories histories_of_several_sites incremental project_state \
	proofs published_status results scheduling several_sites teams troubles)) \
	$(addprefix people/test_,$(addsuffix .py,accounts lookup publish_matches withdrawn)) \
	$(addprefix defs/test_,$(addsuffix .py,checks schedules sensors))

test-postgres: setup-dev programs  ## Run what depends on state or runs once more, on PostgreSQL
	@$(IN_MEMORY) $(BIN)/python -m pytest -n 2 --dist worksteal jira_assets_tests/defs/assets/test_postgres_storage.py
	@$(IN_MEMORY) JIRA_ASSETS_TEST_POSTGRES=1 $(BIN)/python -m pytest -n 3 --dist worksteal -m "not prove" \
		$(addprefix jira_assets_tests/,$(STATEFUL))

test-shared: setup-dev programs  ## Run what syncs once more, on a lake that hosts share
	@$(IN_MEMORY) JIRA_ASSETS_TEST_SHARED_LAKE=1 $(BIN)/python -m pytest -n 3 --dist worksteal -m "not prove and not local_lake" \
		$(addprefix jira_assets_tests/,sync people)

prove: setup-dev $(NODE)/.installed programs  ## Run the slow proofs: many random histories, crashes, concurrency
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m prove

pictures: setup-dev programs  ## Take the pictures of the page for README and docs
	@$(BIN)/python -m jira_assets_tests.web.pictures

lint: setup-dev  ## Check style, and that rooms import only rooms below them
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache

types: setup-dev  ## Check types
	@$(BIN)/mypy

check: lint types test  ## Everything CI checks

docs: setup-dev  ## Write docs/commands.md and docs/settings.md from the program itself
	@$(BIN)/python -m jira_assets.cli.reference docs

benchmark: setup-dev  ## Measure syncs against other tools
	@$(BIN)/python -m benchmarks.syncs

lock:  ## Pin the newest dependencies, with hashes and without addresses
	@$(COMPILE) --upgrade pyproject.toml -o $(RUN_LOCK)
	@$(COMPILE) --upgrade pyproject.toml --extra kubernetes --extra shared -c $(RUN_LOCK) -o $(KUBERNETES_LOCK)
	@$(COMPILE) --upgrade pyproject.toml --extra delta -c $(RUN_LOCK) -o $(DELTA_LOCK)
	@$(COMPILE) --upgrade requirements/build.in -o $(BUILD_LOCK)
	@$(COMPILE) --upgrade pyproject.toml requirements/build.in --extra dev -c $(RUN_LOCK) -o $(DEV_LOCK)
	@$(COMPILE) --upgrade pyproject.toml requirements/build.in --extra dev --resolution lowest-direct -o $(LOWEST_LOCK)
	@$(COMPILE) requirements/clients.in --upgrade -o $(CLIENTS_LOCK)
	@cd $(dir $(NODE_LOCK)) && npm update --silent --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts

clean:  ## Remove the environment and every cache
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
