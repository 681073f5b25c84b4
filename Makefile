# Every target sets up what it needs first. The work is in packaging/bootstrap.py, which Windows
# and macOS call the same way: see README.md.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BOOTSTRAP = $(PYTHON) packaging/bootstrap.py

.PHONY: help setup demo test races check screens bench proof package sbom i18n lock clean

help:  ## Show this list
	@sed -n 's/^\([a-z0-9]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{printf "  make %-9s %s\n", $$1, $$2}'

setup:  ## Make .venv with the locked packages (the other targets call it)
	@$(BOOTSTRAP) setup

demo:  ## Open the sample clinic; without a display, play its day into out/day
	@$(BOOTSTRAP) demo

test:  ## Run every test (ARGS="-k search" for some)
	@$(BOOTSTRAP) test $(ARGS)

races:  ## Run the tests of the windows on a record that answers late (CLINIC_RACES=SEED repeats)
	@$(BOOTSTRAP) races $(ARGS)

check:  ## Format, lint, types, imports, dead code, spelling, translations, licences
	@$(BOOTSTRAP) check $(ARGS)

screens:  ## Draw every screen in every theme and language into out/screens
	@$(BOOTSTRAP) screens $(ARGS)

bench:  ## Measure speed beside its floors, into bench/RESULTS.md
	@$(BOOTSTRAP) bench $(ARGS)

proof:  ## Run a proof (PROOF=power-cut SIZE=20000 SEED=1 JOBS=2)
	@$(BOOTSTRAP) proof $(PROOF) $(if $(PROOF),--size $(or $(SIZE),1000) --seed $(or $(SEED),1) --jobs $(or $(JOBS),1))

package:  ## Build the program folder into dist/ and try it
	@$(BOOTSTRAP) package

sbom:  ## List what the package contains as CycloneDX JSON, into out/sbom.cdx.json
	@$(BOOTSTRAP) sbom

i18n:  ## Bring the translation catalogues up to date with the code
	@$(BOOTSTRAP) i18n

lock:  ## Write requirements*.txt anew, with hashes
	@$(BOOTSTRAP) lock

clean:  ## Remove what was built, not the environment
	rm -rf build dist out .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
