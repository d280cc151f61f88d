"""Splits are disjoint by product, tasks reach every goal once, tables agree with plain lists."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from t2po_gym.envs.webshop.data.goal_tables import (
    DIFFICULTIES,
    PANELS,
    SPLITS,
    GoalTables,
    build_goal_arrays,
    difficulty_cuts,
    difficulty_figure,
    panel_digest,
    split_key,
    split_sizes,
)


def tables(counts: list[int], figures: list[int] | None = None, skip: int = 0) -> GoalTables:
    """Tables of products skip, skip + 1, ... with these numbers of combinations."""
    arrays = build_goal_arrays(
        num_products=len(counts) + skip,
        products=range(skip, skip + len(counts)),
        keys=b"".join(split_key(f"A{index}") for index in range(len(counts))),
        counts=counts,
        figures=figures or [3] * len(counts),
    )
    return GoalTables({f"goals/{name}": array for name, array in arrays.items()})


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 12)), max_size=60), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_every_goal_is_one_task_of_one_split(goals: list[tuple[int, int]], skip: int) -> None:
    table = tables([count for count, _ in goals], [figure for _, figure in goals], skip)
    assert table.num_goals == sum(count for count, _ in goals)
    seen = {}
    for split in SPLITS:
        tasks = table.tasks(split)
        for task in range(len(tasks)):
            goal = tasks.goal(task)
            assert table.split_of(goal.product) == split
            assert table.goal(goal.number) == goal
            assert table.number(goal.product, goal.combination) == goal.number
            assert tasks.task(goal.number) == task
            assert (goal.product, goal.combination) not in seen
            seen[goal.product, goal.combination] = split
    assert set(seen) == {
        (skip + index, combination)
        for index, (count, _) in enumerate(goals)
        for combination in range(count)
    }
    everything = table.tasks("all")
    numbers = [everything.goal(task).number for task in range(len(everything))]
    assert sorted(numbers) == list(range(table.num_goals))
    assert [everything.task(number) for number in numbers] == list(range(len(numbers)))


@given(st.lists(st.integers(1, 12), min_size=1, max_size=80))
@settings(max_examples=60, deadline=None)
def test_difficulty_classes_part_the_splits(figures: list[int]) -> None:
    table = tables([2] * len(figures), figures)
    for split in (*SPLITS, "all"):
        found = []
        for place, difficulty in enumerate(DIFFICULTIES):
            tasks = table.tasks(split, difficulty)
            for task in range(len(tasks)):
                goal = tasks.goal(task)
                figure = table.difficulty(goal.product)
                assert figure == figures[goal.product]
                assert place == (figure > table.cuts[0]) + (figure > table.cuts[1])
                assert tasks.task(goal.number) == task
                found.append(goal.number)
        whole = table.tasks(split)
        assert sorted(found) == sorted(whole.goal(task).number for task in range(len(whole)))


def test_the_split_is_the_order_of_hashes() -> None:
    names = [f"A{index}" for index in range(100)]
    ranked = sorted(
        names, key=lambda name: hashlib.sha256(f"t2po-gym/webshop/split/1/{name}".encode()).digest()
    )
    table = tables([1] * 100, [index % 7 for index in range(100)])
    assert [table.split_of(names.index(name)) for name in ranked] == (
        ["test"] * 10 + ["dev"] * 10 + ["train"] * 80
    )


@pytest.mark.parametrize(
    ("products", "sizes"),
    [(0, (0, 0, 0)), (1, (1, 0, 0)), (2, (1, 0, 1)), (3, (1, 1, 1)), (19, (17, 1, 1)),
     (1000, (800, 100, 100))],
)  # fmt: skip
def test_split_sizes(products: int, sizes: tuple[int, int, int]) -> None:
    assert split_sizes(products) == sizes


def test_difficulty() -> None:
    assert difficulty_figure(2, 1, 0) == 3
    assert difficulty_figure(2, 1, 1) == 4
    assert difficulty_figure(2, 0, 7) == 5
    assert difficulty_cuts(np.array([1, 2, 3, 4, 5, 6])) == (2, 4)
    assert difficulty_cuts(np.array([5, 5, 5])) == (5, 5)


def test_products_without_goals() -> None:
    table = tables([2, 3], skip=2)
    assert table.number(0, 0) is None
    assert table.difficulty(1) is None
    assert table.split_of(0) is None
    assert table.number(2, 2) is None
    assert table.number(2, -1) is None


def test_a_catalogue_without_goals() -> None:
    table = tables([])
    assert table.num_goals == 0
    assert len(table.tasks("train")) == 0
    with pytest.raises(IndexError, match="no task 0"):
        table.tasks("train").goal(0)
    assert table.tasks("train").task(0) is None


def test_unknown_names_are_refused() -> None:
    table = tables([1] * 10)
    with pytest.raises(ValueError, match="train, dev, test"):
        table.tasks("valid")
    with pytest.raises(ValueError, match="easy, medium, hard"):
        table.tasks("train", "simple")
    with pytest.raises(ValueError, match="test-500"):
        table.panel("test")
    with pytest.raises(IndexError, match="no goal"):
        table.goal(10)
    with pytest.raises(IndexError, match="no goal"):
        table.goal(-1)
    with pytest.raises(ValueError, match="one length"):
        build_goal_arrays(num_products=1, products=[0], keys=b"", counts=[1], figures=[1])


def test_panels_are_the_first_tasks() -> None:
    table = tables([3] * 2000)
    assert table.panel("test-500") == ("test", range(500))
    assert table.panel("dev-1000") == ("dev", range(600))
    assert set(PANELS) == {"test-500", "dev-1000"}
    digest = panel_digest(f"t{i}" for i in range(3))
    assert digest == hashlib.sha256(b"t0\nt1\nt2\n").hexdigest()


def test_first_tasks_are_a_fair_sample_of_products() -> None:
    table = tables([10] * 1000)
    tasks = table.tasks("train")
    first = [tasks.goal(task).product for task in range(800)]
    assert len(set(first)) > 450  # 800 draws from 800 products: about 506 distinct


def test_the_dealing_is_the_same_everywhere() -> None:
    tasks = tables([4] * 50).tasks("train")
    goals = [tasks.goal(task) for task in range(6)]
    assert [(goal.product, goal.combination) for goal in goals] == [
        (34, 0),
        (32, 1),
        (26, 3),
        (14, 0),
        (33, 2),
        (20, 0),
    ]
