"""A small hand-made kitchen in both dialects, and recorded games of the original, for the tests."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import gymnasium as gym
from shared import shared_path

import t2po_gym  # noqa: F401 - registers the ids
from t2po_gym.envs.alfworld.data.game import Game
from t2po_gym.envs.alfworld.data.game_file import parse_game
from t2po_gym.envs.alfworld.env import ALFWorldEnv
from t2po_gym.envs.alfworld.generate.goals import HEAT, GoalSpec
from t2po_gym.envs.alfworld.generate.pddl_texts import DOMAIN, Fact, grammar_text, problem_text
from t2po_gym.envs.alfworld.world.engine import Engine
from t2po_gym.envs.alfworld.world.fixed_engine import FixedEngine
from t2po_gym.envs.alfworld.world.game_tables import Tables

HEAT_MUG = GoalSpec(task_type=HEAT, object_type="Mug", target_type="Cabinet")

RECEPTACLES = {  # id -> type, location, openable
    "Cabinet_bar_1": ("Cabinet", "loc_bar_2", True),
    "Drawer_bar_1": ("Drawer", "loc_bar_2", True),
    "DiningTable_bar_1": ("DiningTable", "loc_bar_1", False),
    "Fridge_bar_1": ("Fridge", "loc_bar_3", True),
    "Microwave_bar_1": ("Microwave", "loc_bar_4", True),
    "Sink_bar_1_bar_SinkBasin": ("SinkBasin", "loc_bar_5", False),
}
OBJECTS = {  # id -> type, receptacle, what can be done with it
    "Mug_bar_1": (
        *("Mug", "DiningTable_bar_1"),
        ("pickupable", "isReceptacleObject", "cleanable", "heatable", "coolable"),
    ),
    "Mug_bar_2": (
        *("Mug", "Fridge_bar_1"),
        ("pickupable", "isReceptacleObject", "cleanable", "heatable", "coolable", "isCool"),
    ),
    "Apple_bar_1": (
        *("Apple", "DiningTable_bar_1"),
        ("pickupable", "cleanable", "heatable", "coolable", "sliceable"),
    ),
    "Knife_bar_1": ("Knife", "Drawer_bar_1", ("pickupable", "cleanable")),
    "DeskLamp_bar_1": ("DeskLamp", "DiningTable_bar_1", ("toggleable",)),
}
FITS = {
    "Mug": ("Cabinet", "DiningTable", "Fridge", "Microwave", "SinkBasin"),
    "Apple": ("DiningTable", "Fridge", "Microwave", "SinkBasin"),
    "Knife": ("Drawer", "DiningTable", "SinkBasin"),
}


def facts() -> list[Fact]:
    """What holds at the start in the small kitchen."""
    found: list[Fact] = [("atLocation", "agent1", "loc_bar_0")]
    for name, (kind, place, openable) in RECEPTACLES.items():
        found += [("receptacleType", name, f"{kind}Type"), ("receptacleAtLocation", name, place)]
        found += [("openable", name)] if openable else []
    for name, (kind, inside, able) in OBJECTS.items():
        found += [("objectType", name, f"{kind}Type"), ("inReceptacle", name, inside)]
        found += [("objectAtLocation", name, RECEPTACLES[inside][1])]
        found += [(word, name) for word in able]
    for kind, places in FITS.items():
        found += [("canContain", f"{place}Type", f"{kind}Type") for place in places]
    return found


def content(
    goal: GoalSpec = HEAT_MUG, extra: tuple[Fact, ...] = (), without: tuple[Fact, ...] = ()
) -> dict[str, Any]:
    """The fields of a game file of the small kitchen."""
    declared = {
        "agent": ["agent1"],
        "location": [f"loc_bar_{number}" for number in range(6)],
        "receptacle": list(RECEPTACLES),
        "object": list(OBJECTS),
        "rtype": sorted({f"{kind}Type" for kind, _, _ in RECEPTACLES.values()}),
        "otype": sorted({f"{kind}Type" for kind, _, _ in OBJECTS.values()}),
    }
    known = [fact for fact in facts() if fact not in without]
    return {
        "pddl_domain": DOMAIN,
        "grammar": grammar_text("put a hot mug in cabinet."),
        "pddl_problem": problem_text("tiny", declared, [*known, *extra], goal),
        "solvable": True,
        "walkthrough": [],
    }


def old_dialect(data: dict[str, Any]) -> dict[str, Any]:
    """The same game in the wording of the data 2.1.1: put, ``loc N`` on arrival, no help."""
    grammar = data["grammar"].replace("move {o} to {r}", "put {o} in/on {r}")
    grammar = grammar.replace(
        "You move the {o.name} to the {r.name}.", "You put the {o.name} in/on the {r.name}."
    ).replace("You arrive at {r.name}.", "You arrive at {lend.name}.")
    start = grammar.index("action help")
    end = grammar.index("}", start)
    domain = data["pddl_domain"]
    last = domain.index("(:action help")
    return {
        **data,
        "grammar": grammar[:start] + grammar[end + 1 :],
        "pddl_domain": domain[:last] + ")",
    }


def tiny(**changes: Any) -> Game:
    """The small kitchen, compiled."""
    return parse_game(json.dumps(content(**changes)), "tiny")


def engine(fixed: bool = False, **changes: Any) -> Engine:
    """An episode in the small kitchen."""
    tables = Tables(tiny(**changes))
    return FixedEngine(tables) if fixed else Engine(tables)


def make(**kwargs: Any) -> ALFWorldEnv:
    """Make an ALFWorld environment."""
    env = gym.make("t2po/ALFWorld-v0", **kwargs).unwrapped
    assert isinstance(env, ALFWorldEnv)
    return env


@dataclass(frozen=True)
class Recording:
    """A game of the original with what was recorded of it."""

    name: str
    game_path: Path
    transcript_path: Path

    @property
    def game(self) -> Game:
        """The game, compiled."""
        return compiled(self.game_path)

    @property
    def transcript(self) -> dict[str, Any]:
        """The recording."""
        with gzip.open(self.transcript_path, "rt", encoding="utf-8") as file:
            data: dict[str, Any] = json.load(file)
        return data


@cache
def compiled(path: Path) -> Game:
    """A packed game file, compiled."""
    return parse_game(gzip.decompress(path.read_bytes()), path.name)


def recorded_games() -> Iterator[Game]:
    """Every game file in the shared folder, in subfolders too; all dialects."""
    for path in sorted(shared_path("golden", "alfworld").rglob("games/*.tw-pddl.gz")):
        yield compiled(path)


def recordings() -> Iterator[Recording]:
    """Every recording in the shared folder, in subfolders too."""
    root = shared_path("golden", "alfworld")
    for transcript in sorted(root.rglob("transcripts/*.json.gz")):
        key = transcript.name.removesuffix(".json.gz")
        game = transcript.parents[1] / "games" / f"{key}.tw-pddl.gz"
        name = f"{transcript.parents[1].relative_to(root).as_posix()}/{key}"
        yield Recording(name, game, transcript)
