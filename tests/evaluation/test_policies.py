"""What agents are shown, what the built-in ones do, and how others are found."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import t2po_gym
from t2po_gym.evaluation.player import counted, episode_seed, play_episode, remembered
from t2po_gym.evaluation.policies import (
    PUBLIC_INFO,
    BatchPolicy,
    CallablePolicy,
    FirstAdmissible,
    Policy,
    RandomAdmissible,
    Reply,
    Seen,
    find_policy,
)
from t2po_gym.evaluation.records import EpisodeRecord, Plan, PromptSettings
from t2po_gym.evaluation.runner import make_plan
from t2po_gym.evaluation.templates import builder_of

TOY = "t2po/ToyKeys-v0"


def play(policy: Policy, env_id: str = TOY, place: int = 0, **kwargs: Any) -> EpisodeRecord:
    plan = make_plan(env_id, {"split": "test", **kwargs}, policy, tasks=8)
    env = gym.make(env_id, split="test", **kwargs).unwrapped
    assert isinstance(env, t2po_gym.TextEnv)
    return play_episode(env, policy, plan, builder_of(plan.prompt), plan.task_ids[place], 0)


def test_an_agent_is_shown_nothing_hidden() -> None:
    shown: list[dict[str, Any]] = []

    def look(observation: str, info: Any) -> str:
        shown.append(dict(info))
        return "<think></think><action>wait</action>"

    play(CallablePolicy(look, "look"))
    hidden = {"progress", "progress_delta", "progress_max", "milestones", "score", "success"}
    hidden |= {"state_key", "observation_hash", "progress_version"}
    for info in shown:
        assert set(info) == set(PUBLIC_INFO)
        assert not hidden & set(info)


def test_a_function_of_one_argument_reads_the_prompt() -> None:
    prompts: list[str] = []

    def answer(prompt: str, temperature: float = 0.0) -> str:
        prompts.append(prompt)
        return "<think>x</think><action>go[nowhere]</action>"

    record = play(CallablePolicy(answer, "answer"))
    assert "Think inside <think>" in prompts[0]
    assert "go[nowhere]" in prompts[1], "past turns are shown"
    assert record.turns[0].action == "go[nowhere]"
    assert not record.turns[0].action_valid
    assert record.turns[0].format_ok


@pytest.mark.parametrize(
    ("reply", "action", "format_ok"),
    [
        ("no tags", "", False),
        ("\ud800<action>go</action>", "go", False),
        ("<think>a</think><action>go</action>", "go", True),
        ("x" * 2_000_000, "", False),
    ],
)
def test_any_reply_is_recorded(reply: str, action: str, format_ok: bool) -> None:
    record = play(CallablePolicy(lambda prompt: reply, "any"))
    turn = record.turns[0]
    assert (turn.action, turn.format_ok) == (action, format_ok)
    assert EpisodeRecord.model_validate_json(record.line()) == record


def test_a_reply_that_is_no_text_is_an_error() -> None:
    with pytest.raises(TypeError, match="must return the reply as text; it returned int"):
        play(CallablePolicy(lambda prompt: 3, "three"))  # type: ignore[arg-type, return-value]


def test_patterns_are_filled_with_words_that_were_read() -> None:
    info = {"task": "Find me a red mug.", "admissible_actions": ("search[<text>]",)}
    seen = Seen(prompt="", observation="A shop.", info=info)
    env: Any = None
    first = FirstAdmissible().start(env, 0).reply(seen).text
    assert "<action>search[Find me a red mug]</action>" in first
    some = [RandomAdmissible().start(env, seed).reply(seen).text for seed in range(20)]
    assert len(set(some)) > 10
    words = {word for text in some for word in text.split("[")[1].split("]")[0].split()}
    assert words <= {"Find", "me", "a", "red", "mug", "A", "shop"}
    assert RandomAdmissible().start(env, 3).reply(seen).text == some[3]


@pytest.mark.parametrize(
    "env_id", [TOY, "t2po/WebShop-v0", "t2po/ALFWorld-v0", "t2po/SearchQA-Easy-v0"]
)
def test_the_experts_solve_their_environments(env_id: str) -> None:
    policy = find_policy("expert")
    assert not isinstance(policy, BatchPolicy)
    assert policy.privileged
    records = [play(policy, env_id, place) for place in range(4)]
    assert all(record.success for record in records)
    assert all(turn.action_valid and turn.format_ok for r in records for turn in r.turns)


def test_policies_are_found_by_name_or_factory(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = ModuleType("my_agents")
    module.simple = lambda: lambda prompt: "<think></think><action>a</action>"
    module.whole = RandomAdmissible
    module.number = lambda: 3
    module.three = lambda: lambda a, b, c: ""
    monkeypatch.setitem(sys.modules, "my_agents", module)
    assert find_policy("my_agents:simple").describe()["name"] == "my_agents:simple"
    assert isinstance(find_policy("my_agents:whole"), RandomAdmissible)
    for spec, sentence in (
        ("best", "there are random, first-admissible, expert, and any module:factory"),
        ("no_such_module:f", "cannot be loaded"),
        ("my_agents:missing", "cannot be loaded"),
        ("my_agents:number", "returned int"),
        ("my_agents:three", "takes 3 arguments"),
    ):
        with pytest.raises(ValueError, match=sentence):
            find_policy(spec)


def test_seeds_depend_on_run_task_and_trial() -> None:
    seeds = {episode_seed(r, t, k) for r in (0, 1) for t in ("a", "b") for k in (0, 1)}
    assert len(seeds) == 8
    assert episode_seed(0, "a", 0) == 1_746_515_184, "the first 31 bits of SHA-256"
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_a_template_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="prompt template 'nowhere:T' cannot be loaded"):
        builder_of(PromptSettings(template="nowhere:T"))


def test_a_plan_refuses_what_is_no_json() -> None:
    with pytest.raises(ValueError, match="must be plain JSON"):
        make_plan(TOY, {"split": {1, 2}}, FirstAdmissible())
    with pytest.raises(ValueError, match="cannot make 't2po/Nothing-v0'"):
        make_plan("t2po/Nothing-v0", {}, FirstAdmissible())


def test_a_panel_is_evenly_spaced_or_whole() -> None:
    plan = make_plan(TOY, {"split": "test"}, FirstAdmissible(), tasks=4)
    env: Any = gym.make(TOY, split="test").unwrapped
    total = env.num_tasks()
    assert plan.task_ids == tuple(env.task_id(k * total // 4) for k in range(4))
    whole = make_plan(TOY, {"split": "test"}, FirstAdmissible(), tasks=0)
    assert len(whole.task_ids) == total
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"kind": "own", "name": "x", "odd": float("nan")}, "must be plain JSON"),
        ({"kind": "own", "name": "x", "odd": {1, 2}}, "must be plain JSON"),
        ({"kind": "own", "name": "x\udc80"}, "must be plain JSON"),
        ({"name": "x"}, "must hold texts `kind` and `name`"),
        (["x"], "must hold texts `kind` and `name`"),
    ],
)
def test_a_policy_says_what_it_is_in_plain_json(said: Any, sentence: str) -> None:
    class Odd(FirstAdmissible):
        def describe(self) -> dict[str, Any]:
            return said  # type: ignore[no-any-return]

    with pytest.raises(ValueError, match=sentence):
        make_plan("t2po/ToyKeys-v0", {"split": "test"}, Odd(), tasks=1)


def test_what_a_policy_says_is_kept_as_json_reads_it() -> None:
    class Tuples(FirstAdmissible):
        def describe(self) -> dict[str, Any]:
            return {"kind": "own", "name": "x", "sizes": (1, 2), 3: "three"}

    plan = make_plan("t2po/ToyKeys-v0", {"split": "test"}, Tuples(), tasks=1)
    assert plan.policy == {"kind": "own", "name": "x", "sizes": [1, 2], "3": "three"}


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (Reply(text="", reply_tokens=-1), "reply_tokens=-1"),
        (Reply(text="", prompt_tokens=1.5), "prompt_tokens=1.5"),  # type: ignore[arg-type]
        (Reply(text="", rejected_tokens=None), "rejected_tokens=None"),  # type: ignore[arg-type]
        (Reply(text="", uncertainty=float("nan")), "uncertainty=nan"),
    ],
)
def test_a_reply_that_counts_wrongly_is_told(reply: Reply, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        counted(reply)


def test_counts_of_numpy_are_numbers() -> None:
    reply = Reply(
        text="",
        reply_tokens=np.int64(3),  # type: ignore[arg-type]
        uncertainty=np.float32(0.5),  # type: ignore[arg-type]
    )
    assert counted(reply)["reply_tokens"] == 3
    assert type(counted(reply)["uncertainty"]) is float


def test_long_actions_are_short_in_later_prompts() -> None:
    assert remembered("a" * 10_000) == "a" * 4_096
    assert remembered("look") == "look"
