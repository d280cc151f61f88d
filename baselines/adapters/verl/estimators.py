"""`gigpo`, `t2po` and `grpo_turns` for verl's `algorithm.adv_estimator`.

Name this module in `VERL_USE_EXTERNAL_MODULES`, which every process of verl imports.

verl shows an estimator rewards, masks and the group of each row, but neither episodes nor states.
`TurnAgentLoop` therefore compares the members of a group where they are played and writes each
turn's advantage into its row; an estimator has to spread it over the turn's tokens.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

try:
    from verl.trainer.ppo.core_algos import register_adv_est
except ModuleNotFoundError as error:
    raise ImportError(
        f"Training with verl needs the extra `verl`: pip install 't2po-gym[verl]' ({error})."
    ) from error

__all__ = ["turn_scores"]


@register_adv_est("gigpo")  # type: ignore[untyped-decorator]
@register_adv_est("grpo_turns")  # type: ignore[untyped-decorator]
@register_adv_est("t2po")  # type: ignore[untyped-decorator]
def turn_scores(
    token_level_rewards: Tensor, response_mask: Tensor, **others: Any
) -> tuple[Tensor, Tensor]:
    """Return each row's score on all its tokens, as advantages and as returns.

    Args:
        token_level_rewards: the turn's advantage on its last token [B, T].
        response_mask: 1 on tokens to learn from [B, T].
        others: what verl tells every estimator.
    """
    advantages = token_level_rewards.sum(dim=-1, keepdim=True) * response_mask
    return advantages, advantages
