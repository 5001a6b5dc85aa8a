# Everything is done in .venv, which the first command makes from uv.lock.
#
#   make demo     see it work: one image through every scheme, and planes through volumes
#   make test     run the tests
#   make check    format, lint, types (of the page's JavaScript too), import contracts, the code of the docs
#   make bench    compare with other libraries
#   make clean    remove what these made
#
# PYTHON=/path/to/python3.11 chooses the Python that .venv is made with,
# ARGS="..." is handed on: make test ARGS="tests/rendering -x"

PYTHON ?=
ARGS ?=
BIN := .venv/bin
LOCK := uv.lock pyproject.toml src/pycornerstone/_version.py tools/environment.sh
ENVIRONMENT := PYTHON='$(PYTHON)' tools/environment.sh

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types js imports docs bench format lock clean
.NOTPARALLEL:

help:
	@sed -n 's/^#   //p' Makefile

demo: .venv/.for-use
	@echo '==> pycornerstone demo'
	@$(BIN)/pycornerstone demo $(ARGS)

test: .venv/.for-test
	@tools/orthanc.sh
	@tools/chromium.sh
	@$(BIN)/python tools/npm_packages.py tests/frontends/dicomweb/js tests/frontends/browser/js || echo '==> tests that need them will skip'
	@echo '==> pytest'
	@$(BIN)/python -m pytest $(ARGS)

check: lint types js imports docs

lint: .venv/.for-check
	@echo '==> ruff'
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: .venv/.for-check
	@echo '==> mypy'
	@$(BIN)/mypy

js: .venv/.for-check
	@echo '==> types of the JavaScript'
	@$(BIN)/python tools/js_types.py

imports: .venv/.for-check
	@echo '==> import contracts'
	@$(BIN)/lint-imports --no-logo

docs: .venv/.for-check
	@echo '==> the code of the docs'
	@$(BIN)/python -m pytest -q tests/house
	@$(BIN)/python -m pytest -q --doctest-modules src/pycornerstone

bench: .venv/.for-bench
	@echo '==> benchmarks'
	@$(BIN)/python -m benchmarks $(ARGS)

# Write what `make lint` asks for.
format: .venv/.for-check
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# After a change of the dependencies in pyproject.toml.
lock: .venv/.for-use
	@UV_PYTHON_DOWNLOADS=never $(BIN)/uv lock --python $(BIN)/python

clean:
	@rm -rf .venv demo-output benchmarks/output build dist
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@rm -rf tools/js/node_modules tests/frontends/dicomweb/js/node_modules
	@find src tests tools examples benchmarks -name __pycache__ -prune -exec rm -rf {} +

.venv/.for-use: $(LOCK)
	@$(ENVIRONMENT)
	@touch $@

.venv/.for-test: $(LOCK)
	@$(ENVIRONMENT) test
	@touch $@

.venv/.for-check: $(LOCK)
	@$(ENVIRONMENT) test check
	@touch $@

.venv/.for-bench: $(LOCK)
	@$(ENVIRONMENT) bench
	@touch $@
