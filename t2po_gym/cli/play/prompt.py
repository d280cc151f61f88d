"""How lines are typed: with completion where prompt_toolkit is installed, else bare."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prompt_toolkit.key_binding import KeyBindings

__all__ = ["MISSING", "plain_reader", "prompt_reader"]

SIGN = "> "
MENU_LINES = 6
MISSING = "Completion while typing needs the extra play: pip install 't2po-gym[play]'"

Reader = Callable[[], "str | None"]
"""Returns the next line without its end; None when there is none."""


def plain_reader(asking: bool) -> Reader:
    """Return a reader of standard input; `asking` prints a sign before each line."""

    def read() -> str | None:
        if asking:
            sys.stdout.write(SIGN)
            sys.stdout.flush()
        line = sys.stdin.readline()
        return line.rstrip("\r\n") if line else None

    return read


def prompt_reader(complete: Callable[[str], Sequence[str]]) -> Reader:
    """Return a reader that edits, remembers and completes lines.

    Args:
        complete: From what is typed to the lines it may become.

    Raises:
        ImportError: If prompt_toolkit is not installed.
    """
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document

    class Lines(Completer):
        def get_completions(self, document: Document, event: CompleteEvent) -> Iterator[Completion]:
            typed = document.text_before_cursor
            for line in complete(typed):
                yield Completion(line, start_position=-len(typed))

    session: PromptSession[str] = PromptSession(
        completer=Lines(),
        complete_while_typing=True,
        reserve_space_for_menu=MENU_LINES,
        key_bindings=_tab(complete),
    )

    waiting: deque[str] = deque()  # further lines of a text that was pasted

    def read() -> str | None:
        try:
            waiting.extend([] if waiting else session.prompt(SIGN).split("\n"))
        except EOFError:
            return None
        return waiting.popleft()

    return read


def _tab(complete: Callable[[str], Sequence[str]]) -> KeyBindings:
    """Return the meaning of Tab: what fits alone is put in at once, else the menu opens.

    The library's own Tab asks in the background, so that Enter right after it sends the beginning.
    """
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    bindings = KeyBindings()

    @bindings.add("tab")
    def press(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        menu = buffer.complete_state
        typed = buffer.document.text_before_cursor
        fitting = complete(typed)
        if len(fitting) == 1 and (menu is None or menu.complete_index is None):
            buffer.delete_before_cursor(len(typed))
            buffer.insert_text(fitting[0])
        elif menu is not None:
            buffer.complete_next()
        else:
            buffer.start_completion(insert_common_part=True)

    return bindings
