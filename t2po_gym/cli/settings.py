"""Arguments of an environment on the command line: `--set NAME=VALUE`."""

import argparse
import ast
import json
from typing import Any

__all__ = ["add_settings", "parse_setting"]


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Declare `--set`; what was given is read by `parse_setting`."""
    parser.add_argument(
        "--set",
        dest="settings",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="argument of the environment, such as split=test or max_turns=30 (repeatable)",
    )


def parse_setting(text: str) -> tuple[str, Any]:
    """Parse ``name=value``; the value may be JSON or a Python literal, otherwise it is text.

    Example:
        >>> parse_setting("max_turns=30"), parse_setting("split=test"), parse_setting("hops=(1, 2)")
        (('max_turns', 30), ('split', 'test'), ('hops', (1, 2)))
    """
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise ValueError(f"--set takes NAME=VALUE, got {text!r}")
    for read in (json.loads, ast.literal_eval):
        try:
            return name, read(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
    return name, value
