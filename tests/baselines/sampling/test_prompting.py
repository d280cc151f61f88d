"""Prompts: history window, length bound, parsers."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import pytest
from baseline_fakes import tiny_tokenizer

from baselines.config import PromptConfig
from baselines.sampling.prompting import Prompting, load_attribute
from t2po_gym.core.agent.history import PastTurn
from t2po_gym.envs.searchqa.data.corpus import ListCorpus, Passage
from t2po_gym.envs.searchqa.data.questions import ListQuestions, Question

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


def test_trap_21_long_prompts_lose_whole_turns_oldest_first() -> None:
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
    made = prompting(template="t2po_gym.core.agent.prompts:FormatTemplate", parser="webshop")
    assert made.parser("<think>x</think><action>SEARCH[A]</action>").action == "search[a]"
    assert "You are here." in made.encode("", (), "You are here.", INFO).text
    with pytest.raises(ValueError, match="no attribute 'nothing'"):
        load_attribute("t2po_gym.core.agent.prompts:nothing")
    with pytest.raises(ValueError, match="should look like"):
        load_attribute("nonsense")


QUESTION = "In what year was Ulmen written?"
FOUND = Passage("p0", "Ulmen", "Ulmen is a novel by Ada Voss. It was written in 1871, é.")
SEARCH_DIALECTS = {  # rules: template, parser, reply that searches, text of its second prompt
    "t2po": (
        "searchqa-t2po",
        "searchqa-t2po",
        "<think>Look.</think><search>Ulmen</search>",
        'Step 1:<search>Ulmen</search> <information>{"result": "Doc 1: \\"Ulmen\\"',
    ),
    "search-r1": (
        "searchqa-search-r1",
        "searchqa-search-r1",
        "<think>Look.</think><search>Ulmen</search> and more",
        '<think>Look.</think><search>Ulmen</search>\n\n<information>Doc 1(Title: "Ulmen")',
    ),
    "fixed": (
        "searchqa-tagged",
        "searchqa-tagged",
        "<think>Look.</think> <search>Ulmen</search>",
        "[2] Question: In what year was Ulmen written?\n[1] Ulmen: Ulmen is a novel",
    ),
}


@pytest.mark.parametrize("rules", SEARCH_DIALECTS)
def test_search_dialects_by_name(rules: str) -> None:
    template, parser, reply, expected = SEARCH_DIALECTS[rules]
    made = Prompting.of(PromptConfig(template=template, parser=parser, history=9), None)
    questions = ListQuestions([Question(id="q", text=QUESTION, answers=("1871",))])
    env: Any = gym.make(
        "t2po/SearchQA-v0", corpus=ListCorpus([FOUND]), questions=questions, rules=rules
    )
    observation, info = env.reset(seed=0)
    task = made.task(observation)
    first = made.text(task, (), observation, info)
    assert QUESTION in first
    assert "<search>" in first
    parsed = made.parser(reply)
    assert parsed.format_ok
    past = PastTurn(number=1, observation=observation, action=parsed.action)
    observation, _, _, _, info = env.step(parsed.action)
    assert info["searches"] == 1
    assert expected in made.text(task, (past,), observation, info)
    answer = made.parser("<think>So.</think><answer>1871</answer>")
    *_, info = env.step(answer.action)
    assert info["success"] is True


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("searchqa-compact", "Ulmen: Ulmen is a novel by Ada Voss. It was written in 1871, é."),
        ("searchqa-snippets", "Ulmen: Ulmen is a novel by Ada Voss. It was written in 1871, é."),
        ("searchqa-notes", "It was written in 1871, é. = 1871"),
    ],
)
def test_short_search_prompts_by_name(template: str, line: str) -> None:
    made = Prompting.of(PromptConfig(template=template, history=2), None)
    task = made.task(f"Question: {QUESTION}")
    past = PastTurn(number=1, observation=f"Question: {QUESTION}", action="search[Ulmen]")
    page = f"Question: {QUESTION}\n[1] {FOUND.title}: {FOUND.text}"
    lines = made.text(task, (past,), page, {"admissible_actions": ()}).split("\n")
    assert lines[:2] == [QUESTION, "> search[Ulmen]"]
    assert line in lines
