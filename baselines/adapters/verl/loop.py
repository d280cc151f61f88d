"""`TurnAgentLoop`: the environments inside verl's rollouts.

verl's trainer (`trainer.use_v1`, its default) takes several outputs of one loop, each a row of the
batch. A loop plays one episode and returns its turns, each with the prompt that it was sampled
after. Columns of the data: `task_id`, `split`, `learn` (False for validation) and
`extra_info.index`; `recipe/prepare.py` writes them.
"""

from __future__ import annotations

import time
from functools import cache
from typing import Any

try:
    from verl.experimental.agent_loop.agent_loop import AgentLoopBase, register
except ModuleNotFoundError as error:
    raise ImportError(
        f"Training with verl needs the extra `verl`: pip install 't2po-gym[verl]' ({error})."
    ) from error

from ...trajectory import Trajectory
from .meeting import Meetings
from .playing import play_episode
from .rows import TurnOutput, turn_outputs
from .setup import Setup

__all__ = ["TurnAgentLoop"]

MEETINGS = Meetings()
"""The groups of this process: verl plays all members of a group in one process."""


@cache
def setup_of(play: str, records: str, model: str, tokenizer: Any) -> Setup:
    """Return the settings that all loops of this process share."""
    return Setup.of(play, records, model, tokenizer)


@register("t2po_gym")
class TurnAgentLoop(AgentLoopBase):  # type: ignore[misc]
    """Plays one episode and returns its turns as rows.

    Args:
        arguments: verl's.
        play: file of a `TrainConfig`: environment, prompts, algorithm, interventions.
        records: folder that engine and loops share; empty where the server is as it comes.
        others: verl's.
    """

    def __init__(self, *arguments: Any, play: str, records: str = "", **others: Any) -> None:
        super().__init__(*arguments, **others)
        model = str(self.config.actor_rollout_ref.model.path)
        self.setup = setup_of(play, records, model, self.tokenizer)
        check_rollout(self.setup, self.rollout_config)

    async def run(self, sampling_params: dict[str, Any], **row: Any) -> list[TurnOutput]:
        """Play the task of a row.

        Args:
            sampling_params: verl's; read by servers without our logits processor.
            row: the row's columns, and verl's `uid`, `session_id` and `global_steps`.
        """
        learn, size = bool(row["learn"]), int(self.rollout_config.n)
        group, member = (row["uid"], int(row["global_steps"])), int(row["session_id"])
        began, scores = time.perf_counter(), None
        try:
            episode = await self._episode(sampling_params, learn, member, row)
        except BaseException as error:
            if learn:  # the others would wait for this one
                MEETINGS.fail(group, size, f"{type(error).__name__}: {error}")
            raise
        seconds = time.perf_counter() - began
        config = self.setup.config
        if learn:
            scores = await MEETINGS.bring(group, size, member, episode, config)
        return turn_outputs(episode, scores, config, seconds)

    async def _episode(
        self, sampling: dict[str, Any], learn: bool, member: int, row: dict[str, Any]
    ) -> Trajectory:
        setup, place = self.setup, int(row["index"])
        replies = setup.replies(self.server_manager, sampling)
        with setup.stage(str(row["split"])) as stage:
            plan = setup.plan(stage, str(row["task_id"]), int(row["global_steps"]), place, learn)
            return await play_episode(stage, setup.prompting, plan, member, replies)


def check_rollout(setup: Setup, rollout: Any) -> None:
    """Compare verl's rollout settings with ours.

    Raises:
        ValueError: they differ where they must not.
    """
    ours = setup.config
    wanted = {
        "temperature": (float(rollout.temperature), ours.rollout.temperature),
        "prompt_length": (int(rollout.prompt_length), ours.prompt.max_tokens),
        "response_length": (int(rollout.response_length), ours.rollout.max_reply_tokens),
    }
    for name, (theirs, own) in wanted.items():
        if theirs != own:
            raise ValueError(
                f"actor_rollout_ref.rollout.{name} is {theirs} and the agent loop's settings say "
                f"{own}; make them equal."
            )
