"""From a bare action to the tool call that sends it, for tests of tool environments."""

from __future__ import annotations

import re
from typing import Any

from t2po_gym.adapters.trl import ALFWorldTools, SearchQATools, Toolbox, WebShopTools

TOOLS: dict[str, type[Toolbox]] = {
    box.ENV_ID: box for box in (WebShopTools, ALFWorldTools, SearchQATools)
}

BRACKETS = re.compile(r"(search|click|answer)\[(.*)\]", re.DOTALL)
HOUSEHOLD = (
    (re.compile(r"(look|inventory)"), ()),
    (re.compile(r"go to (?P<place>.+)"), ("go_to",)),
    (re.compile(r"(open|close) (?P<place>.+)"), ()),
    (re.compile(r"take (?P<thing>.+) from (?P<place>.+)"), ("take",)),
    (re.compile(r"move (?P<thing>.+) to (?P<place>.+)"), ("put",)),
    (re.compile(r"(clean|heat|cool) (?P<thing>.+) with (?P<place>.+)"), ()),
    (re.compile(r"(slice) (?P<thing>.+) with (?P<knife>.+)"), ()),
    (re.compile(r"(use|examine) (?P<thing>.+)"), ()),
)
ARGUMENT = {
    "t2po/WebShop-v0": {"search": "keywords", "click": "button"},
    "t2po/SearchQA-v0": {"search": "query", "answer": "text"},
}


def call_of(env_id: str, action: str) -> tuple[str, dict[str, Any]] | None:
    """Return name and arguments of the call that sends an action; None where no tool does."""
    if env_id == "t2po/ALFWorld-v0":
        return household_call(action)
    if action == "click[buy now]":
        return "buy", {}
    found = BRACKETS.fullmatch(action)
    name = found[1] if found else ""
    argument = ARGUMENT[env_id].get(name)
    return (name, {argument: found[2]}) if found and argument else None


def household_call(action: str) -> tuple[str, dict[str, Any]] | None:
    for pattern, name in HOUSEHOLD:
        found = pattern.fullmatch(action)
        if found:
            return (name[0] if name else found[1]), found.groupdict()
    return None
