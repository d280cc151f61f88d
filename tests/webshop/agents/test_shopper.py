"""The scripted shopper: it wins, keeps to the rules, and speaks of what it sees."""

import random

import pytest
from webshop_envs import make, real_files

from t2po_gym.envs.webshop.agents.shopper import ScriptedShopper, candidate_queries
from t2po_gym.envs.webshop.world.pages import SEPARATOR


def play(env, index, noise=0.0, seed=0):
    env.reset(seed=0, options={"task_index": index})
    return ScriptedShopper(env, random.Random(seed), noise).play()


def share_won(env, tasks, **kwargs):
    won = 0
    for index in tasks:
        play(env, index, **kwargs)
        won += env._success()
    return won / len(tasks)


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_it_wins_the_default_catalogue(split):
    env = make(split=split)
    assert share_won(env, range(0, env.num_tasks(), 5)) >= 0.99


@pytest.mark.parametrize(
    ("arguments", "share"),
    [
        ({"catalogue": "compact:500"}, 0.99),
        ({"catalogue": "compact:500", "page_size": 4, "title_words": 6}, 0.99),
        ({"catalogue": "generated:300:7", "observation_mode": "text_rich"}, 0.99),
        ({"rules": "exact", "max_turns": 15}, 0.95),
    ],
)
def test_it_wins_elsewhere(arguments, share):
    env = make(split="all", **arguments)
    assert share_won(env, range(0, env.num_tasks(), env.num_tasks() // 80)) >= share


def test_it_wins_the_real_products():
    env = make(split="all", **real_files())
    assert share_won(env, range(0, env.num_tasks(), 23)) >= 0.99


def test_it_buys_the_best_there_is_for_human_goals():
    env = make(split="all", human_goals=True, **real_files())
    scores = []
    for index in range(env.num_tasks()):
        play(env, index)
        scores.append(env._score())
    assert sum(scores) / len(scores) > 0.8


def test_every_action_is_admissible_and_the_plan_short():
    env = make(split="test")
    for index in range(0, env.num_tasks(), 9):
        _, info = env.reset(seed=0, options={"task_index": index})
        shopper = ScriptedShopper(env, random.Random(index), noise=0.3)
        ended = False
        while not ended:
            turn = shopper.turn()
            search = turn.action.startswith("search[") and env.session.kind == "search"
            assert search or turn.action in info["admissible_actions"]
            _, _, terminated, truncated, info = env.step(turn.action)
            assert info["action_valid"]
            ended = terminated or truncated


def test_noise_makes_detours_and_most_of_them_still_win():
    env = make(split="test")
    tasks = range(0, env.num_tasks(), 6)
    straight = sum(len(play(env, index)) for index in tasks)
    winding = sum(len(play(env, index, noise=0.3)) for index in tasks)
    assert winding > 1.3 * straight
    assert share_won(env, tasks, noise=0.3) > 0.8


def test_the_same_seed_speaks_and_plays_alike_and_another_one_does_not():
    env = make(split="test")
    assert play(env, 3, 0.5, seed=1) == play(env, 3, 0.5, seed=1)
    assert len({tuple(play(env, 3, 0.5, seed=seed)) for seed in range(8)}) > 4


def test_thinking_is_short_and_of_varying_length_without_tags():
    env = make(split="test")
    thoughts = [turn.think for index in range(60) for turn in play(env, index, 0.2, seed=index)]
    lengths = {len(thought.split()) for thought in thoughts}
    assert len(lengths) > 10
    assert max(lengths) < 80
    assert not any(mark in thought for thought in thoughts for mark in "<>[]\n")


def test_thinking_names_nothing_that_cannot_be_seen():
    """Every number of a thought (sizes, counts, the price limit) stands on the page before it."""
    env = make(split="test")
    for index in range(60):
        page, _ = env.reset(seed=0, options={"task_index": index})
        shopper = ScriptedShopper(env, random.Random(index), noise=0.2)
        ended = False
        while not ended:
            turn = shopper.turn()
            seen = set(_words(page))
            for number in (word for word in _words(turn.think) if word[:1].isdigit()):
                assert number in seen, (turn, page)
            assert env.goal.asin not in turn.think
            page, _, terminated, truncated, _ = env.step(turn.action)
            ended = terminated or truncated


def _words(text):
    return [word.strip(".,:") for word in text.replace(SEPARATOR, " ").split()]


def test_it_can_take_over_from_anywhere():
    env = make(split="test")
    rng = random.Random(0)
    won = 0
    for index in range(40):
        _, info = env.reset(seed=0, options={"task_index": index})
        for action in ("search[gift]", *(["?"] * rng.randrange(3))):
            if action == "?":
                action = rng.choice(
                    [a for a in info["admissible_actions"] if a != "click[buy now]"]
                ).replace("<your query>", "set")
            *_, info = env.step(action)
        ScriptedShopper(env, rng).play()
        won += env._success()
    assert won == 40


def test_queries_are_made_of_the_instruction():
    env = make(split="all")
    for index in range(0, env.num_tasks(), 13):
        goal = env._tasks.goal(index)
        said = goal.instruction_text.lower()
        queries = candidate_queries(goal)
        assert queries
        for query in queries:
            assert all(word in said for word in query.split())


def test_a_wrong_chance_is_refused():
    env = make()
    with pytest.raises(ValueError, match=r"noise must be a chance from 0 to 1; got 1\.5"):
        ScriptedShopper(env, random.Random(0), 1.5)


def test_a_vague_shopper_leaves_the_options_out_and_wins_less():
    env = make(split="test", catalogue="compact:2000", page_size=3, max_turns=8)
    won, searches = 0, 0
    tasks = [i for i in range(env.num_tasks()) if env._tasks.goal(i).goal_options][:60]
    for index in tasks:
        env.reset(seed=0, options={"task_index": index})
        turns = ScriptedShopper(env, random.Random(index), vague=1.0).play()
        values = env.goal.goal_options.values()
        searches += any(value in turns[0].action for value in values)
        won += env._success()
    assert searches < 0.2 * len(tasks)
    assert 0.05 < won / len(tasks) < 0.8


def test_few_reasons_make_short_thoughts():
    env = make(split="test")
    lengths = {}
    for reasons in (0, 2):
        env.reset(seed=0, options={"task_index": 1})
        shopper = ScriptedShopper(env, random.Random(0), reasons=reasons)
        lengths[reasons] = sum(len(turn.think) for turn in shopper.play())
    assert lengths[0] < lengths[2]


@pytest.mark.parametrize("wrong", [{"noise": 1.5}, {"vague": -0.1}])
def test_a_chance_is_a_chance(wrong):
    with pytest.raises(ValueError, match="from 0 to 1"):
        ScriptedShopper(make(split="test"), random.Random(0), **wrong)
