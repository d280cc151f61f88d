#!/bin/sh
# Whether this image can do its work: import, two episodes of an expert, one step of training.
# With the word "cuda": also whether torch sees a GPU.
set -eu
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 - "$@" <<'END'
import os
import sys

import torch

import t2po_gym

print(f"user {os.getuid()}, t2po_gym {t2po_gym.__version__}, torch {torch.__version__}")
assert os.getuid() != 0, "runs as root"
assert "cuda" not in sys.argv or torch.cuda.is_available(), "torch sees no GPU"
END
t2po-gym eval t2po/WebShop-v0 --policy expert --tasks 2 --out "$here/expert"
python3 baselines/t2po_train.py --preset webshop --run.root "$here" --run.name step \
  --run.steps 1 --rollout.tasks 2 --rollout.group 2 --calibration.tasks 1 --calibration.group 2 \
  --eval.tasks 2 --eval.dev-tasks 2
test -s "$here/step/metrics.jsonl"
