"""Advantage estimators: pure functions over numpy arrays.

They know rows, groups and trajectories, never tokens' texts or models. Compute them before any
shuffling or dropping of rows, over all rows of a rollout at once.
"""

from .gae import batch_turn_gae, step_gae, token_gae, turn_gae
from .gigpo import (
    GigpoAdvantages,
    anchor_groups,
    episode_returns,
    gigpo_advantages,
    grpo_advantages,
    penalise_invalid,
    step_advantages,
    step_returns,
)
from .outcome import (
    TokenAdvantages,
    group_advantages,
    opo_advantages,
    reinforce_pp_advantages,
    reinforce_pp_baseline_advantages,
    rloo_advantages,
    turn_group_advantages,
)
from .shaping import dynamic_sampling, overlong_penalty, uniform_groups
from .statistics import (
    broadcast_to_tokens,
    masked_mean,
    masked_var,
    masked_whiten,
    whiten,
)

__all__ = [
    "GigpoAdvantages",
    "TokenAdvantages",
    "anchor_groups",
    "batch_turn_gae",
    "broadcast_to_tokens",
    "dynamic_sampling",
    "episode_returns",
    "gigpo_advantages",
    "group_advantages",
    "grpo_advantages",
    "masked_mean",
    "masked_var",
    "masked_whiten",
    "opo_advantages",
    "overlong_penalty",
    "penalise_invalid",
    "reinforce_pp_advantages",
    "reinforce_pp_baseline_advantages",
    "rloo_advantages",
    "step_advantages",
    "step_gae",
    "step_returns",
    "token_gae",
    "turn_gae",
    "turn_group_advantages",
    "uniform_groups",
    "whiten",
]
