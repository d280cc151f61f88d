"""Steps through episodes in a terminal, with keys. Needs `prompt_toolkit` (extra `play`)."""

from __future__ import annotations

from prompt_toolkit.application import Application, get_app
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import ANSI, StyleAndTextTuples, to_formatted_text
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import HSplit, Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl

from t2po_gym.watch.library import Library
from t2po_gym.watch.terminal.reader import Reader

__all__ = ["show"]


def show(library: Library, number: int | None) -> None:
    """Show a library until the user leaves.

    Args:
        library: the episodes of a place.
        number: episode to open, from 1; None for the list.

    Raises:
        ValueError: If there is none of this number, or it does not replay as recorded.
    """
    reader = Reader(library)
    if number is not None:
        reader.open(number)
    _application(reader).run()


def _application(reader: Reader) -> Application[None]:
    def body() -> StyleAndTextTuples:
        size = get_app().output.get_size()
        lines = reader.lines(size.columns, max(1, size.rows - 1))
        return to_formatted_text(ANSI("\n".join(lines)))

    def foot() -> StyleAndTextTuples:
        return [("reverse", f" {reader.foot()} ")]

    page = Window(FormattedTextControl(body, focusable=True, show_cursor=False))
    status = Window(FormattedTextControl(foot), height=1, style="reverse")
    return Application(
        layout=Layout(HSplit([page, status])), key_bindings=_keys(reader), full_screen=True
    )


def _keys(reader: Reader) -> KeyBindings:
    keys = KeyBindings()
    typing = Condition(lambda: reader.typed is not None)

    def on(*names: str, what: str) -> None:
        for name in names:
            keys.add(name, filter=~typing)(lambda event: getattr(reader, what)())

    on("n", "right", what="next")
    on("p", "left", what="previous")
    on("down", "j", what="down")
    on("up", "k", what="up")
    on("pagedown", " ", what="page_down")
    on("pageup", what="page_up")
    on("enter", what="enter")
    on("l", "escape", what="leave")
    on("r", what="fold")
    on("a", what="list_actions")
    on("g", what="ask")

    @keys.add("q", filter=~typing)
    @keys.add("c-c")
    def _quit(event: KeyPressEvent) -> None:
        event.app.exit()

    @keys.add("<any>", filter=typing)
    def _type(event: KeyPressEvent) -> None:
        reader.type(event.data)

    @keys.add("enter", filter=typing)
    def _go(event: KeyPressEvent) -> None:
        reader.go()

    @keys.add("escape", filter=typing)
    def _stop(event: KeyPressEvent) -> None:
        reader.stop_asking()

    @keys.add("backspace", filter=typing)
    def _erase(event: KeyPressEvent) -> None:
        reader.erase()

    return keys
