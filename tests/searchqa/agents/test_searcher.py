"""The scripted searcher: it wins, keeps to the rules, and reads before it answers."""

import random
from dataclasses import replace

import gymnasium as gym
import pytest
from searchqa_envs import make, start

from t2po_gym.core.many.checker import check_text_env
from t2po_gym.envs.searchqa.agents.searcher import ScriptedSearcher
from t2po_gym.envs.searchqa.data.questions import ListQuestions
from t2po_gym.envs.searchqa.world.actions import parse_fixed

LEVELS = ("Easy", "Medium", "Hard", "Expert")


def play(env, index, seed=0, **kwargs):
    env.reset(seed=0, options={"task_index": index})
    return ScriptedSearcher(env, random.Random(seed), **kwargs).play()


@pytest.mark.parametrize("split", ["train", "dev", "test", "test-wording", "test-entities"])
@pytest.mark.parametrize("level", LEVELS)
def test_every_level_can_be_solved_within_the_turn_limit(level, split):
    env = gym.make(f"t2po/SearchQA-{level}-v0", split=split).unwrapped
    tasks = range(0, env.num_tasks(), max(1, env.num_tasks() // 60))
    solved = 0
    for index in tasks:
        turns = play(env, index)
        solved += env._success() and env.episode.evidence.recall == 1.0
        assert len(turns) <= len(env.question.search_path) + 1
    assert solved / len(tasks) >= 0.99


def test_it_searches_in_turn_and_answers_when_it_has_read_enough():
    env, _, _ = start("q3", max_turns=6)
    turns = ScriptedSearcher(env, random.Random(0)).play()
    assert [turn.action for turn in turns] == [
        "search[Ulmen]",
        "search[Ada Voss]",
        "search[Tarn town]",
        "answer[Otto Brill]",
    ]
    assert all(turn.think and "<" not in turn.think for turn in turns)


def test_it_does_not_search_for_what_it_has_read():
    env, _, _ = start("q3", max_turns=6)
    env.step("search[Ulmen Ada Voss Tarn town]")
    assert env.episode.evidence.recall == 1.0
    turns = ScriptedSearcher(env, random.Random(0)).play()
    assert [turn.action for turn in turns] == ["answer[Otto Brill]"]


def test_without_a_path_it_asks_the_question():
    env, _, _ = start("q4")
    turns = ScriptedSearcher(env, random.Random(0)).play()
    assert [turn.action for turn in turns] == [
        "search[Which river floods in May?]",
        "answer[the Lesk]",
    ]


def test_gold_titles_serve_for_a_path():
    env, _, _ = start("q3", max_turns=6)
    titles = replace(env.question, search_path=(), support=(), support_titles=("Ulmen", "Ada Voss"))
    env, _, _ = start("q3", max_turns=6, questions=ListQuestions([titles]))
    turns = ScriptedSearcher(env, random.Random(0)).play()
    assert [turn.action for turn in turns][:2] == ["search[Ulmen]", "search[Ada Voss]"]
    assert len(turns) == 3


def test_noise_costs_turns_and_no_wins():
    env = gym.make("t2po/SearchQA-Medium-v0", split="dev", max_turns=6).unwrapped
    lengths = []
    for index in range(60):
        turns = play(env, index, seed=index, noise=0.5)
        lengths.append(len(turns))
        assert env._success()
        assert all(not parse_fixed(turn.action).error for turn in turns)
    assert 3.0 < sum(lengths) / 60 <= 6.0


def test_haste_loses():
    env = gym.make("t2po/SearchQA-Easy-v0", split="dev").unwrapped
    won = [0, 0]
    for index in range(100):
        for hasty in (0, 1):
            assert len(play(env, index, seed=index, hasty=float(hasty))) == 2
            won[hasty] += env._success()
    assert won[0] == 100
    assert won[1] < 60


def test_it_takes_over_in_the_middle():
    env, _, _ = start("q2")
    env.step("search[Otto]")
    env.step("nothing")
    turns = ScriptedSearcher(env, random.Random(0)).play()
    assert turns[-1].action == "answer[Tarn]"


def test_it_needs_the_fixed_rules():
    env, _, _ = start("q2", rules="t2po", max_turns=9)
    with pytest.raises(ValueError, match="rules='fixed'"):
        ScriptedSearcher(env, random.Random(0), noise=1.0).turn()
    for wrong in ({"noise": -0.1}, {"hasty": 1.5}):
        with pytest.raises(ValueError, match="must be a chance from 0 to 1"):
            ScriptedSearcher(env, random.Random(0), **wrong)


def test_contract_with_the_searcher_as_policy():
    def make_one(**kwargs):
        return make(corpus="default", split="test", **kwargs)

    subject = make_one()

    def act(observation, info):
        subject.reset(seed=0, options={"task_id": info["task_id"]})
        searcher = ScriptedSearcher(subject, random.Random(0))
        for _ in range(info["turn"]):
            subject.step(searcher.turn().action)
        return searcher.turn().action

    check_text_env(make_one, policy=act, episodes=3)
