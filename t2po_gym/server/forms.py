"""What forms send: read within bounds, then understood as a press."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from t2po_gym.server.seats import Press

__all__ = ["BadForm", "press_of", "read_form"]

FORM_TYPE = "application/x-www-form-urlencoded"
MAX_FIELDS = 16
MAX_FIELD_CHARS = 65_536


class BadForm(ValueError):  # noqa: N818 - it names a finding, not a malfunction
    """A request whose form cannot be used.

    Args:
        status: HTTP status of the answer.
        sentence: what is wrong.
    """

    def __init__(self, status: int, sentence: str) -> None:
        self.status = status
        super().__init__(sentence)


def read_form(content_type: str, body: bytes) -> Mapping[str, str]:
    """Return the fields of a form; of a repeated one the first, of an empty body none.

    Bytes that are no UTF-8 become U+FFFD, as browsers read them.

    Raises:
        BadForm: If it is another type of content, or has too many or too long fields.
    """
    if not body:
        return {}
    if content_type.partition(";")[0].strip().lower() != FORM_TYPE:
        raise BadForm(415, f"A form is sent as {FORM_TYPE}.")
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"),
            keep_blank_values=True,
            max_num_fields=MAX_FIELDS,
            errors="replace",
        )
    except ValueError as error:
        raise BadForm(400, f"A form has at most {MAX_FIELDS} fields.") from error
    if any(len(name) + len(value) > MAX_FIELD_CHARS for name, value in pairs):
        raise BadForm(400, f"A field has at most {MAX_FIELD_CHARS} characters.")
    return dict(reversed(pairs))


def press_of(fields: Mapping[str, str]) -> Press:
    """Return what a form of a page says was done.

    A shop sends ``action`` (``search`` with ``query``, or the action of a button). A plain page
    sends ``say`` (a whole action), or ``fill`` (a verb, or nothing for a whole action) with
    ``text``.

    Raises:
        BadForm: If it says nothing of that kind.
    """
    action = fields.get("action")
    if action == "search" and "query" in fields:
        return Press("search", fields["query"])
    if action is not None and action.startswith("click[") and action.endswith("]"):
        return Press("click", action[len("click[") : -1])
    if "say" in fields:
        return Press("say", fields["say"])
    if "fill" in fields and "text" in fields:
        verb, text = fields["fill"], fields["text"]
        return Press("say", f"{verb}[{text}]" if verb else text)
    raise BadForm(400, "This form names no button of the page.")
