# Every target sets up what it needs, once. `make` alone lists the targets.

PYTHON ?= python3
JOBS ?= 2
ARGS ?=

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input install -qq --no-compile
# uv installs the same packages in a fifth of pip's processor time. Where it cannot, pip does: uv does not read pip's
# own settings, such as a package index of your company.
UV_VERSION := 0.13.9
INSTALL = $(PIP) uv==$(UV_VERSION) && $(VENV)/bin/uv pip install --quiet --python $(PY) -r $(1) 2>/dev/null || $(PIP) -r $(1)
# pip compiles what it installs on one processor; this does it on all of them, and leaves out the packages' own tests
# and ccxt for asyncio, which nothing loads. A package may hold files that are no Python.
COMPILE := $(PY) -m compileall -q -j 0 -x '/(tests|async_support|pro)/' $(VENV)/lib >/dev/null || true
# The tests start hundreds of Python processes, which share compiled modules.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: help run programs test long check format coverage mutants bench load soak fuzz fuzz-app trials claims catalogue lock worlds picture audit sbom package installed docs workflows clean distclean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.ready-run ## Set up if needed, then start the app (ARGS="--server.port 8600")
	$(PY) -m streamlit run app.py $(ARGS)

programs: ## Install the programs that some tests need, where that can be done: Redis, nginx, Chromium
	tools/ensure_package.sh redis-server redis-server 'a shared cache'
	tools/ensure_package.sh nginx nginx 'a hosted site'
	@PY=$(PY) tools/ensure_browser.sh >/dev/null

test: $(VENV)/.ready-dev programs ## Set up if needed, then run every test (ARGS="-k sizing", JOBS=4)
	CHROMIUM="$$(PY=$(PY) tools/ensure_browser.sh)" && export CHROMIUM && \
	$(PY) -m pytest -n $(JOBS) --dist worksteal $(ARGS)

long: $(VENV)/.ready-dev ## The tests that repeat themselves, seventeen times as often, and the tests that the suite leaves out
	CHROMIUM="$$(PY=$(PY) tools/ensure_browser.sh)" && export CHROMIUM && \
	TEST_SCALE=17 $(PY) -m pytest -n $(JOBS) -m "long or rare or hypothesis" $(ARGS)

check: $(VENV)/.ready-dev ## Format, lint, types and import rules; changes nothing
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy --num-workers $(JOBS) || $(PY) -m mypy  # its workers may fail to start on a busy machine
	$(VENV)/bin/lint-imports

format: $(VENV)/.ready-dev ## Format the code and mend what the linter can mend by itself
	$(PY) -m ruff check --fix-only .
	$(PY) -m ruff format .

# Left out: what drives a browser or a site of its own, and readers judged by the clock, which coverage slows down.
coverage: $(VENV)/.ready-dev ## Branch coverage of hedge_core, at least 97.5% (ARGS and JOBS as for test)
	tools/ensure_package.sh redis-server redis-server 'a shared cache'
	$(PY) -m pytest -n $(JOBS) -m 'not browser' --ignore tests/benchmarks --ignore tests/hosting \
	  --deselect tests/documents/test_calendar_file.py::test_a_file_made_to_take_long_takes_a_few_seconds_at_most \
	  --deselect tests/market/sources/test_prices_csv.py::test_seven_years_of_seventeen_coins_are_read_in_well_under_a_second \
	  --cov --cov-report=term-missing $(ARGS)

mutants: $(VENV)/.ready-dev ## Change the core in 300 random places and list what no test notices (ARGS="--count 30 --seed 7")
	$(PY) -m tools.mutants --workers $(JOBS) $(ARGS)

bench: $(VENV)/.ready-dev ## Measure against the budgets (ARGS goes to the benchmarks)
	$(PY) -m benchmarks $(ARGS)

load: $(VENV)/.ready-dev ## 50 users do the main job at once for two minutes (ARGS="--users 20 --kill-replica-after 30")
	$(PY) -m benchmarks.load --users 50 --replicas 2 --seconds 120 --floor-seconds 30 $(ARGS)

soak: $(VENV)/.ready-dev ## 50 users come and go for half an hour; memory must be flat after five minutes (ARGS as for load)
	$(PY) -m benchmarks.load --users 50 --replicas 2 --minutes 30 --rounds 1 --flat-after 300 --json soak.json $(ARGS)

claims: $(VENV)/.ready-dev ## Compare the figures in the documents with the code that sets them
	$(PY) -m tools.claims

