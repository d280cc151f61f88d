"""A game line by line: what is typed is an action or a command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from t2po_gym.cli.play.archive import add_episode, check_archive
from t2po_gym.cli.play.game import Game
from t2po_gym.cli.play.screen import Screen

__all__ = ["COMMANDS", "LEAVE", "Table"]

COMMANDS = {
    "/undo": "take the last action back, any number of times",
    "/page": "the page as the agent sees it",
    "/actions": "every admissible action in full",
    "/save FILE": "add the episode so far to a file of traces",
    "/restart": "play this task again from the start",
    "/next": "play the next task of the split",
    "/help": "what can be typed",
    "/quit": "leave (also Ctrl-D)",
}
"""What is typed -> what it does."""

LEAVE = ("quit", "exit", "/quit", "/exit")
"""Words that end the game."""

OVER = "/undo takes the last action back, /restart and /next play on, /quit leaves."


class Table:
    """Where a game is played.

    Args:
        game: Has been started.
        screen: Where it is shown.
        record: File that every episode is added to when it is left; None to keep none.
        stays: Whether the player goes on after the end of an episode, to undo or play another.
    """

    def __init__(self, game: Game, screen: Screen, *, record: Path | None, stays: bool) -> None:
        self.game, self.screen = game, screen
        self._record, self._stays = record, stays
        self._saved = False

    def run(self, read: Callable[[], str | None]) -> None:
        """Play until the player leaves, or the input ends. Whatever happens, it is recorded."""
        try:
            self._show_task()
            while (line := read()) is not None and self.take(line):
                pass
        finally:
            self._close()

    def take(self, line: str) -> bool:
        """Do what a line says; False to leave."""
        words = line.strip()
        if words.lower() in LEAVE:
            return False
        if words.startswith("/"):
            self._command(*words.split(maxsplit=1))
        elif self.game.ended:
            self.screen.told(f"The episode has ended: {OVER}", "yellow")
        elif words or not self._stays:
            self.game.play(line)
            self._show()
            return self._stays or not self.game.ended
        return True

    def _command(self, name: str, argument: str = "") -> None:
        commands: dict[str, Callable[[], None]] = {
            "/undo": self._undo,
            "/page": lambda: self.screen.raw(self.game.now.observation),
            "/actions": self._list_actions,
            "/save": lambda: self._save(argument.strip()),
            "/restart": lambda: self._another(self.game.restart),
            "/next": lambda: self._another(self.game.following),
            "/help": self._help,
        }
        if name.lower() in commands:
            commands[name.lower()]()
        else:
            self.screen.told(f"There is no command {name}; /help lists them.", "yellow")

    def _show_task(self) -> None:
        self._saved = False
        self.screen.begin(self.game)
        self._show()

    def _show(self) -> None:
        self.screen.page(self.game)
        if self.game.ended and self._stays:
            self.screen.result(self.game)
            self.screen.told(OVER, "dim")

    def _undo(self) -> None:
        if self.game.undo():
            self._saved = False
            self._show()
        else:
            self.screen.told("There is nothing to take back.", "yellow")

    def _list_actions(self) -> None:
        for action in self.game.now.info["admissible_actions"]:
            self.screen.raw(action)

    def _help(self) -> None:
        for name, purpose in COMMANDS.items():
            self.screen.told(f"{name:<11} {purpose}")
        self.screen.told(self.game.now.info["action_format"])

    def _save(self, name: str) -> None:
        if not name:
            self.screen.told("Name a file: /save FILE", "yellow")
            return
        try:
            path = Path(name).expanduser()
            check_archive(path)
            add_episode(path, self.game.trace())
        except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: ~ of nobody
            self.screen.told(str(error), "yellow")
        else:
            self._saved = True
            self.screen.told(f"Saved in {path}.")

    def _another(self, start: Callable[[], object]) -> None:
        self._close()
        start()
        self._show_task()

    def _close(self) -> None:
        """Leave the episode: record it, which comes first, and say how it stands."""
        game, path = self.game, self._record
        if path is not None and game.actions:
            add_episode(path, game.trace())
        if not (game.ended and self._stays):
            self.screen.result(game)
        if path is not None:
            self.screen.told(f"Recorded in {path}." if game.actions else "Nothing to record.")
        elif game.actions and self._stays and not self._saved:
            self.screen.told("Not recorded: --record FILE keeps what is played.", "dim")
