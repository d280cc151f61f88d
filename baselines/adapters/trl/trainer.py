"""`TurnGRPOTrainer`: TRL's trainer, learning from turns.

Two public places of TRL are used: `rollout_func`, and `compute_loss`, which is handed a batch of
transcripts and asks TRL for the loss of their turns instead. A turn is a row with its own prompt,
its own advantage and the log-probabilities of the sampler.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

try:
    from trl import GRPOConfig, GRPOTrainer
except ModuleNotFoundError as error:
    raise ImportError(
        "Training with TRL needs the extra `trl`: pip install 't2po-gym[trl]'."
    ) from error

from ...collate import collate
from ...config import TrainConfig
from .rollout import TurnRollout

__all__ = ["TurnGRPOTrainer"]

TOKEN_LOSSES = ("dapo", "cispo")
"""Losses whose denominator counts the tokens of the whole batch, however it is split."""


def score(completions: list[Any], score: list[float], **others: Any) -> list[float]:
    """Report the benchmark's own score as TRL's reward; advantages do not come from it."""
    return score


class TurnGRPOTrainer(GRPOTrainer):  # type: ignore[misc]
    """GRPO of TRL over turns, with the advantages of GiGPO, T2PO or GRPO.

    Args:
        play: environment, prompts, rollout, interventions, advantages (`baselines.config`).
        args: TRL's settings: optimiser, loss, batch. One process; `loss_type` dapo or cispo; no KL
            (`beta=0`).
        others: TRL's other arguments: `model`, `processing_class`, `train_dataset` (of
            `task_prompts`), `callbacks`.

    Raises:
        ValueError: a setting of TRL does not fit learning from turns; the sentence says which.
    """

    def __init__(self, play: TrainConfig, *, args: GRPOConfig, **others: Any) -> None:
        check_settings(args, play)
        self.rollout = TurnRollout(play)
        super().__init__(args=args, rollout_func=self.rollout, reward_funcs=[score], **others)
        if self.accelerator.num_processes > 1:
            raise ValueError(
                "TurnGRPOTrainer plays and learns in one process; for many, use this project's own "
                "trainers."
            )

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Tensor:
        """Return TRL's loss of the turns of the episodes in a batch."""
        names = ("prompt_ids", "prompt_mask", "completion_ids", "completion_mask", "tool_mask")
        rows = self.rollout.ledger.turns_of({name: inputs[name] for name in names})
        batch = collate(rows, inputs["prompt_ids"].device)
        replies, mask = batch.batch, batch.loss_mask.long()
        turns = {
            "prompt_ids": replies.prompt_ids[replies.prompt_of],
            "prompt_mask": replies.prompt_mask[replies.prompt_of],
            "completion_ids": replies.reply_ids,
            "completion_mask": replies.reply_mask,
            "tool_mask": mask,
            "advantages": batch.advantages,
            "old_per_token_logps": torch.where(mask != 0, batch.old_log_probs, 0.0),
            "num_items_in_batch": inputs["num_items_in_batch"],
        }
        loss: Tensor = super().compute_loss(model, turns, return_outputs, num_items_in_batch)
        return loss


def check_settings(args: GRPOConfig, play: TrainConfig) -> None:
    """Refuse settings under which TRL would compute with transcripts instead of turns.

    Raises:
        ValueError: with one sentence.
    """
    generations = args.steps_per_generation * args.num_iterations
    wrong = {
        f"loss_type must be {' or '.join(TOKEN_LOSSES)}: its denominator counts the tokens of the "
        "whole batch": args.loss_type not in TOKEN_LOSSES,
        "beta must be 0: TRL would compute the reference's log-probabilities on transcripts": (
            args.beta != 0.0
        ),
        "use_vllm must be False: the rollout samples by itself": args.use_vllm,
        "importance_sampling_level must be token": args.importance_sampling_level != "token",
        "mask_truncated_completions must be False: replies end by their own rules": (
            args.mask_truncated_completions
        ),
        "gradient_accumulation_steps must be a multiple of steps_per_generation x num_iterations: "
        "TRL would compute old log-probabilities on transcripts": (
            args.gradient_accumulation_steps % generations != 0
        ),
        f"temperature must be that of the rollout, {play.rollout.temperature}": (
            args.temperature != play.rollout.temperature
        ),
    }
    for sentence, applies in wrong.items():
        if applies:
            raise ValueError(f"GRPOConfig: {sentence}.")
