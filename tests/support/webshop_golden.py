"""Recordings of the original WebShop and the catalogues they were made on, for the tests.

How they were made: docs/originals/webshop.md, section 13.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from shared import shared_path

from t2po_gym.envs.webshop.data.goals import Goal, GoalTable, exact_goal_table
from t2po_gym.envs.webshop.data.memory_catalogue import MemoryCatalogue
from t2po_gym.envs.webshop.data.readers import load_human_instructions, load_products

MINI = Path(__file__).parents[1] / "data" / "webshop_mini"


def golden(name: str) -> Any:
    """Contents of a recording; skips the test or module where there is none."""
    path = shared_path("golden", "webshop", name)
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return json.load(file)
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def mini_catalogue() -> MemoryCatalogue:
    """The invented mini catalogue; nouns as far as the recorded rewards tell them."""
    products = load_products(MINI / "items_shuffle.json", MINI / "items_ins_v2.json")
    return MemoryCatalogue(
        products, mini_nouns(), load_human_instructions(MINI / "items_human_ins.json")
    )


@cache
def mini_nouns() -> dict[str, list[str]]:
    """Title nouns that the recorded mini rewards carry, by ASIN; empty without the file."""
    path = shared_path("golden", "webshop", "mini_rewards.json")
    nouns = {}
    for case in json.loads(path.read_text(encoding="utf-8")):
        for part in ("goal", "product"):
            if "asin" in case.get(part, {}) and f"nouns_{part}" in case:
                nouns[case[part]["asin"]] = case[f"nouns_{part}"]
    return nouns


@cache
def mini_with_nouns() -> MemoryCatalogue:
    """The mini catalogue; titles whose nouns no file tells get their words.

    That is enough for buying the goal itself.
    """
    catalogue = mini_catalogue()
    products = [catalogue.product(i) for i in range(len(catalogue))]
    guessed = {p.asin: re.findall(r"[a-z]+", p.title.lower()) for p in products}
    nouns = {**{a: list(dict.fromkeys(words)) for a, words in guessed.items()}, **mini_nouns()}
    return MemoryCatalogue(products, nouns, catalogue.human_instructions)


@cache
def real_catalogue() -> MemoryCatalogue:
    """The original's 1,000 products."""
    folder = shared_path("data", "webshop")
    products = load_products(folder / "items_shuffle_1000.json", folder / "items_ins_v2_1000.json")
    human = load_human_instructions(folder / "items_human_ins_13.json")
    return MemoryCatalogue(products, golden("real1k_title_nouns.json")["nouns"], human)


@cache
def goal_table(size: str, human: bool, seed: int) -> GoalTable:
    """Goals of the original for a catalogue named ``mini`` or ``real1k``."""
    catalogue = mini_catalogue() if size == "mini" else real_catalogue()
    products = [catalogue.product(i) for i in range(len(catalogue))]
    return exact_goal_table(products, catalogue.human_instructions if human else None, seed)


def goal_as_json(goal: Goal) -> dict[str, Any]:
    """A goal as the recordings write it."""
    options = goal.goal_options
    return {
        "asin": goal.asin,
        "category": goal.category,
        "query": goal.query,
        "name": goal.name,
        "product_category": goal.product_category,
        "instruction_text": goal.instruction_text,
        "attributes": list(goal.attributes),
        "price_upper": goal.price_upper,
        "goal_options": dict(options) if isinstance(options, Mapping) else list(options),
        "weight": goal.weight,
    }


def goal_from_json(data: Mapping[str, Any]) -> Goal:
    """The goal that a recording wrote; texts that do not matter for the reward may be missing."""
    options = data["goal_options"]
    return Goal(
        asin=data["asin"],
        category=data.get("category", ""),
        query=data["query"],
        name=data["name"],
        product_category=data["product_category"],
        instruction_text=data.get("instruction_text", ""),
        attributes=tuple(data["attributes"]),
        price_upper=data["price_upper"],
        goal_options=dict(options) if isinstance(options, Mapping) else tuple(options),
        weight=data.get("weight", 1.0),
    )


def sha256_canonical(value: Any) -> str:
    """Hash of canonical JSON, as in the recordings."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
