"""`t2po/ALFWorld-v0`: the contract, its arguments, what it shows and what it hides."""

import json
import random
import subprocess
import sys

import gymnasium as gym
import pytest
from alfworld_games import content, make

from t2po_gym.core.many.checker import check_text_env
from t2po_gym.envs.alfworld.data.errors import GameDataError
from t2po_gym.envs.alfworld.generate.games import DIFFICULTIES


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.delenv("T2PO_GYM_DATA", raising=False)


@pytest.fixture
def folder(tmp_path):
    """A collection of three games in the official layout."""
    for number, split in enumerate(("train", "valid_seen", "valid_seen")):
        place = tmp_path / "games" / split / f"task-{number}" / "trial"
        place.mkdir(parents=True)
        (place / "game.tw-pddl").write_text(json.dumps(content()))
    return tmp_path / "games"


def follow_plan(observation, info):
    return info["expert_plan"][0] if info["expert_plan"] else "look"


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"rules": "exact", "difficulty": "hard", "max_turns": 12},
        {"split": "test", "difficulty": "easy"},
        {"split": "dev", "games": "generated:7:3"},
    ],
    ids=["fixed", "exact", "easy", "seven"],
)
def test_the_contract(form):
    check_text_env(make(expert=True, **form), policy=follow_plan)


def test_the_contract_with_files(folder):
    check_text_env(make(games=folder, split="valid_seen", expert=True), policy=follow_plan)


def test_plays_at_once_by_its_id():
    env = gym.make("t2po/ALFWorld-v0")
    observation, info = env.reset(seed=0)
    assert observation.startswith("-= Welcome to TextWorld, ALFRED! =-")
    assert "Your task is to: " in observation
    assert "look" in info["admissible_actions"]
    assert info["action_valid"]


def test_a_win():
    env = make(expert=True)
    _, info = env.reset(seed=4)
    plan = info["expert_plan"]
    assert info["remaining_steps"] == len(plan)
    assert plan == env.expert_commands() == env.game.walkthrough
    for number, command in enumerate(plan, start=1):
        assert info["remaining_steps"] == len(plan) - number + 1
        _, reward, terminated, truncated, info = env.step(command)
        last = number == len(plan)
        assert (reward, terminated, truncated) == (float(last), last, False)
        assert info["success"] is last
        assert info["score"] == float(last)
    assert info["progress"] == 1.0
    assert info["goal_conditions_met"] == info["goal_conditions"]
    assert info["expert_plan"] == ()
    assert info["remaining_steps"] == 0


def test_truncation_at_fifty_turns():
    env = make()
    env.reset(seed=0)
    for turn in range(1, 51):
        _, reward, terminated, truncated, info = env.step("look")
        assert (reward, terminated, truncated) == (0.0, False, turn == 50)
    assert info["turn"] == 50


def test_goal_conditions_coverage_and_milestones():
    env = make()
    _, info = env.reset(seed=1)
    assert info["goal_conditions"] in (1, 2, 3)
    assert info["goal_conditions_met"] == 0
    assert info["coverage"] == 0.0
    assert "expert_plan" not in info
    seen = set()
    for command in [c for c in info["admissible_actions"] if c.startswith("go to")][:20]:
        *_, info = env.step(command)
        seen.add(info["coverage"])
        assert set(info["milestones"]) == set(env.MILESTONES)
    assert max(seen) > 0.0
    assert max(seen) <= 1.0


def test_both_rules_play_the_same_game():
    envs = [make(rules=rules, split="dev") for rules in ("fixed", "exact")]
    rng = random.Random(2)
    states = [env.reset(seed=9)[1] for env in envs]
    ended = False
    while not ended:
        assert states[0]["admissible_actions"] == states[1]["admissible_actions"]
        assert states[0]["progress"] == states[1]["progress"]
        assert states[0]["task_id"] == states[1]["task_id"]
        assert states[0]["state_key"] == states[1]["state_key"]
        command = rng.choice(("nonsense", *states[0]["admissible_actions"]))
        results = [env.step(command) for env in envs]
        assert results[0][1:4] == results[1][1:4]
        ended = results[0][2] or results[0][3]
        states = [result[4] for result in results]


def test_a_refusal_under_each_rule():
    for rules, answer in (("fixed", "Nothing happens. There is no moon 1"), ("exact", "")):
        env = make(rules=rules)
        env.reset(seed=0)
        observation, reward, _, _, info = env.step("go to moon 1")
        assert observation.startswith(answer or "Nothing happens.")
        assert reward == 0.0
        assert not info["action_valid"]
        if rules == "exact":
            assert observation == "Nothing happens."


