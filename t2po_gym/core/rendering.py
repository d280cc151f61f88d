"""Text rendering of episodes for people: ``render()`` of every environment.

The modes are Gymnasium's. ``ansi``: ``render()`` returns the text. ``human``: the text goes to
standard output after every reset and step, and ``render()`` writes it again. None: nothing is
shown. Rendering only reads the episode, so it changes no observation, hash, draw or progress.

* ``Scene``, ``scene_text`` - what is shown, and its text form.
* ``printable`` - any text, safe for a terminal.
* ``picture_words`` - what is said of an observation that holds a picture.
* ``Rendered`` - the part of `TextEnv` that renders.
"""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, NamedTuple

import gymnasium as gym
from gymnasium import logger
from gymnasium.error import ResetNeeded

__all__ = [
    "RENDER_MODES",
    "Rendered",
    "Scene",
    "picture_words",
    "printable",
    "scene_text",
    "shorten",
    "write_out",
]

RENDER_MODES = ("ansi", "human")
LONGEST_ACTION = 200  # characters of an action that are kept for rendering
LARGEST_LIMIT = 10**6  # a larger turn limit means that there is none
RULE = "-" * 60


class Scene(NamedTuple):
    """The state of an episode as shown to a person."""

    name: str
    """Id of the environment."""

    task: str
    """What to do, or the task's id."""

    turn: int
    """Actions played so far."""

    max_turns: int
    """Turn limit."""

    progress: float | None
    """In [0, 1]; None if the environment was made with ``progress=False``."""

    score: float
    """The benchmark's metric so far."""

    ending: str
    """How the episode ended; empty while it is running."""

    action: str | None
    """The last action; None after a reset."""

    action_valid: bool
    """Whether the last action was accepted."""

    page: str
    """The current observation."""


def scene_text(scene: Scene) -> str:
    r"""Format a scene: a line of numbers, the task, the last action, the page.

    Control characters and lone surrogates, which an action may contain, are written as escapes
    such as ``\x1b``, so the text is safe on a terminal and encodes as UTF-8. The lines of the page
    are kept.
    """
    limit = f" of {scene.max_turns}" if scene.max_turns <= LARGEST_LIMIT else ""
    figures = [scene.name, f"turn {scene.turn}{limit}"]
    if scene.progress is not None:
        figures.append(f"progress {scene.progress:.2f}")
    figures.append(f"score {scene.score:.2f}")
    if scene.ending:
        figures.append(scene.ending)
    lines = [" | ".join(figures), f"Task: {printable(scene.task)}", _action_line(scene), RULE]
    return "\n".join([*lines, printable(scene.page)])


def _action_line(scene: Scene) -> str:
    if scene.action is None:
        return "Last action: none yet"
    shown = printable(shorten(scene.action)).replace("\n", "\\n") or "(empty)"
    return f"Last action: {shown}{'' if scene.action_valid else ' (not accepted)'}"


def shorten(action: str) -> str:
    """Shorten an action to what is shown of it; idempotent."""
    return action if len(action) <= LONGEST_ACTION else action[: LONGEST_ACTION - 3] + "..."


def printable(text: str) -> str:
    r"""Return a text as a terminal may get it: control characters become ``\x1b`` and the like."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if _is_harmless(char) else _escape(char) for char in text)


def picture_words(observation: Any) -> str:
    """Say how large the picture of an observation is; empty if it has none.

    Example:
        >>> import numpy as np
        >>> picture_words({"screenshot": np.zeros((720, 1280, 3)), "task": "Buy a mug."})
        '(the agent sees this page as a picture of 1280 x 720 pixels)'
    """
    parts = observation.values() if isinstance(observation, Mapping) else ()
    shapes = [part.shape for part in parts if len(getattr(part, "shape", ())) == 3]
    sizes = [f"{width} x {height} pixels" for height, width, _ in shapes]
    return f"(the agent sees this page as a picture of {' and '.join(sizes)})" if sizes else ""


def _is_harmless(char: str) -> bool:
    code = ord(char)
    if code < 0xA0:
        return char in "\n\t" or 0x20 <= code < 0x7F
    return not 0xD800 <= code <= 0xDFFF


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def write_out(text: str) -> None:
    """Write to standard output; escape what its encoding cannot represent."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()


class Rendered(gym.Env[str, str]):
    """The part of `TextEnv` that renders the episode for a person."""

    metadata: dict[str, Any] = {  # noqa: RUF012 - Gymnasium's own declaration
        "render_modes": list(RENDER_MODES),
        "render_fps": 4,
    }

    max_turns: int
    _live: bool
    _started: bool
    _observation: str
    _last_action: str | None

    @abstractmethod
    def _info(self) -> dict[str, Any]:
        """Return a new info dictionary of the current state."""

    def render(self) -> str | None:
        """Render the current state: return it under ``ansi``, print it under ``human``.

        Returns:
            The text under ``ansi``; None otherwise, with a warning if no mode was chosen.

        Raises:
            ResetNeeded: If no episode has been started.
        """
        if self.render_mode is None:
            logger.warn(
                "render() shows nothing because no render mode was chosen; make the environment "
                "with render_mode='ansi' (render() returns text) or 'human' (text is printed)."
            )
            return None
        if not self._started:
            raise ResetNeeded("There is nothing to show; call reset() before render().")
        if self.render_mode == "human":
            self._show()
            return None
        return scene_text(self._scene())

    def _show(self) -> None:
        write_out(scene_text(self._scene()) + "\n\n")

    def _task_line(self) -> str:
        """Return the task for a person: its text if the environment has one, else its id."""
        info = self._info()
        return str(info["task"] or info["task_id"])

    def _scene(self) -> Scene:
        info = self._info()
        ending = "" if self._live else "ended: " + ("success" if info["success"] else "no success")
        return Scene(
            name=type(self).__name__ if self.spec is None else self.spec.id,
            task=self._task_line(),
            turn=info["turn"],
            max_turns=self.max_turns,
            progress=info.get("progress"),
            score=info["score"],
            ending=ending,
            action=self._last_action,
            action_valid=info["action_valid"],
            page=self._observation,
        )

    def _choose_render_mode(self, mode: str | None) -> None:
        """Set the mode that the constructor was given.

        Raises:
            ValueError: If there is no such mode.
        """
        modes: list[str] = self.metadata["render_modes"]
        if mode is not None and not (isinstance(mode, str) and mode in modes):
            named = " or ".join(map(repr, modes))
            raise ValueError(f"render_mode must be None, {named}; got {mode!r}.")
        self.render_mode = mode
