"""The repaired texts: every refusal says why, from what the agent can see."""

import random
from itertools import islice

import pytest
from alfworld_games import content, engine, old_dialect, recorded_games, tiny

from t2po_gym.core.many.checker import HOSTILE_ACTIONS
from t2po_gym.envs.alfworld.data.game_file import parse_game
from t2po_gym.envs.alfworld.world.engine import Engine
from t2po_gym.envs.alfworld.world.fixed_engine import FixedEngine
from t2po_gym.envs.alfworld.world.game_tables import Tables
from t2po_gym.envs.alfworld.world.refusals import normal_command

AT_TABLE = ("go to diningtable 1",)
WITH_MUG = (*AT_TABLE, "take mug 2 from diningtable 1")
WITH_APPLE = (*AT_TABLE, "take apple 1 from diningtable 1")
WITH_KNIFE = ("go to drawer 1", "open drawer 1", "take knife 1 from drawer 1")


def said(commands, last):
    """The answer to the last command in the small kitchen under the repaired rules."""
    episode = engine(fixed=True)
    for command in commands:
        episode.step(command)
        assert episode.accepted, command
    return episode.step(last)


@pytest.mark.parametrize(
    ("commands", "last", "reason"),
    [
        ((), "", "The command is empty."),
        ((), "dance wildly", '"dance wildly" is not a command; commands begin with clean,'),
        ((), "go to desk 1", "There is no desk 1 in this room."),
        (AT_TABLE, "go to diningtable 1", 'already; use "examine diningtable 1" to see it again'),
        (
            ("go to cabinet 1",),
            "go to drawer 1",
            "You are at drawer 1 already: cabinet 1, and drawer 1 are reached from the same place;"
            ' use "examine drawer 1" to see it.',
        ),
        ((), "open fridge 1", "You are not at fridge 1; go there first."),
        ((), "open safe 1", "There is no safe 1 in this room."),
        (AT_TABLE, "open diningtable 1", "The diningtable 1 cannot be opened."),
        (AT_TABLE, "close diningtable 1", "The diningtable 1 cannot be closed."),
        (("go to fridge 1",), "close fridge 1", "The fridge 1 is closed already."),
        (("go to fridge 1", "open fridge 1"), "open fridge 1", "The fridge 1 is open already."),
        (WITH_MUG, "take apple 1 from diningtable 1", "hands are full: put mug 2 down first."),
        (WITH_MUG, "take mug 2 from diningtable 1", "You are holding mug 2 already."),
        ((), "take mug 2 from diningtable 1", "You are not at diningtable 1; go there first."),
        (("go to fridge 1",), "take mug 1 from fridge 1", "is closed; open it first."),
        (AT_TABLE, "take desklamp 1 from diningtable 1", "desklamp 1 cannot be picked up."),
        (AT_TABLE, "take cup 1 from diningtable 1", "There is no cup 1 in or on diningtable 1."),
        (AT_TABLE, "move mug 2 to fridge 1", "You are not holding mug 2; take it first."),
        (WITH_MUG, "move apple 1 to fridge 1", "not holding apple 1; you are holding mug 2."),
        (WITH_MUG, "move mug 2 to fridge 1", "You are not at fridge 1; go there first."),
        ((*WITH_MUG, "go to fridge 1"), "move mug 2 to fridge 1", "is closed; open it first."),
        (
            (*WITH_APPLE, "go to cabinet 1", "open cabinet 1"),
            "move apple 1 to cabinet 1",
            "The apple 1 does not fit in or on cabinet 1.",
        ),
        (AT_TABLE, "heat mug 2 with microwave 1", "You are not holding mug 2; take it first."),
        (WITH_MUG, "heat mug 2 with microwave 1", "You are not at microwave 1; go there first."),
        (
            (*WITH_MUG, "go to fridge 1"),
            "heat mug 2 with fridge 1",
            "You cannot heat anything with fridge 1; it takes a microwave.",
        ),
        (
            (*WITH_KNIFE, "go to microwave 1"),
            "heat knife 1 with microwave 1",
            "The knife 1 cannot be heated.",
        ),
        (
            (*WITH_KNIFE, "go to fridge 1"),
            "cool knife 1 with fridge 1",
            "The knife 1 cannot be cooled.",
        ),
        ((), "use desklamp 1", "You do not see desklamp 1 here."),
        (AT_TABLE, "use mug 2", "The mug 2 has no switch."),
        (WITH_MUG, "use mug 2", "You are holding mug 2; put it down to use it."),
        (AT_TABLE, "slice apple 1 with knife 1", "You are not holding knife 1; take it first."),
        (WITH_MUG, "slice apple 1 with mug 2", "The mug 2 does not cut; it takes a knife."),
        (
            (*WITH_KNIFE, "go to diningtable 1"),
            "slice mug 2 with knife 1",
            "The mug 2 cannot be sliced.",
        ),
        (WITH_KNIFE, "slice apple 1 with knife 1", "There is no apple 1 to slice here."),
        ((), "examine fridge 1", "You are not at fridge 1; go there first."),
        (AT_TABLE, "examine mug 2", "Take mug 2 in your hand to examine it."),
        ((), "examine mug 2", "You do not see mug 2 here."),
    ],
)
def test_reasons(commands, last, reason):
    answer = said(commands, last)
    assert answer.startswith("Nothing happens. ")
    assert reason in answer


