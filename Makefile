# Everything runs from a clean clone with git, make and Python 3.11.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3)
DATASET ?= complete_journey
VARS ?=
# Tests of one file run in one process, files side by side in so many; so do linters of SQL.
TEST_PROCESSES ?= 2
SEGMENTATION_WAREHOUSE ?= $(CURDIR)/warehouse.duckdb
# What the user wrote, as it was written: make would take a $ in it for a variable of its own, and
# the shell gets it from the environment, where a quote or a space ends nothing.
as_written = $(if $(filter file,$(origin $(1))),$($(1)),$(value $(1)))
override DATASET := $(call as_written,DATASET)
override VARS := $(call as_written,VARS)
override SEGMENTATION_WAREHOUSE := $(call as_written,SEGMENTATION_WAREHOUSE)
export DATASET VARS SEGMENTATION_WAREHOUSE
export DBT_PROJECT_DIR := $(CURDIR)
export DBT_PROFILES_DIR := $(CURDIR)

# Relative: the folder of the clone may have a space in its name.
BIN := .venv/bin
INSTALLED := .venv/installed
CODE := models python tests docs/pictures.py $(wildcard benchmarks)
# One native thread each: fits keep to one, and reference implementations would take all of them.
# Python keeps what it compiled for the many processes that tests start.
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n $(TEST_PROCESSES) \
	--dist loadfile --no-loadscope-reorder --durations 15

SQLFLUFF := $(BIN)/sqlfluff lint --disable-progress-bar
DATASETS_WITH_MODELS := sample marketing_campaign members market_survey

.PHONY: help build unit-tests report test test-long test-browser test-kills lint bench evidence docs pictures lock clean

help: ## Say what can be made.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

build: $(INSTALLED) ## Build the warehouse and show the segments (DATASET=sample, VARS='refit: true').
	$(BIN)/dbt build --vars "{dataset: $$DATASET$${VARS:+, $$VARS}}"
	@$(BIN)/segmentation summary

unit-tests: $(INSTALLED) ## dbt's unit tests of the models, in a warehouse that was built (DATASET=sample).
	$(BIN)/dbt test --select test_type:unit --vars "{dataset: $$DATASET$${VARS:+, $$VARS}}"

test: $(INSTALLED) ## Tests that take minutes, and their coverage: the library, builds of the small data set.
	$(PYTEST) -m 'not long and not browser' --cov

test-long: $(INSTALLED) ## The rest: builds of every data set, servers, kills, the page in a browser, many fits.
	$(PYTEST) -m long

test-browser: $(INSTALLED) ## The page of every data set in headless Chromium (SEGMENTATION_CHROMIUM=...).
	$(PYTEST) -m browser

test-kills: $(INSTALLED) ## 40 builds killed at random moments, 20 of them refits (SEGMENTATION_KILLS=...).
	SEGMENTATION_KILLS=$${SEGMENTATION_KILLS:-40} $(BIN)/pytest tests/python/warehouse/test_killed.py

report: $(INSTALLED) ## The page about the segments, from what the last build published: report/segments.html.
	@$(BIN)/segmentation report

lint: $(INSTALLED) ## Style and types of Python, SQL and the dbt project.
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/dbt parse --quiet --no-partial-parse
	$(BIN)/dbt-bouncer run
	$(SQLFLUFF) --processes $(TEST_PROCESSES) models tests/data
	@$(MAKE) --no-print-directory --jobs=$(TEST_PROCESSES) --output-sync \
		$(DATASETS_WITH_MODELS:%=lint-staging-%)

# Models of one data set, which are switched off for others. Side by side each has a parse and a
# warehouse of its own.
lint-staging-%:
	@mkdir -p target/lint/$*
	DBT_TARGET_PATH=target/lint/$* SEGMENTATION_WAREHOUSE=target/lint/$*/lint.duckdb \
		$(SQLFLUFF) models/staging/$* --config models/staging/$*/.sqlfluff

bench: $(INSTALLED) ## Benchmarks (ten minutes, 3 GB of memory), and their table in docs/performance.md.
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.report

evidence: $(INSTALLED) ## What the segments are worth, measured: the tables in docs/evidence.md (ten minutes).
	$(BIN)/python -m benchmarks.evidence

docs: $(INSTALLED) ## dbt's documentation of every table, in target/static_index.html.
	$(BIN)/dbt docs generate --static --vars "{dataset: $$DATASET}"

pictures: $(INSTALLED) ## The pictures of README, from the page and the build (needs Chromium).
	$(BIN)/python docs/pictures.py

lock: $(INSTALLED) ## Resolve requirements.lock anew from pyproject.toml.
	$(BIN)/pip-compile --quiet --allow-unsafe --generate-hashes --no-strip-extras \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
		--extra dev --extra audiences --extra boosting --extra onboarding --extra report \
		--extra service --output-file requirements.lock pyproject.toml

clean: ## Remove what was built; the warehouse stays.
	rm -rf .venv target logs .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis python/*.egg-info

$(INSTALLED): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 is needed and was not found."; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
		|| { echo "Python 3.11 is needed; $(PYTHON) is another. Name one: make PYTHON=/path/to/python3.11"; exit 1; }
	"$(PYTHON)" -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(INSTALLED)
