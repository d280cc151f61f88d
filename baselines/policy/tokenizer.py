"""Tokenizers: a small byte-level BPE made from environment text, and any pretrained one.

The small one keeps each reply tag as a single token, so that a thought's end and a reply's end are
one comparison of ids. Pretrained tokenizers are used as they are: where they split a tag into
pieces, `Tags` says so and the generator looks at the decoded tail instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer as RawTokenizer
from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from .. import found_as

__all__ = [
    "TAGS",
    "THINK_TAGS",
    "Tags",
    "decode",
    "encode",
    "load_tokenizer",
    "train_tokenizer",
]

THINK_TAGS = ("<think>", "</think>")
TAGS = (*THINK_TAGS, "<action>", "</action>")
PAD, END, SYSTEM, USER, ASSISTANT = "<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"

PLAIN_CLASSES = ("PreTrainedTokenizerFast", "TokenizersBackend")
"""Names under which transformers saves a tokenizer that is its tokenizer.json and nothing else."""

JOINT = "\u2060"
"""Word joiner: stands between an opening bracket and the space put behind it."""

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ '<|end|>' }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def train_tokenizer(texts: Iterable[str], vocab_size: int, split_digits: bool = True) -> Any:
    """Train a byte-level BPE with the reply tags and chat roles as single tokens.

    Args:
        texts: environment text: prompts and demonstrations.
        vocab_size: entries in all; at least 256 bytes + 9 special tokens.
        split_digits: whether numbers are written digit by digit.

    Returns:
        A `PreTrainedTokenizerFast` with padding, end token and chat template. The same texts in the
        same order give the same tokenizer.

    Raises:
        ValueError: if `vocab_size` cannot hold the bytes and the special tokens.
    """
    special = [PAD, END, SYSTEM, USER, ASSISTANT, *TAGS]
    smallest = 256 + len(special)
    if vocab_size < smallest:
        raise ValueError(f"vocab_size is {vocab_size}, but bytes and tags alone need {smallest}.")
    raw = RawTokenizer(models.BPE())
    # A word of the page and the same word in search[word] must be one token, or repeating it would
    # be spelling: inside, an opening bracket is followed by a joint and a space.
    raw.normalizer = normalizers.Replace("[", f"[{JOINT} ")
    words = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    digits = pre_tokenizers.Digits(individual_digits=True)
    raw.pre_tokenizer = pre_tokenizers.Sequence([digits, words]) if split_digits else words
    raw.decoder = decoders.Sequence([decoders.ByteLevel(), decoders.Replace(f"{JOINT} ", "")])
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=special,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    raw.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=[SYSTEM, USER, ASSISTANT, *TAGS],
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def load_tokenizer(path: str | Path) -> Any:
    """Load a pretrained tokenizer and make sure that it can pad.

    Raises:
        ValueError: if it has neither a padding nor an end token.
    """
    tokenizer = _loader(Path(path)).from_pretrained(str(path))
    if tokenizer.pad_token_id is None:
        if tokenizer.eos_token_id is None:
            raise ValueError(
                f"the tokenizer of {path} has no pad and no eos token; add one of them."
            )
        # Masks are never derived from ids, so sharing the id is safe.
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _loader(folder: Path) -> Any:
    """Return what loads the tokenizer of a folder, or of a hub name.

    Beside a model's configuration `AutoTokenizer` takes the tokenizer class of that model family
    (transformers 5.23) and drops normaliser, splitting and decoder of tokenizer.json: text would
    then be encoded otherwise than in training. A tokenizer saved as the plain class is one.
    """
    settings = folder / "tokenizer_config.json"
    if settings.is_file():
        named = json.loads(settings.read_text(encoding="utf-8")).get("tokenizer_class")
        if named in PLAIN_CLASSES:
            return PreTrainedTokenizerFast
    return AutoTokenizer


def encode(tokenizer: Any, text: str) -> list[int]:
    """Encode text alone: no special tokens around it."""
    # Hostile observations may hold lone surrogates, which UTF-8 (hence any tokenizer) cannot.
    clean = text.encode("utf-8", "replace").decode("utf-8")
    ids: list[int] = tokenizer.encode(clean, add_special_tokens=False)
    return ids


def decode(tokenizer: Any, ids: Sequence[int]) -> str:
    """Decode token ids as they are: special tokens stay, and no blank is tidied away."""
    text: str = tokenizer.decode(
        list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False
    )
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """Ids of the reply tags in one tokenizer.

    Example: `Tags(think_open=5, think_close=6, action_close=(8,), queue=(6, 201, 7), end_ids=(1,))`
    """

    think_open: int
    """`<think>`."""
    think_close: int
    """`</think>`."""
    action_close: tuple[int, ...]
    """Tokens of `</action>`."""
    queue: tuple[int, ...]
    """Tokens that close a thought and open the action."""
    end_ids: tuple[int, ...]
    """End-of-sequence ids."""

    @classmethod
    def of(cls, tokenizer: Any, queue: str, extra_end_ids: Sequence[int] = ()) -> Tags:
        """Look the tags up, checking that the queue survives a round trip.

        Raises:
            ValueError: if a thought tag is not one token, the queue does not begin with `</think>`,
                or it does not decode to itself.
        """
        thought = [encode(tokenizer, tag) for tag in THINK_TAGS]
        if any(len(ids) != 1 for ids in thought):
            raise ValueError(
                "this tokenizer splits <think> or </think> into pieces; load the model with "
                f"{found_as('baselines.policy.loading')}.load_policy, which adds them as tokens."
            )
        forced = tuple(encode(tokenizer, queue))
        decoded = decode(tokenizer, forced)
        if decoded != queue or forced[:1] != (thought[1][0],):
            raise ValueError(
                f"the closing queue {queue!r} must begin with </think> and survive encoding "
                f"(it comes back as {decoded!r}); set thinking.queue to a text that does."
            )
        ends = [*extra_end_ids]
        if tokenizer.eos_token_id is not None:
            ends.append(tokenizer.eos_token_id)
        return cls(
            think_open=thought[0][0],
            think_close=thought[1][0],
            action_close=tuple(encode(tokenizer, "</action>")),
            queue=forced,
            end_ids=tuple(dict.fromkeys(ends)),
        )
