"""The error raised where the original program raises an exception."""

from collections.abc import Mapping
from typing import Any


class OriginalWouldRaise(Exception):  # noqa: N818 - it names what happens, as StopIteration does
    """The original WebShop raises at this point.

    The session is unchanged, so an environment treats the action as invalid. Tests compare the
    three fields with recordings of the original.

    Attributes:
        kind: name of the original's exception class, for example ``IndexError``.
        message: its text.
        session: the original server's state afterwards (empty outside a session).
    """

    def __init__(self, kind: str, message: str, session: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"the original WebShop raises {kind}: {message}")
        self.kind = kind
        self.message = message
        self.session = dict(session or {})
