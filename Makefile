# All targets set everything up themselves: a Python from 3.11 with venv and pip is enough; uv is used where present.
#
#   make demo     assess the bundled county: verdicts in the terminal, map and tables under out/demo
#   make test     lint, types, import rules, dependencies and all tests but the longest
#   make soak     the longest tests: batches stopped and resumed, every benchmark against scipy, every payload, both real cities, the wheel
#   make mutants  put faults into the engine, one at a time, and see that a test fails: an hour; MUTANTS="--only sweep" a part
#   make bench    measure beside other engines and write docs/benchmarks.md: hours; BENCH="--sizes 10000" a part
#
# PYTHON=python3.12 names the Python, VENV=FOLDER the virtual environment, WORKERS=4 the test processes,
# TESTS=tests/unit a part of the tests.

export PYTHON VENV
# Without bytecode each process, of which the tests start hundreds, compiles all that it imports anew: five seconds.
unexport PYTHONDONTWRITEBYTECODE
WORKERS ?= 2
TESTS ?= tests

.PHONY: help demo test soak mutants bench lock docs

help:
	@sed -n 's/^#   make/make/p' Makefile

demo:
	@python=$$(sh scripts/venv.sh runtime) && rm -rf out/demo && "$$python" -m accessgis demo out/demo

test:
	@python=$$(sh scripts/venv.sh test) && bin=$$(dirname "$$python") && set -ex && \
	"$$bin/ruff" check . && \
	"$$bin/ruff" format --check . && \
	"$$bin/lint-imports" && \
	"$$bin/deptry" . && \
	types=$$(mktemp) && trap 'rm -f "$$types"' EXIT && failed=0 && \
	{ "$$bin/mypy" >"$$types" 2>&1 & } && typing=$$! && \
	{ "$$python" -m pytest -n $(WORKERS) --dist loadfile -m "not soak" $(TESTS) || failed=$$?; } && \
	{ wait $$typing || failed=$$?; } && cat "$$types" && exit $$failed

soak:
	@python=$$(sh scripts/venv.sh test) && "$$python" -m pytest -n $(WORKERS) --dist loadfile -m soak $(TESTS)

mutants:
	@python=$$(sh scripts/venv.sh test) && "$$python" scripts/mutants.py --workers $(WORKERS) $(MUTANTS)

bench:
	@python=$$(sh scripts/venv.sh bench) && "$$python" benchmarks/run.py $(BENCH) && \
	"$$python" benchmarks/tables.py --write docs/benchmarks.md

# Pin anew (needs uv); the same versions on every system and Python, as far as they exist.
LOCK = uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-header

lock:
	$(LOCK) --upgrade pyproject.toml --output-file requirements.lock
	$(LOCK) --upgrade pyproject.toml --extra test --constraint requirements.lock --output-file requirements-test.lock

# Write the tables of docs/ that come from the code: columns of every frame, every message.
docs:
	@python=$$(sh scripts/venv.sh test) && "$$python" scripts/document.py
