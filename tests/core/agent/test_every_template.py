"""A prompt without the task or the action grammar cannot be played from, on any turn."""

from __future__ import annotations

import random
from typing import Any

import gymnasium as gym
import pytest

import t2po_gym
from t2po_gym import FormatTemplate, PromptBuilder, PromptedEnv, PromptTemplate
from t2po_gym.envs.alfworld.agents import compact_prompt as alfworld_compact
from t2po_gym.envs.alfworld.originals.verl_agent_prompts import VerlAgentTemplate as AlfTemplate
from t2po_gym.envs.searchqa.agents import compact_prompt as searchqa_compact
from t2po_gym.envs.searchqa.originals.search_r1 import SearchR1Template
from t2po_gym.envs.searchqa.originals.t2po import T2poTemplate
from t2po_gym.envs.webshop.agents import compact_prompt as webshop_compact
from t2po_gym.envs.webshop.originals.verl_agent_prompts import VerlAgentTemplate as ShopTemplate

TURNS = 8
ENVS: dict[str, tuple[str, dict[str, Any]]] = {
    "webshop": ("t2po/WebShop-v0", {}),
    "webshop-exact": ("t2po/WebShop-v0", {"rules": "exact", "max_turns": 15}),
    "webshop-url": ("t2po/WebShop-v0", {"observation_mode": "url"}),
    "alfworld": ("t2po/ALFWorld-v0", {}),
    "alfworld-exact": ("t2po/ALFWorld-v0", {"rules": "exact"}),
    "searchqa": ("t2po/SearchQA-v0", {"max_turns": 9}),
    "searchqa-t2po": ("t2po/SearchQA-v0", {"rules": "t2po", "max_turns": 9}),
    "searchqa-r1": ("t2po/SearchQA-v0", {"rules": "search-r1", "max_turns": 9}),
    "toykeys": ("t2po/ToyKeys-v0", {}),
}
BARE = FormatTemplate(first="{observation}", later="{history}{observation}")
NAMED: dict[str, dict[str, PromptTemplate]] = {
    "webshop": {"compact": webshop_compact.TEMPLATE, "verl-agent": ShopTemplate()},
    "webshop-exact": {"verl-agent": ShopTemplate()},
    "alfworld": {"compact": alfworld_compact.TEMPLATE, "verl-agent": AlfTemplate()},
    "alfworld-exact": {"verl-agent": AlfTemplate()},
    "searchqa": {
        "compact": searchqa_compact.TEMPLATE,
        "notes": searchqa_compact.NOTES,
        "snippets": searchqa_compact.SNIPPETS,
    },
    "searchqa-t2po": {"t2po": T2poTemplate()},
    "searchqa-r1": {"search-r1": SearchR1Template()},
}
# Policies of a million parameters learn what actions look like in their cold start, and pay for
# every token: these templates show the task alone. So does a user's template that asks for less.
NO_GRAMMAR = {"compact", "notes", "snippets", "bare"}
CASES = [
    (name, template) for name in ENVS for template in ("default", "bare", *NAMED.get(name, {}))
]


def template_of(env: str, name: str) -> PromptTemplate:
    plain: dict[str, PromptTemplate] = {"default": FormatTemplate(), "bare": BARE}
    return {**plain, **NAMED.get(env, {})}[name]


def one_line(text: str) -> str:
    return " ".join(text.split())


def holds_grammar(prompt: str, info: dict[str, Any]) -> bool:
    """The environment's words, every action that is open now, or the tags of the dialect."""
    if info["action_format"] in prompt:
        return True
    listed = [action for action in info["admissible_actions"] if action != "help"]
    shown = all(a in prompt or a.removeprefix("click[").rstrip("]") in prompt for a in listed)
    return (bool(listed) and shown) or all(f"<{tag}>" in prompt for tag in ("search", "answer"))


def replies(seed: int, info: dict[str, Any]) -> str:
    """A reply with an action that does not end the episode, or with none at all."""
    draw = random.Random(f"{seed}/{info['turn']}")
    ending = ("answer", "<answer", "click[buy now]", "open[chest]")
    safe = [a for a in info["admissible_actions"] if not a.startswith(ending)]
    action = (
        draw.choice([*safe, "dance"]).replace("<query>", "river").replace("<your query>", "tea")
    )
    return f"<think>so</think><action>{action}</action>"


@pytest.mark.parametrize("window", range(4))
@pytest.mark.parametrize(("env_name", "template"), CASES)
def test_every_prompt_holds_task_and_grammar(env_name: str, template: str, window: int) -> None:
    env_id, kwargs = ENVS[env_name]
    prompts = PromptBuilder(template=template_of(env_name, template), history_length=window)
    env = PromptedEnv(gym.make(env_id, **kwargs), prompts=prompts)
    prompt, info = env.reset(seed=3)
    task = info["task"]
    for turn in range(TURNS + 1):
        assert task in one_line(prompt), turn
        assert info["task"] == task
        assert template in NO_GRAMMAR or holds_grammar(prompt, info), turn
        prompt, _, terminated, truncated, info = env.step(replies(3, info))
        if terminated or truncated:
            break
    assert turn >= 3, "the play ended too early to test anything"


@pytest.mark.parametrize("env_id", t2po_gym.ENV_IDS)
def test_the_default_prompt_says_what_actions_look_like(env_id: str) -> None:
    bare = gym.make(env_id)
    prompt, info = PromptedEnv(bare).reset(seed=0)
    assert "for example" in info["action_format"] or "such as" in info["action_format"]
    assert info["action_format"] in prompt


@pytest.mark.parametrize("max_chars", [700, 900, 1500, 4000])
@pytest.mark.parametrize("env_name", ["webshop", "alfworld", "searchqa"])
def test_a_length_bound_cuts_neither_task_nor_grammar(env_name: str, max_chars: int) -> None:
    env_id, kwargs = ENVS[env_name]
    prompts = PromptBuilder(max_chars=max_chars + 600, history_length=3, list_actions=False)
    env = PromptedEnv(gym.make(env_id, **kwargs), prompts=prompts)
    prompt, info = env.reset(seed=1)
    for _ in range(5):
        assert len(prompt) <= max_chars + 600
        assert info["task"] in one_line(prompt)
        assert info["action_format"] in prompt
        prompt, _, terminated, truncated, info = env.step(replies(1, info))
        if terminated or truncated:
            break


def test_a_template_with_words_of_its_own_is_left_alone() -> None:
    """What a template says of the task counts as said, however it is put."""
    template = FormatTemplate(first="Quest: {task}. {observation}", later="Quest: {task}.")
    env = PromptedEnv(gym.make("t2po/ALFWorld-v0"), prompts=PromptBuilder(template=template))
    prompt, info = env.reset(seed=0)
    assert prompt.startswith(f"Quest: {info['task']}")
    assert env.step("x")[0] == f"Quest: {info['task']}."


def test_a_restored_episode_still_knows_its_task() -> None:
    env, other = (PromptedEnv(gym.make("t2po/ALFWorld-v0")) for _ in range(2))
    env.reset(seed=0)
    prompt = env.step("<action>look</action>")[0]
    restored, info = other.restore(env.snapshot())
    assert restored == prompt
    assert info["task"] in prompt
    assert info["task_type"]
