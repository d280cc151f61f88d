"""The vocabulary cannot mislead the reward: no two wishes look alike, every option can be met."""

import itertools

import pytest

from t2po_gym.envs.webshop.generate.departments import (
    attributes,
    compact_lines,
    department_words,
    kinds,
    option_pools,
)
from t2po_gym.envs.webshop.generate.vocabulary import (
    Department,
    parse_attribute,
    parse_phrase,
    parse_phrases,
    parse_pool,
)
from t2po_gym.envs.webshop.world.colours import normalise_colour, normalise_colour_pair
from t2po_gym.envs.webshop.world.matching import matches
from t2po_gym.envs.webshop.world.pages import BUTTONS

ATTRIBUTES, KINDS, POOLS = attributes(), kinds(), option_pools()


def test_phrases_know_their_nouns() -> None:
    phrase = parse_phrase("Solid *Oak *Table")
    assert (phrase.text, phrase.nouns) == ("Solid Oak Table", ("oak", "table"))
    assert [p.text for p in parse_phrases("*A; b ;")] == ["A", "b"]


def test_tables_with_a_slip_are_refused() -> None:
    with pytest.raises(ValueError, match=r"text \| clause"):
        parse_attribute("before", "soft")
    with pytest.raises(ValueError, match="any or run"):
        parse_pool("some: a; b")
    shop = Department("garden", attributes=ATTRIBUTES, pools=POOLS, option_percent=10)
    with pytest.raises(KeyError):
        shop.kind(
            "q", "p", (1, 2), heads="*H", aliases="*A", styles="S", attributes="no such attribute"
        )


def test_five_departments_with_enough_kinds() -> None:
    departments = [kind.department for kind in KINDS]
    assert set(departments) == {"beauty", "electronics", "garden", "fashion", "grocery"}
    assert all(departments.count(name) >= 14 for name in set(departments))
    assert 60 <= len(KINDS) <= 100
    queries = [kind.query for kind in KINDS]
    assert len(set(queries)) == len(queries)
    assert all(query == query.lower().strip() for query in queries)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.query)
def test_a_kind_is_complete(kind: object) -> None:
    attributes = [attribute.text for attribute in kind.attributes]
    assert len(attributes) == len(set(attributes)) >= 8
    assert len({attribute.place for attribute in kind.attributes}) >= 2
    assert len(kind.heads) >= 2
    assert len(kind.styles) >= 5
    assert all(head.nouns for head in (*kind.heads, *kind.aliases))
    asked = {word.strip("'s") for word in kind.query.replace("&", "").split()}
    for alias in kind.aliases:
        assert asked.isdisjoint(alias.text.lower().split()), alias
    assert 5 <= kind.price_range[0] < kind.price_range[1] < 900
    assert " > " not in kind.path
    assert kind.path.count(" › ") >= 2
    names = [group.name for group in kind.options]
    assert len(names) == len(set(names))
    assert 10 <= kind.option_percent <= 90
    values = [v for group in kind.options for c in group.pool.classes for v in c]
    assert len(values) == len(set(values)), "a value in two groups could not be chosen in both"


def test_no_attribute_passes_for_another() -> None:
    for left, right in itertools.permutations(ATTRIBUTES, 2):
        assert not matches(left, right), (left, right)
        assert left not in right, (left, right)


def test_no_other_text_mentions_an_attribute() -> None:
    texts = [attribute.clause for attribute in ATTRIBUTES.values()]
    for words in department_words().values():
        texts += [*words.sentences, *words.feature_lines]
        texts += [extra.text for extra in words.title_extras]
    texts += compact_lines()
    for text in texts:
        for attribute in ATTRIBUTES:
            assert attribute not in text.lower(), (attribute, text)


def test_a_style_before_a_name_makes_no_attribute() -> None:
    for kind in KINDS:
        titles = [
            f"{style.text} {head.text}"
            for style in kind.styles
            for head in (*kind.heads, *kind.aliases)
        ]
        for title in (*titles, *(tail.text for tail in kind.tails)):
            for attribute in kind.attributes:
                assert attribute.text not in title.lower(), kind.query


GROUPS = sorted(
    {
        (group.name, name)
        for kind in KINDS
        for group in kind.options
        for name in POOLS
        if POOLS[name] is group.pool
    }
)


@pytest.mark.parametrize(("group", "pool"), GROUPS)
def test_every_option_value_satisfies_its_own_wish(group: str, pool: str) -> None:
    for value in itertools.chain(*POOLS[pool].classes):
        assert value == value.lower().strip()
        assert value not in BUTTONS
        assert not set(value) & set("[]\n/")
        assert matches(normalise_colour(value), normalise_colour_pair(group, value)), value


# The original's rule takes "large" for "x-large"; real shops have both, so does this one.
NEAR_MISSES = {"apparel"}


@pytest.mark.parametrize(("group", "pool"), [g for g in GROUPS if g[1] not in NEAR_MISSES])
def test_no_option_value_passes_for_one_of_another_class(group: str, pool: str) -> None:
    for left, right in itertools.permutations(POOLS[pool].classes, 2):
        for chosen, wanted in itertools.product(left, right):
            chosen_colour, wanted_colour = normalise_colour(chosen), normalise_colour(wanted)
            assert chosen_colour != wanted_colour, (chosen, wanted)
            assert not matches(chosen_colour, wanted_colour), (chosen, wanted)
            assert not matches(chosen_colour, normalise_colour_pair(group, wanted))


def test_short_values_are_never_near_misses() -> None:
    for pool in POOLS.values():
        for chosen, wanted in itertools.permutations(pool.short, 2):
            assert not matches(normalise_colour(chosen), normalise_colour(wanted))


def test_every_pool_is_used() -> None:
    assert {pool for _, pool in GROUPS} == set(POOLS)
