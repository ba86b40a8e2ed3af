# Each target prepares .venv first; that does nothing when nothing changed. On Windows see README.md.

SUITABLE = import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for p in python3.12 python3.13 python3.11 python3 python; do \
	$$p -c "$(SUITABLE)" 2>/dev/null && { echo $$p; break; }; done)
RUN = .venv/bin/python -m

.PHONY: lab test quick lint format coverage parity notebooks site lock

lab: .venv/ready        ## open the course in JupyterLab
	$(RUN) vidlab lab

test: .venv/ready       ## everything: notebooks and tests, a file at a time in each of two workers; then the browser's alone
	$(RUN) pytest -n 2 --dist loadfile --durations 25 --ignore tests/browser
	$(RUN) pytest --durations 10 tests/browser

quick: lint             ## what takes two to three minutes
	$(RUN) pytest -m "not slow"

lint: .venv/ready       ## Python, its formatting, and the labs' JavaScript
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	.venv/bin/oxlint --deny-warnings vidlab/widgets/browser pages/assets

format: .venv/ready
	$(RUN) ruff format .

coverage: .venv/ready   ## which lines of the package the tests reach, without notebooks and browser
	$(RUN) pytest -n 2 --dist loadfile --cov --cov-report term:skip-covered --ignore tests/browser tests

parity: .venv/ready     ## the table that proves the equations against Keras
	$(RUN) tests.parity

notebooks: .venv/ready  ## run all notebooks again, in place
	$(RUN) tests.notebooks.execute

site: .venv/ready       ## the course as pages to read, in site/
	$(RUN) pages

lock: .venv/ready       ## pin again what pyproject.toml asks for
	.venv/bin/uv pip compile --upgrade --universal --fork-strategy fewest --python-version 3.11 --all-extras \
		--no-emit-index-url --no-emit-find-links --no-header --quiet pyproject.toml -o requirements.txt

.venv/ready: requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "vidlab needs Python 3.11, 3.12 or 3.13 with its venv module, and finds none. On" \
		"Debian or Ubuntu: sudo apt install python3-venv. On macOS: brew install python@3.12. Or use conda: see README.md."; exit 1; }
	$(PYTHON) -m venv .venv
	$(RUN) pip install --quiet --disable-pip-version-check -r requirements.txt
	$(RUN) pip install --quiet --disable-pip-version-check --no-deps --editable .
	$(RUN) vidlab weights || echo "Everything but the pretrained networks works without these; try again: vidlab weights"
	@touch $@
