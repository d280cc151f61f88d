from __future__ import annotations

import json
import random
import tarfile
from dataclasses import replace

import pytest
from alfworld_games import recorded_games
from shared import shared_path

from t2po_gym.envs.alfworld.data.game import State
from t2po_gym.envs.alfworld.data.game_file import parse_game
from t2po_gym.envs.alfworld.generate.collection import generated_games
from t2po_gym.envs.alfworld.generate.goals import GoalSpec
from t2po_gym.envs.alfworld.generate.pddl_texts import DOMAIN, grammar_text, problem_text
from t2po_gym.envs.alfworld.generate.room_contents import affordances_of, can_contain
from t2po_gym.envs.alfworld.world.engine import Engine
from t2po_gym.envs.alfworld.world.game_tables import Tables
from t2po_gym.envs.alfworld.world.planner import Planner, shortest_plan
from t2po_gym.envs.alfworld.world.progress import GameProgress

IDLE = ("examine ", "look", "inventory", "help", "slice ", "close ")
GOALS = (
    GoalSpec(task_type="pick_and_place_simple", object_type="Mug", target_type="Cabinet"),
    GoalSpec(task_type="look_at_obj_in_light", object_type="Mug", target_type="DeskLamp"),
    GoalSpec(task_type="pick_clean_then_place_in_recep", object_type="Mug", target_type="Cabinet"),
    GoalSpec(task_type="pick_heat_then_place_in_recep", object_type="Mug", target_type="Fridge"),
    GoalSpec(task_type="pick_cool_then_place_in_recep", object_type="Mug", target_type="Cabinet"),
    GoalSpec(task_type="pick_two_obj_and_place", object_type="Mug", target_type="Cabinet"),
)


def tiny_game(goal: GoalSpec, rng: random.Random):
    """A room of six receptacles, some at one location, with two or three mugs and a fork."""
    types = ["Cabinet", "Cabinet", "Fridge", "Microwave", "SinkBasin", "DiningTable"]
    receptacles = [
        f"{t}_bar_{n}" + ("_bar_SinkBasin" if t == "SinkBasin" else "") for n, t in enumerate(types)
    ]
    facts = [("atLocation", "agent1", "loc_bar_9")]
    for name, kind in zip(receptacles, types, strict=True):
        facts.append(("receptacleType", name, f"{kind}Type"))
        facts.append(("receptacleAtLocation", name, f"loc_bar_{rng.randrange(4)}"))
        if kind in ("Fridge", "Microwave") or (kind == "Cabinet" and rng.random() < 0.6):
            facts.append(("openable", name))
    objects = [(f"Mug_bar_{n}", "Mug") for n in range(rng.choice((2, 2, 3)))]
    objects += [("Fork_bar_0", "Fork")]
    sources = [r for r, t in zip(receptacles, types, strict=True) if t != goal.target_type]
    for name, kind in objects:
        facts.append(("objectType", name, f"{kind}Type"))
        facts += [(able, name) for able in affordances_of(kind)]
        for source in rng.sample(sources, 2 if rng.random() < 0.2 else 1):
            facts.append(("inReceptacle", name, source))
    facts += [("objectType", "DeskLamp_bar_0", "DeskLampType"), ("toggleable", "DeskLamp_bar_0")]
    facts.append(("inReceptacle", "DeskLamp_bar_0", rng.choice(receptacles)))
    kinds = ("Mug", "Fork", "DeskLamp")
    for t in dict.fromkeys(types):
        facts += [("canContain", f"{t}Type", f"{o}Type") for o in kinds if o in can_contain()[t]]
    declared = {
        "agent": ["agent1"],
        "location": [f"loc_bar_{n}" for n in (0, 1, 2, 3, 9)],
        "receptacle": receptacles,
        "object": [name for name, _ in objects] + ["DeskLamp_bar_0"],
        "rtype": [f"{t}Type" for t in dict.fromkeys(types)],
        "otype": [f"{t}Type" for t in kinds],
    }
    data = {
        "pddl_domain": DOMAIN,
        "grammar": grammar_text("do it."),
        "pddl_problem": problem_text("plan_tiny", declared, facts, goal),
    }
    return parse_game(json.dumps(data), "tiny")


