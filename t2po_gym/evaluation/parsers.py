"""How replies become actions, by name."""

from __future__ import annotations

from collections.abc import Mapping

from t2po_gym.core.agent.actions import ActionParser, parse_tagged, project_webshop
from t2po_gym.envs.searchqa.originals import search_r1, t2po
from t2po_gym.envs.searchqa.world.actions import parse_tagged_search

__all__ = ["PARSERS", "parser_of"]

PARSERS: Mapping[str, ActionParser] = {
    "tagged": parse_tagged,
    "webshop": project_webshop,
    "searchqa-t2po": t2po.project,
    "searchqa-search-r1": search_r1.reply_parser,
    "searchqa-tagged": parse_tagged_search,
}
"""The dialects: this project's, WebShop's of verl-agent, and those of Search QA."""


def parser_of(name: str) -> ActionParser:
    """Return a parser.

    Raises:
        ValueError: If there is none of this name.
    """
    if name not in PARSERS:
        raise ValueError(f"There is no parser {name!r}; there are {', '.join(PARSERS)}.")
    return PARSERS[name]
