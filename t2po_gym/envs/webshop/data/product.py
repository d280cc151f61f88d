"""Products, human instructions, and the catalogue protocol.

Every part of WebShop (pages, goals, rewards, search) reads products through :class:`Catalogue`,
so that a list in memory and a memory-mapped file of a million products behave the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

NO_ATTRIBUTES = ("DUMMY_ATTR",)
"""Attributes of a product missing from the attribute file, as in the original."""

DEFAULT_PRICES = (100.0,)
"""Prices of a product without a price text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product, as the shop shows it and the reward judges it.

    Example:
        >>> mug = Product(asin="T1", title="Blue Mug", prices=(4.5,), price_tag="$4.5",
        ...               options={"size": ("small", "large")}, attributes=("dishwasher safe",))
        >>> mug.options["size"][0]
        'small'
    """

    asin: str
    """Identifier, at most ten characters, unique in a catalogue."""

    title: str
    """Name, as shown."""

    description: str = ""
    """Long description; may be empty and may contain newlines."""

    bullets: tuple[str, ...] = ()
    """Feature lines; only the first one is searchable."""

    prices: tuple[float, ...] = DEFAULT_PRICES
    """One price, or the two ends of a range."""

    price_tag: str = "$100.0"
    """Price as shown, for example ``$12.5`` or ``$10.0 to $20.0``."""

    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Option group -> its values, both lower-case, in page order."""

    option_images: Mapping[str, str | None] = field(default_factory=dict)
    """Option value -> picture address; never shown in a text mode."""

    attributes: tuple[str, ...] = NO_ATTRIBUTES
    """Attributes that the reward compares; hidden unless the attributes page is enabled."""

    category: str = ""
    """Department: beauty, electronics, fashion, garden or grocery."""

    query: str = ""
    """Search phrase the product was collected under, lower-case."""

    product_category: str = ""
    """Category path joined with `` › ``."""

    main_image: str = ""
    """Picture address; never shown in a text mode."""

    instruction: str | None = None
    """Sentence that synthetic goals start from; None if the product has no synthetic goal."""

    instruction_attributes: tuple[str, ...] = ()
    """Attributes that this sentence names."""


def search_text(product: Product) -> str:
    """Return the text the search engine indexes for a product.

    It has the title, the description, only the first bullet, and ``name: v1, v2`` per option group
    joined by ``, and ``; all joined by spaces and lower-cased (docs/originals/webshop.md,
    section 4).
    """
    options = ", and ".join(f"{name}: {', '.join(v)}" for name, v in product.options.items())
    first_bullet = product.bullets[0] if product.bullets else ""
    return " ".join((product.title, product.description, first_bullet, options)).lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanInstruction:
    """One shopping request written by a person."""

    asin: str
    """Product the person looked at."""

    text: str
    """The request."""

    attributes: tuple[str, ...]
    """Attributes the request names; if it names none, it makes no goal."""

    options: tuple[str, ...]
    """Option values the request names, without their groups."""


@runtime_checkable
class Catalogue(Protocol):
    """Read access to an immutable, ordered set of products.

    Products are named by their index ``0 .. len - 1`` in file order.
    """

    @property
    def fingerprint(self) -> str:
        """Short hex digest of products and nouns; requests written by people are left out."""
        ...

    @property
    def human_instructions(self) -> Mapping[str, Sequence[HumanInstruction]]:
        """ASIN -> requests in file order; empty if the catalogue has none."""
        ...

    def __len__(self) -> int:
        """Return the number of products."""
        ...

    def product(self, index: int) -> Product:
        """Return the product with this index."""
        ...

    def index_of(self, asin: str) -> int | None:
        """Return the index of an ASIN (upper-case, as stored); None if there is none."""
        ...

    def search(self, query: str, k: int = 50) -> Sequence[int]:
        """Return indexes of the ``k`` best products for a query, best first."""
        ...

    def nouns(self, index: int) -> tuple[str, ...]:
        """Return the lower-cased nouns of the title in order, duplicates kept.

        Raises:
            LookupError: If this product's nouns are not known; the message says how to supply them.
        """
        ...
