"""Reading game files: what comes out of good ones, and one sentence for each bad one."""

import json
import re

import pytest
from alfworld_games import content, old_dialect, tiny
from hypothesis import given, settings
from hypothesis import strategies as st

from t2po_gym.envs.alfworld.data.errors import GameFileError
from t2po_gym.envs.alfworld.data.game import Goal, Op
from t2po_gym.envs.alfworld.data.game_file import (
    MAX_GAME_BYTES,
    entity_names,
    parse_game,
    read_game,
)
from t2po_gym.envs.alfworld.generate.goals import CLEAN, COOL, LIGHT, SIMPLE, TWO, GoalSpec
from t2po_gym.envs.alfworld.world.engine import Engine
from t2po_gym.envs.alfworld.world.game_tables import Tables


def refused(data):
    """The message with which this content is refused; one sentence without line breaks."""
    text = data if isinstance(data, (str, bytes)) else json.dumps(data)
    with pytest.raises(GameFileError) as caught:
        parse_game(text, "bad.tw-pddl")
    message = str(caught.value)
    assert message.startswith("bad.tw-pddl: ")
    assert "\n" not in message
    assert len(message) < 400
    assert isinstance(caught.value, ValueError)
    return message


def changed(old, new, key="pddl_problem"):
    """The small kitchen with a text replaced."""
    data = content()
    assert old in data[key]
    return {**data, key: data[key].replace(old, new)}


def test_the_small_kitchen():
    game = tiny()
    assert game.name == "tiny"
    assert game.task == "put a hot mug in cabinet."
    assert game.goal == Goal(
        task_type="pick_heat_then_place_in_recep", object_type="mug", target_type="cabinet"
    )
    assert game.object_names == ("apple 1", "desklamp 1", "knife 1", "mug 2", "mug 1")
    assert game.object_types == ("apple", "desklamp", "knife", "mug", "mug")
    assert game.receptacle_names == (
        *("cabinet 1", "diningtable 1", "drawer 1", "fridge 1", "microwave 1", "sinkbasin 1"),
    )
    assert game.receptacle_types == tuple(name.split()[0] for name in game.receptacle_names)
    # loc_bar_0 is the start; ids sorted upwards are numbered downwards
    assert game.location_names == ("loc 6", "loc 5", "loc 4", "loc 3", "loc 2", "loc 1")
    assert game.start_location == 0
    assert game.receptacle_location == (2, 1, 2, 3, 4, 5)
    assert game.openable == 0b011101
    assert (game.sinks, game.microwaves, game.fridges) == (1 << 5, 1 << 4, 1 << 3)
    assert game.contents == ((), (0, 1, 3), (2,), (4,), (), ())
    assert game.fits[0] == 0b11000
    assert game.knives == 0b00100
    assert game.containers == 0b11000
    assert (game.hot, game.cool) == (0, 0b10000)
    assert game.places == (1 << 1, 1 << 1, 1 << 2, 1 << 1, 1 << 3)
    assert game.nested == {}


def test_the_older_dialect():
    data = old_dialect(content())
    game = parse_game(json.dumps(data), "old")
    assert Op.HELP not in game.phrases.commands
    engine = Engine(Tables(game))
    engine.reset()
    assert "help" not in engine.admissible
    assert engine.step("go to diningtable 1").startswith("You arrive at loc 5. On the diningtable")
    engine.step("take mug 2 from diningtable 1")
    assert "put mug 2 in/on diningtable 1" in engine.admissible
    assert engine.step("move mug 2 to diningtable 1") == "Nothing happens."
    answer = engine.step("put mug 2 in/on diningtable 1")
    assert answer == "You put the mug 2 in/on the diningtable 1."


@pytest.mark.parametrize(
    ("task", "target", "expected"),
    [
        (SIMPLE, "Fridge", ("pick_and_place_simple", "mug", "fridge")),
        (CLEAN, "Fridge", ("pick_clean_then_place_in_recep", "mug", "fridge")),
        (COOL, "Cabinet", ("pick_cool_then_place_in_recep", "mug", "cabinet")),
        (TWO, "Cabinet", ("pick_two_obj_and_place", "mug", "cabinet")),
        (LIGHT, "DeskLamp", ("look_at_obj_in_light", "mug", "desklamp")),
    ],
)
def test_goals_are_read_from_the_formula(task, target, expected):
    goal = tiny(goal=GoalSpec(task_type=task, object_type="Mug", target_type=target)).goal
    assert (goal.task_type, goal.object_type, goal.target_type) == expected


def test_wording_comes_from_the_file():
    data = content()
    data["grammar"] = data["grammar"].replace("open {r}", "unlock {r}", 1)
    data["grammar"] = data["grammar"].replace("You close the ", "Shut is the ")
    engine = Engine(Tables(parse_game(json.dumps(data), "other words")))
    engine.step("go to fridge 1")
    assert "unlock fridge 1" in engine.admissible
    engine.step("unlock fridge 1")
    assert engine.step("close fridge 1") == "Shut is the fridge 1."


