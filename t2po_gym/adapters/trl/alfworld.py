"""ALFWorld as tools: one for each command of the games."""

from __future__ import annotations

from typing import ClassVar

from t2po_gym.adapters.trl.toolbox import Toolbox

__all__ = ["ALFWorldTools"]


class ALFWorldTools(Toolbox):
    """A household. Names are those of the page, with their numbers."""

    ENV_ID: ClassVar[str] = "t2po/ALFWorld-v0"
    GOAL: ClassVar[str] = (
        "Do the household task. Use one tool at a time; each answers with what you see. Name "
        "things as the text does, with their numbers.\n\n"
    )

    def look(self) -> str:
        """Look around from where you stand.

        Returns:
            What you see.
        """
        return self._send("look")

    def inventory(self) -> str:
        """Check what you carry.

        Returns:
            What you carry.
        """
        return self._send("inventory")

    def go_to(self, place: str) -> str:
        """Go to a piece of furniture.

        Args:
            place: Its name, for example: desk 1

        Returns:
            What you see there.
        """
        return self._send(f"go to {place}")

    def open(self, place: str) -> str:
        """Open the furniture in front of you.

        Args:
            place: Its name, for example: drawer 1

        Returns:
            What is inside.
        """
        return self._send(f"open {place}")

    def close(self, place: str) -> str:
        """Close the furniture in front of you.

        Args:
            place: Its name, for example: drawer 1

        Returns:
            What happened.
        """
        return self._send(f"close {place}")

    def take(self, thing: str, place: str) -> str:
        """Take a thing from the furniture in front of you. You can carry one thing.

        Args:
            thing: Its name, for example: mug 1
            place: Where it is, for example: desk 1

        Returns:
            What happened.
        """
        return self._send(f"take {thing} from {place}")

    def put(self, thing: str, place: str) -> str:
        """Put the thing you carry in or on the furniture in front of you.

        Args:
            thing: Its name, for example: mug 1
            place: Where it goes, for example: shelf 1

        Returns:
            What happened.
        """
        older = f"put {thing} in/on {place}"
        offered = older in self._env.admissible_actions
        return self._send(older if offered else f"move {thing} to {place}")

    def clean(self, thing: str, place: str) -> str:
        """Clean the thing you carry.

        Args:
            thing: Its name, for example: mug 1
            place: What with, for example: sinkbasin 1

        Returns:
            What happened.
        """
        return self._send(f"clean {thing} with {place}")

    def heat(self, thing: str, place: str) -> str:
        """Heat the thing you carry.

        Args:
            thing: Its name, for example: mug 1
            place: What with, for example: microwave 1

        Returns:
            What happened.
        """
        return self._send(f"heat {thing} with {place}")

    def cool(self, thing: str, place: str) -> str:
        """Cool the thing you carry.

        Args:
            thing: Its name, for example: mug 1
            place: What with, for example: fridge 1

        Returns:
            What happened.
        """
        return self._send(f"cool {thing} with {place}")

    def slice(self, thing: str, knife: str) -> str:
        """Slice a thing with the knife you carry.

        Args:
            thing: Its name, for example: apple 1
            knife: What with, for example: knife 1

        Returns:
            What happened.
        """
        return self._send(f"slice {thing} with {knife}")

    def use(self, thing: str) -> str:
        """Use a thing in front of you, such as a lamp.

        Args:
            thing: Its name, for example: desklamp 1

        Returns:
            What happened.
        """
        return self._send(f"use {thing}")

    def examine(self, thing: str) -> str:
        """Examine a thing or a piece of furniture.

        Args:
            thing: Its name, for example: mug 1

        Returns:
            What you see.
        """
        return self._send(f"examine {thing}")
