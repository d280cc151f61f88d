"""Values of option groups in the invented catalogue.

``mode: class; class; ...``: a class holds values the reward's colour rule treats as one colour, so
a product never offers two of them. First values are short: the compact profile uses only those.
No value may contain a colour word by accident ("layered" contains "red"), or no buyer could match
it under the original rules; a test checks every value.
"""

from t2po_gym.envs.webshop.vocabulary import OptionPool, parse_pool

_TABLE = """
fabric = any: black | jet black; white | off white; blue | navy blue | royal blue | sky blue;
  red | wine red | cherry red; green | forest green | army green;
  grey | heather grey | dark grey; pink | dusty pink | hot pink; purple | deep purple;
  brown | coffee brown; yellow | lemon yellow; orange | burnt orange; beige; khaki; burgundy;
  teal; ivory; lavender; mint | soft mint; camel; charcoal
denim = any: black | washed black; blue | light blue | dark blue | mid blue; grey | stone grey;
  white; khaki
leather = any: black | matte black; brown | dark brown | chestnut brown; beige; burgundy; white;
  grey | slate grey; olive; camel
device = any: black | space black | carbon black; white | pearl white; silver;
  gold | champagne gold; blue | ocean blue | midnight blue; red | racing red; green | pine green;
  grey | graphite grey; pink | blush pink; purple | violet purple
finish = any: black | matte black; white | antique white | glossy white; brown | rustic brown;
  grey | weathered grey; walnut; oak; espresso; cherry; natural; bronze; chrome; nickel; copper
textile = any: white | snow white; grey | dove grey | ash grey; blue | slate blue | indigo blue;
  green | sage green | moss green; beige; ivory; yellow | mustard yellow; pink | peony pink;
  purple | plum purple; brown | cocoa brown; red | brick red; black | ink black; teal; rust;
  multi
lipstick = any: red | ruby red | scarlet red; pink | rosy pink | petal pink; brown | mocha brown;
  coral; plum; berry; nude; peach; mauve; cherry
haircolor = any: black | soft black | blue black; brown | ash brown | golden brown;
  blonde | honey blonde; copper; burgundy; auburn; silver; violet
skin = any: fair; light; medium; deep; porcelain; beige; honey; caramel; almond; cocoa
frame = any: black | satin black; white | milk white; gold | soft gold; silver; walnut; oak;
  bronze
letter = run: xs; s; m; l; xl; xxl
apparel = run: s | small; m | medium; l | large; xl | x-large; xxl | xx-large; 3xl | 3x-large
women = run: 0; 2; 4; 6; 8; 10; 12; 14; 16
waist = run: 28; 30; 32; 34; 36; 38; 40; 42
menshoe = run: 7; 8; 9; 10; 11; 12; 13
ladyshoe = run: 5; 6; 7; 8; 9; 10; 11
bed = run: twin; full; queen; king
rug = run: 2x3 ft; 3x5 ft; 4x6 ft; 5x7 ft; 8x10 ft; 9x12 ft
pillow = run: 12 inch; 16 inch; 18 inch; 20 inch; 24 inch
panel = run: 45 inch; 54 inch; 63 inch; 72 inch; 84 inch; 96 inch; 108 inch
mirror = run: 16 inch; 20 inch; 24 inch; 30 inch; 36 inch
tablet = run: 8 inch; 9 inch; 10 inch; 11 inch; 12 inch; 13 inch
print = run: 8x12 inch; 12x16 inch; 16x24 inch; 20x30 inch; 24x36 inch
table = run: 40 inch; 47 inch; 55 inch; 63 inch; 70 inch
cable = run: 3 feet; 6 feet; 10 feet; 15 feet; 25 feet; 50 feet; 75 feet
screen = run: 24 inch; 27 inch; 32 inch; 43 inch; 55 inch; 65 inch
throw = run: 84 inch; 100 inch; 110 inch; 120 inch; 150 inch
band = run: 38mm; 40mm; 42mm; 44mm; 45mm; 49mm
memory = run: 16gb; 32gb; 64gb; 128gb; 256gb; 512gb
drive = run: 250gb; 500gb; 1tb; 2tb; 4tb
packs = run: 1-pack; 2-pack; 3-pack; 4-pack; 6-pack; 8-pack
volume = run: 30 ml; 50 ml; 100 ml; 200 ml; 300 ml; 500 ml
ounces = run: 4 oz; 6 oz; 8 oz; 12 oz; 16 oz; 32 oz
counts = run: 6 count; 10 count; 12 count; 20 count; 24 count; 40 count; 60 count
pounds = run: 1 pound; 2 pound; 3 pound; 5 pound; 10 pound
length = run: 10 inch; 12 inch; 14 inch; 18 inch; 22 inch; 26 inch
quantity = run: 1; 2; 3; 4; 6; 12
tea = any: mint | garden mint; lemon | lemon ginger; peach; chai; jasmine; hibiscus; berry;
  vanilla; earl grey; chamomile
coffee = any: original | house original; vanilla; hazelnut; mocha; caramel | salted caramel;
  cinnamon; dark roast; breakfast blend
snack = any: original; barbecue; sour cream; cheddar; chili | sweet chili; garlic; ranch;
  jalapeno; honey mustard; truffle
sweet = any: chocolate | milk chocolate; vanilla; caramel; coconut; almond; berry; banana;
  peanut butter; maple; pumpkin
fruit = any: apple | green apple; mango; cherry; lemon; grape; peach; pineapple; watermelon;
  strawberry; passion fruit
sauce = any: mild; hot; smoky; garlic; sweet; basil; herb | wild herb; chipotle; curry; ginger
scent = any: lavender; vanilla; rose; ocean; cedar; citrus; eucalyptus; jasmine; sandalwood;
  unscented
toothpaste = any: mint | cool mint; cinnamon; charcoal; lemon; bubblegum; vanilla
cut = any: regular; slim; athletic; big tall
bundle = any: basic; deluxe; starter; travel; family; studio
kit = any: single; bundle; refill; gift box
shape = any: square; round; oval; runner
lens = any: wide; macro; portrait; telephoto
light = any: warm; daylight; cool; dimmable
pattern = any: plain; floral; plaid; geometric; dotted; paisley; boho; stars
mount = any: desk; ceiling; corner; floor
texture = any: matte; glossy; shimmer; satin
"""

POOLS: dict[str, OptionPool] = {
    name.strip(): parse_pool(values.strip())
    for name, _, values in (
        line.partition("=") for line in _TABLE.strip().replace("\n  ", " ").splitlines()
    )
}
"""Every option pool by its name."""
