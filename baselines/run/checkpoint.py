"""Checkpoints that survive Ctrl-C and kill -9, and continue bit for bit.

A checkpoint is a folder `step-000012` with the policy (weights, configuration and tokenizer as
Hugging Face writes them, so the folder also works as `--model`), the optimiser, and the run state.
It is written under a temporary name and renamed when complete: a folder with the final name is
whole. No random state is saved because there is none: every seed derives from the step.

Of many processes each writes its pieces of the optimiser (a folder instead of a file), the first
one the weights. Any number of processes can go on from either form.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..config import PolicyConfig
from ..evaluation import Thresholds
from ..parallel.parts import write_part
from ..parallel.world import here
from ..policy.loading import load_policy
from ..policy.model import Policy

__all__ = ["RunState", "latest", "load", "prune", "save", "steps_in"]

NAME = re.compile(r"step-(\d{6})")
STATE = "state.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """State of a run besides weights and optimiser.

    Example: after 12 steps, the best dev success so far was reached after 10::

        RunState(step=12, thresholds=Thresholds(epsilon=0.03, eta=0.008), best_step=10,
                 best_success=0.61)
    """

    step: int
    """Training steps done."""
    thresholds: Thresholds
    """Where the interventions fire."""
    best_step: int = 0
    """Step of the best dev evaluation."""
    best_success: float = -1.0
    """Its success."""
    tokens: int = 0
    """Tokens generated in training, forced and rejected ones included."""


def save(
    root: Path, state: RunState, policy: Policy, parts: Mapping[str, Mapping[str, Any]]
) -> Path:
    """Write the checkpoint of `state.step` under `root` and return its folder.

    Args:
        root: folder of all checkpoints of the run.
        state: where the run is.
        policy: the policy.
        parts: state of everything else by name, such as `optimizer` and `critic`.
    """
    world = here()
    final = root / f"step-{state.step:06d}"
    temporary = world.agreed(root / f".{final.name}.{os.getpid()}.tmp")
    if world.first:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
    world.wait()
    policy.save(temporary)
    for name, part in parts.items():
        write_part(part, temporary / name)
    if world.first:
        _complete(temporary, final, state)
    world.wait()
    return final


def _complete(temporary: Path, final: Path, state: RunState) -> None:
    """Write the last file of a checkpoint and give it its name."""
    root = final.parent
    (temporary / STATE).write_text(json.dumps(asdict(state), indent=2), encoding="utf-8")
    for file in temporary.rglob("*"):
        _sync(file)
    _sync(temporary)
    if final.exists():
        # The same step is saved twice only when a run repeats it after a resume.
        shutil.rmtree(final)
    os.replace(temporary, final)
    _sync(root)


def _sync(path: Path) -> None:
    """Push a file or folder to the disk, so that a rename never outruns its contents."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def steps_in(root: Path) -> list[int]:
    """Return the steps that have a complete checkpoint, in order."""
    matches = (NAME.fullmatch(path.name) for path in root.glob("step-*"))
    return sorted(int(match.group(1)) for match in matches if match)


def latest(root: Path) -> Path | None:
    """Return the newest complete checkpoint, None if there is none."""
    steps = steps_in(root)
    return root / f"step-{steps[-1]:06d}" if steps else None


def load(folder: Path, config: PolicyConfig) -> tuple[Policy, RunState]:
    """Read the policy and the run state of a checkpoint.

    The weights are cut among the processes, where there are many. `baselines.parallel.parts` reads
    the rest.
    """
    values = json.loads((folder / STATE).read_text(encoding="utf-8"))
    state = RunState(**(values | {"thresholds": Thresholds(**values["thresholds"])}))
    policy = load_policy(str(folder), config)
    policy.distribute()
    return policy, state


def prune(root: Path, keep: int, also: set[int]) -> None:
    """Delete all but the newest `keep` checkpoints, those of `also`, and left-over temporaries."""
    steps = steps_in(root)
    wanted = set(steps[-max(1, keep) :]) | also
    for step in steps:
        if step not in wanted:
            shutil.rmtree(root / f"step-{step:06d}")
    for path in root.glob(".step-*.tmp"):
        shutil.rmtree(path, ignore_errors=True)
