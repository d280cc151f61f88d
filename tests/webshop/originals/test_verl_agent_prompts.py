"""The verl-agent prompts for one environment, and their corner cases."""

import pytest
from webshop_envs import make

from t2po_gym.core.agent.actions import project_webshop
from t2po_gym.core.agent.prompted import PromptedEnv
from t2po_gym.core.agent.prompts import PromptBuilder
from t2po_gym.envs.webshop.originals.verl_agent_prompts import (
    MAX_PROMPT_CHARS,
    VerlAgentTemplate,
    build_prompt,
    format_actions,
    format_observation,
    task_of,
)

ACTIONS = (
    "search[tea]",
    "click[next >]",
    "click[< prev]",
    "click[nothing]",
    "click[back to search]",
)


@pytest.mark.parametrize("history_length", [0, 2, 5])
def test_one_prompted_environment_shows_what_the_batch_layer_would(history_length):
    builder = PromptBuilder(template=VerlAgentTemplate(), history_length=history_length)
    env = PromptedEnv(
        make(rules="exact", split="all"),
        parser=project_webshop,
        prompts=builder,
        reward_on_success=10.0,
    )
    prompt, info = env.reset(seed=0)
    task = task_of(info["raw_observation"])
    turns = []
    for action in (*ACTIONS, None):
        page = format_observation(info["raw_observation"], task)
        expected = build_prompt(
            task,
            page,
            format_actions(info["admissible_actions"]),
            turns=turns,
            history_length=history_length,
        )
        assert prompt == expected
        if action is not None:
            turns.append((page, action))
            prompt, _, _, _, info = env.step(f"<think>t</think><action>{action}</action>")


def test_a_prompt_that_grows_too_long_drops_its_history():
    turns = [("x" * MAX_PROMPT_CHARS, "click[a]")]
    prompt = build_prompt("a lamp", "'Search'", "'click[a]',", turns=turns)
    assert prompt == build_prompt("a lamp", "'Search'", "'click[a]',")
    assert "Prior to this step" in build_prompt("a lamp", "'Search'", "", turns=[("p", "click[a]")])


def test_braces_in_pages_and_actions_are_text():
    prompt = build_prompt("{task}", "{observation}", "'click[{actions}]',")
    assert "{task}" in prompt
    assert "'click[{actions}]'," in prompt


def test_a_page_without_the_task_is_left_as_it_is():
    assert format_observation("Thank you [SEP] 1.0", "a lamp") == "Thank you [SEP] 1.0"
    assert format_observation("x [SEP] a lamp [SEP] b [SEP] c", "a lamp") == "'b' [SEP] 'c'"


def test_only_a_start_page_names_the_task():
    assert task_of("WebShop [SEP] Instruction: [SEP] a lamp [SEP] Search") == "a lamp"
    with pytest.raises(ValueError, match="must be WebShop's search page"):
        task_of("Thank you for shopping with us! [SEP] Your code: [SEP] None")
