from __future__ import annotations

import random
from dataclasses import replace

import pytest
from alfworld_games import recorded_games

from t2po_gym.envs.alfworld.data.game import Game
from t2po_gym.envs.alfworld.generate.collection import generated_games
from t2po_gym.envs.alfworld.generate.games import generate_task
from t2po_gym.envs.alfworld.world.engine import Engine
from t2po_gym.envs.alfworld.world.game_tables import Tables
from t2po_gym.envs.alfworld.world.planner import Planner
from t2po_gym.envs.alfworld.world.progress import MILESTONES, GameProgress


def game_of(task_type: str, difficulty: str = "mixed") -> Game:
    """The first generated game of a kind whose plan opens nothing."""
    games = generated_games("train", difficulty)
    for index in range(400):
        if games.task(index).goal.task_type == task_type:
            game = games.game(index)
            if not any(step.startswith("open") for step in game.walkthrough):
                return game
    raise AssertionError(f"no game of {task_type}")


def values_along(game: Game, commands) -> list[float]:
    engine, progress = Engine(Tables(game)), GameProgress(game)
    values = [progress.now(engine.state).value]
    for command in commands:
        engine.step(command)
        assert engine.accepted
        values.append(progress.now(engine.state).value)
    return values


def test_pick_and_place_goes_by_thirds():
    game = game_of("pick_and_place_simple")
    assert len(game.walkthrough) == 4
    assert values_along(game, game.walkthrough) == pytest.approx([0, 1 / 3, 2 / 3, 2 / 3, 1])


@pytest.mark.parametrize("verb", ["clean", "heat", "cool"])
def test_changing_goes_by_quarters(verb):
    game = game_of(f"pick_{verb}_then_place_in_recep")
    steps = [command.split()[0] for command in game.walkthrough]
    assert steps == ["go", "take", "go", verb, "go", "move"]
    assert values_along(game, game.walkthrough) == [0, 0.25, 0.5, 0.5, 0.75, 0.75, 1]


def test_pair_goes_by_sixths():
    game = game_of("pick_two_obj_and_place")
    assert len(game.walkthrough) == 8
    sixths = [0, 1, 2, 2, 3, 4, 5, 5, 6]
    assert values_along(game, game.walkthrough) == pytest.approx([n / 6 for n in sixths])


def test_light_goes_by_quarters():
    games = generated_games("train", "mixed")
    game = next(
        game
        for game in map(games.game, range(400))
        if game.goal.task_type == "look_at_obj_in_light"
        and len(game.walkthrough) == 4
        and not any(step.startswith("open") for step in game.walkthrough)
    )
    assert values_along(game, game.walkthrough) == [0, 0.25, 0.5, 0.75, 1]


def test_putting_down_elsewhere_takes_progress_back():
    game = game_of("pick_and_place_simple")
    go, take, *_ = game.walkthrough
    engine, progress = Engine(Tables(game)), GameProgress(game)
    engine.step(go)
    engine.step(take)
    assert progress.now(engine.state).value == pytest.approx(2 / 3)
    back = next(c for c in engine.admissible if c.startswith("move "))
    engine.step(back)
    assert progress.now(engine.state).value == pytest.approx(1 / 3)
    engine.step(next(c for c in engine.admissible if c.startswith("go to ")))
    assert progress.now(engine.state).value < 2 / 3


def test_wrong_thing_in_hand_hides_the_right_one():
    game = game_of("pick_and_place_simple", "easy")
    engine, progress = Engine(Tables(game)), GameProgress(game)
    engine.step(game.walkthrough[0])
    wanted = game.goal.object_type
    other = [c for c in engine.admissible if c.startswith("take ") and wanted not in c.split()]
    if not other:
        pytest.skip("nothing else lies there")
    engine.step(other[0])
    assert progress.now(engine.state).value == 0.0


def test_cool_from_the_start_is_no_progress_until_touched():
    for index in range(3000):
        task = generate_task("train", "mixed", 0, index)
        if task.goal.task_type == "pick_cool_then_place_in_recep" and any(
            o.cool and o.type == task.goal.object_type for o in task.objects
        ):
            break
    game = generated_games("train", "mixed").game(index)
    engine, progress = Engine(Tables(game)), GameProgress(game)
    cool = next(o for o in game.objects_of(game.goal.object_type) if game.cool >> o & 1)
    assert progress.now(engine.state).value == 0.0
    name = game.object_names[cool]
    fridge = game.receptacle_names[next(r for r, c in enumerate(game.contents) if cool in c)]
    for command in (f"go to {fridge}", f"open {fridge}"):
        engine.step(command)
    assert progress.now(engine.state).value == 0.25
    engine.step(f"take {name} from {fridge}")
    assert progress.now(engine.state).value == 0.75


def test_a_start_above_zero_is_stretched():
    game = game_of("pick_two_obj_and_place")
    target = game.receptacles_of(game.goal.target_type)[0]
    first = game.objects_of(game.goal.object_type)[0]
    contents = [tuple(o for o in inside if o != first) for inside in game.contents]
    contents[target] = tuple(sorted((*contents[target], first)))
    begun = replace(game, contents=tuple(contents))
    plan = Planner(begun).commands(begun.start())
    assert plan is not None
    values = values_along(begun, plan)
    assert values[0] == 0.0
    assert values == sorted(values)
    assert values[-1] == 1.0


def check_states(game: Game, seed: int) -> None:
    """Along a random walk: bounds, 1 exactly when won, goal conditions and milestones agree."""
    engine, progress = Engine(Tables(game)), GameProgress(game)
    assert progress.now(engine.state).value == 0.0
    rng = random.Random(seed)
    for _ in range(60):
        engine.step(rng.choice(engine.admissible))
        now = progress.now(engine.state)
        assert 0.0 <= now.value <= 1.0
        assert (now.value == 1.0) is engine.won
        assert tuple(now.milestones) == MILESTONES
        assert now.milestones["solved"] == float(engine.won)
        assert list(now.milestones.values())[:3] == sorted(
            list(now.milestones.values())[:3], reverse=True
        )
        met, conditions = progress.goal_conditions(engine.state)
        assert 0 <= met <= conditions
        assert (met == conditions) is engine.won


def test_states_of_official_games():
    count = 0
    for count, game in enumerate(recorded_games(), 1):
        check_states(game, count)
    assert count > 0


@pytest.mark.parametrize("difficulty", ["easy", "medium", "hard", "mixed"])
def test_states_of_generated_games(difficulty):
    games = generated_games("test", difficulty)
    for index in range(12):
        check_states(games.game(index), index)


def test_goal_conditions_of_a_changing_task():
    game = game_of("pick_clean_then_place_in_recep")
    engine, progress = Engine(Tables(game)), GameProgress(game)
    # Nothing in place at first in some games only, so the count is compared with what it was.
    before, total = progress.goal_conditions(engine.state)
    assert total == 3
    for command in game.walkthrough[:4]:
        engine.step(command)
    assert progress.goal_conditions(engine.state)[0] >= before
    assert progress.goal_conditions(engine.state)[0] >= 1  # one is clean
    for command in game.walkthrough[4:]:
        engine.step(command)
    assert progress.goal_conditions(engine.state) == (3, 3)
