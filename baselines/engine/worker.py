"""Methods that vLLM adds to its workers: finished replies out, new weights in."""

from __future__ import annotations

from typing import Any

from .messages import Load, Written
from .weights import read_weights

__all__ = ["WorkerMethods"]


class WorkerMethods:
    """Mixed into the worker's class by vLLM (`worker_extension_cls`); called by name."""

    model_runner: Any

    def t2po_take(self, keys: list[int]) -> list[Written]:
        """Hand out the records of finished replies."""
        from .processor import Deciding

        for found in self.model_runner.input_batch.logitsprocs.all:
            if isinstance(found, Deciding):
                return found.take(keys)
        raise RuntimeError("The engine runs without our logits processor.")

    def t2po_load(self, load: Load) -> None:
        """Take new weights, under the names of a checkpoint.

        The engine's own reloading fuses, packs and ties them as it did at its start.
        """
        from vllm.model_executor.layers.vocab_parallel_embedding import ParallelLMHead

        self.model_runner.reload_weights(weights_iterator=read_weights(load))
        # An output head that shares the embedding's weights has a packed copy of its own on CPUs,
        # which reloading passes by: no tensor of its name came.
        for layer in self.model_runner.get_model().modules():
            if isinstance(layer, ParallelLMHead):
                layer.quant_method.process_weights_after_loading(layer)
