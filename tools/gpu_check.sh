#!/usr/bin/env bash
# What a GPU is worth here, in under ten minutes on one H100 or H200, without a network.
#
#   tools/gpu_check.sh                     tests marked gpu, then benchmarks/gpu.py
#   tools/gpu_check.sh --scale 0.1         the same on any machine, a tenth of the size
#   tools/gpu_check.sh --collect           on a machine with a network: wheels that another may lack
#   PYTHON=.venv-adapters-trl/bin/python tools/gpu_check.sh --collect      those of TRL with them
#
# Torch with CUDA has to be there. Everything else is taken from tools/wheels where it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
PY=${PYTHON:-$([ -x .venv/bin/python ] && echo .venv/bin/python || echo python3)}

if [ "${1:-}" = --collect ]; then
  # Torch and what belongs to it are too large to carry, tools for developers are not needed, and
  # only TRL reads tables.
  left='torch|nvidia|triton|cuda|mypy|ruff|selenium|scipy|hadolint|shellcheck|pre_commit|virtualenv'
  "$PY" -c 'import trl' 2>/dev/null || left="$left|pyarrow|pandas"
  "$PY" -m pip freeze --exclude-editable | grep -viE "^($left)" > tools/wheels.txt
  "$PY" -m pip download --quiet --no-deps --only-binary :all: --dest tools/wheels -r tools/wheels.txt
  du -sh tools/wheels
  exit
fi

missing=$("$PY" - <<'CHECK'
from importlib.util import find_spec
names = "gymnasium numpy platformdirs pydantic rapidfuzz rich tyro torch transformers tokenizers"
names += " safetensors jinja2 matplotlib pytest hypothesis"
print(" ".join(name for name in names.split() if find_spec(name) is None))
CHECK
)
if [ -n "$missing" ] && [ -d tools/wheels ]; then
  "$PY" -m pip install --quiet --no-index --no-deps tools/wheels/*.whl
elif [ -n "$missing" ]; then
  echo "Missing here: $missing. Run tools/gpu_check.sh --collect where there is a network, and bring tools/wheels along." >&2
  exit 1
fi

export PYTHONPATH="$PWD" HF_HUB_OFFLINE=1
"$PY" -m pytest -q -m gpu -rs -p no:cacheprovider tests/baselines/test_gpu.py
"$PY" benchmarks/gpu.py "$@"
