"""Kinds of the invented catalogue's fashion department."""

from t2po_gym.envs.webshop.generate.vocabulary import Department, Kind
from t2po_gym.envs.webshop.generate.vocabulary_attributes import ATTRIBUTES
from t2po_gym.envs.webshop.generate.vocabulary_options import POOLS

_shop = Department("fashion", attributes=ATTRIBUTES, pools=POOLS, option_percent=76)

_shop.kind(
    "men's t-shirts & tanks",
    "Clothing, Shoes & Jewelry > Men > Clothing > Shirts > T-Shirts & Tanks",
    (9, 48),
    heads="Men's *T-*Shirt; Men's *Tee; *Mens *Tank *Top",
    aliases="*Crew *Tee; *Muscle *Top",
    styles="*Cotton; Graphic; *Henley; Striped; *Pocket; Heavyweight",
    attributes="machine washable; short sleeve; long sleeve; slim fit; classic fit; quick drying; "
    "moisture wicking; wrinkle free; crew neck; polyester spandex; daily wear; gym workout",
    options="color=fabric; size=apparel; fit type=cut",
    tails="*Pack of 3; Big and Tall",
)
_shop.kind(
    "women's dresses",
    "Clothing, Shoes & Jewelry > Women > Clothing > Dresses > Casual",
    (16, 140),
    heads="Women's *Dress; *Womens *Gown; *Dress",
    aliases="*Maxi *Gown; *Sun *Frock",
    styles="Floral; Wrap; *Bohemian; Ruffled; *Linen; Pleated",
    attributes="machine washable; hand wash; long sleeve; short sleeve; loose fit; high waist; "
    "wrinkle free; cotton lining; side slits; polyester spandex; evening party; beach vacation",
    options="size=apparel; color=fabric",
    tails="with *Belt; 2024 *Summer",
)
_shop.kind(
    "men's sneakers",
    "Clothing, Shoes & Jewelry > Men > Shoes > Fashion Sneakers",
    (24, 190),
    heads="Men's *Sneakers; *Mens *Walking *Shoes; *Mens *Trainers",
    aliases="*Tennis *Trainers; *Running *Shoes",
    styles="*Mesh; *Canvas; Knit; Suede; Low-*Top; *Platform",
    attributes="ultra soft; quick drying; slim fit; shock absorbing; rubber sole; "
    "cushioned insole; leather upper; reflective trim; daily wear; gym workout; business travel",
    options="color=fabric; size=menshoe",
    tails="Lace-Up; Slip-On",
)
_shop.kind(
    "women's sandals",
    "Clothing, Shoes & Jewelry > Women > Shoes > Sandals > Flats",
    (14, 120),
    heads="Women's *Sandals; *Womens *Slides; Flat *Sandals",
    aliases="*Beach *Slides; *Summer *Flats",
    styles="*Gladiator; *Espadrille; Braided; *Platform; Strappy; *Cork",
    attributes="hand wash; ultra soft; water resistant; quick drying; rubber sole; ankle strap; "
    "cushioned insole; leather upper; beach vacation; evening party; daily wear",
    options="color=leather; size=ladyshoe",
    tails="Open *Toe; Wide *Width",
)
_shop.kind(
    "men's shorts",
    "Clothing, Shoes & Jewelry > Men > Clothing > Shorts > Athletic",
    (12, 64),
    heads="Men's *Shorts; *Mens Running *Shorts; *Mens *Cargo *Shorts",
    aliases="*Swim *Trunks; *Cargo *Bermudas",
    styles="Athletic; *Chino; Twill; *Mesh; *Denim; *Swim",
    attributes="machine washable; quick drying; moisture wicking; slim fit; loose fit; "
    "elastic waistband; zipper pocket; drawstring hem; cotton lining; gym workout; "
    "beach vacation; daily wear",
    options="color=fabric; size=apparel",
    tails="7 *Inch *Inseam; with *Liner",
)
_shop.kind(
    "women's leggings",
    "Clothing, Shoes & Jewelry > Women > Clothing > Leggings",
    (11, 78),
    heads="Women's *Leggings; *Yoga *Leggings; *Womens *Tights",
    aliases="*Yoga *Pants; *Workout *Tights",
    styles="Seamless; Ribbed; Cropped; Fleece-*Lined; Capri; Flared",
    attributes="machine washable; high waist; moisture wicking; ultra soft; wide leg; slim fit; "
    "tummy control; zipper pocket; polyester spandex; gym workout; daily wear; winter hiking",
    options="size=apparel; color=fabric",
    tails="28 *Inch; with *Pockets",
)
_shop.kind(
    "men's jeans",
    "Clothing, Shoes & Jewelry > Men > Clothing > Jeans",
    (24, 130),
    heads="Men's *Jeans; *Mens *Denim *Pants; *Mens *Jeans",
    aliases="*Denim *Pants; *Work *Dungarees",
    styles="Stretch; Tapered; Selvedge; Distressed; *Carpenter; Bootcut",
    attributes="machine washable; slim fit; classic fit; straight leg; loose fit; ultra soft; "
    "button closure; zipper pocket; elastic waistband; daily wear; business travel",
    options="color=denim; size=waist; fit type=cut",
    tails="5-*Pocket; Big and Tall",
)
_shop.kind(
    "women's hoodies & sweatshirts",
    "Clothing, Shoes & Jewelry > Women > Clothing > Fashion Hoodies & Sweatshirts",
    (15, 84),
    heads="Women's *Hoodie; *Womens *Sweatshirt; Pullover *Hoodie",
    aliases="*Fleece *Pullover; Zip *Jacket",
    styles="Oversized; Cropped; Quarter-*Zip; *Fleece; *Colorblock; *Tunic",
    attributes="machine washable; hand wash; long sleeve; loose fit; ultra soft; wrinkle free; "
    "zipper pocket; drawstring hem; cotton lining; crew neck; daily wear; winter hiking",
    options="color=fabric; size=apparel",
    tails="with *Pocket; *Fall *Fashion",
)
_shop.kind(
    "women's swimsuits",
    "Clothing, Shoes & Jewelry > Women > Clothing > Swimsuits & Cover Ups",
    (14, 96),
    heads="Women's *Swimsuit; *Womens *Bathing *Suit; *Womens *Swimwear",
    aliases="*Bikini *Set; *Bathing *Suit",
    styles="*Halter; Ruched; *Bandeau; Crochet; *Vintage; Sporty",
    attributes="hand wash; quick drying; high waist; lightly padded; fade resistant; slim fit; "
    "tummy control; polyester spandex; drawstring hem; beach vacation; ankle strap",
    options="color=fabric; size=apparel; pattern name=pattern",
    tails="Two *Piece; with *Skirt",
)
_shop.kind(
    "men's jackets & coats",
    "Clothing, Shoes & Jewelry > Men > Clothing > Jackets & Coats",
    (32, 320),
    heads="Men's *Jacket; *Mens *Coat; *Mens *Parka",
    aliases="*Winter *Parka; *Zip *Windbreaker",
    styles="Quilted; *Bomber; *Rain; *Wool; Softshell; *Trucker",
    attributes="machine washable; hand wash; long sleeve; classic fit; water resistant; "
    "quick drying; faux fur; zipper pocket; cotton lining; reflective trim; winter hiking; "
    "business travel",
    options="color=fabric; size=apparel",
    tails="with *Hood; 3-in-1",
)
_shop.kind(
    "women's blouses",
    "Clothing, Shoes & Jewelry > Women > Clothing > Tops, Tees & Blouses > Blouses",
    (13, 82),
    heads="Women's *Blouse; *Womens *Shirt; *Womens *Top",
    aliases="*Chiffon *Shirt; *Office *Top",
    styles="Chiffon; *Silk; Peplum; Polka *Dot; *Lace; Gauze",
    attributes="hand wash; machine washable; long sleeve; short sleeve; loose fit; wrinkle free; "
    "anti static; button closure; polyester spandex; daily wear; evening party; business travel",
    options="color=fabric; size=apparel",
    tails="*V-*Neck; for *Work",
)
_shop.kind(
    "men's boots",
    "Clothing, Shoes & Jewelry > Men > Shoes > Boots > Work & Safety",
    (38, 260),
    heads="Men's *Boots; *Mens *Ankle *Boots; *Work *Boots",
    aliases="*Work *Shoes; *Ankle *Brogues",
    styles="*Chelsea; *Chukka; *Combat; Insulated; *Desert; Logger",
    attributes="water resistant; heavy duty; ultra soft; shock absorbing; rubber sole; "
    "cushioned insole; leather upper; steel toe; faux fur; winter hiking; daily wear",
    options="color=leather; size=menshoe",
    tails="6 *Inch; Lace-Up",
)
_shop.kind(
    "women's pumps",
    "Clothing, Shoes & Jewelry > Women > Shoes > Pumps",
    (22, 150),
    heads="Women's *Pumps; *Womens *Heels; *Pumps *Shoes",
    aliases="*Stiletto *Heels; *Court *Shoes",
    styles="*Kitten *Heel; Pointed *Toe; *Block *Heel; Slingback; Suede; Patent",
    attributes="hand wash; ultra soft; slim fit; long lasting; rubber sole; ankle strap; "
    "cushioned insole; leather upper; evening party; business travel; daily wear",
    options="color=leather; size=ladyshoe",
    tails="3 *Inch *Heel; Wide *Width",
)
_shop.kind(
    "men's dress pants",
    "Clothing, Shoes & Jewelry > Men > Clothing > Pants > Dress",
    (22, 110),
    heads="Men's *Dress *Pants; *Mens *Trousers; *Mens *Slacks",
    aliases="*Suit *Trousers; *Office *Slacks",
    styles="*Wool-*Blend; Pleated; Flat-*Front; Stretch; *Plaid; *Golf",
    attributes="machine washable; hand wash; slim fit; classic fit; straight leg; wrinkle free; "
    "elastic waistband; button closure; zipper pocket; business travel; evening party",
    options="color=fabric; size=waist",
    tails="with *Belt *Loops; Hemmed",
)
_shop.kind(
    "women's socks & hosiery",
    "Clothing, Shoes & Jewelry > Women > Clothing > Socks & Hosiery",
    (6, 36),
    heads="Women's *Socks; *Womens *Crew *Socks; *Ankle *Socks",
    aliases="*Crew *Stockings; *Ankle *Warmers",
    styles="*Wool; Compression; No-*Show; Fuzzy; *Bamboo; Patterned",
    attributes="machine washable; ultra soft; moisture wicking; anti static; quick drying; "
    "lightly padded; elastic waistband; daily wear; winter hiking; gym workout; holiday gift",
    options="color=fabric; size=packs",
    tails="6 *Pairs; *Size 5-10",
    option_percent=70,
)
_shop.kind(
    "women's pajama sets",
    "Clothing, Shoes & Jewelry > Women > Clothing > Lingerie, Sleep & Lounge > Sleepwear",
    (16, 88),
    heads="Women's *Pajama *Set; *Womens *Pajamas; *Sleepwear *Set",
    aliases="*Sleepwear *Outfit; *Lounge *Suit",
    styles="Satin; *Flannel; *Modal; Plaid; *Cotton; Fleece",
    attributes="machine washable; hand wash; long sleeve; short sleeve; loose fit; ultra soft; "
    "wide leg; elastic waistband; button closure; drawstring hem; holiday gift; daily wear",
    options="color=fabric; size=apparel; pattern name=pattern",
    tails="2 *Piece; with *Pockets",
)

KINDS: tuple[Kind, ...] = tuple(_shop.kinds)
