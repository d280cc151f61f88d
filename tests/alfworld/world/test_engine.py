"""The engine in the small kitchen: what each command does and prints."""

import pytest
from alfworld_games import engine, tiny

from t2po_gym.envs.alfworld.data.game import NOTHING, Move, Op, State, numbers
from t2po_gym.envs.alfworld.generate.goals import LIGHT, SIMPLE, TWO, GoalSpec
from t2po_gym.envs.alfworld.world import game_tables as tables_module
from t2po_gym.envs.alfworld.world.engine import REFUSED, Engine
from t2po_gym.envs.alfworld.world.game_tables import Tables


def played(commands, **kwargs):
    """An episode after these commands, all of which are open."""
    episode = engine(**kwargs)
    for command in commands:
        assert command in episode.admissible, command
        episode.step(command)
    return episode


def test_the_first_observation_and_commands():
    episode = engine()
    assert episode.reset() == (
        "-= Welcome to TextWorld, ALFRED! =-\n\nYou are in the middle of a room. Looking quickly "
        "around you, you see a cabinet 1, a diningtable 1, a drawer 1, a fridge 1, a microwave 1, "
        "and a sinkbasin 1.\n\nYour task is to: put a hot mug in cabinet."
    )
    assert episode.admissible == (
        *("go to cabinet 1", "go to diningtable 1", "go to drawer 1", "go to fridge 1"),
        *("go to microwave 1", "go to sinkbasin 1", "help", "inventory", "look"),
    )
    assert episode.step("look") == (
        "You are in the middle of a room. Looking quickly around you, you see nothing."
    )


def test_a_whole_game():
    episode = engine()
    answers = {
        "go to diningtable 1": (
            "You arrive at diningtable 1. On the diningtable 1, you see a apple 1, a desklamp 1, "
            "and a mug 2."
        ),
        "take mug 2 from diningtable 1": "You pick up the mug 2 from the diningtable 1.",
        "inventory": "You are carrying: a mug 2.",
        "go to microwave 1": "You arrive at microwave 1. The microwave 1 is closed.",
        "heat mug 2 with microwave 1": "You heat the mug 2 using the microwave 1.",
        "go to cabinet 1": "You arrive at cabinet 1. The cabinet 1 is closed.",
        "open cabinet 1": (
            "You open the cabinet 1. The cabinet 1 is open. In it, you see nothing."
        ),
    }
    for command, answer in answers.items():
        assert episode.step(command) == answer
        assert not episode.won
    assert episode.step("move mug 2 to cabinet 1") == "You move the mug 2 to the cabinet 1."
    assert episode.won
    episode.step("take mug 2 from cabinet 1")
    assert not episode.won  # as in the original, which plays on


def test_receptacles_at_one_place_are_all_in_reach_and_no_way_leads_from_one_to_the_other():
    episode = played(["go to cabinet 1"])
    assert "open drawer 1" in episode.admissible
    assert "go to drawer 1" not in episode.admissible
    assert episode.step("go to drawer 1") == REFUSED
    assert episode.step("look") == (
        "You are facing the cabinet 1, and drawer 1. Next to it, you see nothing."
    )


def test_what_was_moved_between_two_receptacles_at_one_place_lies_on_the_floor():
    both = (("canContain", "CabinetType", "KnifeType"),)
    episode = played(
        [
            *("go to drawer 1", "open drawer 1", "open cabinet 1"),
            *("take knife 1 from drawer 1", "move knife 1 to cabinet 1"),
        ],
        extra=both,
    )
    floor = "You are facing the cabinet 1, and drawer 1. Next to it, you see a knife 1."
    assert episode.step("look") == floor
    episode.step("take knife 1 from cabinet 1")
    episode.step("move knife 1 to drawer 1")
    assert episode.step("look") == floor  # for the cabinet it has left now
    episode.step("take knife 1 from drawer 1")
    episode.step("move knife 1 to drawer 1")
    assert episode.step("look") == floor


def test_an_object_in_two_receptacles_stays_in_the_second():
    second = (("inReceptacle", "Mug_bar_1", "Sink_bar_1_bar_SinkBasin"),)
    episode = played(["go to diningtable 1", "take mug 2 from diningtable 1"], extra=second)
    assert episode.step("go to sinkbasin 1") == (
        "You arrive at sinkbasin 1. On the sinkbasin 1, you see a mug 2."
    )


def test_slicing_needs_a_knife_and_the_place_the_object_was_noted_at():
    episode = played(["go to drawer 1", "open drawer 1", "take knife 1 from drawer 1"])
    assert not [c for c in episode.admissible if c.startswith("slice")]
    episode.step("go to diningtable 1")
    assert episode.step("slice apple 1 with knife 1") == "You sliced the apple 1 with the knife 1."
    for command in ("move knife 1 to diningtable 1", "take apple 1 from diningtable 1"):
        episode.step(command)
    assert episode.step("examine apple 1") == "This is a sliced apple 1."
    episode.step("go to microwave 1")
    episode.step("heat apple 1 with microwave 1")
    assert episode.step("examine apple 1") == "This is a hot sliced apple 1."


def test_states_of_objects():
    episode = played(["go to diningtable 1", "take apple 1 from diningtable 1"])
    assert episode.step("examine apple 1") == "There's nothing special about apple 1."
    said = {}
    for place, verb in (("sinkbasin", "clean"), ("fridge", "cool"), ("microwave", "heat")):
        episode.step(f"go to {place} 1")
        episode.step(f"{verb} apple 1 with {place} 1")
        said[verb] = episode.step("examine apple 1")
    assert said == {
        "clean": "This is a clean apple 1.",
        "cool": "This is a cool and clean apple 1.",
        "heat": "This is a hot and clean apple 1.",
    }


