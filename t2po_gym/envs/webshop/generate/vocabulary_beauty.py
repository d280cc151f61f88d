"""Kinds of the invented catalogue's beauty department."""

from t2po_gym.envs.webshop.generate.vocabulary import Department, Kind
from t2po_gym.envs.webshop.generate.vocabulary_attributes import ATTRIBUTES
from t2po_gym.envs.webshop.generate.vocabulary_options import POOLS

_shop = Department("beauty", attributes=ATTRIBUTES, pools=POOLS, option_percent=30)

_shop.kind(
    "face moisturizers",
    "Beauty & Personal Care > Skin Care > Face > Creams & Moisturizers",
    (8, 70),
    heads="Face *Moisturizer; Daily *Face *Cream; *Face *Gel *Cream",
    aliases="Hydrating *Gel; Day *Balm",
    styles="Whipped; Lightweight; Rich; Overnight; *Rose; Cucumber; Oat *Milk",
    attributes="cruelty free; paraben free; fragrance free; oil free; dermatologist tested; "
    "anti aging; vegan friendly; hyaluronic acid; aloe vera; shea butter; sensitive skin; "
    "fine lines; travel size",
    options="size=volume; scent=scent",
    tails="1.7 *Ounce; 50 *ml *Jar; *Pack of 2",
)
_shop.kind(
    "lips makeup",
    "Beauty & Personal Care > Makeup > Lips > Lipstick",
    (5, 34),
    heads="Lip *Makeup; *Lipstick; *Lip *Color",
    aliases="*Gloss *Stick; Tinted *Balm",
    styles="Velvet; Creamy; Liquid; Sheer; Bold; Buildable",
    attributes="cruelty free; long lasting; easy apply; vegan friendly; paraben free; "
    "double sided; travel size; shea butter; coconut oil; natural ingredients; fragrance free",
    options="color=lipstick; style=texture",
    tails="0.12 *Ounce; *Set of 3",
    option_percent=60,
)
_shop.kind(
    "shampoos",
    "Beauty & Personal Care > Hair Care > Shampoo",
    (6, 40),
    heads="*Shampoo; Volumizing *Shampoo; *Hair *Shampoo",
    aliases="*Scalp *Cleanser; Foaming *Wash",
    styles="Clarifying; Moisture; Botanical; Everyday; *Honey; Rosemary",
    attributes="sulfate free; paraben free; vegan friendly; cruelty free; certified organic; "
    "argan oil; tea tree; coconut oil; damaged hair; hair growth; oily scalp; leak proof",
    options="size=ounces; scent=scent",
    tails="16 *Ounce; *Family *Bottle",
)
_shop.kind(
    "hair masks",
    "Beauty & Personal Care > Hair Care > Hair Masks",
    (7, 45),
    heads="Hair *Mask; Deep *Conditioner; Repair *Treatment",
    aliases="Deep *Conditioner; Repair *Treatment",
    styles="Keratin; Avocado; *Banana; Protein; Leave-In; *Salon",
    attributes="sulfate free; paraben free; cruelty free; easy apply; argan oil; shea butter; "
    "coconut oil; natural ingredients; damaged hair; hair growth; vegan friendly",
    options="size=volume",
    tails="8 *Ounce *Jar; *Sachets 6 *Count",
)
_shop.kind(
    "makeup brushes & tools",
    "Beauty & Personal Care > Tools & Accessories > Makeup Brushes & Tools",
    (6, 60),
    heads="Makeup *Brush *Set; *Makeup *Brush; *Brush *Kit",
    aliases="*Blending *Sponge *Set; Contour *Applicator",
    styles="Tapered; Angled; *Kabuki; Fluffy; *Precision; Professional",
    attributes="cruelty free; vegan friendly; double sided; easy clean; soft bristles; "
    "bamboo handle; storage case; travel size; sensitive skin; non toxic",
    options="color=device",
    tails="5 *Pieces; 12 *Pieces",
)
_shop.kind(
    "toothbrushes",
    "Beauty & Personal Care > Oral Care > Toothbrushes & Accessories",
    (5, 80),
    heads="*Toothbrush; Manual *Toothbrush; Dental *Brush",
    aliases="Dental *Cleaner; Oral *Wand",
    styles="Compact; *Charcoal; Slanted; Rounded; Biodegradable; Orthodontic",
    attributes="bpa free; soft bristles; bamboo handle; travel size; storage case; double sided; "
    "fresh breath; non toxic; clinically proven; vegan friendly",
    options="color=device; size=packs",
    tails="*Pack of 4; for *Adults",
    option_percent=45,
)
_shop.kind(
    "toothpaste",
    "Beauty & Personal Care > Oral Care > Toothpaste",
    (5, 26),
    heads="*Toothpaste; Whitening *Toothpaste; Tooth *Gel",
    aliases="Whitening *Gel; *Enamel *Paste",
    styles="Enamel; Herbal; *Charcoal; *Mineral; Gentle; Foaming",
    attributes="sulfate free; certified organic; vegan friendly; non toxic; clinically proven; "
    "tea tree; natural ingredients; fresh breath; travel size; cruelty free",
    options="flavor name=toothpaste; size=packs",
    tails="4 *Ounce; *Tube",
)
_shop.kind(
    "deodorants & antiperspirants",
    "Beauty & Personal Care > Deodorants & Antiperspirants > Deodorant",
    (5, 28),
    heads="*Deodorant; *Deodorant *Stick; Roll On *Deodorant",
    aliases="Underarm *Stick; Roll-On *Balm",
    styles="*Baking *Soda; *Magnesium; Clear; Invisible; *Mineral",
    attributes="alcohol free; paraben free; cruelty free; long lasting; certified organic; "
    "coconut oil; tea tree; shea butter; sensitive skin; travel size; vegan friendly",
    options="scent=scent; size=packs",
    tails="2.6 *Ounce; *Pack of 3",
)
_shop.kind(
    "refillable containers",
    "Beauty & Personal Care > Tools & Accessories > Bags & Cases > Refillable Containers",
    (5, 24),
    heads="Refillable *Container; Refillable *Bottle *Set; Travel *Container",
    aliases="Spray *Bottle; Cosmetic *Jar",
    styles="Silicone; Amber *Glass; Clear; Frosted; Squeezable; Mini",
    attributes="leak proof; bpa free; easy clean; travel size; non toxic; storage case; "
    "bamboo handle; stainless steel; double sided",
    options="color=device; size=volume",
    tails="4 *Pieces; *Pack of 12",
)
_shop.kind(
    "nail polish",
    "Beauty & Personal Care > Foot, Hand & Nail Care > Nail Polish",
    (5, 30),
    heads="Nail *Polish; Gel *Polish; Nail *Lacquer",
    aliases="Gel *Lacquer; *Manicure *Color",
    styles="Glossy; Chip-Free; Breathable; Glitter; *Cream; Pastel",
    attributes="non toxic; cruelty free; long lasting; vegan friendly; easy apply; "
    "fragrance free; nail art; alcohol free; natural ingredients",
    options="color=lipstick; style=texture",
    tails="0.5 *Ounce; *Set of 6",
    option_percent=60,
)
_shop.kind(
    "eye creams",
    "Beauty & Personal Care > Skin Care > Eyes > Creams",
    (9, 90),
    heads="Eye *Cream; Under Eye *Gel; Eye *Balm",
    aliases="Under-*Eye *Serum; *Lid *Balm",
    styles="Caffeine; Peptide; Cooling; Brightening; *Retinol; Firming",
    attributes="cruelty free; paraben free; fragrance free; dermatologist tested; anti aging; "
    "clinically proven; hyaluronic acid; aloe vera; fine lines; dark circles; sensitive skin",
    options="size=volume",
    tails="0.5 *Ounce; *Twin *Pack",
    option_percent=22,
)
_shop.kind(
    "hair coloring products",
    "Beauty & Personal Care > Hair Care > Hair Coloring Products > Hair Color",
    (6, 38),
    heads="Hair *Coloring *Cream; *Hair *Dye; Permanent *Hair *Color",
    aliases="*Root *Dye; *Tint *Kit",
    styles="Gray *Coverage; Semi-Permanent; *Root; Foam; Henna; Ammonia-Free",
    attributes="paraben free; long lasting; easy apply; sulfate free; vegan friendly; "
    "argan oil; natural ingredients; damaged hair; cruelty free; non toxic",
    options="color=haircolor; size=packs",
    tails="1 *Kit; *Application *Gloves Included",
    option_percent=62,
)
_shop.kind(
    "body scrubs",
    "Beauty & Personal Care > Skin Care > Body > Scrubs & Body Treatments",
    (7, 36),
    heads="Body *Scrub; Exfoliating *Scrub; *Body *Polish",
    aliases="*Sugar *Exfoliator; *Bath *Salts",
    styles="*Coffee; Himalayan *Salt; Brown *Sugar; Walnut; *Sand; *Berry",
    attributes="certified organic; cruelty free; paraben free; vegan friendly; coconut oil; "
    "tea tree; shea butter; natural ingredients; sensitive skin; non toxic; oil free",
    options="scent=scent; size=ounces",
    tails="10 *Ounce *Tub; *Gift *Size",
)
_shop.kind(
    "foundation makeup",
    "Beauty & Personal Care > Makeup > Face > Foundation",
    (8, 52),
    heads="Makeup *Foundation; *Foundation; *Face *Foundation",
    aliases="*Concealer *Stick; Tinted *Powder",
    styles="*Matte; Dewy; Full *Coverage; *Serum; Airbrush; Natural *Finish",
    attributes="cruelty free; long lasting; oil free; fragrance free; easy apply; anti aging; "
    "dermatologist tested; hyaluronic acid; sensitive skin; fine lines; paraben free",
    options="color=skin; size=volume",
    tails="1 *Ounce; with *Pump",
    option_percent=62,
)
_shop.kind(
    "hair cutting tools",
    "Beauty & Personal Care > Hair Care > Hair Cutting Tools > Clippers",
    (14, 130),
    heads="Hair *Cutting *Kit; *Hair *Clippers; *Hair *Trimmer",
    aliases="Beard *Trimmer; *Clippers *Kit",
    styles="Cordless; *Barber; Quiet; Ceramic *Blade; Titanium; *Detail",
    attributes="stainless steel; storage case; water resistant; rechargeable battery; "
    "easy clean; double sided; fast charging; travel size; sensitive skin; heavy duty",
    options="color=device",
    tails="with 8 *Guards; for *Men",
    option_percent=26,
)
_shop.kind(
    "bathing accessories",
    "Beauty & Personal Care > Bath > Bathing Accessories",
    (5, 30),
    heads="Bath *Brush; *Bathing *Loofah; *Bath *Mitt",
    aliases="*Loofah *Sponge; *Shower *Mitt",
    styles="Exfoliating; Long-Handled; *Sisal; *Cotton; *Mesh; *Spa",
    attributes="bamboo handle; soft bristles; double sided; non toxic; vegan friendly; "
    "natural ingredients; sensitive skin; easy clean; travel size",
    options="color=textile; size=packs",
    tails="*Pack of 3; 16 *Inch",
)

KINDS: tuple[Kind, ...] = tuple(_shop.kinds)
