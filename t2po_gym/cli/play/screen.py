"""What is printed: laid out for a terminal, or as plain lines for a pipe.

Every text of an environment or of the player goes through `printable`: control characters in a
page never reach the terminal.
"""

from __future__ import annotations

from typing import Protocol

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from t2po_gym.cli.play.game import Game
from t2po_gym.cli.play.page import BUTTON, on_page, packed, page_view, pieces_of
from t2po_gym.cli.play.status import (
    in_short,
    progress_line,
    result_line,
    result_sentence,
    turn_words,
)
from t2po_gym.core.rendering import printable

__all__ = ["PlainScreen", "Screen", "TerminalScreen"]

NOTHING_DONE = "(that did nothing)"
ON_PAGE = "click[...] with a text in brackets"
MAX_LISTED = 40
"""Admissible actions listed per turn of a pipe."""


class Screen(Protocol):
    """Shows a game."""

    def begin(self, game: Game) -> None:
        """Show which task is played."""
        ...

    def page(self, game: Game) -> None:
        """Show what the agent sees, what it may do, and how far it is."""
        ...

    def told(self, text: str, style: str = "") -> None:
        """Show a sentence."""
        ...

    def raw(self, text: str) -> None:
        """Show a text without line breaks of its own."""
        ...

    def result(self, game: Game) -> None:
        """Show how the episode ended, or how it was left."""
        ...


class TerminalScreen:
    """Pages laid out in the width of the terminal, which may change at any time."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def begin(self, game: Game) -> None:
        """Show id, split and task."""
        env, info = game.env, game.now.info
        name = type(env).__name__ if env.spec is None else env.spec.id
        words = f"{name}, split {env.split}, task {info['task_id']}"
        self._console.print(Text(printable(words), style="bold"))

    def page(self, game: Game) -> None:
        """Show the page, and below it what a player looks for: actions, task, progress."""
        console, info = self._console, game.now.info
        console.print(Rule(turn_words(info["turn"], game.env.max_turns), align="left", style="dim"))
        if not info["action_valid"]:
            self.told(NOTHING_DONE, "yellow")
        actions, width = info["admissible_actions"], console.width
        console.print(page_view(game.now.observation, actions, info["task"], width))
        if game.now.picture:
            self.told(game.now.picture, "dim")
        console.print()
        if not game.ended:
            self._actions(game)
        self.told(f"Task: {info['task']}", "bold")
        if "progress" in info:
            plain = console.options.ascii_only
            line = progress_line(info["progress"], game.deltas, width, plain)
            self.told(line, "green")

    def _actions(self, game: Game) -> None:
        """List what may be done; buttons of the page are named once for all."""
        now = game.now
        actions = now.info["admissible_actions"]
        pieces = pieces_of(now.observation, actions, now.info["task"])
        others = [action for action in actions if not on_page(action, pieces)]
        listed = in_short(map(printable, others))
        if len(others) < len(actions):
            listed.insert(0, ON_PAGE)
        for line in packed(listed, self._console.width):
            self._console.print(Text(line, style=BUTTON))

    def told(self, text: str, style: str = "") -> None:
        """Show a text, wrapped."""
        self._console.print(Text(printable(text), style=style))

    def raw(self, text: str) -> None:
        """Show a text that only the terminal breaks."""
        self._console.print(Text(printable(text)), soft_wrap=True)

    def result(self, game: Game) -> None:
        """Show reward and score."""
        turns = len(game.actions)
        self.told(result_sentence(game.ended, turns, game.reward, game.now.info), "bold")


class PlainScreen:
    """The page as the agent sees it, one line per thing: for pipes and files."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def begin(self, game: Game) -> None:
        """Show the task's id."""
        self.told(f"task {game.now.info['task_id']}", "bold")

    def page(self, game: Game) -> None:
        """Show the page, the first admissible actions and the progress."""
        info = game.now.info
        if game.now.action is not None:
            self.told(f"> {game.now.action}", "green")
        if not info["action_valid"]:
            self.told(NOTHING_DONE, "yellow")
        self.told(game.now.observation)
        if game.now.picture:
            self.told(game.now.picture, "dim")
        actions = info["admissible_actions"]
        rest = len(actions) - MAX_LISTED
        more = f"  ... and {rest} more" if rest > 0 else ""
        self.told(f"{'  '.join(actions[:MAX_LISTED])}{more}", "cyan")
        if "progress" in info:
            self.told(f"progress {info['progress']:.2f}", "dim")

    def told(self, text: str, style: str = "") -> None:
        """Show a text on a line of its own, however long."""
        self._console.print(Text(printable(text), style=style), soft_wrap=True)

    def raw(self, text: str) -> None:
        """Show a text."""
        self.told(text)

    def result(self, game: Game) -> None:
        """Show reward and score."""
        line = result_line(game.ended, len(game.actions), game.reward, game.now.info)
        self.told(line, "bold")
