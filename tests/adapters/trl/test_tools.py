"""TRL's tool environments play what `gym.make` plays, and say what they need to say."""

from __future__ import annotations

import inspect

import gymnasium as gym
import pytest
from adapter_episodes import KINDS, Expected, Kind, expected_episodes
from gymnasium.error import ResetNeeded
from tool_calls import TOOLS, call_of

from t2po_gym.adapters.trl import ALFWorldTools, Toolbox, WebShopTools, task_rows

NO_TOOLS = {"reset", "get_reward"}


def tools_of(box: type[Toolbox]) -> dict[str, object]:
    """The methods that TRL offers to the model: it looks for them in this way."""
    found = inspect.getmembers(box, predicate=inspect.isfunction)
    return {name: f for name, f in found if not name.startswith("_") and name not in NO_TOOLS}


@pytest.mark.parametrize(
    ("env_id", "names"),
    [
        ("t2po/WebShop-v0", {"search", "click", "buy"}),
        ("t2po/SearchQA-v0", {"search", "answer"}),
        (
            "t2po/ALFWorld-v0",
            {"look", "inventory", "go_to", "open", "close", "take", "put", "clean", "heat"}
            | {"cool", "slice", "use", "examine"},
        ),
    ],
)
def test_the_tools_are_the_actions_and_nothing_else(env_id: str, names: set[str]) -> None:
    assert set(tools_of(TOOLS[env_id])) == names


@pytest.mark.parametrize("env_id", TOOLS)
def test_every_tool_has_types_and_says_what_its_arguments_are(env_id: str) -> None:
    for name, tool in tools_of(TOOLS[env_id]).items():
        signature = inspect.signature(tool)  # type: ignore[arg-type]
        arguments = [p for p in signature.parameters if p != "self"]
        assert signature.return_annotation == "str", name
        assert all(signature.parameters[a].annotation == "str" for a in arguments), name
        assert all(f"\n            {a}: " in (tool.__doc__ or "") for a in arguments), name
        assert "Returns:" in (tool.__doc__ or ""), name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("env_id", TOOLS)
def test_episodes_are_those_of_gym_make(env_id: str, kind: Kind) -> None:
    box, env = TOOLS[env_id](split="test"), gym.make(env_id, split="test")
    for episode in expected_episodes(env_id, kind):
        compare(box, env, episode)


def compare(box: Toolbox, env: gym.Env[str, str], episode: Expected) -> None:
    """Play an episode's actions with tools and without; those no tool can say are left out."""
    first = box.reset(task_id=episode.task_id, env_seed=episode.seed, prompt="ignored")
    observation, info = env.reset(seed=episode.seed, options={"task_id": episode.task_id})
    assert (first, box.info["observation_hash"]) == (observation, info["observation_hash"])
    assert first == episode.observations[0]
    sendable = [(a, call) for a in episode.actions if (call := call_of(episode.env_id, a))]
    over = False
    for action, (name, arguments) in sendable:
        if over:
            break
        page = getattr(box, name)(**arguments)
        observation, *outcome, info = env.step(action)
        assert page == observation
        assert box.steps[-1] == (observation, *outcome)
        assert box.info == info
        assert box.get_reward() == info["score"]
        over = any(outcome[1:])
    if len(sendable) == len(episode.actions):
        assert box.info["observation_hash"] == episode.hashes[-1]
        assert box.get_reward() == episode.score


def test_a_finished_episode_takes_no_call() -> None:
    box = WebShopTools(max_turns=1)
    box.reset(env_seed=0)
    box.search("mug")
    with pytest.raises(ResetNeeded, match="The episode is over"):
        box.search("mug")


def test_older_games_are_told_to_put(monkeypatch: pytest.MonkeyPatch) -> None:
    """Official games of the first release write `put X in/on Y`, later ones `move X to Y`."""
    box = ALFWorldTools()
    box.reset(env_seed=0)
    sent: list[str] = []
    monkeypatch.setattr(box, "_send", lambda action: sent.append(action) or "")
    box.put("mug 1", "desk 1")
    offered = ("put mug 1 in/on desk 1",)
    monkeypatch.setattr(type(box.env), "admissible_actions", property(lambda env: offered))
    box.put("mug 1", "desk 1")
    assert sent == ["move mug 1 to desk 1", "put mug 1 in/on desk 1"]


def test_rows_name_tasks_of_the_split() -> None:
    rows = task_rows(lambda: WebShopTools(split="dev"), 5, seed=3)
    box = WebShopTools(split="dev")
    assert len({row["task_id"] for row in rows}) == 5
    for row in rows:
        assert box.reset(**row)
        assert box.info["task_id"] == row["task_id"]
        assert row["prompt"][0]["content"] == WebShopTools.GOAL


def test_rows_of_a_mixture_name_their_environment() -> None:
    rows = task_rows(WebShopTools, 2, environment="shop")
    assert [row["environment"] for row in rows] == ["shop", "shop"]
    assert "environment" not in task_rows(WebShopTools, 1)[0]
