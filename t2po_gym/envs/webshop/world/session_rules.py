"""Switches between the original shop and a repaired one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRules:
    """How a shop behaves; the defaults are the original's behaviour with all its quirks."""

    page_size: int = 10
    """Products per results page."""

    max_results: int = 50
    """Hits of a search."""

    advertise_search: bool = True
    """List the button ``search`` on the search page, although clicking it does nothing."""

    show_selected: bool = False
    """Name the chosen options on the product page in the mode ``text`` too."""

    show_attributes: bool = False
    """Offer the sub page with the hidden attributes."""

    symmetric_colours: bool = False
    """Normalise colours on the goal's side as on the chosen one: every goal can be won."""

    prefix_queries: bool = True
    """Honour the queries ``<r>``, ``<q> words``, ``<c> word`` and ``<a> words``."""

    url_page_logic: bool = True
    """Let ``< prev`` and ``next >`` guess the page from words in the address."""

    lenient: bool = False
    """Read actions as `t2po_gym.core.action_text` says: any case, stray blanks and full stops."""

    first_bracket: bool = False
    """Let the argument start at the first ``[`` of an action, not the last: any value works."""

    max_query_chars: int | None = None
    """Cut longer queries; None for no limit."""

    title_words: int | None = None
    """Cut titles on pages to so many words (results and product); None for all."""

    max_bullets: int | None = None
    """Show so many feature lines at most; None for all."""

    max_description_chars: int | None = None
    """Cut the description page; None for all."""

    def __post_init__(self) -> None:
        """Refuse sizes below one."""
        for name in ("page_size", "max_results", "max_query_chars", "title_words", "max_bullets"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}; expected at least 1")
