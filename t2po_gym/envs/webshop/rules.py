"""The two rule sets of the shop: ``fixed`` (default) and ``exact``.

``exact`` is the original with all its quirks. ``fixed`` is the same shop repaired; docs/webshop.md
lists each repair with its effect. A rule set defines how sessions behave and how goals are made.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

from t2po_gym.envs.webshop.world.session_rules import SessionRules

NO_TURN_LIMIT = sys.maxsize
"""Turn limit that is never reached; the original has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """One way to run the shop."""

    name: str
    """``fixed`` or ``exact``."""

    session: SessionRules
    """How pages and clicks behave."""

    max_turns: int
    """Default turn limit."""


EXACT = RuleSet(name="exact", session=SessionRules(), max_turns=NO_TURN_LIMIT)
"""The original: price caps and order of goals from one random stream, splits by position."""

FIXED = RuleSet(
    name="fixed",
    session=SessionRules(
        advertise_search=False,
        show_selected=True,
        symmetric_colours=True,
        prefix_queries=False,
        url_page_logic=False,
        first_bracket=True,
        lenient=True,
    ),
    max_turns=15,
)
"""The repaired shop: one goal list for all, splits by product, every goal can be won."""

RULES = {rules.name: rules for rules in (FIXED, EXACT)}
"""Rule sets by name, the default first."""


def rule_set(
    name: str,
    *,
    page_size: int = 10,
    title_words: int | None = None,
    max_bullets: int | None = None,
    max_description_chars: int | None = None,
    show_attributes: bool = False,
) -> RuleSet:
    """Return a rule set with its page sizes changed.

    Raises:
        ValueError: If there is no such rule set, or a size is below one.
    """
    if name not in RULES:
        raise ValueError(f"rules must be one of {', '.join(RULES)}; got {name!r}.")
    session = replace(
        RULES[name].session,
        page_size=page_size,
        title_words=title_words,
        max_bullets=max_bullets,
        max_description_chars=max_description_chars,
        show_attributes=show_attributes,
    )
    return replace(RULES[name], session=session)
