"""Kinds of command-line values that tyro does not know by itself."""

from __future__ import annotations

import json
from typing import Annotated, Any

import tyro

__all__ = ["Kwargs", "parse_kwargs"]


def parse_kwargs(text: str) -> dict[str, Any]:
    """Read a JSON object given on the command line.

    Raises:
        ValueError: if the text is not a JSON object.
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(
            f"expected a JSON object such as '{{\"max_turns\": 10}}', got {text!r}"
        ) from error
    if not isinstance(value, dict):
        raise ValueError(f"expected a JSON object, got {text!r}")
    return value


Kwargs = Annotated[
    dict[str, Any],
    tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="JSON",
        instance_from_str=lambda given: parse_kwargs(given[0]),
        is_instance=lambda value: isinstance(value, dict),
        str_from_instance=lambda value: [json.dumps(value)],
    ),
]
