"""Turn an environment's arguments into its shop and tasks, shared within a process if possible."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Protocol, cast

from t2po_gym.envs.webshop.catalogues import open_catalogue
from t2po_gym.envs.webshop.data.catalogue_file import CompiledCatalogue
from t2po_gym.envs.webshop.data.goal_tables import DIFFICULTIES
from t2po_gym.envs.webshop.data.goals import GoalTable, exact_goal_table
from t2po_gym.envs.webshop.data.nouns import spacy_nouns
from t2po_gym.envs.webshop.data.product import Catalogue
from t2po_gym.envs.webshop.fixed_tasks import FixedHumanTasks, FixedTasks, HiddenPrices
from t2po_gym.envs.webshop.rules import EXACT, RuleSet
from t2po_gym.envs.webshop.selection import Selection, selected
from t2po_gym.envs.webshop.task_lists import ExactTasks, Tasks
from t2po_gym.envs.webshop.world.shop import Shop

SHOPS_KEPT = 8
"""Shops shared by the environments of a process."""


class _Key(Catalogue, Hashable, Protocol):
    """A catalogue as a cache key: the object itself, by identity."""


def open_tasks(
    catalogue: str | Catalogue,
    rules: RuleSet,
    *,
    nouns: str | None,
    split: str,
    human_goals: bool,
    difficulty: str | None,
    shop_seed: int,
    num_products: int | None = None,
    selection: Selection | None = None,
) -> Tasks:
    """Return the tasks of an environment; equal arguments share shop and caches.

    Raises:
        ValueError: If the rules or the catalogue do not allow an argument.
        LookupError: If the title nouns, which the reward needs, are not known.
    """
    exact = rules.name == EXACT.name
    _check_arguments(exact, human_goals, difficulty, shop_seed)
    catalogue = _open(catalogue, nouns, num_products)
    _check_nouns(catalogue)
    if exact:
        tasks = _exact_tasks(cast(_Key, catalogue), rules, split, human_goals, shop_seed)
    else:
        compiled = _compiled(catalogue)
        tasks = _fixed_tasks(compiled, rules, split, human_goals, difficulty or "all", shop_seed)
    return tasks if selection is None else selected(tasks, selection)


def _compiled(catalogue: Catalogue) -> CompiledCatalogue:
    if not isinstance(catalogue, CompiledCatalogue):
        raise ValueError(
            "rules='fixed' takes its goals from the tables of a compiled catalogue; compile "
            f"this {type(catalogue).__name__} with compile_catalogue, or use rules='exact'."
        )
    return catalogue


def _check_arguments(
    exact: bool, human_goals: bool, difficulty: str | None, shop_seed: int
) -> None:
    if isinstance(shop_seed, bool) or not isinstance(shop_seed, int) or shop_seed < 0:
        raise ValueError(f"shop_seed must be an integer of at least 0; got {shop_seed!r}.")
    if not isinstance(human_goals, bool):
        raise ValueError(f"human_goals must be True or False; got {human_goals!r}.")
    if difficulty is not None and difficulty not in DIFFICULTIES:
        names = ", ".join(DIFFICULTIES)
        raise ValueError(f"difficulty must be None or one of {names}; got {difficulty!r}.")
    if difficulty is not None and (exact or human_goals):
        raise ValueError(
            "difficulty grades the synthetic goals of rules='fixed' only; leave it out with "
            "rules='exact' or human_goals=True."
        )


def _open(catalogue: str | Catalogue, nouns: str | None, num_products: int | None) -> Catalogue:
    if isinstance(catalogue, str):
        return open_catalogue(catalogue, nouns=nouns, num_products=num_products)
    for name, value in (("nouns", nouns), ("num_products", num_products)):
        if value is not None:
            raise ValueError(
                f"{name} goes with a catalogue named by a text; this one is an object."
            )
    if not isinstance(catalogue, Catalogue):
        raise ValueError(
            "catalogue must be 'default', another catalogue text, a path or a catalogue object; "
            f"got {catalogue!r}."
        )
    return catalogue


def _check_nouns(catalogue: Catalogue) -> None:
    """Raise now, not in the middle of an episode, if title nouns are missing."""
    if not isinstance(catalogue, CompiledCatalogue):
        for index in range(len(catalogue)):
            catalogue.nouns(index)
    elif catalogue.counts.with_nouns < len(catalogue):
        spacy_nouns("")


@lru_cache(maxsize=SHOPS_KEPT)
def _exact_table(catalogue: _Key, human_goals: bool, shop_seed: int) -> GoalTable:
    products = [catalogue.product(index) for index in range(len(catalogue))]
    human = catalogue.human_instructions if human_goals else None
    return exact_goal_table(products, human, shop_seed)


@lru_cache(maxsize=SHOPS_KEPT)
def _exact_shop(catalogue: _Key, rules: RuleSet, human_goals: bool, shop_seed: int) -> Shop:
    table = _exact_table(catalogue, human_goals, shop_seed)
    return Shop(catalogue, table.prices.__getitem__, rules.session)


@lru_cache(maxsize=4 * SHOPS_KEPT)
def _exact_tasks(
    catalogue: _Key, rules: RuleSet, split: str, human_goals: bool, shop_seed: int
) -> Tasks:
    shop = _exact_shop(catalogue, rules, human_goals, shop_seed)
    table = _exact_table(catalogue, human_goals, shop_seed)
    kind = "exact-human" if human_goals else "exact"
    return ExactTasks(shop, table, kind, split, shop_seed)


@lru_cache(maxsize=SHOPS_KEPT)
def _fixed_shop(catalogue: CompiledCatalogue, rules: RuleSet, shop_seed: int) -> Shop:
    return Shop(catalogue, HiddenPrices(catalogue, shop_seed), rules.session)


@lru_cache(maxsize=4 * SHOPS_KEPT)
def _fixed_tasks(
    catalogue: CompiledCatalogue,
    rules: RuleSet,
    split: str,
    human_goals: bool,
    difficulty: str,
    shop_seed: int,
) -> Tasks:
    shop = _fixed_shop(catalogue, rules, shop_seed)
    if human_goals:
        return FixedHumanTasks(shop, catalogue.goals, split, shop_seed)
    return FixedTasks(shop, catalogue.goals, split, difficulty, shop_seed)