def test_what_cleans_comes_from_the_file():
    data = content()
    data["pddl_domain"] = data["pddl_domain"].replace(
        "(receptacleType ?r SinkBasinType)",
        "(or (receptacleType ?r FridgeType) (receptacleType ?r SinkBasinType))",
    )
    game = parse_game(json.dumps(data), "clean fridge")
    assert game.sinks == 1 << 5 | 1 << 3


def test_order_and_brackets_of_the_domain_do_not_matter():
    data = content()
    data["pddl_domain"] = data["pddl_domain"].replace(
        "(and (atLocation ?a ?lStart) (receptacleAtLocation ?r ?lEnd))",
        "(and (and (receptacleAtLocation ?r ?lEnd)) (atLocation ?a ?lStart))",
    )
    assert parse_game(json.dumps(data), "same").goal == tiny().goal


def test_numbers_within_a_class_run_downwards_by_id():
    names = entity_names(["cup_bar_b", "cup_bar_a", "sink_bar_1_bar_sinkbasin", "agent1"])
    assert names == {
        "cup_bar_a": "cup 2",
        "cup_bar_b": "cup 1",
        "sink_bar_1_bar_sinkbasin": "sinkbasin 1",
        "agent1": "agent1 ",
    }


def test_pairs_inside_each_other_are_listed_as_they_are():
    pair = (
        ("inReceptacleObject", "Mug_bar_1", "Mug_bar_2"),
        ("inReceptacleObject", "Mug_bar_2", "Mug_bar_1"),
    )
    game = tiny(extra=pair)
    assert game.nested == {3: (4,), 4: (3,)}


# ---- bad files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0, 0.3, 0.9, 0.999])
def test_truncated_json(share):
    text = json.dumps(content())
    assert "not whole JSON" in refused(text[: int(share * len(text))])


@pytest.mark.parametrize("data", ["[1, 2]", "null", '"text"', "3"])
def test_json_of_something_else(data):
    assert "one JSON object" in refused(data)


def test_deeply_nested_json():
    assert "not whole JSON" in refused("[" * 100_000)


def test_bytes_that_are_no_text():
    assert "not whole JSON" in refused(b"\xff\xfe\x00nonsense")


@pytest.mark.parametrize("key", ["pddl_domain", "grammar", "pddl_problem"])
def test_missing_parts(key):
    data = content()
    del data[key]
    assert f"needs the text {key!r}" in refused(data)
    assert f"needs the text {key!r}" in refused({**data, key: 3})


def test_a_file_of_100_mb_is_refused_unread(tmp_path):
    path = tmp_path / "big" / "game.tw-pddl"
    path.parent.mkdir()
    with path.open("wb") as file:
        file.truncate(100_000_000)
    with pytest.raises(GameFileError, match=r"has 100 MB; a game file has at most 17 MB"):
        read_game(path)
    assert "a game file has at most" in refused(b" " * (MAX_GAME_BYTES + 1))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(GameFileError, match="No such file"):
        read_game(tmp_path / "none")
    with pytest.raises(GameFileError, match="directory"):
        read_game(tmp_path)


def test_wrong_predicate():
    message = refused(changed("(inReceptacle Mug_bar_1", "(inRecepticle Mug_bar_1"))
    assert "(inrecepticle mug_bar_1 diningtable_bar_1)" in message
    assert "predicate that the domain does not declare" in message


def test_unknown_type():
    message = refused(changed("Mug_bar_1 - object", "Mug_bar_1 - thing"))
    assert "unknown type 'thing'" in message
    assert "domain has the types agent, location, object" in message


def test_wrong_number_of_arguments():
    message = refused(changed("(openable Fridge_bar_1)", "(openable Fridge_bar_1 loc_bar_1)"))
    assert "has 2 arguments; 'openable' takes 1" in message


def test_undeclared_name():
    message = refused(changed("(openable Fridge_bar_1)", "(openable Fridge_bar_9)"))
    assert "'fridge_bar_9', which is not declared" in message


def test_argument_of_another_type():
    message = refused(changed("(openable Fridge_bar_1)", "(openable Mug_bar_1)"))
    assert "has 'mug_bar_1' of type object where 'openable' takes a receptacle" in message


def test_containment_in_a_circle():
    circle = (
        ("inReceptacleObject", "Mug_bar_1", "Mug_bar_2"),
        ("inReceptacleObject", "Mug_bar_2", "Apple_bar_1"),
        ("inReceptacleObject", "Apple_bar_1", "Mug_bar_1"),
    )
    message = refused(content(extra=circle))
    assert "is inside itself by way of others" in message


def test_a_receptacle_inside_itself():
    message = refused(content(extra=(("inReceptacle", "Fridge_bar_1", "Fridge_bar_1"),)))
    assert "'fridge_bar_1' of type receptacle where 'inreceptacle' takes an object" in message


