from __future__ import annotations

import gymnasium as gym
import pytest
from count_env import CountEnv
from gymnasium.error import ResetNeeded

from t2po_gym.core.agent.actions import project_webshop
from t2po_gym.core.agent.history import PastTurn
from t2po_gym.core.agent.prompted import PromptedEnv
from t2po_gym.core.agent.prompts import FormatTemplate, PromptBuilder

UP = "<think>count</think><action>up</action>"


def test_an_episode_of_replies() -> None:
    env, bare = PromptedEnv(CountEnv()), CountEnv()
    prompt, info = env.reset(seed=0)
    page, bare_info = bare.reset(seed=0)
    assert page in prompt
    assert info["raw_observation"] == page
    assert {key: info[key] for key in bare_info} == bare_info
    past = []
    for number in range(1, 5):
        past.append(PastTurn(number=number, observation=page, action="up"))
        prompt, reward, terminated, truncated, info = env.step(UP)
        page, *rest, bare_info = bare.step("up")
        assert [reward, terminated, truncated] == rest
        assert prompt == PromptBuilder().build("", past, page, bare_info).text
        assert (info["parsed_action"], info["format_ok"]) == ("up", True)
        assert info["observation_hash"] == bare_info["observation_hash"]
    assert terminated
    with pytest.raises(ResetNeeded):
        env.step(UP)


def test_history_holds_what_the_agent_saw_before_it_acted() -> None:
    env = PromptedEnv(CountEnv(), prompts=PromptBuilder(history_length=1))
    _, info = env.reset(seed=0)
    first_page = info["raw_observation"]
    prompt = env.step(UP)[0]
    assert f"[1] {first_page}\n> up\n[2] Count 1." in prompt
    prompt = env.step("no tags")[0]
    assert "[2] Count 1.\n> \n[3] Nothing happens." in prompt
    assert first_page not in prompt
    assert "[1]" not in env.reset(seed=1)[0], "a new episode starts with an empty history"


def test_info_keys_are_fixed() -> None:
    env = PromptedEnv(CountEnv())
    _, info = env.reset(seed=0)
    assert {"raw_observation", "parsed_action", "format_ok"} <= set(info)
    for reply in (UP, "", "\ud800", "<action>", "x" * 200_000):
        prompt, _, _, _, step_info = env.step(reply)
        assert set(step_info) == set(info)
        assert prompt in env.observation_space
    assert step_info["format_ok"] is False


def test_parser_and_success_reward() -> None:
    env = PromptedEnv(CountEnv(), parser=project_webshop, reward_on_success=10.0)
    env.reset(seed=0)
    rewards = [env.step("<think>a</think><action> UP </action>")[1] for _ in range(4)]
    assert rewards == [0.0, 0.0, 0.0, 10.0]


def test_template_task_is_taken_from_the_first_page() -> None:
    class Template(FormatTemplate):
        def task(self, first_observation: str) -> str:
            return first_observation.split(",")[0]

    template = Template(first="{task}|{observation}", later="{task}|{observation}")
    env = PromptedEnv(CountEnv(), prompts=PromptBuilder(template=template))
    env.reset(seed=0, options={"task_index": 2})
    assert env.step(UP)[0] == "Task 2|Count 1."


def test_snapshots_keep_the_history() -> None:
    env, fresh = PromptedEnv(CountEnv()), PromptedEnv(CountEnv())
    env.reset(seed=0)
    env.step(UP)
    before = env.step("<think>a</think><action>echo[\ud83d\ude00]</action>")
    state = env.snapshot()
    after = [env.step(UP), env.step("dice")]
    assert fresh.restore(state) == (before[0], before[4])
    assert [fresh.step(UP), fresh.step("dice")] == after
    with pytest.raises(ValueError, match="bare environment"):
        fresh.restore(env.unwrapped.snapshot())  # type: ignore[attr-defined]


def test_a_reply_must_be_a_string() -> None:
    env = PromptedEnv(CountEnv())
    env.reset(seed=0)
    with pytest.raises(TypeError, match="one string"):
        env.step(3)  # type: ignore[arg-type]


def test_it_can_be_vectorised() -> None:
    rows = []
    for mode in ("sync", "async"):
        envs = gym.make_vec(
            "t2po/ToyKeys-v0", num_envs=2, vectorization_mode=mode, wrappers=(PromptedEnv,)
        )
        try:
            envs.reset(seed=3)
            observations, _, _, _, infos = envs.step(("<think>é</think><action>x</action>", ""))
            rows.append(
                (observations, infos["format_ok"].tolist(), infos["parsed_action"].tolist())
            )
        finally:
            envs.close()
    assert rows[0] == rows[1]
    assert rows[0][1:] == ([True, False], ["x", ""])
