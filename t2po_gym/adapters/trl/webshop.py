"""WebShop as tools: search, click, buy."""

from __future__ import annotations

from typing import ClassVar

from t2po_gym.adapters.trl.toolbox import Toolbox

__all__ = ["WebShopTools"]


class WebShopTools(Toolbox):
    """The shop. ``buy`` is the click on its last button; it ends the episode."""

    ENV_ID: ClassVar[str] = "t2po/WebShop-v0"
    GOAL: ClassVar[str] = (
        "Find and buy the product that the instruction asks for, with the right options. Use one "
        "tool at a time; each answers with the next page.\n\n"
    )

    def search(self, keywords: str) -> str:
        """Search the shop for products. Works on the search page only.

        Args:
            keywords: Words to search for, for example: red running shoes

        Returns:
            The next page.
        """
        return self._send(f"search[{keywords}]")

    def click(self, button: str) -> str:
        """Click a button, an option or a product of the current page.

        Args:
            button: Its text as the page shows it, for example: back to search

        Returns:
            The next page.
        """
        return self._send(f"click[{button}]")

    def buy(self) -> str:
        """Buy the product of the current page with the chosen options. This ends the task.

        Returns:
            The last page.
        """
        return self._send("click[buy now]")
