"""Pages of the shop as HTML: what a browser would read from them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from html_tree import Element, parse

from t2po_gym.core.many.checker import HOSTILE_ACTIONS
from t2po_gym.envs.webshop.env import WebShopEnv


def text_nodes(page: Element) -> list[str]:
    """Return the nodes of the text observation, in document order."""
    found = []
    for element in page.every():
        if "data-text" in element.attributes:
            found.append(json.loads(element.attributes["data-text"]))
        elif "data-node" in element.attributes:
            found.append(element.text)
    return found


def text_of(page: Element) -> str:
    """Return the text observation that a page holds."""
    return " [SEP] ".join(text_nodes(page))


def pressable(page: Element) -> set[str]:
    """Return the actions of the buttons, without that of the search box."""
    values = {
        button.attributes["value"]
        for button in page.find("button")
        if button.attributes.get("name") == "action"
    }
    return values - {"search"}


def tree(html: str) -> Element:
    """Return the root of a page."""
    return parse(html.encode("utf-8"))


def random_action(env: WebShopEnv, info: dict[str, Any], rng: random.Random) -> str:
    """Return an action that is mostly admissible, sometimes hostile."""
    if rng.random() < 0.15:
        return rng.choice(HOSTILE_ACTIONS)
    actions = [a for a in info["admissible_actions"] if a != "click[buy now]" or rng.random() < 0.3]
    action = rng.choice(actions) if actions else "search[lamp]"
    return f"search[{env.goal.query}]" if action.startswith("search[<") else action


def visited_pages(env: WebShopEnv, episodes: int, steps: int) -> Iterator[dict[str, Any]]:
    """Play random episodes and yield the info at every page."""
    rng = random.Random(0)
    for seed in range(episodes):
        _, info = env.reset(seed=seed)
        yield info
        for _ in range(steps):
            _, _, terminated, truncated, info = env.step(random_action(env, info, rng))
            yield info
            if terminated or truncated:
                break
