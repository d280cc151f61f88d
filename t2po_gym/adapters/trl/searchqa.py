"""Search QA as tools: search, answer."""

from __future__ import annotations

from typing import ClassVar

from t2po_gym.adapters.trl.toolbox import Toolbox

__all__ = ["SearchQATools"]


class SearchQATools(Toolbox):
    """A question and a search engine. ``answer`` ends the episode."""

    ENV_ID: ClassVar[str] = "t2po/SearchQA-v0"
    GOAL: ClassVar[str] = (
        "Answer the question. Search for passages first, as often as you need, then give a short "
        "answer. Use one tool at a time.\n\n"
    )

    def search(self, query: str) -> str:
        """Search for passages.

        Args:
            query: What to search for, for example: mayor of Ulmen

        Returns:
            The best passages.
        """
        return self._send(f"search[{query}]")

    def answer(self, text: str) -> str:
        """Answer the question. This ends the task.

        Args:
            text: The answer in a few words, for example: Ada Voss

        Returns:
            Whether the answer was taken.
        """
        return self._send(f"answer[{text}]")
