"""Kinds of the invented catalogue's grocery department."""

from t2po_gym.envs.webshop.generate.vocabulary import Department, Kind
from t2po_gym.envs.webshop.generate.vocabulary_attributes import ATTRIBUTES
from t2po_gym.envs.webshop.generate.vocabulary_options import POOLS

_shop = Department("grocery", attributes=ATTRIBUTES, pools=POOLS, option_percent=32)

_shop.kind(
    "tea beverages",
    "Grocery & Gourmet Food > Beverages > Tea > Herbal Tea",
    (5, 38),
    heads="Herbal *Tea; *Tea *Bags; *Tea *Infusion",
    aliases="Herbal *Infusion; *Leaf *Blend",
    styles="Sencha; *Ginger; Rooibos; *Honey; *Matcha; Loose *Leaf",
    attributes="caffeine free; certified organic; non gmo; sugar free; individually wrapped; "
    "hand picked; single origin; kosher certified; natural flavors; real fruit; "
    "resealable bag; holiday gift",
    options="flavor name=tea; size=counts",
    tails="20 *Count; *Variety *Pack",
)
_shop.kind(
    "coffee",
    "Grocery & Gourmet Food > Beverages > Coffee > Ground Coffee",
    (7, 60),
    heads="Ground *Coffee; *Coffee *Blend; *Arabica *Coffee",
    aliases="Roasted *Beans; *Espresso *Pods",
    styles="*Espresso; Ethiopian; *Breakfast; Italian; Cold-*Brew; Mountain",
    attributes="certified organic; non gmo; single origin; slow roasted; hand picked; "
    "sugar free; kosher certified; keto friendly; natural flavors; resealable bag; "
    "holiday gift; camping meals",
    options="flavor name=coffee; size=ounces",
    tails="12 *Ounce *Bag; *Whole *Bean",
)
_shop.kind(
    "potato chips",
    "Grocery & Gourmet Food > Snacks & Sweets > Snack Foods > Chips & Crisps",
    (5, 40),
    heads="Potato *Chips; *Potato *Crisps; Kettle *Chips",
    aliases="Kettle *Crisps; Crunchy *Thins",
    styles="*Ridge *Cut; Baked; Thick *Cut; *Sweet; Purple; Thin",
    attributes="gluten free; non gmo; low sodium; plant based; kosher certified; dairy free; "
    "individually wrapped; sea salt; olive oil; school lunch; birthday party; road trips",
    options="flavor name=snack; size=counts",
    tails="1.5 *Ounce *Bags; *Party *Size",
)
_shop.kind(
    "protein bars",
    "Grocery & Gourmet Food > Snacks & Sweets > Snack Foods > Bars > Nutrition Bars",
    (7, 44),
    heads="Protein *Bars; *Nutrition *Bars; Protein *Energy *Bars",
    aliases="*Energy *Bites; *Workout *Snack",
    styles="Crunchy; Chewy; *Whey; *Almond; Layered; Mini",
    attributes="gluten free; high protein; low carb; keto friendly; plant based; sugar free; "
    "soy free; non gmo; dietary fiber; dark chocolate; gym workout; school lunch",
    options="flavor name=sweet; size=counts",
    tails="12 *Count *Box; 20g *Protein",
)
_shop.kind(
    "breakfast cereals",
    "Grocery & Gourmet Food > Breakfast Foods > Cereals > Cold Cereals",
    (5, 32),
    heads="Breakfast *Cereal; *Cereal *Granola; *Breakfast *Muesli",
    aliases="Crunchy *Granola; *Morning *Muesli",
    styles="*Oat; Puffed; *Cluster; Maple; *Quinoa; Toasted",
    attributes="gluten free; non gmo; sugar free; high protein; low carb; certified organic; "
    "nut allergy safe; whole grains; dietary fiber; real fruit; resealable bag; school lunch",
    options="flavor name=sweet; size=packs",
    tails="11 *Ounce *Box; *Family *Size",
)
_shop.kind(
    "pasta & noodles",
    "Grocery & Gourmet Food > Pantry Staples > Pasta & Noodles",
    (5, 30),
    heads="*Pasta; *Noodles; *Spaghetti",
    aliases="Dried *Spaghetti; *Ramen *Bowls",
    styles="*Egg; *Chickpea; *Ramen; *Rice; *Penne; *Lentil",
    attributes="gluten free; high protein; low carb; plant based; certified organic; non gmo; "
    "shelf stable; kosher certified; whole grains; dietary fiber; weeknight dinner; camping meals",
    options="size=packs; style=kit",
    tails="16 *Ounce; *Pack of 6",
)
_shop.kind(
    "hot sauces",
    "Grocery & Gourmet Food > Pantry Staples > Sauces, Gravies & Marinades > Hot Sauce",
    (5, 36),
    heads="Hot *Sauce; *Pepper *Sauce; *Chili *Sauce",
    aliases="*Pepper *Drops; *Chili *Paste",
    styles="Fermented; *Habanero; Fire-Roasted; Louisiana; *Mango; *Ghost *Pepper",
    attributes="gluten free; sugar free; low sodium; plant based; keto friendly; non gmo; "
    "shelf stable; kosher certified; natural flavors; real fruit; holiday gift; weeknight dinner",
    options="flavor name=sauce; size=packs",
    tails="5 *Ounce *Bottle; *Gift *Set",
)
_shop.kind(
    "canned seafood",
    "Grocery & Gourmet Food > Meat & Seafood > Packaged Seafood",
    (5, 48),
    heads="Canned *Tuna; *Tuna *Fillets; Canned *Seafood",
    aliases="*Tuna *Fillets; *Sardine *Tins",
    styles="Smoked; Albacore; Skipjack; Lemon; Boneless; Skinless",
    attributes="wild caught; high protein; gluten free; low sodium; keto friendly; non gmo; "
    "shelf stable; ready eat; olive oil; sea salt; camping meals; weeknight dinner",
    options="size=packs; flavor name=sauce",
    tails="4.4 *Ounce *Tins; *Pack of 12",
)
_shop.kind(
    "chocolate candy",
    "Grocery & Gourmet Food > Snacks & Sweets > Candy & Chocolate > Chocolate Bars",
    (5, 52),
    heads="Chocolate *Candy; *Chocolate *Bar; *Chocolate *Bites",
    aliases="*Cocoa *Truffles; Dark *Pralines",
    styles="*Hazelnut; *Mint; *Orange; *Sea *Salt; *Praline; *Espresso",
    attributes="gluten free; dairy free; sugar free; single origin; certified organic; non gmo; "
    "individually wrapped; nut allergy safe; dark chocolate; holiday gift; birthday party; "
    "natural flavors",
    options="size=counts; flavor name=sweet",
    tails="3.5 *Ounce; *Gift *Box",
)
_shop.kind(
    "dried fruits",
    "Grocery & Gourmet Food > Snacks & Sweets > Snack Foods > Dried Fruit",
    (6, 42),
    heads="Dried *Fruit; *Fruit *Snacks; *Fruit *Chips",
    aliases="*Mango *Slices; *Apple *Rings",
    styles="*Tropical; Crunchy; Sliced; *Orchard; *Berry; Diced",
    attributes="freeze dried; sugar free; gluten free; certified organic; non gmo; plant based; "
    "hand picked; individually wrapped; real fruit; resealable bag; school lunch; camping meals",
    options="flavor name=fruit; size=ounces",
    tails="16 *Ounce *Pouch; Unsulfured",
)
_shop.kind(
    "nut butters",
    "Grocery & Gourmet Food > Pantry Staples > Jams, Jellies & Spreads > Nut & Seed Butters",
    (6, 34),
    heads="Nut *Butter; *Nut *Spread; *Nut *Butter *Cream",
    aliases="*Almond *Spread; *Cashew *Cream",
    styles="Creamy; Crunchy; *Cashew; *Honey; *Maple; Stone-Ground",
    attributes="sugar free; gluten free; dairy free; high protein; keto friendly; non gmo; "
    "slow roasted; shelf stable; sea salt; dark chocolate; school lunch; afternoon snack",
    options="size=packs; flavor name=sweet",
    tails="16 *Ounce *Jar; *Squeeze *Pouch",
    option_percent=30,
)
_shop.kind(
    "sparkling water",
    "Grocery & Gourmet Food > Beverages > Bottled Beverages, Water & Drink Mixes > Water",
    (5, 30),
    heads="Sparkling *Water; *Seltzer *Water; *Mineral *Water",
    aliases="Bubbly *Seltzer; *Mineral *Drink",
    styles="Italian; *Club; *Lime; *Alpine; *Vitamin; *Berry",
    attributes="sugar free; caffeine free; low sodium; non gmo; kosher certified; keto friendly; "
    "bpa free; natural flavors; real fruit; birthday party; school lunch; road trips",
    options="flavor name=fruit; size=counts",
    tails="12 *Fl *Oz *Cans; *Case",
)
_shop.kind(
    "olive oils",
    "Grocery & Gourmet Food > Pantry Staples > Cooking & Baking > Oils > Olive Oils",
    (9, 64),
    heads="Olive *Oil; *Cooking *Oil; *Olive *Finishing *Oil",
    aliases="Extra *Virgin *Dressing; *Cooking *Drizzle",
    styles="Extra Virgin; Unfiltered; Greek; *Lemon; *Garlic; Sicilian",
    attributes="cold pressed; certified organic; single origin; hand picked; non gmo; "
    "gluten free; keto friendly; kosher certified; holiday gift; weeknight dinner; shelf stable",
    options="size=ounces; style=kit",
    tails="17 *Ounce *Bottle; *Tin",
    option_percent=25,
)
_shop.kind(
    "jerky",
    "Grocery & Gourmet Food > Snacks & Sweets > Snack Foods > Meat Snacks > Jerky",
    (6, 48),
    heads="*Jerky; Beef *Jerky; *Jerky *Strips",
    aliases="Dried *Beef *Strips; *Meat *Snack",
    styles="*Teriyaki; Peppered; *Bison; Hickory; Thick *Cut; Tender",
    attributes="high protein; gluten free; low carb; sugar free; keto friendly; low sodium; "
    "ready eat; individually wrapped; natural flavors; resealable bag; road trips; camping meals",
    options="flavor name=sauce; size=ounces",
    tails="3 *Ounce; *Sampler",
)
_shop.kind(
    "baking mixes",
    "Grocery & Gourmet Food > Pantry Staples > Cooking & Baking > Baking Mixes > Cakes",
    (5, 28),
    heads="Baking *Mix; *Baking *Kit; *Cake *Mix",
    aliases="*Pancake *Flour; *Cake *Powder",
    styles="*Brownie; *Muffin; *Waffle; *Cornbread; *Cookie; *Buttermilk",
    attributes="gluten free; dairy free; low carb; keto friendly; high protein; plant based; "
    "nut allergy safe; certified organic; whole grains; dark chocolate; birthday party; "
    "shelf stable",
    options="flavor name=sweet; size=packs",
    tails="14 *Ounce; *Pack of 3",
)
_shop.kind(
    "yogurt snacks",
    "Grocery & Gourmet Food > Dairy, Cheese & Eggs > Yogurt",
    (5, 30),
    heads="*Yogurt *Snack; Greek *Yogurt; *Yogurt *Cups",
    aliases="*Dairy *Bites; *Skyr *Cups",
    styles="Creamy; *Skyr; Low-*Fat; *Coconut; Whipped; *Toddler",
    attributes="high protein; gluten free; sugar free; non gmo; freeze dried; plant based; "
    "certified organic; live cultures; real fruit; school lunch; afternoon snack; natural flavors",
    options="flavor name=fruit; size=counts",
    tails="4 *Count; 1 *Ounce *Pouch",
)

KINDS: tuple[Kind, ...] = tuple(_shop.kinds)
