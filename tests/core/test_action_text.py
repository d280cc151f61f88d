"""One rule for action texts under ``fixed``: case, blanks and a full stop never cost a turn."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import t2po_gym  # noqa: F401 - registers the ids
from t2po_gym.core.action_text import Call, read_call, without_full_stop

BLANKS = st.text(" \t\n", max_size=3)


@pytest.mark.parametrize(
    ("action", "call"),
    [
        ("search[tea]", Call("search", "tea")),
        (" Search[ green tea ]. ", Call("search", "green tea")),
        ("CLICK[< Prev]", Call("click", "< Prev")),
        ("click [x]", None),
        ("search[]", Call("search", "")),
        ("search[a][b]", Call("search", "a][b")),
        ("click[[new] sand] please", Call("click", "[new] sand")),
        ("search tea", None),
        ("[tea]", None),
        ("search[tea", None),
        ("", None),
    ],
)
def test_read_call(action: str, call: Call | None) -> None:
    assert read_call(action) == call


@pytest.mark.parametrize(
    ("text", "bare"),
    [("a.", "a"), (" a . ", "a"), ("a..", "a."), (".", ""), ("", ""), ("dr. seuss", "dr. seuss")],
)
def test_without_full_stop(text: str, bare: str) -> None:
    assert without_full_stop(text) == bare


@st.composite
def spellings(draw: st.DrawFn, action: str) -> str:
    """The same action as a careless writer puts it."""
    verb, bracket, rest = action.partition("[")
    if bracket:
        argument = rest[:-1]
        inside = f"{draw(BLANKS)}{argument}{draw(BLANKS)}"
        text = f"{any_case(draw, verb)}[{inside}]"
    else:
        text = any_case(draw, action).replace(" ", draw(st.sampled_from([" ", "  ", "\t"])))
    stop = draw(st.sampled_from(["", ".", " ."]))
    return f"{draw(BLANKS)}{text}{draw(BLANKS)}{stop}{draw(BLANKS)}"


def any_case(draw: st.DrawFn, text: str) -> str:
    return draw(st.sampled_from([text, text.upper(), text.title(), text.capitalize()]))


def outcome(env: Any, action: str) -> tuple[Any, ...]:
    observation, reward, terminated, truncated, info = env.step(action)
    kept = ("action_valid", "state_key", "progress", "score", "admissible_actions")
    return (observation, reward, terminated, truncated, *(info[key] for key in kept))


PLAYS: dict[str, tuple[str, list[str]]] = {
    "webshop": ("t2po/WebShop-v0", ["search[candles]", "click[next >]", "click[back to search]"]),
    "alfworld": ("t2po/ALFWorld-v0", ["go to {first}", "look", "inventory", "examine {first}"]),
    "searchqa": ("t2po/SearchQA-v0", ["search[the river]", "answer[Ada Voss]"]),
}


@pytest.fixture(scope="module")
def envs() -> dict[str, tuple[Any, Any]]:
    return {name: (gym.make(env), gym.make(env)) for name, (env, _) in PLAYS.items()}


@pytest.mark.parametrize("name", PLAYS)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_any_spelling_does_the_same(
    name: str, envs: dict[str, tuple[Any, Any]], data: st.DataObject
) -> None:
    plain, careless = envs[name]
    seed = data.draw(st.integers(0, 20))
    _, info = plain.reset(seed=seed)
    careless.reset(seed=seed)
    first = next((a for a in info["admissible_actions"] if a.startswith("go to ")), "go to x")
    for action in PLAYS[name][1]:
        action = action.format(first=first.removeprefix("go to "))
        spelled = data.draw(spellings(action))
        expected = outcome(plain, action)
        assert expected[4], action
        assert outcome(careless, spelled) == expected, spelled


EMPTY_ARGUMENTS = {
    "t2po/WebShop-v0": {
        "search[]": "write search[words]",
        "Search[ \t ].": "write search[words]",
        "click[]": "write click[button]",
    },
    "t2po/SearchQA-v0": {
        "search[  ]": "Write search[query]",
        "<answer> </answer>.": "Write answer[text]",
    },
    "t2po/ALFWorld-v0": {
        "go to": 'write for example "go to desk 1"',
        "Take .": 'write for example "take mug 1 from desk 1"',
        " . ": "The command is empty",
    },
}


@pytest.mark.parametrize(
    ("env_id", "action", "told"),
    [
        (env_id, action, told)
        for env_id, sentences in EMPTY_ARGUMENTS.items()
        for action, told in sentences.items()
    ],
)
def test_an_empty_argument_is_invalid_and_says_what_to_write(
    env_id: str, action: str, told: str
) -> None:
    env = gym.make(env_id)
    _, before = env.reset(seed=0)
    observation, reward, terminated, _, info = env.step(action)
    assert told in observation
    assert (reward, terminated, info["action_valid"]) == (0.0, False, False)
    if env_id == "t2po/WebShop-v0":  # what is said is no part of the state
        assert (info["state_key"], info["state_repeated"]) == (before["state_key"], True)


def test_a_name_that_ends_in_a_full_stop_can_be_named() -> None:
    env = gym.make("t2po/WebShop-v0").unwrapped
    env.reset(seed=0)
    env.step("search[candles]")
    clicks = env.session._view.clicks
    clicks["deluxe ed."] = clicks["back to search"]
    assert env.session._read("click[Deluxe Ed.]") == ("click", "Deluxe Ed.")
    assert env.session._read("click[Back to Search.]") == ("click", "Back to Search")


@pytest.mark.parametrize("action", ["Search[candles]", "search[candles].", " search[candles]"])
def test_the_exact_rules_read_as_the_original_does(action: str) -> None:
    env = gym.make("t2po/WebShop-v0", rules="exact")
    env.reset(seed=0)
    valid = env.step(action)[4]["action_valid"]
    assert valid == (action == "search[candles].")  # what follows the bracket never counted
