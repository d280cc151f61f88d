"""A product prepared for comparison with goals."""

from collections.abc import Callable, Sequence

from t2po_gym.envs.webshop.data.product import Product
from t2po_gym.envs.webshop.world.colours import normalise_colour
from t2po_gym.envs.webshop.world.matching import PreparedTexts
from t2po_gym.envs.webshop.world.reward import category_parts

OptionGroups = Callable[[Product], Sequence[Sequence[str]]]


class PreparedProduct:
    """The parts of a product that goals are compared with, each prepared on first use.

    Args:
        product: the product.
        nouns: nouns of its title.
        option_groups: the values that can be chosen on its page, per group; no value in two groups.

    Attributes:
        categories: parts of the category path.
        nouns: nouns of the title.
        query: search phrase.
    """

    __slots__ = (
        "_attributes",
        "_bits",
        "_equal",
        "_groups",
        "_option_groups",
        "_product",
        "_texts",
        "_values",
        "categories",
        "nouns",
        "query",
    )

    def __init__(
        self, product: Product, nouns: tuple[str, ...], option_groups: OptionGroups
    ) -> None:
        self._product = product
        self._option_groups = option_groups
        self.categories = category_parts(product.product_category)
        self.nouns = nouns
        self.query = product.query
        self._bits: dict[str, int] | None = None
        self._groups: tuple[int, ...] | None = None
        self._values: PreparedTexts | None = None
        self._attributes: PreparedTexts | None = None

    @property
    def bits(self) -> dict[str, int]:
        """Option value -> its bit (a power of two)."""
        if self._bits is None:
            groups = self._product.options.values()
            values = dict.fromkeys([v for group in groups for v in group])
            self._bits = {value: 1 << number for number, value in enumerate(values)}
        return self._bits

    @property
    def groups(self) -> tuple[int, ...]:
        """Bit set of the values that can be chosen, per option group that has any."""
        if self._groups is None:
            bits = self.bits
            groups = self._option_groups(self._product) if bits else ()
            masks = [sum({bits[v] for v in group}) for group in groups]
            self._groups = tuple(filter(None, masks))
        return self._groups

    def option_hits(self, text: str, symmetric_colours: bool) -> int:
        """Return the bit set of values that match a wanted option text."""
        if self._values is None:
            values = [normalise_colour(value) for value in self.bits]
            self._values = PreparedTexts(values)
            self._equal: dict[str, int] = {}
            for value, bit in zip(values, self.bits.values(), strict=True):
                self._equal[value] = self._equal.get(value, 0) | bit
        hits = self._values.matching(text)
        return hits | self._equal.get(text, 0) if symmetric_colours else hits

    def count_attributes(self, wanted: Sequence[str]) -> int:
        """Count the wanted attributes that the product has or that its texts mention."""
        if self._attributes is None:
            product = self._product
            self._attributes = PreparedTexts(product.attributes)
            self._texts = (
                product.title.lower(),
                " ".join(product.bullets).lower(),
                product.description.lower(),
            )
        title, bullets, description = self._texts
        count = 0
        for text in wanted:
            told = text in title or text in bullets or text in description
            if told or self._attributes.matching(text):
                count += 1
        return count
