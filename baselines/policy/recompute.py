"""Gradient checkpointing: layers keep their input alone and compute the rest again going back.

Hugging Face's own, switched on around the learner's passes only: sampling needs the cache that
recomputed layers cannot fill.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn
from transformers.modeling_layers import GradientCheckpointingLayer

__all__ = ["enable_recomputation", "in_training", "recomputed_layers"]


def enable_recomputation(model: Any) -> None:
    """Let the layers of a model be recomputed whenever they are in training mode.

    Raises:
        ValueError: the library cannot do this for the model.
    """
    if model.supports_gradient_checkpointing:
        # transformers renamed it in 5.24.
        name = "activation_checkpointing_enable"
        enable = getattr(model, name, None) or model.gradient_checkpointing_enable
        enable({"use_reentrant": False})
        # The library makes embeddings require gradients, which only reentrant checkpoints need.
        model.disable_input_require_grads()
    layers = recomputed_layers(model)
    if not layers:
        raise ValueError(
            f"{type(model).__name__} has no gradient checkpointing; set "
            "policy.gradient_checkpointing to False."
        )
    for layer in layers:
        for name, value in vars(layer).items():
            if "dropout" in name and isinstance(value, float):
                # Some layers drop out by a number of their own. The trainer's probabilities have
                # to be the sampler's, so that their training mode must change nothing else.
                setattr(layer, name, 0.0)


def recomputed_layers(model: nn.Module) -> list[nn.Module]:
    """Return the layers for which recomputation is enabled."""
    layers = (m for m in model.modules() if isinstance(m, GradientCheckpointingLayer))
    return [layer for layer in layers if layer.gradient_checkpointing]


@contextmanager
def in_training(modules: Iterable[nn.Module]) -> Iterator[None]:
    """Put these modules, and not what is inside them, into training mode for a while."""
    chosen = [module for module in modules if not module.training]
    for module in chosen:
        module.training = True
    try:
        yield
    finally:
        for module in chosen:
            module.training = False