@pytest.mark.parametrize(
    ("place", "opening"), [("fridge 1", ("go to fridge 1",)), ("cabinet 1", ("go to cabinet 1",))]
)
def test_what_is_out_of_sight_is_spoken_of_like_what_does_not_exist(place, opening):
    """Mug 1 is in the closed fridge and mug 9 nowhere: no refusal tells the two apart."""
    forms = (
        *("take {} from fridge 1", "examine {}", "use {}", "move {} to fridge 1"),
        *("heat {} with microwave 1", "slice {} with knife 1", "take {} from diningtable 1"),
    )
    for form in forms:
        there = said(opening, form.format("mug 1")).replace("mug 1", "X")
        nowhere = said(opening, form.format("mug 9")).replace("mug 9", "X")
        assert there == nowhere


def test_an_apple_in_a_closed_fridge_is_not_given_away_by_slicing():
    episode = engine(fixed=True)
    for command in (*WITH_KNIFE, "go to fridge 1"):
        episode.step(command)
    hidden = episode.step("slice mug 1 with knife 1").replace("mug 1", "X")
    nowhere = episode.step("slice mug 9 with knife 1").replace("mug 9", "X")
    assert hidden == nowhere


@pytest.mark.parametrize(
    "command",
    [
        *("put mug 2 in/on diningtable 1", "put mug 2 on diningtable 1", "Place Mug 2 in"),
        *("  MOVE  mug 2   to diningtable 1", "move mug 2 to diningtable 1"),
    ],
)
def test_letter_case_blanks_and_other_words_for_put_are_understood(command):
    if command.endswith("in"):
        command += " diningtable 1"
    assert said(WITH_MUG, command) == "You move the mug 2 to the diningtable 1."


def test_the_older_dialect_understands_the_newer_one():
    import json

    tables = Tables(parse_game(json.dumps(old_dialect(content())), "old"))
    assert normal_command("move mug 2 to fridge 1", tables.game.phrases) == (
        "put mug 2 in/on fridge 1"
    )


def test_looking_around_shows_the_room_and_then_the_place():
    assert said((), "look") == (
        "You are in the middle of a room. Looking quickly around you, you see a cabinet 1, a "
        "diningtable 1, a drawer 1, a fridge 1, a microwave 1, and a sinkbasin 1."
    )
    assert said(("go to cabinet 1", "open drawer 1"), "look") == (
        "You are facing the cabinet 1, and drawer 1. The cabinet 1 is closed. The drawer 1 is "
        "open. In it, you see a knife 1."
    )


def test_looking_counts_as_seeing():
    episode = engine(fixed=True)
    episode.step("go to cabinet 1")
    episode.step("open drawer 1")
    episode.step("close drawer 1")
    assert episode.seen == 1 << 2
    episode.step("open cabinet 1")
    episode.step("look")
    assert episode.seen == 1 << 2 | 1 << 0


def test_a_lamp_that_is_on_is_said_to_be_on():
    assert said((*AT_TABLE, "use desklamp 1"), "use desklamp 1") == "The desklamp 1 is on already."


def test_containers_tell_their_state():
    hot = (*WITH_MUG, "go to microwave 1", "heat mug 2 with microwave 1")
    assert said(hot, "examine mug 2") == "This is a hot mug 2. In it, you see nothing."
    clean = (*hot, "go to sinkbasin 1", "clean mug 2 with sinkbasin 1")
    assert said(clean, "examine mug 2") == "This is a hot and clean mug 2. In it, you see nothing."
    assert said(WITH_MUG, "examine mug 2") == "This is a normal mug 2. In it, you see nothing."


def test_cold_is_called_cool():
    cool = (*WITH_APPLE, "go to fridge 1", "cool apple 1 with fridge 1")
    assert said(cool, "examine apple 1") == "This is a cool apple 1."


def test_a_lamp_in_hand_is_on_or_off():
    able = (("pickupable", "DeskLamp_bar_1"),)
    for switch, state in (((), "off"), (("use desklamp 1",), "on")):
        episode = engine(fixed=True, extra=able)
        for command in (*AT_TABLE, *switch, "take desklamp 1 from diningtable 1"):
            episode.step(command)
        assert episode.step("examine desklamp 1") == f"This desklamp 1 is {state}."


@pytest.mark.parametrize("action", HOSTILE_ACTIONS, ids=lambda action: repr(action[:12]))
def test_hostile_commands_are_refused_shortly(action):
    answer = said(WITH_MUG, action)
    assert answer.startswith("Nothing happens. ")
    assert len(answer) < 400
    answer.encode()


def long_names():
    return "take " + "a" * 70_000 + " from fridge 1"


def test_long_names_are_cut():
    assert len(said((), long_names())) < 400
    assert len(said((), "go to " + "b " * 40_000)) < 400


def test_the_world_is_the_same_under_both_rules():
    """Same states, commands and wins along random commands; only texts differ."""
    game = tiny()
    rng = random.Random(5)
    exact, fixed = Engine(Tables(game)), FixedEngine(Tables(game))
    for _ in range(3000):
        command = rng.choice(("nonsense", "go to mars", *exact.admissible))
        exact.step(command)
        fixed.step(command)
        assert fixed.state == exact.state
        assert fixed.admissible == exact.admissible
        assert (fixed.won, fixed.accepted) == (exact.won, exact.accepted)


def test_every_listed_command_of_recorded_games_is_accepted_unchanged():
    """The repairs of wording never touch a command that is open."""
    for game in islice(recorded_games(), 0, None, 12):
        rng = random.Random(game.name)
        episode = FixedEngine(Tables(game))
        for _ in range(60):
            command = rng.choice(episode.admissible)
            assert normal_command(command, game.phrases) == command
            episode.step(command)
            assert episode.accepted
