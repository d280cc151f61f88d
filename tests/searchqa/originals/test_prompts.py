"""The dialects' prompts around a bare environment: what a model of the originals would read."""

from searchqa_envs import make

from t2po_gym.core.agent.prompted import PromptedEnv
from t2po_gym.core.agent.prompts import PromptBuilder
from t2po_gym.envs.searchqa.originals import search_r1, t2po
from t2po_gym.envs.searchqa.world.actions import parse_tagged_search


def test_search_r1_text_grows_by_replies_and_results():
    builder = PromptBuilder(
        template=search_r1.SearchR1Template(), history_length=9, list_actions=False
    )
    env = PromptedEnv(make(rules="search-r1"), parser=search_r1.reply_parser, prompts=builder)
    prompt, _ = env.reset(seed=0, options={"task_id": "q1"})
    assert prompt.endswith(
        "For example, <answer> Beijing </answer>. Question: Who wrote the novel Ulmen?\n"
    )
    start = prompt
    reply = "<think>a</think><search>Ulmen</search> never read"
    prompt, _, _, _, info = env.step(reply)
    assert prompt == start + "<think>a</think><search>Ulmen</search>" + info["raw_observation"]
    assert info["raw_observation"].startswith('\n\n<information>Doc 1(Title: "Ulmen") Ulmen is a ')
    grown, *_, info = env.step("hm")
    assert grown == prompt + "hm" + search_r1.INVALID_ACTION
    assert not info["format_ok"]
    last, reward, terminated, *_ = env.step("<answer>Ada Voss</answer>")
    assert last == grown + "<answer>Ada Voss</answer>"
    assert (reward, terminated) == (1.0, True)


def test_search_r1_question_gets_its_mark():
    assert search_r1.question_text(" who ") == "who?"
    assert search_r1.question_text("who?") == "who?"
    assert search_r1.question_text("") == "?"


def test_t2po_prompts_around_the_environment():
    builder = PromptBuilder(template=t2po.T2poTemplate(), history_length=4, list_actions=False)
    env = PromptedEnv(make(rules="t2po"), parser=t2po.project, prompts=builder)
    prompt, _ = env.reset(seed=0, options={"task_id": "q1"})
    assert prompt == t2po.build_prompt("Who wrote the novel Ulmen?")
    prompt, *_, info = env.step("<think>a</think><search>Ulmen</search>")
    turns = [("<search>Ulmen</search>", info["raw_observation"])]
    assert prompt == t2po.build_prompt("Who wrote the novel Ulmen?", turns)
    assert "step(s)" in prompt
    assert info["raw_observation"].startswith('<information>{"result": "Doc 1: \\"Ulmen\\"\\nUlmen')


def test_tags_in_replies_under_fixed_rules():
    env = PromptedEnv(make(), parser=parse_tagged_search)
    env.reset(seed=0, options={"task_id": "q1"})
    prompt, *_, info = env.step("<think>I may <answer>x</answer></think><search>Ulmen</search>")
    assert "[1] Ulmen: Ulmen is a novel" in prompt
    assert (info["searches"], info["format_ok"]) == (1, True)
    *_, info = env.step("<think>Voss</think> <answer>Voss</answer>")
    assert info["success"]
