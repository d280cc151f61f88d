"""Values of option groups in the invented catalogue.

``mode: class; class; ...``: a class holds values the reward's colour rule treats as one colour, so
a product never offers two of them. First values are short: the compact profile uses only those.
No value may contain a colour word by accident ("layered" contains "red"), or no buyer could match
it under the original rules; a test checks every value.
"""

from t2po_gym.envs.webshop.generate.vocabulary import OptionPool, parse_pool

_TABLE = """
fabric = any: black | jet black; white | off white; blue | navy blue | royal blue | sky blue;
  red | wine red | cherry red; green | forest green | army green;
  grey | heather grey | dark grey; pink | dusty pink | hot pink; purple | deep purple;
  brown | coffee brown; yellow | lemon yellow; orange | burnt orange; beige; khaki; burgundy;
  teal; ivory; lavender; mint | soft mint; camel; charcoal
denim = any: black | faded black; blue | light blue | dark blue | mid blue; grey | stone grey;
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
apparel = run: s | small; m | medium; l | large; xl | x-large; xxl | xx-large; 3xl | 3x-large
waist = run: 28; 30; 32; 34; 36; 38; 40; 42
menshoe = run: 7; 8; 9; 10; 11; 12; 13
ladyshoe = run: 5; 6; 7; 8; 9; 10; 11
bed = run: twin; full; queen; king
rug = run: 2x3 ft; 3x5 ft; 4x6 ft; 5x7 ft; 8x10 ft; 9x12 ft
pillow = run: 12 in; 16 in; 18 in; 20 in; 24 in
panel = run: 45 in; 54 in; 63 in; 72 in; 84 in; 96 in; 108 in
mirror = run: 16 in; 20 in; 24 in; 30 in; 36 in
tablet = run: 8 in; 9 in; 10 in; 11 in; 12 in; 13 in
print = run: 8x12 in; 12x16 in; 16x24 in; 20x30 in; 24x36 in
table = run: 40 in; 47 in; 55 in; 63 in; 70 in
cable = run: 3 ft; 6 ft; 10 ft; 15 ft; 25 ft; 50 ft; 75 ft
screen = run: 24 in; 27 in; 32 in; 43 in; 55 in; 65 in
band = run: 38mm; 40mm; 42mm; 44mm; 45mm; 49mm
memory = run: 16gb; 32gb; 64gb; 128gb; 256gb; 512gb
packs = run: 1-pack; 2-pack; 3-pack; 4-pack; 6-pack; 8-pack
volume = run: 30 ml; 50 ml; 75 ml; 100 ml; 200 ml; 400 ml
ounces = run: 5 oz; 8 oz; 12 oz; 16 oz; 24 oz; 30 oz
counts = run: 6 ct; 10 ct; 12 ct; 20 ct; 24 ct; 40 ct; 48 ct
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
scent = any: lavender; vanilla; rose; ocean; cedar; citrus; eucalyptus; jasmine; pine;
  unscented
toothpaste = any: mint | cool mint; cinnamon; charcoal; lemon; bubblegum; vanilla
cut = any: regular; slim; athletic; big tall
bundle = any: basic; deluxe; starter; travel; family; studio
kit = any: single; bundle; refill; gift box
shape = any: square; round; oval; runner
lens = any: wide; macro; portrait; telephoto
light = any: warm; neutral; cool; dimmable
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
