# Two commands: `make run` sets up and does the main job, `make test` sets up and runs every check.
# The set-up is done once: stamps inside the environment remember it until pyproject.toml changes,
# and after that nothing here needs the network.

PYTHON ?= python3
VENV = .venv
RESULTS = results
PYTEST_ARGS ?=
BENCH_ARGS ?=

BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.stamp-run
DEV_STAMP := $(VENV)/.stamp-dev
PIP_INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check

EXPERIMENT := callmanager-regeneration
RUN_MODELS := seed-lab campus-10k

.PHONY: run test bench
.DELETE_ON_ERROR:

run: $(RUN_STAMP)
	@set -e; for model in $(RUN_MODELS); do \
	  echo "==> twin run $(EXPERIMENT) --model $$model --out $(RESULTS)/$(EXPERIMENT)/$$model"; \
	  $(BIN)/twin run $(EXPERIMENT) --model $$model --out $(RESULTS)/$(EXPERIMENT)/$$model; \
	done

test: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

bench: $(RUN_STAMP)
	$(BIN)/python benchmarks/bench.py --out $(RESULTS)/bench.json $(BENCH_ARGS)

# An environment whose pip does not answer (an interrupted set-up, a Python that is gone) is made anew.
define make_environment
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
  echo "cucm-twin needs Python 3.11 or newer, and '$(PYTHON)' is" \
    "$$($(PYTHON) --version 2>&1 | head -n 1)." \
    "Name another one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
  echo "==> making the environment $(VENV)"; $(PYTHON) -m venv --clear $(VENV); }
endef

$(RUN_STAMP): pyproject.toml
	$(make_environment)
	@echo "==> installing cucm-twin into $(VENV) (once; a minute or two)"
	@$(PIP_INSTALL) --editable .
	@touch $@

$(DEV_STAMP): pyproject.toml
	$(make_environment)
	@echo "==> installing cucm-twin and its test tools into $(VENV) (once; a minute or two)"
	@$(PIP_INSTALL) --editable '.[dev]'
	@touch $(RUN_STAMP) $@
