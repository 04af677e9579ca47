# make demo    the whole curriculum on a synthetic corpus, with a small encoder
# make test    the tests
# make volta-test    the tests with the torch that a V100 needs
# make stress    training runs that are killed at random, and compared
# make bench    speed and memory beside what others do; DEVICE=cuda on a GPU
# make fuzz    every parser of what users bring, a minute each
# Each sets up what it needs in $(VENV).

PYTHON ?= python3
VENV ?= .venv
REQUIREMENTS ?= requirements.txt
RUN := $(VENV)/bin/python

READY := $(VENV)/$(REQUIREMENTS).installed
TEST_READY := $(VENV)/requirements-test.txt.installed

.PHONY: demo test volta-test stress bench fuzz lint clean

demo: demo/child_subset_100h
	$(RUN) recipes/ChildASR/prepare_phase_data.py --input_dir demo/child_subset_100h --output_dir demo/data
	$(RUN) recipes/ChildASR/run_curriculum.py hparams/demo.yaml

demo/child_subset_100h: | $(READY)
	$(RUN) recipes/ChildASR/make_demo_corpus.py --output_dir demo

test: $(TEST_READY) lint
	$(RUN) -m pytest --numprocesses 2 --dist loadfile

volta-test:
	$(MAKE) test VENV=.venv-volta REQUIREMENTS=requirements-volta.txt

KILLS ?= 60
SEED ?= 1
stress: $(TEST_READY)
	OMP_NUM_THREADS=1 $(RUN) tests/stress.py --kills $(KILLS) --seed $(SEED)

DEVICE ?= cpu
bench: $(READY)
	$(RUN) -m pip install --quiet -r benchmarks/requirements.txt
	$(RUN) benchmarks/speed/all.py --device $(DEVICE)

FUZZ_SECONDS ?= 60
fuzz: $(TEST_READY)
	$(RUN) -m pip install --quiet atheris~=3.0
	$(RUN) tests/fuzz/fuzz.py all -max_total_time=$(FUZZ_SECONDS)

lint: $(TEST_READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

$(READY): $(REQUIREMENTS) requirements-common.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: $(PYTHON) is not Python 3.11 or later: name one that is, such as PYTHON=python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { echo "error: no venv in $(PYTHON): apt-get install python3-venv" >&2; exit 1; }
	$(RUN) -m pip install --quiet -r $(REQUIREMENTS)
	touch $@

$(TEST_READY): $(READY) requirements-test.txt
	$(RUN) -m pip install --quiet -r requirements-test.txt
	touch $@

clean:
	rm -rf $(VENV) .venv-volta demo
