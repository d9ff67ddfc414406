PYTHON ?= python3
BIN := .venv/bin

.PHONY: all demo test check format bench faults datasets clean

all: .venv/ready

# The environment is made from pinned versions, so that two installs are the same.
.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade-strategy only-if-needed -c constraints.txt -e '.[dev]'
	touch $@

demo: .venv/ready
	$(BIN)/annotate demo $(DEMO)

test: .venv/ready
	$(BIN)/pytest $(TESTS)

check: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest

format: .venv/ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

faults: .venv/ready
	$(BIN)/pytest -m faults

bench: .venv/ready
	$(BIN)/python -m benchmarks

# The datasets that a clone holds, from the exports recorded in seeds/.
datasets: .venv/ready
	$(BIN)/python -m tests.datasets

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
