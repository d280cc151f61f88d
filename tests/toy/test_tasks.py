from __future__ import annotations

import hashlib

import pytest

from t2po_gym.envs.toy.tasks import SPLIT_SIZES, KeysTask, route, tasks_of


@pytest.mark.parametrize("split", SPLIT_SIZES)
def test_houses_are_sound(split: str) -> None:
    tasks = tasks_of(split)
    assert len(tasks) == SPLIT_SIZES[split]
    for task in tasks:
        assert 3 <= task.solution_length() <= 6
        assert task.colour in task.keys
        assert {task.start, task.chest_room, *task.keys.values()} <= set(task.exits)
        for room, exits in task.exits.items():
            assert all(room in task.exits[other] for other in exits), "ways lead back"
        assert sum(map(len, task.exits.values())) == 2 * (len(task.exits) - 1), "a tree"


def test_splits_are_disjoint_and_without_repeats() -> None:
    names = [repr(task) for split in SPLIT_SIZES for task in tasks_of(split)]
    assert len(set(names)) == len(names)


def test_tasks_never_change() -> None:
    """Published ids name these houses: another digest needs another version of the task list."""
    text = "".join(repr(task) for split in SPLIT_SIZES for task in tasks_of(split))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "591a932b60f79f7e"


def test_every_solution_length_occurs() -> None:
    assert {task.solution_length() for task in tasks_of("test")} == {3, 4, 5, 6}


def test_route() -> None:
    exits = {"a": ("b",), "b": ("a", "c", "d"), "c": ("b",), "d": ("b",)}
    assert route(exits, "a", "c") == ["b", "c"]
    assert route(exits, "a", "a") == []
    with pytest.raises(ValueError, match="no way"):
        route({"a": (), "b": ()}, "a", "b")


def test_docstring_example_by_hand() -> None:
    task = KeysTask(
        exits={"attic": ("hall",), "hall": ("attic",)},
        keys={"red": "attic"},
        colour="red",
        chest_room="hall",
        start="hall",
    )
    assert task.solution_length() == 4  # go, take, go back, open
