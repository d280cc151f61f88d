"""A terminal that a test types into, and what stands on its screen."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pexpect
import pyte

CTRL_C, CTRL_D, ENTER, TAB = "\x03", "\x04", "\r", "\t"
PATIENCE_S = 30.0


class Terminal:
    """A program of the command line in a pseudo-terminal."""

    def __init__(self, words: list[str], *, rows: int, columns: int, env: dict[str, str]) -> None:
        self._screen = pyte.HistoryScreen(columns, rows, history=5_000)
        self._stream = pyte.ByteStream(self._screen)
        self._child = pexpect.spawn(
            sys.executable, words, dimensions=(rows, columns), env=env, timeout=PATIENCE_S
        )
        # Programs ask where the cursor is; the screen answers.
        self._screen.write_process_input = self._child.send

    def type(self, text: str) -> None:
        """Press keys."""
        self._child.send(text)

    def see(self, words: str, *, gone: str = "") -> str:
        """Wait until words stand on the screen, and others do not; return the screen."""
        end = time.monotonic() + PATIENCE_S
        while words not in self.text or (gone and gone in self.text):
            assert time.monotonic() < end, f"{words!r} is not on the screen:\n{self.text}"
            if not self._read():
                break
        assert words in self.text, self.text
        return self.text

    def ended(self) -> int:
        """Wait for the program's end and return its exit status."""
        while self._read():
            pass
        self._child.wait()
        assert self._child.exitstatus is not None, f"killed by signal {self._child.signalstatus}"
        return int(self._child.exitstatus)

    def resize(self, rows: int, columns: int) -> None:
        """Change the size of the window."""
        self._screen.resize(rows, columns)
        self._child.setwinsize(rows, columns)

    def hang_up(self) -> None:
        """Close the terminal, as closing its window does, and wait for the program's end."""
        self._child.ptyproc.fileobj.close()
        self._child.wait()

    @property
    def text(self) -> str:
        """The screen, line by line."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def _read(self) -> bool:
        try:
            self._stream.feed(self._child.read_nonblocking(65_536, timeout=0.2))
        except pexpect.TIMEOUT:
            return self._child.isalive()
        except pexpect.EOF:
            return False
        return True


@contextmanager
def terminal(
    *words: str, rows: int = 24, columns: int = 80, **variables: str
) -> Iterator[Terminal]:
    """Run `t2po-gym` with these words in a terminal of its own; end it afterwards."""
    env = {**os.environ, "TERM": "xterm-256color", **variables}
    env.pop("COLUMNS", None)
    opened = Terminal(["-m", "t2po_gym.cli.main", *words], rows=rows, columns=columns, env=env)
    try:
        yield opened
    finally:
        opened._child.close(force=True)
