# make benchmark: everything, from nothing to the comparison table. make test: the test suite.
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export MLFLOW_DISABLE_TELEMETRY := true
INSTALLED := .venv/.installed
SHELL := bash
.SHELLFLAGS := -o pipefail -c

.PHONY: benchmark report controls verify test test-heavy processors checksums stages architecture lint format readme ui speed latency \
	track-speed adopt-snakemake adopt-dvc clean clean-mlflow

benchmark: $(INSTALLED) receipt
	@mkdir -p logs
	snakemake --cores all 2>&1 | tee logs/benchmark.log
	@! grep -q '^Nothing to be done' logs/benchmark.log || cat results/compare/table.md workflow/after.txt

# Everything on one page, report.html; what is not made yet is made first.
report: benchmark
	snakemake --report report.html --report-stylesheet workflow/report/style.css
	@echo "Open report.html in a browser."

# The benchmark with changed settings; make controls ONLY=order runs one of controls/*.yaml.
controls: $(INSTALLED)
	python tools/controls.py $(ONLY)

# Whether the results are those of params.yaml and the sources; ferbench verify --help says more.
verify: $(INSTALLED)
	ferbench verify

test: $(INSTALLED)
	pytest -n 2 -m "not heavy and not processors"

test-heavy: $(INSTALLED)
	pytest -n 2 -m heavy

# Whether other processors give the same bytes; qemu emulates them (.ci/qemu brings it).
processors: $(INSTALLED)
	pytest -n 2 --dist worksteal -m processors

# After a change of what is computed: the checksums that tests hold every machine to.
checksums: $(INSTALLED)
	python tests/helpers/checksums.py

lint: $(INSTALLED)
	ruff check
	ruff format --check
	mypy
	snakefmt --check Snakefile workflow
	snakemake --lint

format: $(INSTALLED)
	ruff check --fix
	ruff format
	snakefmt Snakefile workflow

# What one engine has finished becomes known to the other; nothing runs.
adopt-snakemake adopt-dvc: adopt-%: $(INSTALLED)
	ferbench adopt $*

# dvc.yaml is made from the rules.
stages: $(INSTALLED)
	python tools/stages.py > dvc.yaml

# What each package is for, from the sources' docstrings.
architecture: $(INSTALLED)
	python tools/architecture.py > ARCHITECTURE.md

# README's table is that of the committed results.
readme:
	sed -e 1,2d -e '/^\*\*More measures/,$$d' results/compare/table.md | sed -i -e '/<!-- table -->/,/<!-- .table -->/{//!d}' \
		-e '/<!-- table -->/r /dev/stdin' README.md

# MLflow's pages, on this machine alone; prints their address.
ui: $(INSTALLED)
	ferbench ui

speed: $(INSTALLED)
	python benchmarks/speed.py

latency: $(INSTALLED)
	python benchmarks/latency.py

track-speed: $(INSTALLED)
	PYTHONPATH=tests/helpers python benchmarks/tracking.py

# A receipt says what is in MLflow's store; without the store it says nothing.
.PHONY: receipt
receipt:
	@test -n "$$MLFLOW_TRACKING_URI" -o -e mlflow.db || rm -f results/track/receipt.json

clean-mlflow:
	rm -rf mlflow.db mlruns results/track

clean: clean-mlflow
	rm -rf .snakemake logs report.html results/synthesize results/preprocess results/split \
		results/baseline results/train results/report

$(INSTALLED): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	pip install --requirement requirements.lock
	pip install --no-deps --no-build-isolation --editable .
	touch $@