@pytest.mark.parametrize(
    ("extra", "without", "sentence"),
    [
        ((("atLocation", "agent1", "loc_bar_1"),), (), "starts at 2 locations"),
        ((), (("atLocation", "agent1", "loc_bar_0"),), "starts at 0 locations"),
        ((("holds", "agent1", "Mug_bar_1"),), (), "something in hand"),
        ((("receptacleAtLocation", "Fridge_bar_1", "loc_bar_1"),), (), "at two locations"),
        ((), (("receptacleAtLocation", "Fridge_bar_1", "loc_bar_3"),), "at no location"),
        ((("objectType", "Mug_bar_1", "AppleType"),), (), "has two types"),
        ((("atLocation", "agent1"),), (), "has 1 arguments"),
        ((("openable", "("),), (), "open bracket"),
        (((")", ""),), (), "never opened"),
    ],
)
def test_impossible_starts(extra, without, sentence):
    assert sentence in refused(content(extra=extra, without=without))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("(:init", "(:start", "no section :init"),
        ("(:init", "(:objects", "two sections :objects"),
        ("(define", "(undefine", "should begin with"),
        ("(isHot ?o)", "(isClean ?o)", "none of ALFWorld's six tasks"),
        ("(isHot ?o)", "(or (isHot ?o) (isCool ?o))", "none of ALFWorld's six tasks"),
        ("(isHot ?o)", "(not)", "malformed part"),
        ("(isHot ?o)", "isHot", "where a bracket should stand"),
        ("(objectType ?o MugType)", "(objectType ?o TeacupType)", "not declared as a type"),
        ("- rtype", "-", "an unknown type|dash|unknown type"),
    ],
)
def test_malformed_problems(old, new, sentence):
    assert re.search(sentence, refused(changed(old, new)))


DOMAIN_FAULTS = {
    "'toggleobject'": ("(isToggled ?o))", "(not (isToggled ?o)))"),
    "'pickupobject'": ("(inReceptacle ?o ?r) (pickupable ?o)", "(inReceptacle ?o ?r)"),
    "'dance'": ("(:action look", "(:action dance"),
    "never opened|should be one": (":effect (opened ?r))", ":effect (opened ?r)))"),
    "unknown type 'room'": ("(openable ?r - receptacle)", "(openable ?r - room)"),
    "no section :predicates": ("(:predicates", "(:facts"),
    "more than 100 brackets": (":precondition ()", ":precondition " + "(" * 5000),
    "an action without a name": ("(:action look", "(:action (look)"),
}


@pytest.mark.parametrize("sentence", DOMAIN_FAULTS)
def test_domains_that_mean_something_else(sentence):
    old, new = DOMAIN_FAULTS[sentence]
    assert re.search(sentence, refused(changed(old, new, "pddl_domain")))


GRAMMAR_FAULTS = (
    ("Your task is to: ", "Please: ", "should be 'Your task is to: ...'"),
    ("put a hot mug", "put a {o.name}", "in plain words"),
    ("Next to it, you see", "Beside it is", "'look.feedback' of the grammar differs"),
    ("You close the {r.name}.", "You close {x.name}.", "the sentence"),
    ('"rhs": "nothing"', '"text": "nothing"', "lacks its sentence"),
    ('"list_empty": [', '"list_empty": [' + "[" * 5000, "not JSON"),
    ('"""', '""', "cannot be read|out of place|cut off|malformed|not JSON"),
    ("template", "pattern", "lacks its template"),
    ("isreceptacleobject(o:object)", "isclean(o:object)", "'examineObject.feedback'"),
)


@pytest.mark.parametrize(("old", "new", "sentence"), GRAMMAR_FAULTS)
def test_grammars_of_another_kind(old, new, sentence):
    message = refused(changed(old, new, "grammar"))
    assert re.search(sentence, message)


def test_domain_and_grammar_must_have_the_same_actions():
    data = content()
    older = old_dialect(data)
    assert "'help'" in refused({**data, "grammar": older["grammar"]})
    assert "'help'" in refused({**data, "pddl_domain": older["pddl_domain"]})


def test_a_walkthrough_that_is_none():
    assert "list of commands" in refused({**content(), "walkthrough": [1]})


TEXT = json.dumps(content())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damage_anywhere_is_refused_or_harmless(data):
    """One piece of the file removed, doubled or replaced: a game, or one sentence."""
    start = data.draw(st.integers(0, len(TEXT) - 1))
    length = data.draw(st.integers(1, 40))
    new = data.draw(st.sampled_from(["", "(", ")", "{", '"', "\\\\", "x", " - ", "\ud800", "[}"]))
    damaged = TEXT[:start] + new + TEXT[start + length :]
    engine = None
    message = ""
    try:
        engine = Engine(Tables(parse_game(damaged.encode("utf-8", "surrogatepass"), "damaged")))
    except GameFileError as error:
        message = str(error)
    assert "\n" not in message
    for command in engine.admissible[:20] if engine else ():
        engine.step(command)
