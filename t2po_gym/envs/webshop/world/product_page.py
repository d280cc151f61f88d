"""Product pages and their sub pages."""

from collections.abc import Mapping

from t2po_gym.envs.webshop.data.product import Product
from t2po_gym.envs.webshop.world.pages import (
    BACK_TO_SEARCH,
    PREV,
    SEARCH,
    SEPARATOR,
    SUB_PAGES,
    Click,
    Do,
    Kind,
    Node,
    View,
    button,
    product_clicks,
    render_text,
    shown_title,
    visible,
)
from t2po_gym.envs.webshop.world.session_rules import SessionRules


class ProductView(View):
    """A product page; its nodes are built on demand, since few modes need them."""

    __slots__ = ("_after", "_before", "_product", "_rules")

    def __init__(self, product: Product, rules: SessionRules) -> None:
        clicks = product_clicks(product, rules)
        clickables = tuple(clicks)
        clicks.pop(SEARCH, None)  # an option with that name is listed, but never clickable
        self._before = render_text(_option_nodes(product))
        self._after = render_text(_title_nodes(product, rules))
        super().__init__((), clicks, clickables, text=self._before + SEPARATOR + self._after)
        self._product = product
        self._rules = rules

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Text nodes below the head."""
        return (*_option_nodes(self._product), *_title_nodes(self._product, self._rules))

    def text_with(self, options: Mapping[str, str]) -> str:
        """Return the page in the mode ``text`` with an extra node for the chosen options."""
        if not self._product.options:
            return self.text
        return SEPARATOR.join((self._before, selected_text(options), self._after))


def _option_nodes(product: Product) -> list[Node]:
    nodes = [button("< Prev")]
    for group, values in product.options.items():
        nodes += visible(Node(group), *[Node(value, Kind.OPTION) for value in values])
    return nodes


def _title_nodes(product: Product, rules: SessionRules) -> list[Node]:
    price = Node(f"Price: {product.price_tag}")
    nodes = visible(Node(shown_title(product, rules)), price, Node("Rating: N.A."))
    nodes += [button(name) for name in SUB_PAGES if rules.show_attributes or name != SUB_PAGES[-1]]
    return [*nodes, button("Buy Now")]


def sub_page_nodes(product: Product, name: str, rules: SessionRules) -> list[Node]:
    """Return the contents of a sub page."""
    if name == "Description":
        return visible(Node(product.description[: rules.max_description_chars]))
    if name == "Features":
        # The template has a space before each line, so an empty line still makes a node.
        return visible(*(Node(f" {bullet}") for bullet in product.bullets[: rules.max_bullets]))
    if name == "Attributes":
        attributes = (Node(f" {attribute}") for attribute in product.attributes)
        about = (product.category, product.query, product.product_category)
        return visible(*attributes, *map(Node, about))
    return []


def sub_page_view(product: Product, name: str, rules: SessionRules) -> View:
    """Build a sub page of a product."""
    clicks: dict[str, Click] = {
        BACK_TO_SEARCH: (Do.BACK_TO_SEARCH, 0),
        PREV: (Do.PREV, 0),
    }
    return View([button("< Prev"), *sub_page_nodes(product, name, rules)], clicks)


def selected_text(options: Mapping[str, str]) -> str:
    """Return the node that names the chosen options."""
    chosen = ", ".join([f"{group}: {value}" for group, value in options.items()])
    return f"Selected: {chosen or 'none'}"
