"""Words of titles and occupations; the three lists of title words share no word."""

from __future__ import annotations

ADJECTIVES = tuple(
    """amber ancient ashen autumn barren bitter blind blue brass brazen bright brittle broken
    bronze burning buried candid careless cedar chalk cheerful clouded cobalt cold copper
    coral crimson crooked crystal curious dancing dappled dark daring distant doubtful
    drifting drowned dusty early easy ebony eleventh emerald empty endless faded faithful
    fallen fearless feathered fifth final flaxen floating folded foolish foreign forgotten
    fourth fragile frail frozen gentle gilded golden gracious grateful grey guarded hasty
    haunted hazel heavy hidden hollow homeless honest humble hungry idle indigo inner iron
    ivory jade jealous jolly keen lacquered last latent laughing leaden leafless lesser
    linen little lonely lost lucid marble mended mild misty modest moonlit muddy mute narrow
    nameless nimble ninth noble northern obedient olive opal open orderly ornate outer
    painted pale patient pearl perfect pewter plain polished prudent purple quiet random
    rapid reluctant restless roaming rusted sacred saffron sandy scarlet scattered second
    secret seventh severe shallow silent silver simple sleeping slender slow smiling sober
    solemn southern spotted stolen stubborn sturdy sudden sunken sunlit tangled tattered
    tender third thirsty timid tin tranquil trembling true twisted unlit unsent upper vacant
    vagrant velvet violet walnut wandering watchful weary western whispering white wild
    willow winding windy wooden woven yellow""".split()  # noqa: SIM905 - one word per line would fill pages
)
"""Come first in a title: The Copper Lantern."""

NOUNS = tuple(
    """anchor anvil apprentice arch archer armchair astrolabe attic axe balcony ballad bargain
    barge basin basket beacon beehive bell bellows bench blanket boatman bonfire bookshop
    bottle bowl bridle bucket buoy butcher button cabin cabinet cage calendar candle canoe
    captain caravan carpet carriage cartographer castle causeway cellar chair chapel chariot
    chimney chisel cipher cistern clerk cloak clock coach cobbler comet compass cottage
    courier cradle crane creek cupboard curtain dagger dancer deckchair diary diver doctor
    doll doorway drawbridge drummer easel echo embassy envelope errand estuary falcon
    farmhouse ferry fiddle fiddler fisherman flag flute footbridge forge fountain fox fresco
    gardener garland gatekeeper glacier glove goblet gondola granary guest guitar gull
    hallway hammer harp harvester hearth hedge hermit heron horseman hourglass inkwell
    innkeeper island jar jester jetty jigsaw juggler kettle keyhole kite knapsack ladder
    lake lamp lantern lark ledger lighthouse lodger loom magpie mariner mask mason meadow
    merchant messenger milestone mill mirror monastery moth mountain nest nightingale nomad
    notebook nurse oar orchard organ oven owl page parade passenger pavilion pebble pendulum
    pilgrim pillar pilot planet plough porch portrait postman potter procession puppet
    quarry quay quilt raft raven reservoir riddle ring roof rope sail sailor satchel
    scarecrow sculptor shepherd ship shore signal sledge sparrow spire staircase stable
    statue steeple stranger swan tailor tavern teapot telescope tent terrace thimble thread
    ticket torch tower traveller trumpet tunnel umbrella valley vase verandah viaduct violin
    visitor waggon watchmaker waterfall weaver well wharf whistle widow windmill window
    wreath yard""".split()  # noqa: SIM905 - one word per line would fill pages
)
"""Things and people of titles."""

MATTERS = tuple(
    """absence april ash august barley chimes birds brine cinders clay cobwebs coal corn december
    dew debt dusk embers twine fennel fern flint foam fog frost gales ginger grain gravel
    hail hay heather honey hope ice ink ivy january july june kelp lavender lichen light
    lilac canvas marigold march memory midnight mint mirth mist moss mustard needles
    november oats october patience peat pepper pine plums poppies porcelain rain reeds
    regret resin rumour rye cumin salt sand sawdust september shadow shells silence silk
    slate sleet smoke snow soot sorrow starch steam straw sulphur thistles thunder tides
    timber turf twilight varnish vinegar wax wheat applause winter wool""".split()  # noqa: SIM905 - one word per line would fill pages
)
"""Stuff, seasons and feelings of titles: The Ferry of Salt."""

OCCUPATIONS: dict[str, tuple[str, ...]] = {
    "writer": ("novelist", "poet", "essayist", "storyteller", "biographer", "diarist"),
    "dramatist": ("playwright", "librettist", "satirist", "actor", "stage designer"),
    "composer": ("composer", "organist", "conductor", "violinist", "pianist", "choirmaster"),
    "director": ("film director", "cinematographer", "photographer", "animator", "screenwriter"),
    "painter": ("painter", "engraver", "illustrator", "muralist", "miniaturist"),
    "scholar": (
        *("botanist", "astronomer", "historian", "geologist", "mathematician", "physician"),
        *("linguist", "zoologist", "chemist", "surveyor", "philosopher", "archivist"),
    ),
    "maker": (
        *("architect", "clockmaker", "shipbuilder", "engineer", "lawyer", "merchant"),
        *("printer", "brewer", "glassblower", "banker", "bookbinder", "stonemason"),
    ),
}
"""Occupations by class of people."""

EARLIER_OCCUPATION = "scholar"
"""What directors are who were born before there were films."""
