# Two commands for a stranger: `make audit` and `make test`. Each does its own set-up.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	if $$p -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin
MODEL ?=
ARGS ?=
JOBS ?= 2

.PHONY: audit test setup check bench figures simulate vision-demo format golden clean help

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

audit: setup ## audit the embedded model: the checkup, five minutes (MODEL=smollm2: two)
	$(BIN)/auscult audit $(if $(MODEL),--model $(MODEL)) $(ARGS)

test: setup ## every test, offline but for one small model fetched once
	$(BIN)/auscult models get smollm2
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

setup: $(VENV)/.ready ## the virtual environment, once

$(VENV)/.ready: pyproject.toml constraints.txt
	@if [ -z "$(PYTHON)" ]; then echo "Auscult needs Python 3.11 or newer with venv; install it and run make again" >&2; exit 1; fi
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[local,imaging,dev]' 2> $(VENV)/install.log \
		|| { cat $(VENV)/install.log >&2; exit 1; }
	@touch $@

check: setup ## format, lint, types, import law, size limits, versions, published schema
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/check_limits.py
	$(BIN)/python tools/write_schema.py --check
	$(BIN)/python tools/write_docs.py --check
	$(BIN)/python -m pytest tests/docs

bench: setup ## the measurements of bench/README.md (a while; wants a quiet machine)
	$(BIN)/python bench/run.py $(ARGS)

figures: setup ## both embedded models through every text suite; rewrites the README's table (half an hour)
	$(BIN)/auscult models get qwen
	$(BIN)/auscult models get smollm2
	$(BIN)/python tools/figures.py $(ARGS)

simulate: setup ## tries the statistics on data with a known truth; rewrites docs/simulations.md (20 minutes)
	$(BIN)/python bench/simulate.py $(ARGS)

vision-demo: setup .venv-vision/.ready ## builds a small vision model and audits it on brain MRIs (25 minutes; ARGS=--quick: 3)
	$(BIN)/python demo/vision/demo.py $(ARGS)

.venv-vision/.ready: demo/vision/requirements.txt
	@[ -x .venv-vision/bin/python ] || $(PYTHON) -m venv .venv-vision
	@echo "installing torch and transformers into .venv-vision ..."
	@.venv-vision/bin/python -m pip install --quiet --disable-pip-version-check -r demo/vision/requirements.txt \
		> .venv-vision/install.log 2>&1 || { \
		echo "vision-demo: torch and its company could not be installed (no package index, or no room?): see .venv-vision/install.log, then run it again" >&2; exit 1; }
	@touch $@

format: setup ## let ruff rewrite
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

golden: setup ## rewrite the golden transcripts after an intended change
	$(BIN)/python -m pytest tests/golden --update-golden

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
