"""The two rule sets: ``fixed`` (default) and ``exact``. Both play the same world.

``exact`` prints what the original prints. ``fixed`` repairs missing or wrong texts;
docs/alfworld.md lists each repair.
"""

from __future__ import annotations

from collections.abc import Mapping

from t2po_gym.envs.alfworld.world.engine import Engine
from t2po_gym.envs.alfworld.world.fixed_engine import FixedEngine

__all__ = ["RULES", "engine_class"]

RULES: Mapping[str, type[Engine]] = {"fixed": FixedEngine, "exact": Engine}
"""Engines by name of the rules, the default first."""


def engine_class(rules: str) -> type[Engine]:
    """Return the engine of a rule set.

    Raises:
        ValueError: If there is no such rule set.
    """
    if rules not in RULES:
        raise ValueError(f"rules must be one of {', '.join(RULES)}; got {rules!r}.")
    return RULES[rules]
