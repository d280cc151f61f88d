"""Settings as JSON: written into every run folder, read back on resume."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from .checks import require

__all__ = ["from_dict", "from_json", "to_json"]

Config = TypeVar("Config")


def to_json(config: Any) -> str:
    """Return a configuration as indented JSON, keys in declaration order."""
    return json.dumps(dataclasses.asdict(config), indent=2) + "\n"


def from_json(kind: type[Config], text: str) -> Config:
    """Read back what `to_json` wrote."""
    return from_dict(kind, json.loads(text))


def from_dict(kind: type[Config], values: Mapping[str, Any]) -> Config:
    """Build a configuration dataclass from nested mappings.

    Fields that are missing keep their defaults, so older files still load.

    Raises:
        ValueError: if a key is no field of the dataclass.
    """
    hints = typing.get_type_hints(kind)
    unknown = sorted(set(values) - set(hints))
    require(not unknown, f"{kind.__name__} has no setting named {', '.join(unknown)}.")
    built = {name: _from_value(hints[name], value) for name, value in values.items()}
    return kind(**built)


def _from_value(hint: Any, value: Any) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return from_dict(hint, value)
    origin = typing.get_origin(hint)
    if origin is tuple and value is not None:
        return tuple(value)
    if origin in (typing.Union, types.UnionType) and isinstance(value, int):
        return float(value) if float in typing.get_args(hint) else value
    return value
