"""Where a reader of episodes is, and what the keys do; knows no terminal."""

from __future__ import annotations

from rich.text import Text

from t2po_gym.watch.episodes import Episode
from t2po_gym.watch.library import Library
from t2po_gym.watch.terminal.lines import head_line, title_lines, turn_lines
from t2po_gym.watch.terminal.theme import as_ansi, clean

__all__ = ["Reader"]

LONGEST_NUMBER = 6


class Reader:
    """A list of episodes, one of which may be open at one of its turns.

    Args:
        library: the episodes of a place.
    """

    def __init__(self, library: Library) -> None:
        self.library = library
        self.place = 1  # of the episode that is open or chosen
        self.episode: Episode | None = None
        self.turn = 0
        self.typed: str | None = None
        self._top, self._height, self._shown = 0, 1, 1
        self._unfolded = self._actions = False
        self._fault = ""

    # ---- what is shown ------------------------------------------------------------------------

    def lines(self, width: int, height: int) -> list[str]:
        """Return what fits on a screen of this many columns and rows."""
        self._height = height
        if self.episode is None:
            first = min(max(0, self.place - 1 - height // 2), max(0, self._total - height))
            return [self._list_line(i + 1, width) for i in range(first, self._total)][:height]
        every = as_ansi(self._page(self.episode), width)
        self._shown = len(every)
        self._top = min(self._top, max(0, len(every) - height))
        return every[self._top : self._top + height]

    def _page(self, episode: Episode) -> list[Text]:
        title = title_lines(self.place, self._total, episode)
        if not episode.turns:
            return title
        turn = turn_lines(episode, self.turn, unfolded=self._unfolded, actions=self._actions)
        return [*title, *turn]

    def _list_line(self, place: int, width: int) -> str:
        line = head_line(place, self.library.entries[place - 1].head, len(str(self._total)))
        line.truncate(width - 1, overflow="ellipsis")
        if place == self.place:
            line.stylize("chosen")
        return as_ansi([line], width)[0]

    def foot(self) -> str:
        """Return the line below: what can be done."""
        if self.typed is not None:
            return f"Go to {'episode' if self.episode is None else 'turn'}: {self.typed}_"
        if self._fault:
            return self._fault
        if self.episode is None:
            return f"{self._total} episodes  arrows choose  enter opens  g number  q leaves"
        more = "  arrows up/down scroll" if self._shown > self._height else ""
        return f"n next  p previous  g turn  r rejected tries  a actions  l list  q leaves{more}"

    @property
    def _total(self) -> int:
        return len(self.library.entries)

    # ---- what keys do -------------------------------------------------------------------------

    def open(self, place: int) -> None:
        """Open an episode at its first turn.

        Raises:
            ValueError: If there is none, or it does not replay as recorded.
        """
        self.episode = self.library.episode(place)
        self.place, self.turn, self._top = place, 0, 0

    def enter(self) -> None:
        """Open the chosen episode; a fault is told below."""
        if self.episode is not None:
            return
        try:
            self.open(self.place)
        except (ValueError, OSError) as error:
            self._fault = clean(str(error)).replace("\n", " ")

    def leave(self) -> None:
        """Go back to the list."""
        self.episode, self._top = None, 0

    def next(self) -> None:
        """Go to the next turn, or in the list to the next episode; open the chosen one."""
        self._move(1)

    def previous(self) -> None:
        """Go to the turn or episode before."""
        self._move(-1)

    def down(self) -> None:
        """Scroll, or choose the next episode."""
        self._scroll(1)

    def up(self) -> None:
        """Scroll back, or choose the episode before."""
        self._scroll(-1)

    def page_down(self) -> None:
        """Scroll by a screen."""
        self._scroll(max(1, self._height - 1))

    def page_up(self) -> None:
        """Scroll back by a screen."""
        self._scroll(-max(1, self._height - 1))

    def fold(self) -> None:
        """Show or hide the tries that were thrown away."""
        self._unfolded = not self._unfolded

    def list_actions(self) -> None:
        """Show or hide the admissible actions."""
        self._actions = not self._actions

    def _move(self, by: int) -> None:
        if self.episode is None:
            self._choose(self.place + by)
        else:
            self._step_to(self.turn + by)

    def _scroll(self, by: int) -> None:
        if self.episode is None:
            self._choose(self.place + by)
        else:
            self._top = min(max(0, self._top + by), max(0, self._shown - self._height))

    def _choose(self, place: int) -> None:
        self.place, self._fault = min(max(1, place), self._total), ""

    def _step_to(self, turn: int) -> None:
        assert self.episode is not None
        aim = min(max(0, turn), max(0, len(self.episode.turns) - 1))
        if aim != self.turn:
            self.turn, self._top = aim, 0

    # ---- typing a number ----------------------------------------------------------------------

    def ask(self) -> None:
        """Begin to ask for a number."""
        self.typed, self._fault = "", ""

    def type(self, character: str) -> None:
        """Take a digit."""
        if self.typed is not None and character.isascii() and character.isdigit():
            self.typed = (self.typed + character)[:LONGEST_NUMBER]

    def erase(self) -> None:
        """Take a digit back."""
        if self.typed is not None:
            self.typed = self.typed[:-1]

    def stop_asking(self) -> None:
        """Go nowhere."""
        self.typed = None

    def go(self) -> None:
        """Go where the number says; the nearest there is."""
        number, self.typed = self.typed, None
        if number and self.episode is None:
            self._choose(int(number))
        elif number:
            self._step_to(int(number) - 1)
