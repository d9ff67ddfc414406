PYTHON ?= python3
BIN := .venv/bin
# A file's tests stay together: several files start a server, or a cluster, for all of theirs.
PYTEST := $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: all demo test check format bench faults datasets clean

all: .venv/ready

# The environment is made from pinned versions, so that two installs are the same.
.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --upgrade-strategy only-if-needed -c constraints.txt -e '.[dev]'
	touch $@

demo: .venv/ready
	$(BIN)/annotate demo $(DEMO)

test: .venv/ready
	$(PYTEST) $(TESTS)

check: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(PYTEST)

format: .venv/ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

faults: .venv/ready
	$(BIN)/pytest -m faults

bench: .venv/ready
	$(BIN)/python -m benchmarks

# The datasets that a clone holds, from the exports recorded in seeds/. The people there are
# invented, so the key behind their pseudonyms is no secret.
datasets: export ANNOTATE_PSEUDONYM_KEY = the-seeds-are-invented
datasets: .venv/ready
	rm -rf datasets/entities datasets/stance datasets/claims
	for scheme in entities stance claims; do for round in 1 2; do \
	    $(BIN)/annotate version create $$scheme --scheme $$scheme \
	        --from seeds/exports/$$scheme.round$$round.json -m "Round $$round of the seeds" || exit 1; \
	done; done

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
