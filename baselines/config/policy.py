"""What the policy is and what it reads: model, prompt, cold start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ..run.flags import Kwargs
from .checks import (
    ANY_COUNT,
    BELOW_ONE,
    COUNT,
    NUMBER,
    POSITIVE,
    SHARE,
    WEIGHT,
    Range,
    check_numbers,
    require,
)

__all__ = ["ColdStartConfig", "LoRAConfig", "PolicyConfig", "PromptConfig"]

SMALLEST_VOCABULARY = 265
"""Bytes and special tokens of a tokenizer that is trained here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptConfig:
    """What the policy reads."""

    template: str = "plain"
    """Prompt template: a name of `t2po_gym.evaluation.templates`, or `module:attribute` (a
    template or a class of one that needs no arguments)."""
    history: int = 2
    """How many past turns the prompt shows; 0 shows none."""
    max_tokens: int = 1024
    """Longest prompt. A longer one loses its oldest turns whole, then last lines of the page."""
    reply_prefix: str = ""
    """Text that every reply starts with, put at the end of the prompt (e.g. `<think>`)."""
    system: str = ""
    """System message; empty sends none."""
    chat_template: Literal["own", "plain"] = "own"
    """`own`: the chat template of the model's tokenizer. `plain`: the text goes in as it is, which
    is what a base model without a template needs."""
    chat_template_kwargs: Kwargs = field(default_factory=dict)
    """Further arguments of the chat template, as a JSON object, for example
    `{"enable_thinking": false}` for Qwen3."""
    list_actions: bool = True
    """Whether the prompt lists the admissible actions."""
    parser: str = "tagged"
    """From reply to action: `tagged`, `webshop` (verl-agent's), or `module:attribute`."""

    def __post_init__(self) -> None:
        check_numbers("prompt", self, history=ANY_COUNT, max_tokens=COUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoRAConfig:
    """LoRA (Hu et al. 2021): train small matrices beside the frozen weights of a loaded model."""

    rank: int = 0
    """Rank of the matrices; 0 trains the model itself. A model that is an adapter already keeps its
    own rank, alpha and targets, and its training goes on."""
    alpha: float = 16.0
    """The product of the matrices is multiplied by alpha / rank."""
    dropout: float = 0.0
    """Share of a layer's inputs that its matrices do not see while learning. Above 0 the trainer's
    probabilities differ from the sampler's."""
    targets: tuple[str, ...] = ("auto",)
    """Names of the linear layers that get matrices, such as `q_proj v_proj`; `auto`: all of them
    but the output head."""

    def __post_init__(self) -> None:
        check_numbers("policy.lora", self, rank=ANY_COUNT, alpha=POSITIVE, dropout=BELOW_ONE)
        require(bool(self.targets), "policy.lora: targets must name a layer, or be auto.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyConfig:
    """Shape of a policy made from scratch, and how any policy is held in memory."""

    vocab_size: int = 1024
    """Entries of the byte-level BPE trained on environment text."""
    split_digits: bool = True
    """Whether that BPE writes numbers digit by digit, so that prices can be compared; without it
    `shelf 12` is two tokens, which is easier to repeat."""
    hidden_size: int = 128
    """Width of the model."""
    layers: int = 3
    """Transformer blocks."""
    heads: int = 4
    """Attention heads; must divide `hidden_size`."""
    kv_heads: int = 0
    """Key-value heads; must divide `heads`. 0: as many as heads. Fewer make decoding cheaper."""
    intermediate_size: int = 384
    """Width of the feed-forward layers."""
    max_positions: int = 2048
    """Longest prompt plus reply."""
    copy_circuit: bool = True
    """Start with two attention heads that can copy (`baselines.policy.copy_circuit`)."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Number format of the weights."""
    device: str = "auto"
    """`cpu`, `cuda`, or `auto`: CUDA where there is one."""
    logit_chunk: int = 0
    """Reply tokens whose logits exist at once while learning. 0: all of a micro-batch up to 67
    million logits (256 MB), chunks of 34 million beyond. Changes memory and speed alone; a model
    that does more to its logits than one matrix product keeps them whole."""
    gradient_checkpointing: bool = False
    """Keep each layer's input alone while learning and compute the rest again in the backward pass:
    less memory, about a third more time. A prompt that several replies share is then read once for
    each of them."""
    lora: LoRAConfig = field(default_factory=LoRAConfig)
    """Low-rank adapters, for pretrained models."""

    def __post_init__(self) -> None:
        check_numbers(
            "policy",
            self,
            vocab_size=Range(
                low=SMALLEST_VOCABULARY,
                words=f"at least {SMALLEST_VOCABULARY}, for 256 bytes and the tags",
            ),
            hidden_size=COUNT,
            layers=COUNT,
            heads=COUNT,
            kv_heads=ANY_COUNT,
            intermediate_size=COUNT,
            max_positions=COUNT,
            logit_chunk=Range(low=0, words="at least 0, which chooses by itself"),
        )
        require(
            self.hidden_size % self.heads == 0 and self.heads % (self.kv_heads or self.heads) == 0,
            f"policy: heads ({self.heads}) must divide hidden_size ({self.hidden_size}) and "
            f"kv_heads ({self.kv_heads}) must divide heads; change one of them.",
        )
        require(
            self.hidden_size // self.heads % 2 == 0,
            f"policy: a head has hidden_size / heads = {self.hidden_size // self.heads} numbers, "
            "and rotary positions need an even number of them; change one of the two.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdStartConfig:
    """Rejection fine-tuning on successful episodes of a scripted expert."""

    when: Literal["auto", "always", "never", "skip"] = "auto"
    """Fine-tune before RL; `auto` does it for policies made from scratch only. `never` asks for a
    model that is fine-tuned already, `skip` starts RL from fresh weights (the ablation without a
    cold start)."""
    expert: str = ""
    """`module:factory` of the expert; empty looks it up by environment id."""
    expert_kwargs: Kwargs = field(default_factory=dict)
    """Arguments of the expert's factory, as JSON."""
    episodes: int = 256
    """Episodes played by the expert."""
    min_score: float = 1.0
    """Episodes below this score are rejected."""
    slips: float = 0.0
    """Chance per turn that something else than the expert's action is played: an admissible action
    at random or its last one again. The expert's own action is still what is learned (noise
    injection: Laskey et al. 2017, "DART"), so that a policy sees how to go on after a mistake."""
    epochs: int = 3
    """Passes over the demonstrations."""
    batch_rows: int = 64
    """Turns per optimiser step."""
    lr: float = 2e-3
    """Peak learning rate; decays linearly to a tenth after a tenth of warm-up."""
    weight_decay: float = 0.01
    """Decoupled weight decay of matrices."""
    practice_steps: int = 0
    """Steps of copy practice before the demonstrations (`baselines.cold_start.copy_practice`), for
    policies made from scratch; 0 leaves practice out altogether."""
    practice_rows: int = 4
    """Sequences of copy practice beside every step of the demonstrations."""
    tokenizer_episodes: int = 128
    """Episodes whose text the tokenizer is trained on."""

    def __post_init__(self) -> None:
        check_numbers(
            "cold_start",
            self,
            episodes=COUNT,
            min_score=NUMBER,
            slips=SHARE,
            epochs=COUNT,
            batch_rows=COUNT,
            lr=WEIGHT,
            weight_decay=WEIGHT,
            practice_steps=ANY_COUNT,
            practice_rows=COUNT,
            tokenizer_episodes=COUNT,
        )
