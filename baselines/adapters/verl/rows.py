"""From an episode to verl's rows: one output per turn, which carries the turn's own score."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

try:
    from verl.experimental.agent_loop.agent_loop import AgentLoopMetrics, AgentLoopOutput
except ModuleNotFoundError as error:
    raise ImportError(
        f"Training with verl needs the extra `verl`: pip install 't2po-gym[verl]' ({error})."
    ) from error

from ...collate import turn_rows
from ...config import TrainConfig
from ...trajectory import FloatArray, Group, Trajectory
from ...update import training_rows

__all__ = ["TurnOutput", "turn_outputs"]


class TurnOutput(AgentLoopOutput):  # type: ignore[misc]
    """One turn.

    verl gives all outputs of a loop the reward of the last one. A turn's own score, its advantage,
    is written into the row here, on its last token, for the estimators to spread.
    """

    turn_score: float | None = None
    """What the row is learned with; None keeps the reward (validation)."""

    def as_dict(self) -> dict[str, Any]:
        """Return the fields of the row, with the turn's score as its reward."""
        row: dict[str, Any] = super().as_dict()
        row.pop("turn_score", None)
        if self.turn_score is not None:
            scores = torch.zeros(len(self.response_ids), dtype=torch.float32)
            scores[-1] = self.turn_score
            row["rm_scores"] = scores
        return row


def turn_outputs(
    episode: Trajectory, scores: FloatArray | None, config: TrainConfig, seconds: float
) -> list[TurnOutput]:
    """Return an episode's turns as outputs, in time order.

    Args:
        episode: what was played.
        scores: advantages of its turns; None where nothing is learned from it.
        config: whether forced tokens and void turns are learned from.
        seconds: how long the episode took.
    """
    turns = turn_rows([Group(index=0, task_id=episode.task_id, trajectories=(episode,))])
    values = np.zeros(len(turns)) if scores is None else scores
    outputs = []
    for row, turn in zip(training_rows(turns, values, config), episode.turns, strict=True):
        old = np.where(row.loss_mask & turn.generation.sampled, row.old_log_probs, 0.0)
        outputs.append(
            TurnOutput(
                prompt_ids=row.prompt_ids.tolist(),
                response_ids=row.reply_ids.tolist(),
                response_mask=row.loss_mask.astype(int).tolist(),
                response_logprobs=old.tolist(),
                reward_score=episode.score,
                turn_score=None if scores is None else row.advantage,
                num_turns=len(turns),
                metrics=AgentLoopMetrics(generate_sequences=seconds if turn.index == 0 else 0.0),
                extra_fields=_about(episode, turn.index),
            )
        )
    return outputs


def _about(episode: Trajectory, index: int) -> dict[str, Any]:
    turn = episode.turns[index]
    return {
        "task_id": episode.task_id,
        "turn": index,
        "anchor": turn.anchor,
        "observation_hash": turn.observation_hash,
        "reward_extra_info": {
            "score": episode.score,
            "success": float(episode.success),
            "progress": episode.progress,
        },
    }
