"""Merge an adapter into its base model: a folder of whole weights that needs no peft.

    python -m baselines.policy.merge runs/NAME/checkpoints/step-000100 --out FOLDER

The sum is written in float32 unless --dtype says otherwise: rounded to bfloat16, the logits move by
more than the adapter's last bits.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

try:
    import torch  # noqa: F401 - the extra is either there or told of
except ModuleNotFoundError:
    sys.exit(
        "This needs the extra `train`: pip install 't2po-gym[train]', or .venv/bin/python after "
        "`make train`."
    )
from rich.console import Console

from .. import found_as
from ..config import PolicyConfig
from .loading import load_policy
from .model import Policy

__all__ = ["main", "merged"]


def merged(policy: Policy) -> Policy:
    """Return a policy whose weights are base model plus adapter; the given one is used up.

    Raises:
        ValueError: it has no adapter.
    """
    if policy.adapter is None:
        raise ValueError("it is no adapter: there is nothing to merge.")
    return Policy(policy.adapter.merge_and_unload(), policy.tokenizer, policy.device)


def main(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {found_as('baselines.policy.merge')}",
        description=(__doc__ or "").splitlines()[0],
    )
    parser.add_argument("checkpoint", help="folder of a checkpoint that holds an adapter")
    parser.add_argument("--out", type=Path, required=True, help="folder for the merged model")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    given = parser.parse_args(arguments)
    console = Console()
    try:
        whole = merged(load_policy(given.checkpoint, PolicyConfig(device="cpu")))
    except (ValueError, OSError) as problem:
        console.print(f"{given.checkpoint} cannot be merged: {problem}", style="red", markup=False)
        return 2
    if given.dtype == "bfloat16":
        whole.model.bfloat16()
    whole.save(given.out)
    console.print(f"Saved to {given.out}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
