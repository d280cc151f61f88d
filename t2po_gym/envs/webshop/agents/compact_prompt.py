"""A short prompt for small policies: task, past actions, and the page without boilerplate.

Agent side only. Every token is costly for a policy of half a million parameters. So buttons that
are on every page are left out (they can still be clicked), past turns show only their actions, and
product links are in lower case, as in a click.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from t2po_gym.core.agent.prompts import PromptView
from t2po_gym.envs.webshop.world.pages import SEPARATOR

__all__ = ["TEMPLATE", "CompactShopTemplate"]

FURNITURE = frozenset(
    {
        *("WebShop", "Search", "Instruction:", "Back to Search", "< Prev", "Next >"),
        *("Rating: N.A.", "Description", "Features", "Reviews", "Attributes"),
    }
)
LINK = re.compile(r"[A-Z0-9]{10}")
TASK_POSITION = 2
"""Position of the instruction on the first page: shop name, 'Instruction:', instruction."""


@dataclass(frozen=True, slots=True)
class CompactShopTemplate:
    """Task on the first line, past actions on the second, then the page (mode ``text``)."""

    def task(self, first_observation: str) -> str:
        """Return the instruction on the start page."""
        parts = first_observation.split(SEPARATOR)
        return parts[TASK_POSITION] if len(parts) > TASK_POSITION else ""

    def show(self, observation: str, task: str) -> str:
        """Return the page without task and boilerplate, links in lower case."""
        kept = [
            part.lower() if LINK.fullmatch(part) else part
            for part in observation.split(SEPARATOR)
            if part not in FURNITURE and part != task
        ]
        return " | ".join(kept)

    def render(self, view: PromptView) -> str:
        """Return the whole prompt."""
        past = " ".join(f"> {turn.action}" for turn in view.past)
        return f"{view.task}\n{past}\n{view.observation}"


TEMPLATE = CompactShopTemplate()
