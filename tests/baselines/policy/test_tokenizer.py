"""The byte-level BPE, tags and chat template."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from baseline_fakes import tiny_tokenizer
from hypothesis import given
from hypothesis import strategies as st

from baselines.policy.chat import encode_chat
from baselines.policy.tokenizer import TAGS, Tags, encode, load_tokenizer, train_tokenizer


def test_tags_are_single_tokens() -> None:
    for tag in TAGS:
        assert len(encode(tiny_tokenizer(), tag)) == 1
        assert encode(tiny_tokenizer(), f"a{tag}b")[1:-1] == encode(tiny_tokenizer(), tag)


@given(st.text())
def test_every_text_survives(text: str) -> None:
    clean = text.encode("utf-8", "replace").decode()
    assert tiny_tokenizer().decode(encode(tiny_tokenizer(), text)) == clean


def test_lone_surrogates_are_replaced() -> None:
    assert tiny_tokenizer().decode(encode(tiny_tokenizer(), "a\ud800b")) == "a?b"


def test_training_is_deterministic() -> None:
    texts = [f"search[red shoes {i}] price {i * 7}.00" for i in range(200)]
    a, b = (train_tokenizer(texts, 400).backend_tokenizer.to_str() for _ in range(2))
    assert a == b


def test_saving_keeps_ids(tmp_path: Path) -> None:
    tiny_tokenizer().save_pretrained(tmp_path)
    loaded = load_tokenizer(tmp_path)
    text = "<think>In the hall.</think>\n<action>go[attic]</action>"
    assert encode(loaded, text) == encode(tiny_tokenizer(), text)
    assert encode_chat(loaded, "Hi", "Be brief.", "<think>") == encode_chat(
        tiny_tokenizer(), "Hi", "Be brief.", "<think>"
    )


def test_chat_template() -> None:
    ids = encode_chat(tiny_tokenizer(), "Hi", "Be brief.", "<think>")
    assert tiny_tokenizer().decode(ids) == "<|system|>Be brief.<|user|>Hi<|assistant|><think>"


def test_sampled_ids_may_differ_from_encoding_their_text() -> None:
    """Why replies are never encoded again: two tokens can have a text that encodes to one."""
    tokenizer = train_tokenizer(["hall " * 50], 275)
    merged = encode(tokenizer, "hall")
    apart = [i for letter in "hall" for i in encode(tokenizer, letter)]
    assert tokenizer.decode(apart) == tokenizer.decode(merged)
    assert apart != merged


def test_trap_06_queue_is_encoded_once_and_checked() -> None:
    tags = Tags.of(tiny_tokenizer(), "</think>\n<action>")
    assert tags.queue[0] == tags.think_close
    assert tiny_tokenizer().decode(list(tags.queue)) == "</think>\n<action>"
    with pytest.raises(ValueError, match="must begin with </think>"):
        Tags.of(tiny_tokenizer(), "<action>")
    with pytest.raises(ValueError, match="survive encoding"):
        Tags.of(tiny_tokenizer(), "</think>\ud800")


def test_split_thought_tags_are_refused() -> None:
    bytes_only = SimpleNamespace(
        encode=lambda text, add_special_tokens: list(text.encode()), eos_token_id=0
    )
    with pytest.raises(ValueError, match="splits <think>"):
        Tags.of(bytes_only, "</think>")


def test_too_small_a_vocabulary_is_refused() -> None:
    with pytest.raises(ValueError, match="need 265"):
        train_tokenizer(["a"], 200)


def test_a_word_behind_a_bracket_is_the_word_of_the_page() -> None:
    tokenizer = train_tokenizer(["buy nut bars search[nut bars]"] * 50, 320)
    inside, outside = encode(tokenizer, "search[nut bars]"), encode(tokenizer, "buy nut bars")
    assert inside[-3:-1] == outside[-2:]


@pytest.mark.parametrize("text", ["click[< prev]", "a[[b]", "x[", "[ y]", "[\n]", "é[ü"])
def test_brackets_come_back_as_they_were(text: str) -> None:
    tokenizer = train_tokenizer(["click[buy now]"], 300)
    assert tokenizer.decode(encode(tokenizer, text), skip_special_tokens=False) == text
