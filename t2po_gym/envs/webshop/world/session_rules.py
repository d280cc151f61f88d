"""Settings that distinguish the original shop from a repaired one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRules:
    """How a shop behaves; the defaults are the original's behaviour with all its quirks."""

    page_size: int = 10
    """Products per results page."""

    max_results: int = 50
    """Maximum number of hits of a search."""

    advertise_search: bool = True
    """List the button ``search`` on the search page, although clicking it does nothing."""

    show_selected: bool = False
    """Name the chosen options on the product page in the mode ``text`` too."""

    show_attributes: bool = False
    """Offer the sub page with the hidden attributes."""

    symmetric_colours: bool = False
    """Normalise colours on the goal's side too, so that every goal can be won."""

    prefix_queries: bool = True
    """Honour the queries ``<r>``, ``<q> words``, ``<c> word`` and ``<a> words``."""

    url_page_logic: bool = True
    """Let ``< prev`` and ``next >`` guess the page from words in the address."""

    lenient: bool = False
    """Read actions as in `t2po_gym.core.action_text`: any case, stray spaces and full stops."""

    first_bracket: bool = False
    """Start the argument at the first ``[`` of an action, not the last, so that any value works."""

    max_query_chars: int | None = None
    """Cut longer queries; None for no limit."""

    title_words: int | None = None
    """Cut titles on results and product pages to this many words; None for all."""

    max_bullets: int | None = None
    """Maximum number of feature lines shown; None for all."""

    max_description_chars: int | None = None
    """Cut the description page to this length; None for all."""

    def __post_init__(self) -> None:
        """Reject sizes below one."""
        for name in ("page_size", "max_results", "max_query_chars", "title_words", "max_bullets"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}; expected at least 1")
