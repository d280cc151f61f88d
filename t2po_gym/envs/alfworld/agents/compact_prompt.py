"""A short prompt for small policies: task, past turns, places left, available actions.

Agent side only. Every token is costly for a policy of half a million parameters, so the words
around the names are left out. The environment lists the receptacles once; every prompt lists those
that the shown turns have not gone to. Past turns are shown with their results.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from t2po_gym.core.agent.prompts import PromptView

__all__ = ["TEMPLATE", "CompactRoomTemplate"]

START = "start"
"""Placeholder for the first observation, whose parts are in the lines above it."""

_ANYWHERE = ("go to ", "examine ", "help", "inventory", "look")
"""Commands that the room line implies or that show nothing new; they are not listed."""

_ROOM_MARK = "\nroom: "

_TASK_MARK = "Your task is to: "
_ROOM = re.compile(r"you see (.*?)\.\n")
_NAMES = re.compile(r"\ba (?=\w+ \d)")
_SHORTER = (
    (re.compile(r'Nothing happens\. ".*" is not a command;.*', re.DOTALL), "no such command"),
    (re.compile(r"^Nothing happens\. ?"), "no: "),
    (re.compile(r"^You (?:arrive at|open the|are facing the) [^.]*\. "), ""),
    (re.compile(r"The (\w+ \d+) is open\. In it, you see ([^.]*)\."), r"in \1: \2"),
    (re.compile(r"The (\w+ \d+) is closed\."), r"\1 is closed"),
    (re.compile(r"On the (\w+ \d+), you see ([^.]*)\."), r"on \1: \2"),
    (re.compile(r"^You close the .*\.$"), "closed"),
    (re.compile(r"^You pick up the (.*) from the .*\.$"), r"holding \1"),
    (re.compile(r"^You (?:move|put) the .*\.$"), "hands free"),
    (re.compile(r"^You turn on the (.*)\.$"), r"\1 is on"),
    (re.compile(r"^You (heat|clean|cool) the (.*) using the .*\.$"), r"holding \2, \1ed"),
)


@dataclass(frozen=True, slots=True)
class CompactRoomTemplate:
    """Task, past commands with their shortened pages, places left, available actions."""

    def task(self, first_observation: str) -> str:
        """Return the task sentence, and the receptacles of the room on a second line."""
        room, _, task = first_observation.partition(_TASK_MARK)
        found = _ROOM.search(room)
        return f"{task.strip()}{_ROOM_MARK}{_plain(found[1]) if found else ''}"

    def show(self, observation: str, task: str) -> str:
        """Return the observation without the words around the names."""
        if _TASK_MARK in observation:
            return START
        for pattern, short in _SHORTER:
            observation = pattern.sub(short, observation)
        return _plain(observation)

    def render(self, view: PromptView) -> str:
        """Return the whole prompt; it ends with the available actions if they are listed."""
        task, _, room = view.task.partition(_ROOM_MARK)
        pages = [turn.observation for turn in view.past[1:]] + [view.observation]
        lines = [f"> {turn.action}: {page}" for turn, page in zip(view.past, pages, strict=False)]
        gone = {turn.action for turn in view.past}
        left = [name for name in room.split(", ") if f"go to {name}" not in gone]
        here = [a for a in view.admissible_actions if not a.startswith(_ANYWHERE)]
        listed = [f"here: {' | '.join(here)}"] if here else []
        return "\n".join([task, *(lines or pages), f"left: {', '.join(left)}", *listed])


def _plain(text: str) -> str:
    """Return a list of names without articles and without the word before the last name."""
    return _NAMES.sub("", text).replace(", and ", ", ")


TEMPLATE = CompactRoomTemplate()
