"""Train a language agent with GRPO (arXiv 2402.03300): one command, one readable loop.

    python baselines/grpo_train.py                           WebShop, small policy, CPU, minutes
    python baselines/grpo_train.py --preset toy              a minute, to see it work
    python baselines/grpo_train.py --resume runs/NAME        continue after Ctrl-C or a crash
    python baselines/grpo_train.py --model Qwen/Qwen3-4B --env t2po/WebShop-v0

Each step plays `rollout.tasks` tasks with groups of identical episodes, compares the episodes of a
task, and makes one clipped update. `--variant` makes DAPO, Dr.GRPO, RLOO, GSPO or CISPO of it.
"""

import sys
from collections.abc import Sequence
from importlib.util import spec_from_file_location

try:
    import torch  # noqa: F401 - the extra is either there or told of
except ModuleNotFoundError:
    sys.exit(
        "Training needs the extra `train`: pip install 't2po-gym[train]', or .venv/bin/python "
        "after `make train`."
    )
from rich.console import Console

if __spec__ is None:  # run as a file, of which Python does not know what the dots below mean
    __spec__ = spec_from_file_location("baselines.grpo_train", __file__)
from .advantages import grpo_advantages
from .collate import turn_rows
from .config import TrainConfig
from .rewards import turn_rewards
from .run.folder import RunFolder
from .run.main import run_trainer
from .run.training import TrainingRun

__all__ = ["main", "train"]


def train(config: TrainConfig, folder: RunFolder, console: Console, resume: bool) -> None:
    """Run or continue one training run in its folder."""
    run = TrainingRun(config, folder, console, resume)
    learner = run.learner()
    how = config.advantage
    for step in run.steps():
        groups = run.rollout(step)
        turns = turn_rows(groups)
        advantages = grpo_advantages(
            turn_rewards(turns, how, config.rollout.max_reply_tokens),
            groups=[row.group for row in turns],
            trajectories=[row.trajectory for row in turns],
            action_valid=[float(row.turn.valid) for row in turns],
            invalid_penalty=how.invalid_penalty,
            norm=how.norm,
            unit=how.unit,
            baseline=how.baseline,
        )
        learned = learner.update(turns, advantages, step, run.position)
        run.record(learned, turns, advantages)
    run.finish()


def main(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status."""
    return run_trainer("grpo", train, arguments, __doc__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
