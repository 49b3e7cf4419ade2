# The two commands are `make demo` and `make test`; `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
.PHONY: help demo test test-all faults faults-renewals kills mutants lint format migrate messages screenshots bench lock clean

help: ## What can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.demo ## Walk the mission against a pretend outside world, then keep serving
	@"$(PY)" -m storefront.sandbox.demo

test: $(VENV)/.test ## The suite (at most five minutes on two cores; pip only)
	@"$(PY)" -m pytest -q -n 2 --dist worksteal -m "not postgres and not redis and not browser and not kill"

test-all: $(VENV)/.test ## Everything that needs PostgreSQL, Redis, Chromium or real kills
	@"$(PY)" -m pytest -q -n 2 --dist loadgroup -m "postgres or redis or browser or kill"

faults-renewals: $(VENV)/.test ## Years of auto-renew under random misfortunes: N=20 lives, from SEED=1
	@"$(PY)" tests/crash/faults_renewals.py -n $(or $(N),20) --seed $(or $(SEED),1)

faults: $(VENV)/.test ## The fault matrix: N=1000 purchases in trouble, from SEED=1, on both databases
	@"$(PY)" tests/faults/matrix.py -n $(or $(N),1000) --seed $(or $(SEED),1) $(if $(ONLY),--only $(ONLY)) $(if $(DATABASES),--databases $(DATABASES))

kills: $(VENV)/.test ## Real processes, killed at random: N=300 purchases, KILLS=200, LAYOUT=small or large, MISHAPS=1
	@"$(PY)" tests/kill/kills.py -n $(or $(N),300) --kills $(or $(KILLS),200) --layout $(or $(LAYOUT),small) --seed $(or $(SEED),1) $(if $(MISHAPS),--mishaps)

mutants: $(VENV)/.test ## Plant mistakes in a copy of the shop: the fault matrix must catch each
	@"$(PY)" tests/faults/plant.py $(if $(N),-n $(N))

lint: $(VENV)/.lint ## Style, types, import floors, templates
	@"$(VENV)/bin/ruff" check .
	@"$(VENV)/bin/ruff" format --check .
	@"$(VENV)/bin/mypy"
	@"$(VENV)/bin/lint-imports"
	@"$(VENV)/bin/djlint" --lint --quiet templates

format: $(VENV)/.lint ## Put the code in order
	@"$(VENV)/bin/ruff" check --fix-only .
	@"$(VENV)/bin/ruff" format .

migrate: $(VENV)/.demo ## Bring the database of the present settings to the newest schema
	@"$(VENV)/bin/flask" db upgrade

messages: $(VENV)/.demo ## Collect every sentence to translate into translations/messages.pot
	@"$(VENV)/bin/pybabel" -q extract -F babel.cfg -k _l -k N_ --project storefront --version 0.1.0 --no-location -o translations/messages.pot .

screenshots: $(VENV)/.test ## Every page, both sizes, both themes, into docs/screenshots (needs Chromium)
	@"$(PY)" tests/browser/screenshots.py

bench: $(VENV)/.test ## Ratios against bare floors, all in one run (needs a quiet machine)
	@"$(PY)" -m bench

lock: $(VENV)/.lint ## Write the hashed requirement files again from pyproject.toml
	@"$(PY)" requirements/lock.py

clean: ## Forget the virtual environment and all data of the demo
	@rm -rf "$(VENV)" var

# One virtual environment grows with what is asked of it: demo < test < lint.
$(VENV)/.venv: requirements/make_venv.sh
	@sh requirements/make_venv.sh "$(VENV)"
	@touch "$@"

$(VENV)/.demo: requirements/demo.txt $(VENV)/.venv
	@sh requirements/install.sh "$(VENV)" requirements/demo.txt
	@touch "$@"

$(VENV)/.test: requirements/test.txt $(VENV)/.venv
	@sh requirements/install.sh "$(VENV)" requirements/test.txt
	@touch "$@" "$(VENV)/.demo"

$(VENV)/.lint: requirements/lint.txt $(VENV)/.venv
	@sh requirements/install.sh "$(VENV)" requirements/lint.txt
	@touch "$@" "$(VENV)/.test" "$(VENV)/.demo"
