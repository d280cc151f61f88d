from __future__ import annotations

import gymnasium as gym
import pytest

from t2po_gym.core.many.checker import check_text_env
from t2po_gym.envs.toy import ToyKeysEnv, expert_action, expert_actions
from t2po_gym.envs.toy.tasks import SPLIT_SIZES, tasks_of


def at(env: ToyKeysEnv, index: int = 0) -> dict[str, object]:
    return env.reset(seed=0, options={"task_index": index})[1]


@pytest.mark.parametrize("split", SPLIT_SIZES)
def test_expert_solves_every_house_in_the_least_number_of_turns(split: str) -> None:
    env = ToyKeysEnv(split=split)
    for index, task in enumerate(tasks_of(split)):
        info = at(env, index)
        actions, before = [], 0.0
        terminated = False
        while not terminated:
            actions.append(expert_action(env))
            assert actions[-1] in info["admissible_actions"]  # type: ignore[operator]
            _, reward, terminated, truncated, info = env.step(actions[-1])
            assert not truncated
            assert info["action_valid"]
            assert info["progress"] > before, "each expert action is one step nearer"
            before = info["progress"]
            assert reward == float(terminated)
        assert tuple(actions) == expert_actions(task)
        assert len(actions) == task.solution_length()
        assert info["success"]
        assert info["score"] == info["progress"] == 1.0
        assert info["admissible_actions"] == ()


@pytest.mark.parametrize("split", SPLIT_SIZES)
def test_no_shorter_solution_exists(split: str) -> None:
    """Breadth-first search over snapshots of the environment itself, on a few houses."""
    env = ToyKeysEnv(split=split)
    for index in range(0, env.num_tasks(), env.num_tasks() // 4):
        _, info = env.reset(seed=0, options={"task_index": index})
        frontier = [(env.snapshot(), info["admissible_actions"])]
        seen, depth, solved = {info["state_key"]}, 0, False
        while not solved:
            depth += 1
            following = []
            for state, actions in frontier:
                for action in actions:
                    env.restore(state)
                    _, _, terminated, _, info = env.step(action)
                    solved |= terminated
                    if info["state_key"] not in seen:
                        seen.add(info["state_key"])
                        following.append((env.snapshot(), info["admissible_actions"]))
            frontier = following
        assert depth == tasks_of(split)[index].solution_length()


def test_contract_with_the_expert() -> None:
    solutions = {
        f"toykeys:train:{i:04d}": expert_actions(task) for i, task in enumerate(tasks_of("train"))
    }
    env = gym.make("t2po/ToyKeys-v0")
    check_text_env(
        env,  # type: ignore[arg-type]
        policy=lambda observation, info: solutions[info["task_id"]][info["turn"]],
        episodes=10,
    )


def test_observations_are_short() -> None:
    env = ToyKeysEnv()
    lengths = [len(env.reset(seed=seed)[0]) for seed in range(100)]
    assert 120 < sum(lengths) / len(lengths) < 170
    assert max(lengths) < 250


def test_admissible_actions_are_exactly_those_accepted() -> None:
    env = ToyKeysEnv(max_turns=50)
    every = [f"go[{room}]" for task in tasks_of("dev") for room in task.exits]
    every += [f"take[{c} key]" for c in ("red", "blue", "green", "gold", "black", "white")]
    for index in range(8):
        _, info = env.reset(seed=0, options={"task_index": index})
        for _ in range(6):
            state, open_now = env.snapshot(), set(info["admissible_actions"])
            for action in {*every, "open[chest]"}:
                env.restore(state)
                assert env.step(action)[4]["action_valid"] is (action in open_now), action
            env.restore(state)
            _, _, terminated, _, info = env.step(expert_action(env))
            if terminated:
                break


@pytest.mark.parametrize(
    "action",
    [
        "go hall",
        "Go[hall]",
        "go[hall",
        "go[ hall]",
        "take[key]",
        "take[]",
        "open[]",
        "",
        "go[hand]",
    ],
)
def test_malformed_actions_change_nothing(action: str) -> None:
    env = ToyKeysEnv()
    first = at(env)
    observation, reward, terminated, _, info = env.step(action)
    assert observation.startswith("You cannot do that.")
    assert (reward, terminated, info["action_valid"]) == (0.0, False, False)
    assert info["state_key"] == first["state_key"]
    assert info["state_repeated"]
    assert info["progress_delta"] == 0.0


def test_taking_a_second_key_puts_the_first_down() -> None:
    env = ToyKeysEnv()
    for index in range(env.num_tasks()):
        info = at(env, index)
        takes = [a for a in info["admissible_actions"] if a.startswith("take")]  # type: ignore[attr-defined]
        if len(takes) >= 2:
            break
    first = takes[0].removeprefix("take[").removesuffix(" key]")
    env.step(takes[0])
    assert env.key_place(first) == "hand"
    observation = env.step(takes[1])[0]
    assert env.key_place(first) == env.room
    assert f"{first} key" in observation.split("You see:")[1].split("Exits")[0]


def test_the_wrong_key_opens_nothing() -> None:
    env = ToyKeysEnv()
    index, wrong = next(
        (index, colour)
        for index, task in enumerate(tasks_of("train"))
        for colour, room in task.keys.items()
        if room == task.start == task.chest_room and colour != task.colour
    )
    at(env, index)
    env.step(f"take[{wrong} key]")
    _, reward, terminated, _, info = env.step("open[chest]")
    assert (reward, terminated, info["action_valid"]) == (0.0, False, False)


def test_going_away_lowers_progress_and_keeps_its_maximum() -> None:
    env = ToyKeysEnv()
    index = next(
        i for i, t in enumerate(tasks_of("train")) if expert_actions(t)[0].startswith("go")
    )
    at(env, index)
    start = env.room
    assert env.step(expert_action(env))[4]["progress_delta"] > 0
    info = env.step(f"go[{start}]")[4]
    assert info["progress"] == 0.0
    assert info["progress_delta"] < 0
    assert info["progress_max"] > 0


@pytest.mark.parametrize(
    "name",
    [
        "",
        "toykeys:train:512",
        "toykeys:train:9999",
        "toykeys:dev:0000",
        "toykeys:train:-001",
        "x:00٣1",
    ],
)
def test_unknown_task_names(name: str) -> None:
    with pytest.raises(ValueError, match="There is no task"):
        ToyKeysEnv().task_index(name)


def test_unknown_split() -> None:
    with pytest.raises(ValueError, match="train, dev, test"):
        ToyKeysEnv(split="valid")
