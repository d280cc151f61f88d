"""Losses: pure functions over torch tensors.

A loss function gives one value per token; `aggregate` makes one number of it, with denominators of
the whole batch so that micro-batches add up. Everything outside the mask (prompt, padding, forced
tokens) is replaced before it is used, so it can hold anything.
"""

from .aggregation import (
    Aggregation,
    Denominators,
    aggregate,
    masked_mean,
    masked_sum,
)
from .chunked import TokenNumbers, chunked_numbers
from .correction import importance_weights
from .kl import Estimator, adapted_kl_coefficient, kl_per_token, rewards_with_kl
from .logits import entropy_from_logits, token_log_probs, widened
from .policy import (
    TokenLoss,
    cispo_token_loss,
    gspo_token_loss,
    ppo_token_loss,
)
from .trl import trl_loss
from .value import ValueLoss, value_token_loss

__all__ = [
    "Aggregation",
    "Denominators",
    "Estimator",
    "TokenLoss",
    "TokenNumbers",
    "ValueLoss",
    "adapted_kl_coefficient",
    "aggregate",
    "chunked_numbers",
    "cispo_token_loss",
    "entropy_from_logits",
    "gspo_token_loss",
    "importance_weights",
    "kl_per_token",
    "masked_mean",
    "masked_sum",
    "ppo_token_loss",
    "rewards_with_kl",
    "token_log_probs",
    "trl_loss",
    "value_token_loss",
    "widened",
]
