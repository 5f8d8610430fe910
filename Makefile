# The verbs of the project. Continuous integration uses the same ones.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
export LRP_PORT ?= 8000
# The tests start many processes: each would compile the package again.
export PYTHONDONTWRITEBYTECODE :=
# One more than two cores: some tests wait, for a service or until a limit.
TEST_PROCESSES ?= 3
ALONE := $(shell grep -rlE 'mark\.alone' tests --include=test_*.py)
PYTEST = $(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help install run test test-lowest check long lint format benchmark browser nginx clients vendor clean

help: ## list the verbs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(VENV)/.run ## install what is needed, such as lrp-kg in .venv/bin

run: $(VENV)/.run ## install what is needed and serve at http://127.0.0.1:$(LRP_PORT)/
	$(BIN)/lrp-kg serve

test: $(VENV)/.test browser nginx clients ## linters and all tests, in a few minutes
	@cache=$$(mktemp -d) && trap 'rm -rf "$$cache"' EXIT && export LRP_TEST_CACHE=$$cache && \
		$(BIN)/python -m pytest -m "alone and not long" $(ALONE) && { \
			$(MAKE) --no-print-directory lint & lint=$$!; \
			$(PYTEST) -m "not long and not alone"; tests=$$?; \
			wait $$lint || { echo "The linters failed: see above, or run make lint."; exit 1; }; \
			exit $$tests; \
		}

check: $(VENV)/.test ## the quick tests, in a minute
	$(BIN)/ruff check lrp_kg tests benchmarks
	$(PYTEST) -q -m "not slow and not long and not alone"

long: $(VENV)/.benchmark ## what is too long for test: full proofs, many examples and kills, benchmarks
	LRP_TEST_EXAMPLES=many $(PYTEST) -m "(long or hypothesis) and not alone"
	$(BIN)/python -m pytest -m "long and alone"
	$(MAKE) benchmark

LOWEST := $(VENV)-lowest
LOWEST_TESTS := $(addprefix tests/,answer cli cohort record report research web authoring/test_check_command.py)

test-lowest: $(LOWEST)/.test ## the short tests with the lowest version of each dependency that pyproject.toml allows
	$(LOWEST)/bin/python -m pytest -m "not slow and not long and not alone" -q $(LOWEST_TESTS)
	$(LOWEST)/bin/python -m pytest -m slow -q tests/answer/test_cases.py

lint: $(VENV)/.test ## ruff, mypy, layout of Turtle
	$(BIN)/ruff check lrp_kg tests benchmarks
	$(BIN)/ruff format --check lrp_kg tests benchmarks
	$(BIN)/mypy
	$(BIN)/lrp-kg format --check ontology/*.ttl shapes/*.ttl tests/guidelines/*/ontology/*.ttl tests/guidelines/*/shapes/*.ttl

# Programs of others that the tests run against the service: a SPARQL client (Comunica 5 needs a Node.js newer than 20),
# TypeScript with types made of the OpenAPI description, and axe-core, which checks pages; without npm the tests say that
# they are skipped.
clients: $(VENV)/.clients
$(VENV)/.clients: tests/clients/package.json | $(BIN)/python
	@if command -v npm >/dev/null; then \
		echo "Installing clients for the tests of the service ..."; \
		mkdir -p $(VENV)/clients && cp tests/clients/package.json $(VENV)/clients/ && \
		npm install --prefix $(VENV)/clients --no-audit --no-fund --silent >/dev/null 2>&1 || echo "no clients could be installed"; \
	fi
	@touch $@

format: $(VENV)/.test ## format Python and Turtle
	$(BIN)/ruff check --fix lrp_kg tests benchmarks
	$(BIN)/ruff format lrp_kg tests benchmarks
	$(BIN)/lrp-kg format ontology/*.ttl shapes/*.ttl tests/guidelines/*/ontology/*.ttl tests/guidelines/*/shapes/*.ttl

benchmark: $(VENV)/.benchmark ## measure against named alternatives
	$(BIN)/python benchmarks/assess.py
	$(BIN)/python benchmarks/sparql.py
	$(BIN)/python benchmarks/load.py
	$(BIN)/python benchmarks/check.py

VENDOR := lrp_kg/web/static/vendor/yasgui
YASGUI := @zazuko/yasgui@4.6.2
YASGUI_INTEGRITY := sha512-Zw45KdPoAE1KRaAoxIHdQqeJxvaVG1oQdntw0hy0ktX35Zu8ZccuOLrXCLwR+GU+0xMzLw8Mjw6BkSZV2vUuQw==

vendor: ## fetch the files of the SPARQL editor again
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && file=$$(npm pack --silent --pack-destination "$$dir" $(YASGUI)) && \
		found="sha512-$$(openssl dgst -sha512 -binary "$$dir/$$file" | openssl base64 -A)" && \
		{ [ "$$found" = "$(YASGUI_INTEGRITY)" ] || { echo "the package is not the one that is expected: $$found"; exit 1; }; } && \
		tar -xzf "$$dir/$$file" -C "$$dir" && \
		for name in yasgui.min.js yasgui.min.css; do \
			sed '/sourceMappingURL/d' "$$dir/package/build/$$name" > $(VENDOR)/$$name; \
		done && (cd $(VENDOR) && sha256sum yasgui.min.css yasgui.min.js > SHA256SUMS)

clean: ## remove what was installed and made here
	rm -rf $(VENV) $(LOWEST) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(BIN)/python
	@echo "Installing (about half a minute the first time) ..."
	$(PIP) install -e .
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	@echo "Installing what the tests need ..."
	$(PIP) install -e ".[test]"
	@touch $@ $(VENV)/.run

$(LOWEST)/.test: pyproject.toml
	@echo "Installing the lowest versions ..."
	$(PYTHON) -m venv --clear $(LOWEST)
	$(PYTHON) -m tests.support.lowest > $(LOWEST)/constraints.txt
	$(LOWEST)/bin/python -m pip --disable-pip-version-check --quiet install -c $(LOWEST)/constraints.txt -e ".[test]"
	@touch $@

# The tests of the pages need a browser; without one, and without the right to install it, they say that they are skipped.
browser:
	@if ! { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null 2>&1 && command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		echo "Installing a browser for the tests of the pages ..."; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } >/dev/null 2>&1 || echo "no browser could be installed"; \
	fi

# The test behind a proxy needs nginx. Its Debian package is unpacked, not installed, so that nothing is started; without it the test says that it is skipped.
nginx: | $(BIN)/python
	@if ! { command -v nginx || [ -x /usr/sbin/nginx ] || [ -x $(VENV)/nginx/usr/sbin/nginx ]; } >/dev/null 2>&1 && command -v apt-get >/dev/null && command -v dpkg >/dev/null; then \
		echo "Unpacking nginx for the test behind a proxy ..."; \
		mkdir -p $(VENV)/nginx && cd $(VENV)/nginx && \
		{ { apt-get download -qq nginx || { apt-get update -qq && apt-get download -qq nginx; }; } && dpkg -x nginx_*.deb .; } >/dev/null 2>&1 || echo "no nginx could be had"; \
	fi

$(VENV)/.benchmark: pyproject.toml $(VENV)/.test
	$(PIP) install -e ".[benchmark]"
	@touch $@