def test_panels_are_walked_whole_and_in_order(folder):
    env = make(games=folder, split="valid_seen")
    assert env.num_tasks() == 2
    names = [env.reset(options={"task_index": i})[1]["task_id"] for i in range(env.num_tasks())]
    assert names == sorted(set(names))
    assert [name.split("/")[1] for name in names] == ["task-1", "task-2"]


def test_state_keys_are_of_what_is_seen_not_of_what_was_done():
    env = make()
    _, info = env.reset(seed=3)
    places = [c for c in info["admissible_actions"] if c.startswith("go to")][:2]
    keys = []
    for command in (places[0], "look", places[1], places[0], "inventory"):
        *_, info = env.step(command)
        keys.append(info["state_key"])
    assert keys[0] == keys[1] == keys[3] == keys[4]
    assert keys[2] != keys[0]
    assert info["state_repeated"]


def test_observations_do_not_depend_on_progress_or_expert():
    kinds = [{}, {"progress": False}, {"expert": True}]
    envs = [make(**kind) for kind in kinds]
    results = [env.reset(seed=6) for env in envs]
    for step in range(12):
        texts = {observation for observation, _ in results}
        assert len(texts) == 1
        hashes = {info["observation_hash"] for _, info in results}
        assert len(hashes) == 1
        actions = results[0][1]["admissible_actions"]
        action = actions[step % len(actions)]
        results = [(r[0], r[4]) for r in (env.step(action) for env in envs)]
    assert "progress" not in results[1][1]


def test_snapshots_belong_to_their_rules_and_games():
    env = make(rules="exact")
    env.reset(seed=0)
    state = env.snapshot()
    for other in (make(), make(rules="exact", split="dev"), make(rules="exact", expert=True)):
        with pytest.raises(ValueError, match="restore it in one made the same way"):
            other.restore(state)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"rules": "strict"}, "rules must be one of fixed, exact"),
        ({"backend": "thor"}, "backend must be native or textworld"),
        ({"backend": "textworld", "rules": "fixed"}, "has the rules 'exact'"),
        ({"config": "a.yaml"}, "config is of backend='textworld'"),
        ({"expert": 1}, "expert must be True or False"),
        ({"split": "valid"}, "split must be one of train, dev, test, valid_seen"),
        ({"split": "valid_seen"}, "generated games have the splits train, dev, test"),
        ({"difficulty": "extreme"}, "difficulty must be one of"),
        ({"games": "official"}, "T2PO_GYM_DATA is not set"),
        ({"games": "/no/such/place"}, "does not exist"),
        ({"games": "generated:x"}, "is not of the form"),
        ({"games": "generated:1:2:3"}, "is not of the form"),
        ({"games": "generated:0"}, "from 1 to"),
        ({"max_turns": 0}, "max_turns must be"),
    ],
)
def test_wrong_arguments(arguments, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        make(**arguments)
    assert "\n" not in str(caught.value)


def test_difficulty_is_of_generated_games_only(folder):
    with pytest.raises(GameDataError, match="difficulty is of generated games only"):
        make(games=folder, difficulty="easy")
    with pytest.raises(GameDataError, match="it has no 'dev'"):
        make(games=folder, split="dev")


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_difficulties_are_passed_on(difficulty):
    env = make(difficulty=difficulty)
    assert f"/{difficulty}/" in env.reset(seed=0)[1]["task_id"]


def test_environments_of_one_game_share_its_tables():
    first, second = make(), make()
    first.reset(seed=1)
    second.reset(seed=1)
    assert first._episode.tables is second._episode.tables
    assert first.state is not second.state


def test_the_original_backend_is_asked_for_by_its_extra():
    """Where the packages are missing, one sentence says how to get them."""
    code = (
        "import sys, gymnasium as gym, t2po_gym\n"
        "sys.modules['textworld'] = sys.modules['alfworld'] = None\n"
        "try:\n    gym.make('t2po/ALFWorld-v0', backend='textworld')\n"
        "except ValueError as error:\n    print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 't2po-gym[alfworld]'" in run.stdout
    assert run.stdout.count("\n") == 1


@pytest.mark.parametrize("seed", range(12))
def test_goal_conditions_are_those_of_the_state_at_every_step(seed):
    """They are computed anew only when something was done; what is kept must never be stale."""
    env = make(expert=True)
    rng = random.Random(seed)
    _, info = env.reset(seed=seed)
    ended = False
    while not ended:
        plan = info["expert_plan"]
        follow = plan and rng.random() < 0.5
        action = plan[0] if follow else rng.choice(info["admissible_actions"])
        _, _, terminated, truncated, info = env.step(action)
        ended = terminated or truncated
        expected = env._episode.tables.progress.goal_conditions(env.state)
        assert (info["goal_conditions_met"], info["goal_conditions"]) == expected
        if rng.random() < 0.2:
            env.restore(env.snapshot())
