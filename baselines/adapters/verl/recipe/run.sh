#!/bin/sh
# Train with verl on what prepare.py wrote: run.sh FOLDER [further overrides of verl].
set -eu
folder=$1
shift
further=$#
while IFS= read -r line; do
  set -- "$@" "$line"
done < "$folder/overrides"
while [ "$further" -gt 0 ]; do # behind ours, so that they win
  first=$1
  shift
  set -- "$@" "$first"
  further=$((further - 1))
done
export VLLM_USE_V2_MODEL_RUNNER=0 # the other runner has another kind of logits processor
VERL_USE_EXTERNAL_MODULES=$(cat "$folder/modules")
export VERL_USE_EXTERNAL_MODULES
exec "${PYTHON:-python3}" -m verl.trainer.main_ppo "$@"
