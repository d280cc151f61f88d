"""Kinds of the invented catalogue's garden department."""

from t2po_gym.envs.webshop.generate.vocabulary import Department, Kind
from t2po_gym.envs.webshop.generate.vocabulary_attributes import ATTRIBUTES
from t2po_gym.envs.webshop.generate.vocabulary_options import POOLS

_shop = Department("garden", attributes=ATTRIBUTES, pools=POOLS, option_percent=32)

_shop.kind(
    "table lamps",
    "Home & Kitchen > Lighting > Lamps & Shades > Table Lamps",
    (18, 240),
    heads="*Table *Lamp; *Bedside *Table *Lamp; *Nightstand *Lamp",
    aliases="*Nightstand *Light; *Accent *Lantern",
    styles="Ceramic; *Glass; *Rattan; Concrete; *Mushroom; *Tripod",
    attributes="easy assemble; hand painted; mid century; energy efficient; height adjustable; "
    "usb port; linen shade; brushed nickel; antique brass; bubble glass; living room; "
    "guest bedroom",
    options="color=finish; style=light",
    tails="14 *Inch; *Set of 2",
)
_shop.kind(
    "area rugs",
    "Home & Kitchen > Home Décor Products > Area Rugs, Runners & Pads > Area Rugs",
    (22, 480),
    heads="Area *Rug; *Area *Carpet; *Floor *Rug",
    aliases="Floor *Carpet; *Entry *Mat",
    styles="Shag; *Jute; Persian; Moroccan; Low-*Pile; Abstract",
    attributes="easy clean; machine washable; hand woven; fade resistant; space saving; "
    "non-slip backing; cotton cover; living room; dining area; narrow hallway; kids playroom; "
    "covered patio",
    options="color=textile; size=rug; item shape=shape",
    tails="with *Fringe; *Runner",
    option_percent=62,
)
_shop.kind(
    "mattresses",
    "Home & Kitchen > Furniture > Bedroom Furniture > Mattresses & Box Springs > Mattresses",
    (150, 899),
    heads="*Mattress; Hybrid *Mattress; *Bed *Mattress",
    aliases="*Foam *Bed; *Sleep *Topper",
    styles="Firm; Medium; Plush; *Latex; *Coil; Cooling",
    attributes="easy assemble; memory foam; cotton cover; hidden zipper; space saving; "
    "guest bedroom; fully upholstered; non toxic; steel frame; dermatologist tested",
    options="size=bed; style=bundle",
    tails="10 *Inch; 12 *Inch; in a *Box",
    option_percent=45,
)
_shop.kind(
    "wall art",
    "Home & Kitchen > Wall Art > Posters & Prints",
    (10, 180),
    heads="Wall *Art; *Wall *Canvas *Print; *Wall *Poster",
    aliases="*Canvas *Print; Framed *Poster",
    styles="Abstract; Botanical; *Ocean; *Mountain; *City; Vintage",
    attributes="ready hang; hand painted; easy clean; fade resistant; water proof; mid century; "
    "solid wood; living room; dining area; home office; guest bedroom",
    options="size=print; color=frame",
    tails="*Set of 3; 3 *Panels",
    option_percent=40,
)
_shop.kind(
    "decorative pillows",
    "Home & Kitchen > Bedding > Decorative Pillows, Inserts & Covers > Throw Pillow Covers",
    (7, 60),
    heads="Decorative *Pillow; *Throw *Pillow *Cover; Decorative *Cushion",
    aliases="Throw *Cushion; *Sofa *Bolster",
    styles="Velvet; Linen; Boucle; Tufted; Knitted; *Corduroy",
    attributes="machine washable; hand woven; fade resistant; double sided; spot clean; "
    "hidden zipper; cotton cover; living room; guest bedroom; covered patio; water proof",
    options="color=textile; size=pillow",
    tails="*Set of 2; *Pack of 4",
    option_percent=64,
)
_shop.kind(
    "window coverings",
    "Home & Kitchen > Home Décor Products > Window Treatments > Curtains & Drapes",
    (12, 130),
    heads="Window *Curtains; *Window *Drapes; *Window *Covering",
    aliases="*Blackout *Curtains; *Sheer *Drapes",
    styles="Sheer; Blackout; Linen; *Grommet; Pleated; Embroidered",
    attributes="machine washable; light filtering; easy install; fade resistant; energy efficient; "
    "noise cancelling; cotton cover; living room; dining area; kids playroom; covered patio",
    options="color=textile; size=panel",
    tails="2 *Panels; *Rod *Pocket",
    option_percent=66,
)
_shop.kind(
    "console tables",
    "Home & Kitchen > Furniture > Living Room Furniture > Tables > Sofa & Console Tables",
    (55, 620),
    heads="Console *Table; *Sofa *Console *Table; *Entryway *Table",
    aliases="*Entryway *Stand; *Sofa *Sideboard",
    styles="*Farmhouse; Industrial; Acacia; Marble-*Top; Half-*Moon; Slatted",
    attributes="easy assemble; space saving; scratch resistant; mid century; water proof; "
    "solid wood; steel frame; storage space; metal legs; living room; narrow hallway; "
    "easy clean",
    options="color=finish; size=table",
    tails="with 2 *Drawers; with *Shelf",
    option_percent=30,
)
_shop.kind(
    "bookcases",
    "Home & Kitchen > Furniture > Home Office Furniture > Bookcases",
    (45, 520),
    heads="*Bookcase; *Bookcase *Shelf; *Bookshelf",
    aliases="Display *Shelf; *Storage *Rack",
    styles="5-*Tier; 4-*Tier; *Ladder; Open; *Cube; Corner",
    attributes="easy assemble; space saving; heavy duty; wall mounted; scratch resistant; "
    "solid wood; steel frame; storage space; living room; home office; kids playroom; "
    "small apartments",
    options="color=finish",
    tails="70 *Inch Tall; with *Doors",
    option_percent=30,
)
_shop.kind(
    "candles",
    "Home & Kitchen > Home Décor Products > Candles & Holders > Candles",
    (6, 48),
    heads="Scented *Candle; *Jar *Candle; *Pillar *Candle",
    aliases="*Wax *Melts; Scented *Jar",
    styles="Three-*Wick; Woodwick; *Beeswax; Artisan; *Tin; *Spa",
    attributes="slow burning; long lasting; non toxic; cruelty free; hand painted; soy wax; "
    "natural ingredients; living room; evening party; holiday gift; energy efficient",
    options="scent=scent; size=ounces",
    tails="50 *Hour *Burn; *Gift *Box",
    option_percent=45,
)
_shop.kind(
    "desk chairs",
    "Home & Kitchen > Furniture > Home Office Furniture > Home Office Chairs",
    (60, 560),
    heads="Desk *Chair; *Office *Chair; *Task *Chair",
    aliases="*Office *Seat; *Task *Stool",
    styles="Ergonomic; *Mesh; *Executive; *Swivel; Armless; *Velvet",
    attributes="easy assemble; height adjustable; heavy duty; fully upholstered; "
    "scratch resistant; memory foam; metal legs; faux leather; steel frame; home office; "
    "gaming setup; lumbar support",
    options="color=textile; style=bundle",
    tails="with *Armrests; with *Headrest",
    option_percent=42,
)
_shop.kind(
    "decorative mirrors",
    "Home & Kitchen > Home Décor Products > Mirrors > Wall-Mounted Mirrors",
    (20, 340),
    heads="Decorative *Mirror; *Wall *Mirror; *Vanity *Mirror",
    aliases="*Vanity *Glass; Wall *Reflector",
    styles="Round; Arched; *Sunburst; Frameless; Full-*Length; Scalloped",
    attributes="ready hang; wall mounted; easy install; scratch resistant; mid century; "
    "solid wood; antique brass; brushed nickel; living room; narrow hallway; guest bedroom",
    options="color=frame; size=mirror",
    tails="for *Bathroom; with *Hooks",
    option_percent=42,
)
_shop.kind(
    "wall sconces",
    "Tools & Home Improvement > Lighting & Ceiling Fans > Wall Lights > Sconces",
    (20, 260),
    heads="Wall *Sconce; *Wall *Light; *Sconce *Lamp",
    aliases="*Vanity *Light; *Bedside *Lantern",
    styles="*Swing *Arm; Industrial; *Candle; Outdoor; Plug-In; *Globe",
    attributes="easy install; energy efficient; water proof; mid century; battery powered; "
    "brushed nickel; antique brass; bubble glass; linen shade; living room; narrow hallway; "
    "covered patio",
    options="color=finish; size=packs",
    tails="1-*Light; *Set of 2; Dimmable",
    option_percent=28,
)
_shop.kind(
    "bed frames",
    "Home & Kitchen > Furniture > Bedroom Furniture > Beds, Frames & Bases > Beds",
    (90, 780),
    heads="Bed *Frame; *Platform *Bed; *Upholstered *Bed",
    aliases="*Platform *Base; *Daybed",
    styles="Low; Canopy; *Wingback; *Sleigh; Floating; Rustic",
    attributes="easy assemble; heavy duty; squeak free; fully upholstered; mid century; "
    "solid wood; steel frame; storage space; faux leather; guest bedroom; kids playroom",
    options="size=bed; color=finish",
    tails="with *Headboard; with *Slats",
    option_percent=55,
)
_shop.kind(
    "bath towels",
    "Home & Kitchen > Bath > Towels > Bath Towels",
    (9, 90),
    heads="Bath *Towels; *Bath *Towel *Set; *Bath *Sheet",
    aliases="*Spa *Sheets; *Washcloth *Set",
    styles="Turkish; Waffle; Ribbed; *Zero-*Twist; Bamboo; *Hotel",
    attributes="machine washable; quick drying; ultra soft; fade resistant; certified organic; "
    "hand woven; double sided; beach vacation; guest bedroom; sensitive skin",
    options="color=textile; size=packs",
    tails="*Set of 6; 600 *GSM",
    option_percent=58,
)
_shop.kind(
    "storage ottomans",
    "Home & Kitchen > Furniture > Living Room Furniture > Ottomans",
    (35, 280),
    heads="Storage *Ottoman; *Ottoman *Footstool; *Ottoman *Bench",
    aliases="*Footstool *Cube; Hidden *Bench",
    styles="Tufted; Folding; Round; Quilted; *Cocktail; *Velvet",
    attributes="easy assemble; space saving; fully upholstered; heavy duty; spot clean; "
    "faux leather; memory foam; metal legs; living room; guest bedroom; kids playroom; "
    "soft-close hinges",
    options="color=textile",
    tails="30 *Inch; with *Tray *Lid",
    option_percent=46,
)
_shop.kind(
    "throw blankets",
    "Home & Kitchen > Bedding > Blankets & Throws > Throws",
    (12, 110),
    heads="Throw *Blanket; *Fleece *Blanket; *Knit *Throw",
    aliases="*Fleece *Coverlet; Cozy *Wrap",
    styles="Chunky; *Sherpa; Weighted; Cable-*Knit; Waffle; Reversible",
    attributes="machine washable; ultra soft; fade resistant; hand woven; anti static; "
    "cotton cover; living room; guest bedroom; camping meals; holiday gift; double sided",
    options="color=textile; pattern name=pattern",
    tails="50 x 60 *Inch; with *Tassels",
    option_percent=55,
)
_shop.kind(
    "bathroom vanities",
    "Tools & Home Improvement > Kitchen & Bath Fixtures > Bathroom Fixtures > Vanities",
    (190, 899),
    heads="Bathroom *Vanity; *Bath *Vanity *Cabinet; *Vanity *Set",
    aliases="*Sink *Cabinet; *Basin *Unit",
    styles="Floating; Double-*Sink; *Shaker; Modern; Corner; Freestanding",
    attributes="easy assemble; water proof; space saving; scratch resistant; wall mounted; "
    "solid wood; storage space; brushed nickel; soft-close hinges; small apartments; easy clean",
    options="color=finish; size=mirror",
    tails="with *Basin; with *Faucet",
    option_percent=20,
)

KINDS: tuple[Kind, ...] = tuple(_shop.kinds)
