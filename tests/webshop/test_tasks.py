"""Task lists on their own: hidden prices, caps, human goals, sharing."""

import pytest
from webshop_envs import MINI, make, real_files

from t2po_gym.envs.webshop.data.goals import NO_CAP
from t2po_gym.envs.webshop.fixed_tasks import HiddenPrices, draw_cap, hashed_below
from t2po_gym.envs.webshop.rules import EXACT, FIXED, RULES, rule_set
from t2po_gym.envs.webshop.world.session_rules import SessionRules


def test_hashed_numbers_are_uniform_and_fixed():
    drawn = [hashed_below(f"key/{i}", 6) for i in range(6000)]
    assert all(900 < drawn.count(value) < 1100 for value in range(6))
    assert hashed_below("price/0/B000000000", 1 << 30) == 154809488  # prices must never move
    assert 0 <= hashed_below("\ud800", 7) < 7


@pytest.mark.parametrize(
    ("price", "caps"),
    [
        (5.0, {20.0, 30.0, 40.0}),
        (10.0, {30.0, 40.0, 50.0}),
        (965.0, {980.0, 990.0}),
        (975.0, {990.0}),
        (980.0, {NO_CAP}),
        (5000.0, {NO_CAP}),
    ],
)
def test_caps_are_the_original_choices(price, caps):
    assert {draw_cap(price, f"goal/{i}") for i in range(300)} == caps


def test_hidden_prices_lie_in_the_range_and_depend_on_the_seed():
    catalogue = make().catalogue
    ranges = [i for i in range(len(catalogue)) if len(catalogue.product(i).prices) == 2]
    assert len(ranges) > 30
    first, again, other = (HiddenPrices(catalogue, seed) for seed in (0, 0, 1))
    for index in ranges:
        low, high = sorted(catalogue.product(index).prices)
        assert low <= first(index) <= high
        assert first(index) == again(index)
    assert sum(first(i) != other(i) for i in ranges) > 0.9 * len(ranges)


def test_human_goals_keep_to_the_splits_of_their_products():
    """In both rule sets; a product's people and synthetic goals are in one split."""
    files = real_files()
    env = make(human_goals=True, split="all", **files)
    assert env.num_tasks() == 13
    names = {env.task_id(i) for i in range(13)}
    assert len(names) == 13
    assert make(human_goals=True, split="all", rules="exact", **files).num_tasks() == 13
    for split in ("train", "dev", "test"):
        synthetic = make(split=split, **files)
        products = {synthetic._tasks.goal(i).asin for i in range(synthetic.num_tasks())}
        try:
            people = make(split=split, human_goals=True, **files)
        except ValueError:
            continue  # none of the thirteen is in this split
        mine = {people.task_id(i) for i in range(people.num_tasks())}
        assert mine <= names
        names -= mine
        for index in range(people.num_tasks()):
            assert people.task_index(people.task_id(index)) == index
            goal = people._tasks.goal(index)
            place = people.catalogue.goals.split_of(people.catalogue.index_of(goal.asin))
            assert place in (split, None)
            assert (goal.asin in products) == (place == split)
    assert not names


def test_goals_of_a_task_are_one_object_while_in_use():
    first, second = make(split="test"), make(split="test")
    assert first._tasks.goal(5) is second._tasks.goal(5)


def test_a_catalogue_without_nouns_is_refused_at_once():
    with pytest.raises(LookupError, match="spaCy"):
        make(catalogue=str(MINI))


def test_rule_sets():
    assert list(RULES) == ["fixed", "exact"]
    assert EXACT.session == SessionRules()
    assert rule_set("fixed") == FIXED
    assert rule_set("exact", page_size=3).session == SessionRules(page_size=3)
    with pytest.raises(ValueError, match="rules must be one of fixed, exact; got 'old'"):
        rule_set("old")
