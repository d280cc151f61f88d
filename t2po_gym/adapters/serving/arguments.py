"""What a tool is called with: its schema, and one sentence for what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from t2po_gym.adapters.episode import MAX_ACTION_CHARS

__all__ = ["TOOLS", "Actions", "Arguments", "Reset", "Step", "read_arguments"]

Session = Annotated[
    str | None,
    Field(
        description="What reset returned as `session`; only for clients without a connection.",
        max_length=100,
    ),
]


class Arguments(BaseModel):
    """Arguments of a tool: no others, and each of exactly its type."""

    model_config = ConfigDict(extra="forbid", strict=True)

    session: Session = None


class Reset(Arguments):
    """Arguments of ``reset``."""

    seed: int | None = Field(
        default=None, description="Seeds the choice of the task and all randomness.", ge=0
    )
    split: str | None = Field(
        default=None, description="Split of the task; left out: the server's.", max_length=100
    )
    task_id: str | None = Field(
        default=None, description="Public name of the task.", max_length=1_000
    )
    task_index: int | None = Field(default=None, description="Or its index within the split.", ge=0)


class Step(Arguments):
    """Arguments of ``step``."""

    action: str = Field(description="The bare action.", max_length=MAX_ACTION_CHARS)


class Actions(Arguments):
    """Arguments of ``actions``."""


TOOLS: Mapping[str, type[Arguments]] = {"reset": Reset, "step": Step, "actions": Actions}
"""The tools by name."""


def read_arguments(tool: str, given: Mapping[str, Any]) -> Arguments:
    """Read the arguments of a tool.

    Raises:
        ValueError: If there is no such tool, or an argument is refused: one sentence.
    """
    if tool not in TOOLS:
        raise ValueError(f"There is no tool {tool[:100]!r}; there are {_listed(TOOLS)}.")
    try:
        return TOOLS[tool].model_validate(given)
    except ValidationError as error:
        raise ValueError(_sentence(tool, error)) from None  # its own text shows what was given


def _sentence(tool: str, error: ValidationError) -> str:
    known = TOOLS[tool].model_fields
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    name = str(first["loc"][0])[:100] if first["loc"] else ""
    if first["type"] == "extra_forbidden":
        return f"{tool} knows no argument {name!r}; it takes {_listed(known)}."
    if first["type"] == "missing":
        return f"{tool} needs the argument {name!r}; it takes {_listed(known)}."
    if first["type"] == "string_unicode":
        return f"{tool} cannot take this {name!r}: half of a surrogate pair is no text."
    return f"{tool} cannot take this {name!r}: {first['msg'][0].lower()}{first['msg'][1:]}."


def _listed(names: Mapping[str, Any]) -> str:
    *others, last = sorted(names)
    return f"{', '.join(others)} and {last}" if others else last
