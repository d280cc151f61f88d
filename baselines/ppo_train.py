"""Train a language agent with PPO (arXiv 1707.06347): one command, one readable loop.

    python baselines/ppo_train.py                           WebShop, small policy, CPU, minutes
    python baselines/ppo_train.py --preset toy              a minute, to see it work
    python baselines/ppo_train.py --resume runs/NAME        continue after Ctrl-C or a crash
    python baselines/ppo_train.py --model Qwen/Qwen3-4B --env t2po/WebShop-v0

Each step plays `rollout.tasks` x `rollout.group` episodes. A critic reads the value of every
prompt; advantages are GAE over turns, whitened; policy and critic make one clipped update each. A
truncated episode is worth the value of the state it was cut at, a terminated one nothing more.
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
    __spec__ = spec_from_file_location("baselines.ppo_train", __file__)
from .advantages import batch_turn_gae, penalise_invalid, whiten
from .collate import turn_rows
from .config import TrainConfig
from .critic import Critic
from .rewards import turn_rewards
from .run.folder import RunFolder
from .run.main import run_trainer
from .run.training import TrainingRun

__all__ = ["main", "train"]


def train(config: TrainConfig, folder: RunFolder, console: Console, resume: bool) -> None:
    """Run or continue one training run in its folder."""
    run = TrainingRun(config, folder, console, resume)
    learner = run.learner()
    critic = Critic(run.start(), config)
    run.keep("critic", critic)
    how = config.advantage
    for step in run.steps():
        groups = run.rollout(step)
        turns = turn_rows(groups)
        rewards = penalise_invalid(
            turn_rewards(turns, how, config.rollout.max_reply_tokens),
            action_valid=[float(row.turn.valid) for row in turns],
            penalty=how.invalid_penalty,
        )
        prompts = [row.turn.prompt_ids for row in turns]
        values = critic.values(prompts)
        advantages, returns = batch_turn_gae(
            rewards,
            values,
            trajectories=[row.trajectory for row in turns],
            final_values=critic.final_values(groups),
            gamma=how.gamma,
            lam=how.gae_lambda,
        )
        advantages = whiten(advantages)
        learned = learner.update(turns, advantages, step, run.position)
        owners = [row.group for row in turns]
        learned |= critic.update(prompts, owners, values, returns, step=step, position=run.position)
        run.record(learned, turns, advantages)
    run.finish()


def main(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status."""
    return run_trainer("ppo", train, arguments, __doc__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
