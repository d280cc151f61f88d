"""Brands, description sentences and feature lines of the invented catalogue."""

from t2po_gym.envs.webshop.generate.vocabulary import Phrase, parse_phrases


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_BRAND_STARTS = _words(
    """
    Vel Nor Mar Hal Quen Bri Tal Sor Fen Kal Wil Dor Lum Per Aul Gri Tev Ros Ilm Cas Ner Ost Pim
    Zer Yal Bram Orl Sel Thal Und Vos Wex Jor Kes Lor Mir Nim Ombr Pel Rav Sil Tor Ulm Var Wen Yor
    Zan Cor
    """
)

_BRAND_ENDS = _words(
    """
    ora den ique wick ano mere tis vale ette ony quist by ara owe ick una ford elle oro sen ika ent
    """
)

BRANDS: tuple[str, ...] = tuple(start + end for start in _BRAND_STARTS for end in _BRAND_ENDS)
"""Invented one-word brands."""

COMPACT_BRANDS: tuple[str, ...] = tuple(
    start + end for start in _BRAND_STARTS[:16] for end in _BRAND_ENDS[:6]
)
"""The fewer brands of the compact profile."""

BRAND_SUFFIXES: dict[str, tuple[str, ...]] = {
    "beauty": ("Labs", "Botanics", "Beauty"),
    "electronics": ("Tech", "Gear", "Electric"),
    "fashion": ("Apparel", "Outfitters", "Studio"),
    "garden": ("Home", "Living", "Works"),
    "grocery": ("Foods", "Kitchen", "Farms"),
}
"""Second words some brands carry; they count as nouns."""

SENTENCES: dict[str, tuple[str, ...]] = {
    "beauty": (
        "{brand} keeps bathroom shelves short and honest.",
        "{thing} as it should be: simple, honest and well made.",
        "The {style} version is the one our testers ask for again.",
        "Use it twice a day and give it two weeks.",
        "Keep away from direct sun and close after use.",
        "Every batch carries its own number and date.",
        "It layers well over whatever else you use.",
        "If it does not suit you, write to us and we will make it right.",
    ),
    "electronics": (
        "{brand} runs a full day of tests before anything leaves the bench.",
        "Take it out of the box, follow the card, and you are done.",
        "The {style} build keeps weight down without feeling cheap.",
        "A spare part is in the package, just in case.",
        "Firmware is stable and needs no account.",
        "{thing} with a printed guide in six languages.",
        "Two years of warranty and a human on the phone.",
        "Please check the size table before ordering.",
    ),
    "fashion": (
        "{brand} fits every pattern on real people of many shapes.",
        "The {style} version feels broken in from the first day.",
        "Seams are double stitched where it counts.",
        "Order your usual size, or one up for layering.",
        "{thing} that goes with almost anything you already own.",
        "Colours may look a shade warmer under shop lights.",
        "Returned pieces are mended and given away.",
        "It packs small and forgives a crowded suitcase.",
    ),
    "garden": (
        "{brand} designs for rooms that are really lived in.",
        "The {style} look sits well beside old and new pieces.",
        "Every screw and tool you need is in the box.",
        "Measure twice; the drawing lists all dimensions.",
        "Small variations are part of the charm.",
        "{thing} in plain cardboard, without any foam.",
        "Dust it now and then and it will outlast the trend.",
        "Should a part be missing, we send it the same week.",
    ),
    "grocery": (
        "{brand} started with one stove and a market stall.",
        "{thing} that tastes best when shared.",
        "The {style} recipe has not changed since the first batch.",
        "Keep it cool and dry, and close it well.",
        "Check the label for the full list of what is inside.",
        "Our growers are paid before the harvest.",
        "Stir, taste, and add a little more if you like.",
        "A favourite in our own kitchens.",
    ),
}
"""Description sentences; ``{brand}``, ``{thing}`` and ``{style}`` are filled in."""

EXTRAS: dict[str, tuple[Phrase, ...]] = {
    "beauty": parse_phrases(
        "for *Women and *Men; Daily *Care; *Salon *Quality; *Gift for *Her; Gentle *Formula; "
        "for All *Ages; *Spa *Day at *Home; *Bathroom *Essentials"
    ),
    "electronics": parse_phrases(
        "for *Office and *Travel; New *Generation; Works with Most *Brands; *Gift for *Dad; "
        "Professional *Grade; for *Beginners; Compact *Design; *Everyday *Tech"
    ),
    "fashion": parse_phrases(
        "Casual *Style; Fashion *Clothing; for *Teens and *Adults; *Birthday *Gift; "
        "Trendy *Outfit; *Streetwear; *Spring *Collection; Plus *Sizes Available"
    ),
    "garden": parse_phrases(
        "Modern *Home *Decor; Rustic *Farmhouse *Style; *Housewarming *Gift; *Boho *Accent; "
        "*Apartment *Essentials; Simple *Nordic *Design; for *Indoor *Use; *House *Upgrade"
    ),
    "grocery": parse_phrases(
        "Gourmet *Pantry *Staple; *Family *Favorite; Small *Batch; *Chef *Approved; "
        "for *Kids and *Adults; *Bulk *Value; *Farmers *Market *Quality; *Everyday *Treat"
    ),
}
"""Title phrases that name no attribute."""

LINES: dict[str, tuple[str, ...]] = {
    "beauty": (
        "Two week promise: love it or send it back",
        "Made in small runs and shipped within a month",
        "Full list of contents on the outer carton",
        "A thoughtful present for someone who has it all",
        "Store between five and thirty degrees",
    ),
    "electronics": (
        "In the box: device, guide and warranty card",
        "Works with most brands from the last six years",
        "Friendly support, seven days a week",
        "Two year warranty, no questions asked",
        "Please read the compatibility list first",
    ),
    "fashion": (
        "Size chart: see the last picture",
        "Imported; finished by hand",
        "A safe present for any birthday",
        "Cut and sewn in a family workshop",
        "True to size for most people",
    ),
    "garden": (
        "All hardware and a clear drawing included",
        "One year promise against faults",
        "Ships in one flat parcel",
        "Dimensions are listed in the pictures",
        "Friendly help if a part is missing",
    ),
    "grocery": (
        "Best before date is printed on the bottom",
        "Packed with care against breaking",
        "A house favourite for many years",
        "Contents may settle on the way",
        "Please recycle the outer carton",
    ),
}
"""Feature lines that name no attribute."""

COMPACT_LINES: tuple[str, ...] = (
    "One year warranty",
    "Ships fast",
    "Made with care",
    "Best seller",
    "New model",
)
"""Short feature lines of the compact profile."""
