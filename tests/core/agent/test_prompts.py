from __future__ import annotations

import pytest

from t2po_gym.core.agent.history import PastTurn
from t2po_gym.core.agent.prompts import FormatTemplate, PromptBuilder, PromptView

TEMPLATE = FormatTemplate(
    first="T:{task} O:{observation} A:{actions}",
    later="T:{task} {turns_taken} taken, {shown} shown:\n{history}\n"
    "#{turn} {observation} {actions}",
)
INFO = {"admissible_actions": ("go[hall]", "look"), "progress": 0.123456, "score": 0.98765}


def past(count: int, size: int = 1) -> list[PastTurn]:
    return [
        PastTurn(number=n, observation="o" * size + str(n), action=f"a{n}")
        for n in range(1, count + 1)
    ]


def test_first_prompt() -> None:
    prompt = PromptBuilder(template=TEMPLATE).build("", [], "A room.", INFO)
    assert prompt.text == "T: O:A room. A:Actions: go[hall] | look"
    assert (prompt.turns_shown, prompt.turns_dropped, prompt.chars_cut) == (0, 0, 0)


def test_later_prompt_shows_the_window() -> None:
    prompt = PromptBuilder(template=TEMPLATE, history_length=2).build("t", past(3), "Now.", INFO)
    assert prompt.text == (
        "T:t 3 taken, 2 shown:\n[2] o2\n> a2\n[3] o3\n> a3\n#4 Now. Actions: go[hall] | look"
    )
    assert prompt.turns_shown == 2


def test_no_history_and_no_actions() -> None:
    builder = PromptBuilder(template=TEMPLATE, history_length=0, list_actions=False)
    assert builder.build("t", past(3), "Now.", INFO).text == "T:t O:Now. A:"
    nothing_open = {"admissible_actions": ()}
    assert PromptBuilder(template=TEMPLATE).build("t", [], "Now.", nothing_open).text == (
        "T:t O:Now. A:"
    )


def test_oldest_turns_are_dropped_whole_to_keep_the_bound() -> None:
    builder = PromptBuilder(template=TEMPLATE, history_length=5)
    whole = builder.build("t", past(5, size=100), "Now.", INFO)
    tight = PromptBuilder(template=TEMPLATE, history_length=5, max_chars=len(whole.text) - 1)
    prompt = tight.build("t", past(5, size=100), "Now.", INFO)
    assert (prompt.turns_shown, prompt.turns_dropped, prompt.chars_cut) == (4, 1, 0)
    assert "o1" not in prompt.text
    assert "o2" in prompt.text
    for limit in range(60, len(whole.text), 37):
        bounded = PromptBuilder(template=TEMPLATE, history_length=5, max_chars=limit)
        assert len(bounded.build("t", past(5, size=100), "Now.", INFO).text) <= limit


def test_a_page_too_long_is_cut_last() -> None:
    prompt = PromptBuilder(template=TEMPLATE, max_chars=100).build("t", past(2), "p" * 500, INFO)
    assert len(prompt.text) == 100
    assert prompt.turns_dropped == 2
    assert prompt.text.endswith("Actions: go[hall] | look"), "what follows the page stays"
    assert prompt.chars_cut > 0
    with pytest.raises(ValueError, match="max_chars=20"):
        PromptBuilder(template=TEMPLATE, max_chars=20).build("t", [], "page", INFO)


def test_hostile_pages_are_not_read_as_formats() -> None:
    page = "{task} {0} {observation.__class__} %s {"
    text = PromptBuilder(template=TEMPLATE).build("{x}", [], page, {"admissible_actions": ("{y}",)})
    assert text.text == f"T:{{x}} O:{page} A:Actions: {{y}}"


def test_only_what_the_agent_may_see_enters() -> None:
    builder = PromptBuilder()
    bare = {"admissible_actions": INFO["admissible_actions"]}
    assert builder.build("t", past(2), "Now.", INFO) == builder.build("t", past(2), "Now.", bare)


def test_a_template_of_ones_own() -> None:
    class Shouting:
        def task(self, first_observation: str) -> str:
            return first_observation.split(":")[0]

        def show(self, observation: str, task: str) -> str:
            return observation.removeprefix(task + ":").upper()

        def render(self, view: PromptView) -> str:
            pages = [turn.observation for turn in view.past] + [view.observation]
            return f"{view.task}|{'|'.join(pages)}"

    builder = PromptBuilder(template=Shouting())
    task = builder.template.task("find tea: start")
    turns = [PastTurn(number=1, observation="find tea:one", action="x")]
    assert builder.build(task, turns, "find tea:two", INFO).text == "find tea|ONE|TWO"


@pytest.mark.parametrize(
    ("kwargs", "match"),
    [
        ({"first": "{page}"}, "'page'"),
        ({"past_turn": "{turn}"}, "'turn'"),
        ({"action_line": "{name}"}, "'name'"),
    ],
)
def test_unknown_fields_are_named(kwargs: dict[str, str], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        FormatTemplate(**kwargs)


def test_bounds_are_checked() -> None:
    with pytest.raises(ValueError, match="history_length"):
        PromptBuilder(history_length=-1)
    with pytest.raises(ValueError, match="max_chars"):
        PromptBuilder(max_chars=0)
