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

.PHONY: demo test template lint format bench clean help

help:
	@echo "make demo    quantize the digits models and print the table"
	@echo "make test    run all tests (EXTRAS=,oracle compares with PyTorch live)"
	@echo "make template  what its README says: copy examples/plugin_template, rename it, build it, test it"
	@echo "make lint    ruff and mypy"
	@echo "make format  let ruff rewrite what it can"
	@echo "make bench   time dispatch, import and the engines (TORCH=PYTHON: against PyTorch)"

demo: $(VENV)/installed-demo
	$(BIN)/python examples/digits.py

test: $(VENV)/installed-testing,demo$(EXTRAS)
	$(BIN)/python -m pytest

# In a folder and an environment of its own, as a plugin's author would.
template:
	set -e; work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT; \
	$(PYTHON) -m venv $$work/venv; bin=$$work/venv/bin; \
	$$bin/python -m pip install --quiet --disable-pip-version-check . ./plugins/reference pytest "setuptools>=71" cffi; \
	cp -r examples/plugin_template $$work/toychip; cd $$work/toychip; \
	grep -rl -i mynpu . | xargs perl -pi -e 's/mynpu/toychip/g; s/MyNPU/ToyChip/g; s/MYNPU/TOYCHIP/g'; \
	mv qframe_mynpu qframe_toychip; \
	$$bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -e .; \
	$$bin/python -m qframe | grep -E "^toychip +\* +qframe-toychip .* yes \(portable C\)"; \
	$$bin/python -m pytest; \
	$$bin/python -m qframe.testing toychip --ops add,linear_pack | tail -5

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
