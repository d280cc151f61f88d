"""The output head while learning: when the logits of a micro-batch exist whole, when in chunks."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

__all__ = ["CHUNK", "WHOLE_UP_TO", "chunk_size", "is_matrix_product"]

WHOLE_UP_TO = 2**26
"""Logits of a micro-batch up to which all exist at once: 256 MB in float32."""
CHUNK = 2**25
"""Logits of a chunk beyond that: 128 MB in float32."""


def chunk_size(tokens: int, vocab_size: int, asked: int) -> int:
    """Return the reply tokens per chunk, 0 for whole logits.

    Args:
        tokens: reply tokens of the micro-batch, padding included.
        vocab_size: logits per token.
        asked: the setting; 0 chooses by size.

    Example: 4,096 tokens at a vocabulary of 151,936 go in chunks of 220, at 1,024 all at once.
    """
    if asked:
        return asked if asked < tokens else 0
    return 0 if tokens * vocab_size <= WHOLE_UP_TO else max(1, CHUNK // vocab_size)


@torch.no_grad()
def is_matrix_product(model: Any) -> bool:
    """Whether a model's logits are hidden states times the head's weights, and nothing else.

    Scaled or capped logits, a bias or an adapted head are more than that. Two tokens are read to
    see it, because configurations name such steps differently in every family of models.
    """
    head, body = model.get_output_embeddings(), model.base_model
    if type(head) is not nn.Linear or head.bias is not None or body is model:
        return False
    seen: dict[str, torch.Tensor] = {}
    hooks = (
        body.register_forward_hook(lambda _, given, made: seen.update(states=made[0])),
        head.register_forward_hook(lambda _, given, made: seen.update(read=given[0], logits=made)),
    )
    try:
        logits = model(input_ids=torch.arange(2, device=head.weight.device)[None]).logits
    finally:
        for hook in hooks:
            hook.remove()
    pairs = ((seen["states"], seen["read"]), (seen["logits"], logits))
    return all(a.dtype == b.dtype and torch.equal(a, b) for a, b in pairs)
