"""From a message to a prompt: templates, their arguments, plain text."""

from __future__ import annotations

from typing import Any

import pytest
from baseline_fakes import TEXTS, tiny_tokenizer
from tokenizers.processors import TemplateProcessing

from baselines.config import PromptConfig
from baselines.policy.chat import Chat, check_chat, encode_chat, opening_of, render_chat
from baselines.policy.tokenizer import train_tokenizer

TURNS = "{% for m in messages %}[{{ m.role }}]{{ m.content }}\n{% endfor %}"
SWITCH = TURNS + "{% if enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}"
OFF = Chat(arguments={"enable_thinking": False})


def with_template(template: str | None) -> Any:
    tokenizer = train_tokenizer(TEXTS, 290)
    tokenizer.chat_template = template
    return tokenizer


def test_chat_template_kwargs_reach_the_template() -> None:
    tokenizer = with_template(SWITCH)
    assert render_chat(tokenizer, "Hi") == "[user]Hi\n"
    assert render_chat(tokenizer, "Hi", chat=OFF) == "[user]Hi\n<think>\n\n</think>\n\n"
    prompt = PromptConfig(chat_template_kwargs={"enable_thinking": False})
    assert Chat.of(prompt) == OFF
    ids = encode_chat(tokenizer, "Hi", "Be brief.", chat=OFF)
    assert tokenizer.decode(ids) == "[system]Be brief.\n[user]Hi\n<think>\n\n</think>\n\n"


@pytest.mark.parametrize(
    ("ending", "prefix", "inside", "opening"),
    [
        ("", "", False, ""),
        ("", "<think>", True, "<think>"),
        ("<think>\n", "", True, "<think>\n"),
        ("<think>\n", "I see", True, "<think>\nI see"),
        ("<think>\n\n</think>\n\n", "", False, ""),
        ("<think>\n\n</think>\n\n", "<think>", True, "<think>"),
        ("<think>\n\n</think>\n\n", "<action>", False, "<action>"),
    ],
)
def test_what_a_reply_starts_with(ending: str, prefix: str, inside: bool, opening: str) -> None:
    assert opening_of(with_template(TURNS + f"{{{{ {ending!r} }}}}"), prefix) == (inside, opening)


def test_a_template_may_talk_about_the_tags() -> None:
    talking = with_template("Begin each reply with <think>.\n" + TURNS)
    assert opening_of(talking, "") == (False, "")


def test_no_template_is_refused_unless_plain_text_is_wanted() -> None:
    base = with_template(None)
    with pytest.raises(ValueError, match="has no chat template"):
        encode_chat(base, "Hi")
    plain = Chat.of(PromptConfig(chat_template="plain"))
    assert base.decode(encode_chat(base, "Hi", "Be brief.", "<think>", plain)) == (
        "Be brief.\n\nHi\n<think>"
    )
    assert opening_of(base, "<think>", plain) == (True, "<think>")
    assert render_chat(tiny_tokenizer(), "Hi", chat=plain) == "Hi\n", "also past a template"


def test_plain_text_begins_as_the_tokenizer_begins_texts() -> None:
    plain, base = Chat(plain=True), with_template(None)
    without = encode_chat(base, "Hi", chat=plain)
    base.bos_token = "<|user|>"
    assert encode_chat(base, "Hi", chat=plain) == without, "it has one and does not write it"
    base.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|user|> $A", special_tokens=[("<|user|>", base.bos_token_id)]
    )
    assert encode_chat(base, "Hi", chat=plain) == [base.bos_token_id, *without]


def test_a_template_that_refuses_is_one_sentence() -> None:
    refusing = with_template(
        "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
        + TURNS
    )
    assert render_chat(refusing, "Hi") == "[user]Hi\n"
    with pytest.raises(ValueError, match=r"refuses the prompt \(no system role\): change"):
        render_chat(refusing, "Hi", "Be brief.")


def test_arguments_that_no_template_reads_are_told() -> None:
    tokenizer = with_template(SWITCH)
    check_chat(tokenizer, PromptConfig(chat_template_kwargs={"enable_thinking": False}))
    for name in ("thinking", "enable_thinkin"):
        with pytest.raises(ValueError, match=f"reads no {name}, so"):
            check_chat(tokenizer, PromptConfig(chat_template_kwargs={name: False}))
    unread = PromptConfig(chat_template="plain", chat_template_kwargs={"enable_thinking": False})
    with pytest.raises(ValueError, match="reads no enable_thinking"):
        check_chat(tokenizer, unread)
