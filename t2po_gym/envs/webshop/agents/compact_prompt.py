"""A short prompt for small policies: task, past actions, and the page without its furniture.

Agent side only. A policy of half a million parameters pays for every token it reads, so buttons
that stand on every page are left out (they can still be clicked), past turns are shown by their
actions alone, and product links are written in lower case, the way a click names them.
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
"""Place of the instruction on the first page: shop name, 'Instruction:', instruction."""


@dataclass(frozen=True, slots=True)
class CompactShopTemplate:
    """Task on the first line, past actions on the second, then the page (mode ``text``)."""

    def task(self, first_observation: str) -> str:
        """The instruction on the start page."""
        parts = first_observation.split(SEPARATOR)
        return parts[TASK_POSITION] if len(parts) > TASK_POSITION else ""

    def show(self, observation: str, task: str) -> str:
        """The page without task and furniture, links in lower case."""
        kept = [
            part.lower() if LINK.fullmatch(part) else part
            for part in observation.split(SEPARATOR)
            if part not in FURNITURE and part != task
        ]
        return " | ".join(kept)

    def render(self, view: PromptView) -> str:
        """The whole prompt."""
        past = " ".join(f"> {turn.action}" for turn in view.past)
        return f"{view.task}\n{past}\n{view.observation}"


TEMPLATE = CompactShopTemplate()