def test_containers_say_nothing_of_their_state():
    episode = played(
        ["go to diningtable 1", "take mug 2 from diningtable 1", "go to sinkbasin 1"],
        extra=(("inReceptacleObject", "Apple_bar_1", "Mug_bar_1"),),
    )
    episode.step("clean mug 2 with sinkbasin 1")
    said = "This is a normal mug 2. In it, you see a apple 1."
    assert episode.step("examine mug 2") == said


def test_lamps_only_go_on():
    episode = played(["go to diningtable 1"])
    for _ in range(2):
        assert episode.step("use desklamp 1") == "You turn on the desklamp 1."


LIGHT_GOAL = GoalSpec(task_type=LIGHT, object_type="Mug", target_type="DeskLamp")


def test_looking_in_the_light_can_be_won_and_lost_by_walking():
    episode = played(
        ["go to diningtable 1", "use desklamp 1", "take mug 2 from diningtable 1"],
        goal=LIGHT_GOAL,
    )
    assert episode.won
    episode.step("go to fridge 1")
    assert not episode.won
    episode.step("go to diningtable 1")
    assert episode.won


def test_two_must_be_in_one_receptacle():
    goal = GoalSpec(task_type=TWO, object_type="Mug", target_type="Microwave")
    take_first = ["go to diningtable 1", "take mug 2 from diningtable 1"]
    take_second = ["go to fridge 1", "open fridge 1", "take mug 1 from fridge 1"]
    place = ["go to microwave 1", "open microwave 1"]
    episode = played([*take_first, *place, "move mug 2 to microwave 1", *take_second], goal=goal)
    assert not episode.won
    episode.step("go to microwave 1")
    episode.step("move mug 1 to microwave 1")
    assert episode.won


@pytest.mark.parametrize(
    "command",
    [
        *("", "LOOK", "go  to fridge 1", "put mug 2 in/on fridge 1", "go to fridge 2", "open"),
        *("go to", "examine fridge 1", "look\x00", "\ud800", "x" * 100_000, "help me"),
    ],
)
def test_anything_else_changes_nothing(command):
    episode = engine()
    before = episode.state.to_json()
    assert episode.step(command) == REFUSED
    assert not episode.accepted
    assert episode.state.to_json() == before


def test_blanks_around_a_command_are_taken_away():
    episode = engine()
    assert episode.step("\n  inventory\t").startswith("You are not carrying")
    assert episode.accepted


def test_what_was_seen():
    episode = engine()
    assert episode.seen == 0
    episode.step("go to diningtable 1")
    episode.step("go to cabinet 1")
    assert list(numbers(episode.seen)) == [1]
    episode.step("open cabinet 1")
    assert list(numbers(episode.seen)) == [0, 1]


def test_states_go_through_json():
    episode = played(["go to diningtable 1", "take mug 2 from diningtable 1"])
    again = Engine(episode.tables)
    again.load(State.from_json(episode.save()["state"]), episode.seen)
    assert again.state == episode.state
    assert again.admissible == episode.admissible
    assert again.step("inventory") == "You are carrying: a mug 2."


def test_copies_of_a_state_are_independent():
    state = tiny().start()
    copy = state.copy()
    assert copy == state
    copy.contents[1] = ()
    copy.places[0] = copy.taken[0] = 0
    copy.held = 3
    assert state == tiny().start()
    assert state.held == NOTHING


def test_moves_are_written_as_commands():
    game = tiny()
    command = game.phrases.command
    assert command(Move(Op.GO, 3), game) == "go to fridge 1"
    assert command(Move(Op.TAKE, 3, 1), game) == "take mug 2 from diningtable 1"
    assert command(Move(Op.SLICE, 0, 2), game) == "slice apple 1 with knife 1"
    assert command(Move(Op.USE, 1), game) == "use desklamp 1"
    assert command(Move(Op.LOOK), game) == "look"


def test_equal_sights_look_equal_and_others_do_not():
    episode = played(["go to diningtable 1"])
    first = episode.in_sight()
    for command in ("go to fridge 1", "nonsense", "go to diningtable 1", "look"):
        episode.step(command)
    assert episode.in_sight() == first
    sights = {first}
    for command in (
        *("use desklamp 1", "take apple 1 from diningtable 1", "go to microwave 1"),
        *("heat apple 1 with microwave 1", "open microwave 1"),
    ):
        episode.step(command)
        assert episode.accepted
        sights.add(episode.in_sight())
    assert len(sights) == 6


def test_a_long_episode_forgets_and_stays_right(monkeypatch):
    monkeypatch.setattr(tables_module, "MAX_REMEMBERED", 3)
    short, long = engine(), Engine(Tables(tiny()))
    monkeypatch.undo()
    for step in range(200):
        command = long.admissible[step * 7 % len(long.admissible)]
        monkeypatch.setattr(tables_module, "MAX_REMEMBERED", 3)
        text = short.step(command)
        monkeypatch.undo()
        assert text == long.step(command)
        assert short.admissible == long.admissible
    assert len(short.tables._surroundings) <= 4


def test_a_goal_of_placing_anything():
    goal = GoalSpec(task_type=SIMPLE, object_type="Apple", target_type="SinkBasin")
    episode = played(
        [
            *("go to diningtable 1", "take apple 1 from diningtable 1"),
            *("go to sinkbasin 1", "move apple 1 to sinkbasin 1"),
        ],
        goal=goal,
    )
    assert episode.won
