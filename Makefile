# Every target sets up what it needs: only Python, make and a package registry are assumed.
PYTHON ?= python3
BIN := $(if $(filter Windows_NT,$(OS)),.venv/Scripts,.venv/bin)
STAMP := .venv/.installed
UV := $(shell command -v uv 2>/dev/null)
# uv, where it is there, trusts what the system trusts.
export UV_SYSTEM_CERTS ?= 1
export UV_NATIVE_TLS ?= 1

.DEFAULT_GOAL := help
.PHONY: help reproduce test mutants browser screenshots lint format notebooks docs whatif whatif-grid lab fit bench type-one small-trials other-covariances mixed-model-speed missing-inference references audit-calibration read-print chance-imbalance verify-calibration noticed-changes floor foretelling-calibration lock clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

$(STAMP): requirements.lock pyproject.toml
	@echo "Setting up .venv: every package of requirements.lock, checked by its hash (one to four minutes, once)"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
ifdef UV
	uv pip sync --require-hashes --python $(BIN)/python requirements.lock
	uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python -e .
else
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	touch $(STAMP)

reproduce: $(STAMP) ## Simulate, analyse, verify and draw the trial (data/, figures/)
	$(BIN)/asteroid-repro reproduce
	@$(BIN)/python docs/update_readme.py

test: $(STAMP) ## Run every test, doctest and notebook
	$(BIN)/python -m pytest -n 2 --ignore tests/browser tests src

mutants: $(STAMP) ## Make wrong edits and see that the tests notice (docs/mutants.md; hours)
	$(BIN)/python tests/mutants/run_mutants.py

browser: $(STAMP) ## Try the what-if page in Chromium, alone: its speed is measured
	$(BIN)/python -m pytest tests/browser -k "not screenshots"

screenshots: $(STAMP) ## Renew the pictures of the what-if page (docs/images/; needs Chromium)
	ASTEROID_SCREENSHOTS=docs/images $(BIN)/python -m pytest tests/browser -k screenshots

lint: $(STAMP) ## Style, types, the direction of imports and conventions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.citation-file-format CITATION.cff
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-actions action.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/ci.yml .github/workflows/release.yml
	$(BIN)/sp-repo-review --show err .

format: $(STAMP) ## Apply the code style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

notebooks: $(STAMP) ## Execute the notebooks and store their outputs
	$(BIN)/python notebooks/execute.py

lab: $(STAMP) ## Open the lessons in JupyterLab
	$(BIN)/jupyter lab notebooks

docs: $(STAMP) ## Build the documentation site, offline (docs/_build/html/index.html)
	rm -rf docs/_build docs/_generated docs/reference/api
	$(BIN)/sphinx-build -W --keep-going -q -c docs . docs/_build/html
	$(BIN)/python docs/check_site.py

whatif: $(STAMP) ## Write the static what-if page (docs/what-if.html) from its simulated grid
	$(BIN)/python docs/make_what_if.py

whatif-grid: $(STAMP) ## Simulate that grid anew and measure its error (docs/what_if/; needs Node.js)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python docs/simulate_what_if.py
	OPENBLAS_NUM_THREADS=1 $(BIN)/python docs/measure_what_if.py

fit: $(STAMP) ## Fit the programme mechanism (assumptions.toml) to the claims that may be fitted
	$(BIN)/python benchmarks/fit_programme.py

type-one: $(STAMP) ## Measure the type I error of the methods (docs/type-one-error.md)
	$(BIN)/python benchmarks/type_one_error.py

control: $(STAMP) ## Hold control variates to 2,500 seeds and to plain trials (docs/control-variates.md, about an hour)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/control_variates.py

small-trials: $(STAMP) ## Measure the type I error of the mixed model in small trials (docs/small-trials.md)
	$(BIN)/python benchmarks/small_trials.py

other-covariances: $(STAMP) ## Measure the type I error under covariances without a reference (docs/other-covariances.md)
	$(BIN)/python benchmarks/other_covariances.py

mixed-model-speed: $(STAMP) ## Time the mixed model of one table (docs/mixed-model-speed.md)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/mixed_model_speed.py

missing-inference: $(STAMP) ## Measure inference with missing visits (docs/missing-visit-inference.md)
	$(BIN)/python benchmarks/missing_visit_inference.py

references: $(STAMP) ## Renew the outputs of R that the tests compare with (needs R and its packages)
	$(BIN)/python tests/reference/export_reference_data.py
	Rscript tests/reference/make_references.R
	Rscript tests/reference/make_rate_references.R
	Rscript tests/reference/make_imputation_references.R
	Rscript tests/reference/make_ml_references.R > tests/reference/ml_references.csv
	$(BIN)/python tests/reference/export_mixed_model_data.py
	Rscript tests/reference/make_mixed_model_references.R
	$(BIN)/python tests/reference/select_validation_references.py

bench: $(STAMP) ## Time the engine, write docs/speed.md (idle machine, about 15 minutes)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/engine.py
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/error_per_second.py
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/missing_visits.py

audit-calibration: $(STAMP) ## Measure the error rates of the audit (docs/audit-calibration.md)
	$(BIN)/python benchmarks/audit_calibration.py

chance-imbalance: $(STAMP) ## Measure what a chance imbalance does to an estimate (docs/chance-imbalance.md)
	$(BIN)/python benchmarks/chance_imbalance.py

verify-calibration: $(STAMP) ## Measure the false alarms of verify and the faults it finds (docs/verify-calibration.md; an hour)
	$(BIN)/python benchmarks/verify_calibration.py

noticed-changes: $(STAMP) ## Find which wrong assumptions the predictions would notice (docs/noticed-changes.md)
	$(BIN)/python benchmarks/noticed_changes.py

foretelling-calibration: $(STAMP) ## Measure how often foretelling holds (docs/foretelling-calibration.md, 15 minutes)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/foretelling.py

read-print: $(STAMP) ## Measure how well print is read and judged (docs/reading-of-print.md)
	$(BIN)/python benchmarks/read_print.py

floor: $(STAMP) ## Measure three calibrations at the floor of a scale, and methods that respect it (docs/floor.md)
	$(BIN)/python benchmarks/floor.py

lock: ## Renew requirements.lock (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --upgrade --quiet -o requirements.lock

clean: ## Remove the environment and every cache
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist docs/_build docs/_generated docs/reference/api
	find src tests notebooks -name __pycache__ -type d -prune -exec rm -rf {} +
