"""The policy: a causal language model and its tokenizer.

The model is always in evaluation mode, while training too: dropout would make the trainer's
log-probabilities differ from the sampler's. `baselines.policy.loading` says where it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.utils import logging

from ..losses import (
    TokenNumbers,
    chunked_numbers,
    entropy_from_logits,
    token_log_probs,
    widened,
)
from ..parallel.sharding import full_state, is_cut, shard, whole
from ..parallel.world import here
from .decoding_cache import cache_argument, has_plain_cache
from .head import chunk_size, is_matrix_product
from .lora import drawn_from, dropouts, save_adapter
from .recompute import enable_recomputation, in_training, recomputed_layers

__all__ = ["Policy", "ReplyBatch", "log_softmax_of", "quiet_library"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyBatch:
    """Distinct prompts (left-padded) and the replies to them (right-padded).

    Members of a group often stand before the same prompt; it is read once for all of them.

    Example: two prompts, three replies, the last two to the second prompt::

        prompt_ids  = [[p, p, p],     reply_ids  = [[r, 0],     prompt_of = [0, 1, 1]
                       [0, q, q]]                   [s, s],
        prompt_mask = [[1, 1, 1],                   [t, t]]
                       [0, 1, 1]]     reply_mask = [[1, 0], [1, 1], [1, 1]]
    """

    prompt_ids: Tensor
    """`[U, P]` int64."""
    prompt_mask: Tensor
    """1 at real tokens. `[U, P]` int64."""
    reply_ids: Tensor
    """`[B, T]` int64."""
    reply_mask: Tensor
    """1 at real tokens, forced ones included. `[B, T]` int64."""
    prompt_of: Tensor
    """Which prompt each reply continues. `[B]` int64."""


class Policy:
    """A causal LM in evaluation mode with its tokenizer.

    Args:
        model: a Hugging Face causal LM.
        tokenizer: its tokenizer.
        device: where the model computes.
        logit_chunk: reply tokens whose logits exist at once while learning; 0 chooses by size.
        gradient_checkpointing: whether layers are computed again in the backward pass.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        device: torch.device,
        *,
        logit_chunk: int = 0,
        gradient_checkpointing: bool = False,
    ) -> None:
        self.model = model.to(device).eval()
        self.adapter: Any = None
        """The `peft.PeftModel` around the model, where only an adapter is trained."""
        self.tokenizer = tokenizer
        self.device = device
        self.cache_argument = cache_argument(model)
        self._logit_chunk = logit_chunk
        self._saved_as = torch.float32
        self.architecture = type(model).__name__
        """Name of the model's class."""
        if gradient_checkpointing:
            enable_recomputation(self.model)
        self._layers = recomputed_layers(self.model)

    @property
    def vocab_size(self) -> int:
        """Number of logits."""
        return int(self.model.get_output_embeddings().weight.shape[0])

    @property
    def end_ids(self) -> list[int]:
        """Tokens that end a reply by the model's own settings; often none."""
        ends = getattr(self.model.generation_config, "eos_token_id", None)
        return [ends] if isinstance(ends, int) else list(ends or [])

    @property
    def num_parameters(self) -> int:
        """Weights, tied ones counted once."""
        return sum(p.numel() for p in self.model.parameters())

    @property
    def num_trained(self) -> int:
        """Weights that learn: those of the adapter, where there is one."""
        return sum(p.numel() for p in self.model.parameters() if p.requires_grad)

    @contextmanager
    def learning(self, *entropy: int) -> Iterator[None]:
        """Surround forward and backward passes that learn.

        Inside, layers with gradient checkpointing keep their input alone, and the dropout of an
        adapter, if it has one, draws from the given integers.
        """
        drops = [] if self.adapter is None else dropouts(self.adapter)
        draws = drawn_from(self.device, *entropy) if drops else nullcontext()
        with in_training([*self._layers, *drops]), draws:
            yield

    def distribute(self) -> None:
        """Cut the weights among all processes; all of them must come here, with equal weights."""
        if here().size == 1:
            return
        # It makes a pass of its own, which later on would be a pass that others do not make.
        self._plain_head  # noqa: B018
        dtype = next((p.dtype for p in self.model.parameters() if p.requires_grad), torch.float32)
        self._saved_as = dtype
        body = self.model.base_model
        self.model.hidden_states_of = lambda **inputs: body(**inputs)[0]
        shard(self.model, self.device, methods=("hidden_states_of",))

    @property
    def in_copies(self) -> bool:
        """Whether pieces of bfloat16 weights are kept in float32, so that they are their copies."""
        return is_cut(self.model) and self._saved_as == torch.bfloat16

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Surround playing: weights that are cut among processes are together for so long."""
        with whole(self.model):
            yield

    @property
    def shares_prompts(self) -> bool:
        """Whether a prompt's keys and values are kept for all replies to it.

        Layers that compute again fill no cache; and processes that share weights must make equally
        many passes, one for each micro-batch.
        """
        recomputing = any(layer.training for layer in self._layers)
        return not (recomputing or is_cut(self.model)) and has_plain_cache(self.model.config)

    def reply_logits(self, batch: ReplyBatch) -> Tensor:
        """Return the logits that predict each reply token, `[B, T, V]`; prompts get none."""
        return self._replies(batch, self._logits)

    def _replies(self, batch: ReplyBatch, read: Callable[..., Tensor]) -> Tensor:
        """Return what a reader finds at the positions that predict reply tokens, `[B, T, ...]`.

        Positions are cumsum(mask) - 1, so a row alone and the same row in a padded batch see the
        same positions. Each distinct prompt is read once and its keys and values are shared.
        """
        if not self.shares_prompts:
            return self._replies_unshared(batch, read)
        cache = DynamicCache(config=self.model.config)
        positions = (batch.prompt_mask.cumsum(dim=1) - 1).clamp_min(0)
        first: Tensor = read(
            1,
            input_ids=batch.prompt_ids,
            attention_mask=batch.prompt_mask,
            position_ids=positions,
            **{self.cache_argument: cache},
            use_cache=True,
        )[batch.prompt_of]  # [B, 1, ...]
        width = batch.reply_ids.shape[1]
        if width == 1:
            return first
        cache.batch_select_indices(batch.prompt_of)
        mask = torch.cat([batch.prompt_mask[batch.prompt_of], batch.reply_mask], dim=1)
        start = batch.prompt_mask.sum(dim=1)[batch.prompt_of].unsqueeze(1)
        rest = read(
            0,
            input_ids=batch.reply_ids[:, :-1],
            attention_mask=mask[:, :-1],
            position_ids=start + torch.arange(width - 1, device=start.device),
            **{self.cache_argument: cache},
            use_cache=True,
        )
        return torch.cat([first, rest], dim=1)

    def _replies_unshared(self, batch: ReplyBatch, read: Callable[..., Tensor]) -> Tensor:
        """Read every prompt once per reply: where a cache cannot be shared."""
        ids = torch.cat([batch.prompt_ids[batch.prompt_of], batch.reply_ids], dim=1)
        mask = torch.cat([batch.prompt_mask[batch.prompt_of], batch.reply_mask], dim=1)
        width, total = batch.prompt_ids.shape[1], ids.shape[1]
        return read(
            torch.arange(width - 1, total - 1, device=ids.device),
            input_ids=ids,
            attention_mask=mask,
            position_ids=(mask.cumsum(dim=1) - 1).clamp_min(0),
            use_cache=False,
        )

    def _logits(self, keep: int | Tensor, **inputs: Any) -> Tensor:
        """Read logits at the last `keep` positions, at all for 0, or at the positions named."""
        logits: Tensor = self.model(**inputs, logits_to_keep=keep).logits
        return logits

    def _states(self, keep: int | Tensor, **inputs: Any) -> Tensor:
        """Read what the output head would see there."""
        cut = is_cut(self.model)
        states: Tensor = (
            self.model.hidden_states_of(**inputs) if cut else self.model.base_model(**inputs)[0]
        )
        return states[:, slice(-keep, None) if isinstance(keep, int) else keep]

    def token_numbers(
        self, batch: ReplyBatch, temperature: float = 1.0, *, entropies: bool = False
    ) -> TokenNumbers:
        """Return log-probabilities, and entropies if asked for, with gradient, `[B, T]`.

        Padding holds garbage.
        """
        size = self._chunk(batch)
        if size:
            return self._chunked(batch, temperature, size, entropies)
        logits = widened(self.reply_logits(batch)) / temperature
        log_probs = token_log_probs(logits, batch.reply_ids)
        return TokenNumbers(log_probs, entropy_from_logits(logits) if entropies else None)

    def log_probs(self, batch: ReplyBatch, temperature: float = 1.0) -> Tensor:
        """Return log pi(reply token | everything before it), `[B, T]`; padding holds garbage."""
        size = self._chunk(batch)
        if size:
            return self._chunked(batch, temperature, size).log_probs
        log_p = log_softmax_of(self.reply_logits(batch), temperature)
        return log_p.gather(-1, batch.reply_ids.unsqueeze(-1)).squeeze(-1)

    def _chunk(self, batch: ReplyBatch) -> int:
        """Return the reply tokens per chunk, 0 for whole logits."""
        size = chunk_size(batch.reply_ids.numel(), self.vocab_size, self._logit_chunk)
        return size if size and self._plain_head else 0

    @cached_property
    def _plain_head(self) -> bool:
        return is_matrix_product(self.model)

    def _chunked(
        self, batch: ReplyBatch, temperature: float, size: int, entropies: bool = False
    ) -> TokenNumbers:
        return chunked_numbers(
            self._replies(batch, self._states),
            self.model.get_output_embeddings().weight,
            batch.reply_ids,
            temperature=temperature,
            size=size,
            entropies=entropies,
        )

    def save(self, folder: Path) -> None:
        """Write weights (safetensors), model configuration and tokenizer.

        Of a policy with an adapter: the adapter alone, with the name of its base model. Where the
        weights are cut among processes all must come here, and the first one writes.
        """
        state = self._whole_state() if is_cut(self.model) else None
        if not here().first:
            return
        with quiet_library():
            if self.adapter is None:
                self.model.save_pretrained(str(folder), state_dict=state)
                if state is not None:  # the library noted the format of the pieces
                    self.model.config.dtype = self._saved_as
                    self.model.config.save_pretrained(str(folder))
            else:
                save_adapter(self.adapter, folder, state)
        self.tokenizer.save_pretrained(str(folder))

    def _whole_state(self) -> dict[str, Tensor]:
        """Return the weights as one process would save them, on the first process."""
        if self.adapter is not None:
            return full_state(self.adapter, learned_only=True)
        tied = getattr(self.model, "_tied_weights_keys", None) or ()
        state = full_state(self.model)
        if self.model.config.tie_word_embeddings:
            state = {name: weight for name, weight in state.items() if name not in tied}
        return {
            name: weight.to(self._saved_as) if weight.is_floating_point() else weight
            for name, weight in state.items()
        }


def log_softmax_of(logits: Tensor, temperature: float) -> Tensor:
    """Return float32 log-probabilities of `logits / temperature`: sampler and trainer share it."""
    scaled = logits.float()
    if temperature != 1.0:
        scaled = scaled / temperature
    return scaled.log_softmax(dim=-1)


@contextmanager
def quiet_library() -> Iterator[None]:
    """Keep the library's own progress bars off the screen: they would tear ours."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
