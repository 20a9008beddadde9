# Every target sets up what it needs: Python 3.10+, gcc and make are enough to begin with.
PYTHON ?= python3
VENV ?= .venv
# Further extras for `make test`, e.g. EXTRAS=,oracle for the live comparisons with PyTorch.
EXTRAS ?=
# For `make bench`: an environment of its own with the libraries that qframe is compared with, where the results
# go, and further options, e.g. BENCH="ops --only conv" or BENCH="--python torch=PATH".
BENCH_VENV ?= .venv-bench
BENCH_PYTHON ?= $(firstword $(shell command -v python3.11) $(PYTHON))
RESULTS ?= build/benchmarks.json
BENCH ?= --isa native avx2
BIN := $(VENV)/bin
PROJECTS := pyproject.toml qframe/version.py $(wildcard plugins/*/pyproject.toml)
C_PLUGINS := $(patsubst %/setup.py,./%,$(wildcard plugins/*/setup.py))

.PHONY: demo test test-arm test-arm-quick count-arm arm template lint format bench bench-quick bench-report clean help

help:
	@echo "make demo    quantize the digits models and a language model, and print the tables"
	@echo "make test    run all tests (EXTRAS=,oracle compares with PyTorch live)"
	@echo "make test-arm  the engine for ARM on emulated machines (test-arm-quick: a part; docs/arm.md)"
	@echo "make count-arm  how many instructions its kernels execute there"
	@echo "make template  what its README says: copy examples/plugin_template, rename it, build it, test it"
	@echo "make lint    ruff and mypy"
	@echo "make format  let ruff rewrite what it can"
	@echo "make bench   compare with PyTorch, onnxruntime and OpenVINO (BENCH=OPTIONS; bench-quick: operations, few rounds)"
	@echo "make bench-report  write the stored results into docs/performance.md"

demo: $(VENV)/installed-demo
	$(BIN)/python examples/digits.py
	$(BIN)/python examples/lstm.py

test: $(VENV)/installed-testing,demo$(EXTRAS)
	$(BIN)/python -m pytest

# ARM machines under QEMU, on x86-64 Debian; root only to install the emulator and the cross compiler (docs/arm.md).
test-arm: arm
	$(BIN)/python scripts/arm/test.py $(ARM)

test-arm-quick: arm
	$(BIN)/python scripts/arm/test.py --quick $(ARM)

count-arm: arm
	QEMU_PLUGIN=$(ARM_COUNTER) scripts/arm/run python3 -m benchmarks.instructions $(ARM)

ARM_COUNTER := $(CURDIR)/build/arm/instructions.so
arm: $(VENV)/installed-testing,demo$(EXTRAS)
	scripts/arm/setup $(BIN)/python
	scripts/arm/install $(BIN)/python plugins/qnnpack_arm
	gcc -std=c11 -O2 -Wall -Wextra -D_GNU_SOURCE -shared -fPIC -fvisibility=hidden scripts/arm/instructions.c -o $(ARM_COUNTER)

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

bench: $(BENCH_VENV)/ready
	$(BENCH_VENV)/bin/python -m benchmarks --results $(RESULTS) $(BENCH)

bench-quick: $(BENCH_VENV)/ready
	$(BENCH_VENV)/bin/python -m benchmarks ops --rounds 3 --threads 1

bench-report: $(BENCH_VENV)/ready
	$(BENCH_VENV)/bin/python -m benchmarks.report $(RESULTS)

# Without the libraries to compare with, the benchmark says which are missing and runs qframe alone.
$(BENCH_VENV)/ready: $(PROJECTS)
	$(MAKE) $(BENCH_VENV)/installed-bench VENV=$(BENCH_VENV) PYTHON=$(BENCH_PYTHON) || \
	  $(MAKE) $(BENCH_VENV)/installed-demo VENV=$(BENCH_VENV) PYTHON=$(BENCH_PYTHON)
	touch $@

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
	rm -rf $(VENV) $(BENCH_VENV) build dist *.egg-info plugins/*/build plugins/*/*.egg-info .pytest_cache .mypy_cache .ruff_cache
