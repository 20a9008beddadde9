# Every target sets up what it needs: Python 3.10+, gcc and make are enough to begin with.
PYTHON ?= python3
VENV ?= .venv
# Further extras for `make test`, e.g. EXTRAS=,oracle for the live comparisons with PyTorch.
EXTRAS ?=
# An interpreter with PyTorch, for `make bench`.
TORCH ?=
BIN := $(VENV)/bin
PROJECTS := pyproject.toml qframe/version.py $(wildcard plugins/*/pyproject.toml)
C_PLUGINS := $(patsubst %/setup.py,./%,$(wildcard plugins/*/setup.py))

.PHONY: demo test lint format bench clean help

help:
	@echo "make demo    quantize the digits models and a language model, and print the tables"
	@echo "make test    run all tests (EXTRAS=,oracle compares with PyTorch live)"
	@echo "make lint    ruff and mypy"
	@echo "make format  let ruff rewrite what it can"
	@echo "make bench   time dispatch, import and the engines (TORCH=PYTHON: against PyTorch)"

demo: $(VENV)/installed-demo
	$(BIN)/python examples/digits.py
	$(BIN)/python examples/lstm.py

test: $(VENV)/installed-testing,demo$(EXTRAS)
	$(BIN)/python -m pytest

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/installed-demo
	$(BIN)/python benchmarks/dispatch.py
	$(BIN)/python benchmarks/import_time.py
	$(BIN)/python benchmarks/reference_conv.py
	-$(BIN)/python plugins/fbgemm_x86/benchmarks/engine_ops.py $(if $(TORCH),--torch $(TORCH))

$(BIN)/python:
	$(PYTHON) -m venv $(VENV) || { \
	  echo "make: '$(PYTHON) -m venv' failed; on Debian: apt-get install python3-venv" >&2; \
	  rm -rf $(VENV); exit 1; }

# One stamp for each set of extras. qframe and qframe-reference depend on each other, so one command installs both;
# a plugin in C that cannot be built is left out, since the reference engine runs everything.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
$(VENV)/installed-%: $(BIN)/python $(PROJECTS)
	$(PIP_INSTALL) -e ".[$*]" -e ./plugins/reference
	for plugin in $(C_PLUGINS); do $(PIP_INSTALL) -e $$plugin || \
	  echo "make: going on without $$plugin, which needs a C compiler and Python's headers" >&2; done
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info plugins/*/build plugins/*/*.egg-info .pytest_cache .mypy_cache .ruff_cache
