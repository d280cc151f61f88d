"""The accessibility tree of a page as text, the way a screen reader meets it.

One line for each element: role, name in quotes, value, states, and for what can be pressed the
action that presses it:

    RootWebArea "WebShop"
      heading "WebShop"
      textbox "What are you looking for?" value "" focused
      button "Search" search[<your query>]

Elements without a meaning of their own are left out, and texts that only repeat the name of the
element around them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["actions_of", "tree_text"]

Ax = Mapping[str, Any]
"""A node as ``Accessibility.getFullAXTree`` of the DevTools protocol describes it."""

SILENT = {"generic", "none", "InlineTextBox", "LineBreak", "LayoutTable", "ListMarker"}
"""Roles that say nothing."""

STATES = ("focused", "disabled", "pressed", "expanded", "checked", "selected")
"""States that are named where they are set."""

BOXES = {"textbox", "searchbox"}
"""Roles whose value is shown even if it is empty."""


def actions_of(document: Mapping[str, Any]) -> dict[int, str]:
    """Return the actions of a document's buttons by backend node id.

    Args:
        document: the root that ``DOM.getDocument`` returns with all its children.
    """
    found: dict[int, str] = {}
    waiting = [document]
    for node in waiting:  # grows while it is read
        waiting += node.get("children", ())
        listed = node.get("attributes", ())
        attributes = dict(zip(listed[::2], listed[1::2], strict=True))
        if node["nodeName"] == "BUTTON" and attributes.get("name") == "action":
            value = attributes.get("value", "")
            found[node["backendNodeId"]] = "search[<your query>]" if value == "search" else value
    return found


def tree_text(nodes: Sequence[Ax], actions: Mapping[int, str]) -> str:
    """Return the tree as indented lines.

    Args:
        nodes: all nodes, the root first.
        actions: what pressing an element does, by backend node id.
    """
    by_id = {node["nodeId"]: node for node in nodes}
    lines = []
    for depth, node in _walk(nodes[0], by_id):
        action = actions.get(node.get("backendDOMNodeId", -1))
        lines.append("  " * depth + _line(node, action))
    return "\n".join(lines)


def _walk(root: Ax, by_id: Mapping[str, Ax]) -> Iterator[tuple[int, Ax]]:
    """Yield the nodes that say something, with their depth, in document order."""
    waiting = [(0, root, "")]
    while waiting:
        depth, node, around = waiting.pop()
        name = _name(node)
        shown = not node.get("ignored") and _role(node) not in SILENT
        repeats = _role(node) == "StaticText" and name.strip() in ("", around.strip())
        if shown and not repeats:
            yield depth, node
            depth, around = depth + 1, name
        children = [by_id[child] for child in node.get("childIds", ()) if child in by_id]
        waiting += [(depth, child, around) for child in reversed(children)]


def _line(node: Ax, action: str | None) -> str:
    parts = [_role(node)]
    name = _name(node)
    if name:
        parts.append(_quoted(name))
    value = node.get("value", {}).get("value", "")
    if value != "" or _role(node) in BOXES:
        parts.append(f"value {_quoted(str(value))}")
    parts += [state for state in STATES if _is_set(node, state)]
    if action is not None:
        parts.append(action)
    return " ".join(parts)


def _is_set(node: Ax, state: str) -> bool:
    values = [p["value"].get("value") for p in node.get("properties", ()) if p["name"] == state]
    return bool(values) and values[0] in (True, "true", "mixed")


def _role(node: Ax) -> str:
    return str(node.get("role", {}).get("value", ""))


def _name(node: Ax) -> str:
    return str(node.get("name", {}).get("value", ""))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
