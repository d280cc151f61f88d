from __future__ import annotations

import random

import pytest
from alfworld_games import recorded_games

from t2po_gym.envs.alfworld.agents.explorer import Explorer, explore, read_goal
from t2po_gym.envs.alfworld.data.game import Game
from t2po_gym.envs.alfworld.generate.collection import generated_games
from t2po_gym.envs.alfworld.world.engine import Engine
from t2po_gym.envs.alfworld.world.game_tables import Tables

LIMIT = 50


def play(game: Game, noise: float = 0.0, seed: int = 0) -> tuple[bool, list[str], list[str]]:
    """Whether it wins in 50 turns, its actions, and its thoughts."""
    engine = Engine(Tables(game))
    explorer = Explorer(engine.reset(), random.Random(seed), noise)
    actions, thoughts = [], []
    while not engine.won and len(actions) < LIMIT:
        turn = explorer.turn(engine.admissible)
        assert turn.action in engine.admissible
        explorer.observe(turn.action, engine.step(turn.action))
        actions.append(turn.action)
        thoughts.append(turn.think)
    return engine.won, actions, thoughts


@pytest.mark.parametrize(
    ("difficulty", "share"), [("easy", 1.0), ("medium", 1.0), ("mixed", 0.95), ("hard", 0.9)]
)
def test_generated_games_are_won(difficulty, share):
    games = generated_games("dev", difficulty, seed=2)
    won = [play(games.game(i))[0] for i in range(40)]
    assert sum(won) >= share * len(won)


def test_official_games_of_both_dialects_are_won():
    won = [play(game)[0] for game in recorded_games()]
    assert won
    assert sum(won) >= 0.95 * len(won)


def test_it_searches_before_it_knows():
    games = generated_games("train", "hard")
    lengths = [(len(play(games.game(i))[1]), len(games.game(i).walkthrough)) for i in range(20)]
    assert all(played >= shortest for played, shortest in lengths)
    assert sum(played > shortest for played, shortest in lengths) > 10


def test_thoughts_name_only_what_was_read():
    game = generated_games("train", "medium").game(1)
    engine = Engine(Tables(game))
    read = engine.reset()
    explorer = Explorer(read)
    while not engine.won:
        turn = explorer.turn(engine.admissible)
        known = f"{read} {' '.join(engine.admissible)} ".replace(".", " ").replace(",", " ")
        names = {n for n in (*game.object_names, *game.receptacle_names) if f" {n} " in turn.think}
        assert all(f" {name} " in known for name in names)
        assert "<" not in turn.think
        observation = engine.step(turn.action)
        explorer.observe(turn.action, observation)
        read += f" {observation} "


def test_detours_do_not_lose_the_way():
    games = generated_games("train", "easy")
    won = [play(games.game(i), noise=0.2, seed=i)[0] for i in range(20)]
    assert sum(won) >= 19


def test_it_takes_over_with_the_wrong_thing_in_hand():
    games = generated_games("train", "easy")
    for index in range(20):
        engine = Engine(Tables(games.game(index)))
        explorer = Explorer(engine.reset())
        rng = random.Random(index)
        for _ in range(12):
            action = rng.choice(engine.admissible)
            explorer.observe(action, engine.step(action))
        for _ in range(LIMIT):
            if engine.won:
                break
            turn = explorer.turn(engine.admissible)
            assert turn.action in engine.admissible
            explorer.observe(turn.action, engine.step(turn.action))
        assert engine.won


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        ("put a mug in shelf.", ("pick_and_place_simple", "mug", "shelf")),
        ("put some mug on shelf.", ("pick_and_place_simple", "mug", "shelf")),
        ("look at cd under the desklamp.", ("look_at_obj_in_light", "cd", "desklamp")),
        ("examine the cd with the desklamp.", ("look_at_obj_in_light", "cd", "desklamp")),
        ("put a hot egg in fridge.", ("pick_heat_then_place_in_recep", "egg", "fridge")),
        (
            "cool some pan and put it in cabinet.",
            ("pick_cool_then_place_in_recep", "pan", "cabinet"),
        ),
        (
            "clean some fork and put it in drawer.",
            ("pick_clean_then_place_in_recep", "fork", "drawer"),
        ),
        ("find two pen and put them in safe.", ("pick_two_obj_and_place", "pen", "safe")),
        ("put two pen in safe.", ("pick_two_obj_and_place", "pen", "safe")),
    ],
)
def test_goals_are_understood(sentence, wanted):
    goal = read_goal(sentence)
    assert goal is not None
    assert (goal.task_type, goal.object_type, goal.target_type) == wanted


def test_other_wordings_are_refused_with_a_sentence():
    assert read_goal("Place a chilled mug under the coffee maker.") is None
    with pytest.raises(ValueError, match="wordings"):
        Explorer("You see a desk 1.\n\nYour task is to: do what you like.")
    with pytest.raises(ValueError, match="noise"):
        Explorer("You see a desk 1.\n\nYour task is to: put a mug in shelf.", noise=0.5)


def test_an_episode_under_way_is_explored_alike():
    """From the episode's own books it does the same as from its texts."""
    games = generated_games("train", "mixed", seed=3)
    for index in range(40):
        game = games.game(index)
        engine = Engine(Tables(game))
        explorer = Explorer(engine.reset())
        for _ in range(LIMIT):
            turn = explorer.turn(engine.admissible)
            cool = game.cool >> engine.state.held & 1 if engine.state.held >= 0 else 0
            if not cool:
                again = explore(game, engine.state, engine.seen, engine.admissible)
                assert again.action == turn.action
            explorer.observe(turn.action, engine.step(turn.action))
