"""The vLLM engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .checks import COUNT, PART, WEIGHT, check_numbers

__all__ = ["VLLMConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VLLMConfig:
    """The engine that `--generator vllm` samples with; its process is started and ended by us."""

    gpu_memory: float = 0.4
    """Share of the GPU's memory that the engine may take, weights included; the trainer needs the
    rest. On a CPU the share of main memory, unless `kv_cache_gib` says how much."""
    kv_cache_gib: float = 0.0
    """GiB for keys and values; 0 takes what `gpu_memory` leaves."""
    tensor_parallel: int = 1
    """GPUs that share one copy of the model."""
    max_num_seqs: int = 256
    """Most replies written at once; the others wait inside the engine."""
    enforce_eager: bool = False
    """Run layers one by one instead of compiling them and capturing CUDA graphs: starts sooner,
    writes more slowly."""
    sleep: bool = True
    """Give the engine's memory back while the trainer learns, where the backend can (GPUs)."""

    def __post_init__(self) -> None:
        check_numbers(
            "vllm",
            self,
            gpu_memory=PART,
            kv_cache_gib=WEIGHT,
            tensor_parallel=COUNT,
            max_num_seqs=COUNT,
        )

    def arguments(self) -> dict[str, Any]:
        """Return them as arguments of `vllm.EngineArgs`."""
        size = int(self.kv_cache_gib * 2**30)
        return {
            "gpu_memory_utilization": self.gpu_memory,
            "tensor_parallel_size": self.tensor_parallel,
            "max_num_seqs": self.max_num_seqs,
            "enforce_eager": self.enforce_eager,
            **({"kv_cache_memory_bytes": size} if size else {}),
        }