def key(state: State):
    return (
        *(state.location, state.held, tuple(state.contents), state.opened),
        *(state.clean, state.hot, state.cool, state.toggled),
    )


def searched_length(engine: Engine, limit: int) -> int | None:
    """Length of a shortest plan by breadth-first search over the engine; None beyond the limit."""
    start = engine.state.copy()
    layer, known = [start], {key(start)}
    for depth in range(limit + 1):
        following = []
        for state in layer:
            engine.load(state.copy(), 0)
            if engine.won:
                return depth
            for command in engine.admissible:
                if command.startswith(IDLE):
                    continue
                engine.load(state.copy(), 0)
                engine.step(command)
                if key(engine.state) not in known:
                    known.add(key(engine.state))
                    following.append(engine.state)
        layer = following
    return None


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.task_type)
def test_no_shorter_plan_exists(goal):
    for number in range(5):
        rng = random.Random(f"{goal.task_type} {number}")
        game = tiny_game(goal, rng)
        engine = Engine(Tables(game))
        for _ in range(number * 3):  # the first from the start, the others from further on
            engine.step(rng.choice(engine.admissible))
        state = engine.state.copy()
        length = Planner(game).remaining_steps(state)
        assert length is not None
        if length > 6:  # searching deeper takes long: bring it nearer first
            for command in Planner(game).commands(state)[: length - 6]:
                engine.step(command)
            length = 6
        assert searched_length(engine, length) == length


def walk(engine: Engine, rng: random.Random) -> None:
    for _ in range(rng.randrange(1, 40)):
        engine.step(rng.choice(engine.admissible))


def check_plan(engine: Engine, planner: Planner) -> None:
    """The plan wins with its last step, its length counts down, and progress never falls."""
    progress = GameProgress(engine.tables.game)
    plan = planner.commands(engine.state)
    assert plan is not None
    assert len(plan) <= 50
    last = progress.now(engine.state).value
    for number, command in enumerate(plan):
        assert not engine.won
        assert planner.remaining_steps(engine.state) == len(plan) - number
        assert command in engine.admissible
        engine.step(command)
        now = progress.now(engine.state).value
        assert now >= last
        last = now
    assert engine.won
    assert last == 1.0
    assert planner.plan(engine.state) == ()


@pytest.mark.parametrize("difficulty", ["easy", "medium", "hard", "mixed"])
def test_generated_games_are_solved_from_anywhere(difficulty):
    games = generated_games("dev", difficulty, seed=11)
    for index in range(25):
        engine = Engine(Tables(games.game(index)))
        planner = Planner(engine.tables.game)
        check_plan(engine, planner)
        engine.reset()
        walk(engine, random.Random(index))
        check_plan(engine, planner)


def test_plans_of_official_games_are_no_longer_than_the_stored_ones():
    count = 0
    for game in recorded_games():
        engine = Engine(Tables(game))
        plan = shortest_plan(game, game.start())
        assert plan is not None
        assert not game.walkthrough or len(plan) <= len(game.walkthrough)
        check_plan(engine, Planner(game))
        count += 1
    assert count > 0


@pytest.mark.slow
def test_all_official_games_are_solved():
    archive = shared_path("data", "alfworld", "alfworld_json_2.1.2.tar.xz")
    count = 0
    with tarfile.open(archive) as files:
        for member in files:
            if not member.name.endswith("game.tw-pddl"):
                continue
            content = files.extractfile(member)
            assert content is not None
            game = parse_game(content.read(), member.name)
            engine = Engine(Tables(game))
            planner = Planner(game)
            assert planner.remaining_steps(engine.state) <= len(game.walkthrough)
            check_plan(engine, planner)
            count += 1
    assert count == 4027


def test_no_plan_where_the_hand_cannot_be_emptied():
    """A roll that fits nowhere, once taken, bars everything else for ever."""
    goal = GOALS[0]
    game = tiny_game(goal, random.Random(1))
    fork = game.object_types.index("fork")
    stuck = [fits & ~(1 << fork) for fits in game.fits]
    game = replace(game, fits=tuple(stuck))
    state = game.start()
    state.held = fork
    state.contents = [tuple(o for o in inside if o != fork) for inside in state.contents]
    assert Planner(game).plan(state) is None
    assert Planner(game).commands(state) is None
    assert Planner(game).remaining_steps(state) is None
