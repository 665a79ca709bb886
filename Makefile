# Needed on the machine: Python 3.11 or 3.12, a JDK 17 or 21, make. Everything else is fetched.
SHELL := /bin/bash
.DEFAULT_GOAL := install
PYTHON := .venv/bin/python
JAR_SOURCES := pom.xml contract/risk_events.json $(wildcard stack/jars/*.xml) \
	$(shell find jvm stack/reporter -path '*/target' -prune -o -type f -print 2>/dev/null)

.PHONY: help install models demo test test-quick up down status score lint format bench bench-peers agreement clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

install: .venv/.ready .tools/jars/.ready ## fetch and build what is missing

.venv/.ready: pyproject.toml uv.lock
	@bash stack/bootstrap.sh python
	@touch .venv-flink/.ready $@

.tools/jars/.ready: $(JAR_SOURCES) | .venv/.ready
	@bash stack/bootstrap.sh jars
	@touch $@

models: .venv/.models ## fetch what training risk models needs (scikit-learn, XGBoost, MLflow)

.venv/.models: .venv/.ready
	@bash stack/bootstrap.sh models
	@touch $@

demo: install ## the main job from nothing: start, produce, detect, score, reconcile, sum up
	@$(PYTHON) -m stack demo

up: install ## start the stack and the stream jobs
	@$(PYTHON) -m stack up

down: ## stop the stream jobs and the stack
	@[ ! -x $(PYTHON) ] || $(PYTHON) -m stack down

status: install ## what runs, where, and whether it answers
	@$(PYTHON) -m stack status

score: install ## one batch run over what is new: land, score, reconcile
	@$(PYTHON) -m stack score

test: install models ## all tests, on a stack of their own
	@bash stack/run_tests.sh $(ARGS)

test-quick: install models ## the tests that need no engine
	@bash stack/run_tests.sh -m "not engines and not faults" $(ARGS)

lint: install ## style and types
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy .

format: install ## bring the code into the project's format
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

bench: install ## speeds, as ratios to the broker's and the warehouse's raw rates
	@$(PYTHON) -m benchmarks

.venv-peers/.ready: benchmarks/peers/environment/pyproject.toml benchmarks/peers/environment/uv.lock
	@bash stack/bootstrap.sh peers
	@touch $@

bench-peers: install .venv-peers/.ready ## the same rules in other engines, beside plain consumers
	@$(PYTHON) -m benchmarks.peers $(ARGS)

agreement: install ## stream and batch over millions of events: every difference explained
	@$(PYTHON) -m benchmarks.agreement $(ARGS)

clean: ## stop all, delete the stack's data, build results and caches; what was fetched stays
	@[ ! -x $(PYTHON) ] || $(PYTHON) -m stack clean
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis spark-warehouse metastore_db derby.log
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
	rm -rf jvm/target stack/reporter/target
