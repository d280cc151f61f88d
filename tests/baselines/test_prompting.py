"""Prompts: history window, length bound, parsers."""

from __future__ import annotations

from typing import Any

import pytest
from baseline_fakes import tiny_tokenizer

from baselines.config import PromptConfig
from baselines.prompting import Prompting, load_attribute
from t2po_gym.core.history import PastTurn

INFO: dict[str, Any] = {"admissible_actions": ("go[attic]", "open[chest]")}
PAST = tuple(
    PastTurn(number=i, observation=f"page {i} " * 5, action=f"go[{i}]") for i in range(1, 5)
)


def prompting(**settings: Any) -> Prompting:
    return Prompting.of(PromptConfig(**settings), tiny_tokenizer())


def test_compact_prompt() -> None:
    made = prompting(template="compact", history=2, reply_prefix="<think>").encode(
        "", PAST, "You are here.", INFO
    )
    expected = "> go[3]\n> go[4]\nYou are here.\ngo[attic] | open[chest]"
    assert made.text == expected
    decoded = tiny_tokenizer().decode(made.ids.tolist())
    assert decoded == f"<|user|>{expected}<|assistant|><think>"
    assert made.dropped == made.cut == 0


def test_long_prompts_lose_whole_turns_oldest_first() -> None:
    whole = prompting(template="plain", history=4, max_tokens=2000).encode("", PAST, "Here.", INFO)
    tight = prompting(template="plain", history=4, max_tokens=len(whole.ids) - 1)
    made = tight.encode("", PAST, "Here.", INFO)
    assert made.dropped == 1
    assert "page 1 " not in made.text
    assert all(f"page {i} " * 5 in made.text for i in (2, 3, 4))
    assert made.text.startswith("You act in a text world")


def test_then_the_end_of_the_page_is_cut_and_the_frame_stays() -> None:
    page = "".join(f"line {i}\n" for i in range(200))
    made = prompting(template="plain", history=4, max_tokens=300).encode("", PAST, page, INFO)
    assert len(made.ids) <= 300
    assert made.dropped == 4
    assert made.cut > 0
    assert "line 0\n" in made.text
    assert "line 199" not in made.text
    assert made.text.endswith("Actions: go[attic] | open[chest]")
    assert tiny_tokenizer().decode(made.ids.tolist()).endswith("<|assistant|>")


def test_a_frame_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="max_chars"):
        prompting(template="plain", max_tokens=20).encode("", (), "page", INFO)


def test_templates_and_parsers_by_name() -> None:
    made = prompting(template="t2po_gym.core.prompts:FormatTemplate", parser="webshop")
    assert made.parser("<think>x</think><action>SEARCH[A]</action>").action == "search[a]"
    assert "You are here." in made.encode("", (), "You are here.", INFO).text
    with pytest.raises(ValueError, match="no attribute 'nothing'"):
        load_attribute("t2po_gym.core.prompts:nothing")
    with pytest.raises(ValueError, match="should look like"):
        load_attribute("nonsense")
