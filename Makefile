# make run    start the desk on http://127.0.0.1:8501
# make test   everything the tests need, then the tests, in PROCESSES processes (most of their time is waiting)
# make check  formatting, lint, types, import contracts
# make bench  the benchmarks
# make screenshots  pictures of every page, dark and light, on a phone, a laptop and a desk's screen
# make soak   the fault matrix at full counts, half an hour and more

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PROCESSES ?= 3
ARGS ?=

.PHONY: run test check bench screenshots soak format clean browser

run: $(VENV)/run-ready
	exec $(BIN)/python -m streamlit run dashboard.py $(ARGS)

test: $(VENV)/dev-ready browser
	$(BIN)/python -m pytest --numprocesses=$(PROCESSES) --dist=loadfile $(ARGS)

check: $(VENV)/dev-ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_architecture.py tests/test_docs.py

bench: $(VENV)/dev-ready browser
	$(BIN)/python -m tests.benchmarks $(ARGS)

screenshots: $(VENV)/dev-ready browser
	$(BIN)/python -m tests.screenshots $(ARGS)

soak: $(VENV)/dev-ready
	$(BIN)/python -m tests.faults $(ARGS)

format: $(VENV)/dev-ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/run-ready: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/dev-ready: requirements.txt requirements-dev.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/run-ready

# The browser tests drive Chromium. Debian's package is installed where this user may; else they say what is missing.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Chromium for the browser tests"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
	else \
	  echo "The browser tests need Chromium: install it (on Debian or Ubuntu: sudo apt-get install chromium); they are skipped without it."; \
	fi

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