lock: $(VENV)/.ready-dev ## Write deploy/requirements.lock, all packages of the image by their hashes (uses the network)
	$(PY) -m tools.lock

catalogue: $(VENV)/.ready-dev ## Bring contracts, fees and margins up to date from the venues' lists (uses the network; ARGS="Binance OKX")
	$(PY) -m tools.catalogue $(ARGS)
	$(PY) -m tools.contract_history
	$(PY) -m tools.venues > docs/venues.md

fuzz: $(VENV)/.ready-dev ## Throw a million damaged documents at every parser (ARGS="--cases 20000 --seed 7")
	$(PY) -m tools.fuzz $(ARGS)

fuzz-app: $(VENV)/.ready-dev ## Send 500 visitors with broken input through the app (ARGS="--visits 50 --seed 7")
	$(PY) -m tools.fuzz_app $(ARGS)

trials: $(VENV)/.ready-dev ## Read 20,000 tables made from known bags; none may be wrong without a word (ARGS="--cases 2000 --seed 7")
	$(PY) -m tools.reader_trials $(ARGS)

worlds: $(VENV)/.ready-dev ## How often comparisons of hedges are right in simulated markets (ARGS="--markets 200")
	$(PY) -m tools.worlds $(ARGS)

picture: $(VENV)/.ready-dev ## Draw the rooms of the code again, for docs/architecture.md
	$(PY) -m tools.rooms

audit: $(VENV)/.ready-run ## Look for known weaknesses in what the app needs (asks a public database, so it needs the network)
	@test -x $(VENV)/audit/bin/pip-audit || { $(PYTHON) -m venv $(VENV)/audit && \
	  $(VENV)/audit/bin/python -m pip --disable-pip-version-check --no-input install -qq pip-audit==2.10.1; }
	$(VENV)/audit/bin/pip-audit --path "$$($(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" $(ARGS)

sbom: $(VENV)/.ready-venv ## Write build/sbom.json, a CycloneDX list of every package in the image with its hashes
	@test -x $(VENV)/sbom/bin/cyclonedx-py || { $(PYTHON) -m venv $(VENV)/sbom && \
	  $(VENV)/sbom/bin/python -m pip --disable-pip-version-check --no-input install -qq cyclonedx-bom==7.5.0; }
	mkdir -p build
	$(VENV)/sbom/bin/cyclonedx-py requirements deploy/requirements.lock --pyproject pyproject.toml --output-reproducible --of JSON -o build/sbom.json

package: $(VENV)/.ready-dev ## Build wheel and source package into dist
	rm -rf dist
	$(PY) -m hatchling build -d dist

installed: $(VENV)/.ready-dev ## Install the wheel in an empty environment and use it (asks the package index, so it needs the network)
	TEST_SCALE=17 $(PY) -m pytest -o faulthandler_timeout=1800 -m rare tests/test_package.py

docs: $(VENV)/.ready-dev ## Build the documentation into build/site; a broken link or name stops it
	$(PY) -m mkdocs build --strict --site-dir build/site

workflows: $(VENV)/.ready-dev ## Check .github against its schemas, and its workflows for weaknesses
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(VENV)/bin/zizmor --offline --quiet .github

clean: ## Remove caches and test output
	rm -rf .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis test-output build dist *.egg-info
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean ## Remove caches, test output and the virtual environment
	rm -rf $(VENV)

# A stamp is written only after its step has succeeded, and lives in the environment that it describes:
# an interrupted set-up is taken up again, and a removed environment is made anew.

$(VENV)/.ready-venv:
	@command -v $(PYTHON) >/dev/null 2>&1 || \
	  { echo "Python 3.11 or newer is needed, and '$(PYTHON)' was not found. Install it, or name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, and '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Name a newer one: make PYTHON=python3.12" >&2; exit 1; }
	@echo "Creating $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }
	@touch $@

$(VENV)/.ready-run: requirements.txt $(VENV)/.ready-venv
	@echo "Installing requirements.txt (once; this takes a minute or two)"
	@$(call INSTALL,requirements.txt)
	@$(COMPILE)
	@touch $@

$(VENV)/.ready-dev: requirements-dev.txt requirements.txt $(VENV)/.ready-venv
	@echo "Installing requirements-dev.txt (once; this takes a minute or two)"
	@$(call INSTALL,requirements-dev.txt)
	@$(COMPILE)
	@touch $(VENV)/.ready-run $@
