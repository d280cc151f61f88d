"""Attributes of the invented catalogue: ``place | text | clause``, nouns marked with ``*``.

No attribute may come close to another one (token-set ratio over 85), or a product would satisfy a
wish it does not meet; a test checks every pair.
"""

from t2po_gym.envs.webshop.generate.vocabulary import Attribute, parse_attributes

_BEAUTY = """
before | cruelty free | no animal was involved at any stage of its making
before | paraben free | the usual preservatives are left out
before | fragrance free | nothing was added for its smell
before | long lasting | holds from the first coffee to the last tram
before | easy apply | goes on evenly without practice
before | travel size | slips into a small toiletry pouch
before | alcohol free | does not sting and does not tighten
before | oil free | leaves no greasy film behind
before | dermatologist tested | checked on volunteers under medical supervision
before | certified organic | grown and inspected under strict farming rules
before | anti aging | softens the look of tired areas
before | double sided | two different ends in a single piece
before | leak proof | the lid closes tight even upside down
before | bpa free | safe plastics only
before | clinically proven | results were measured over eight weeks
before | non toxic | nothing you would not want near your face
before | sulfate free | cleans gently and foams less
before | vegan friendly | plants and minerals only
with | hyaluronic *acid | draws water in and keeps it there
with | tea *tree | the leaf extract calms spots
with | coconut *oil | pressed cold from fresh fruit
with | argan *oil | a few drops from roasted kernels
with | aloe *vera | cooling gel from the plant
with | shea *butter | melts at body temperature
with | natural *ingredients | a short list you can pronounce
with | storage *case | keeps everything together in a drawer
with | stainless *steel | will not rust in a steamy bathroom
with | bamboo *handle | warm to hold and quick to dry
with | soft *bristles | kind to gums and cheeks alike
for | sensitive *skin | made for people who react quickly
for | fine *lines | smooths what a long week leaves behind
for | hair *growth | wakes up sleepy roots
for | fresh *breath | a clean feeling until lunch
for | dark *circles | for mornings after short nights
for | damaged *hair | mends lengths that saw too much heat
for | nail *art | precise enough for tiny patterns
for | oily *scalp | balances without stripping
"""

_ELECTRONICS = """
before | easy install | ready in minutes with the parts in the box
before | hands free | keeps both arms at work
before | high definition | every detail stays sharp on a big picture
before | high speed | large files move in seconds
before | plug play | connect it and it simply works
before | fast charging | half full after twenty minutes
before | noise cancelling | the train and the office fade away
before | water resistant | shrugs off rain and spills
before | dust proof | sealed against sand and lint
before | ultra slim | thinner than a pencil
before | heavy duty | built for rough daily handling
before | wall mounted | hangs flat with two screws
before | long range | reaches across a large yard
before | gold plated | contacts that do not corrode
before | battery powered | works where there is no socket
before | voice activated | listens for a short command
before | dual band | picks the quieter channel by itself
before | shock absorbing | survives a fall from the desk
before | glare free | readable beside a sunny window
with | tempered *glass | hard surface that resists keys and coins
with | remote *control | everything from the couch
with | usb *port | one socket for phone or tablet
with | carrying *case | a padded shell with a zip
with | power *cord | two metres of cable are included
with | stereo *sound | left and right are truly apart
with | night *vision | sees in the dark without a lamp
with | aluminum *alloy | light metal housing that stays cool
with | touch *panel | answers to a light tap
with | optical *zoom | brings far things near without blur
with | built-in *microphone | picks up speech from across the table
with | rechargeable *battery | no cells to throw away
with | quick *release | snaps on and off in one move
with | cable *organizer | ends the tangle behind the desk
for | home *theater | fills a dark room on film night
for | bird *watching | steady in the hand at dawn
for | video *calls | flattering and clear in meetings
for | gaming *setup | quick enough for close matches
for | road *trips | fits a glove box
for | small *apartments | takes little room and makes no fuss
"""

_GARDEN = """
before | easy assemble | one person and one tool are enough
before | easy clean | a damp cloth is all it needs
before | machine washable | goes in with the rest of the laundry
before | space saving | fits the corner nothing else fits
before | hand painted | every piece looks a little different
before | fade resistant | keeps its tone at a south window
before | scratch resistant | pets and keys leave no trace
before | mid century | clean lines from the fifties
before | hand woven | made on a wooden loom
before | light filtering | soft daylight without the stares
before | height adjustable | three positions for short and tall
before | ready hang | hooks are already on the back
before | fully upholstered | padded on every side
before | water proof | rain runs off
before | spot clean | mild soap and a sponge will do
before | squeak free | silent at every turn
before | energy efficient | uses little and lasts for years
before | slow burning | an evening takes only a finger's width
with | solid *wood | no veneer and no chipboard
with | steel *frame | stands firm for decades
with | storage *space | room for blankets and board games
with | memory *foam | follows the shape of your body
with | metal *legs | slim feet that do not wobble
with | faux *leather | the look without the hide
with | brushed *nickel | a calm grey metal tone
with | linen *shade | a warm glow through woven cloth
with | antique *brass | an old gold tone with dark edges
with | non-slip *backing | stays where you put it
with | soy *wax | burns clean and without soot
with | cotton *cover | breathes on warm nights
with | hidden *zipper | no teeth to scratch you
with | soft-close *hinges | doors that never slam
with | lumbar *support | a firm curve for the lower back
with | bubble *glass | tiny air drops catch the light
for | living *room | made to be seen by guests
for | dining *area | at home around a long table
for | home *office | keeps work in its place
for | guest *bedroom | a welcome for visitors
for | kids *playroom | no sharp corners anywhere
for | narrow *hallway | slim enough to walk past
for | covered *patio | at ease under a porch roof
"""

_FASHION = """
before | hand wash | a basin and mild soap
before | long sleeve | covers down to the wrist
before | short sleeve | ends well above the elbow
before | slim fit | cut close to the body
before | loose fit | generous cut that never clings
before | classic fit | the cut your father knew
before | quick drying | ready again after an hour on the line
before | high waist | sits at the navel and stays there
before | wide leg | flows from the hip down
before | moisture wicking | carries sweat to the outside
before | wrinkle free | straight out of the suitcase
before | straight leg | the same width from knee to hem
before | lightly padded | a thin layer that keeps its shape
before | ultra soft | brushed twice on the inside
before | anti static | does not cling to tights
with | rubber *sole | holds on wet pavement
with | elastic *waistband | gives after a good meal
with | button *closure | real horn look and firmly sewn
with | zipper *pocket | a safe place for keys
with | drawstring *hem | pulls in when the wind blows
with | faux *fur | fluffy and kind to animals
with | polyester *spandex | a blend that stretches and recovers
with | cotton *lining | cool against bare arms
with | cushioned *insole | a soft step from morning on
with | ankle *strap | keeps the heel where it belongs
with | leather *upper | full grain that ages well
with | side *slits | room for long strides
with | tummy *control | a firm and friendly panel
with | crew *neck | a round collar that keeps its edge
with | reflective *trim | seen from far in the headlights
with | steel *toe | guards against falling tools
for | daily *wear | simple enough for every morning
for | gym *workout | moves with every squat
for | beach *vacation | light in any suitcase
for | evening *party | made for low light and music
for | winter *hiking | warm far above the tree line
for | business *travel | looks fresh after a flight
"""

_GROCERY = """
before | gluten free | made in a kitchen without wheat
before | dairy free | no milk, no whey, no butter
before | sugar free | sweet from the fruit alone
before | non gmo | seed that nobody tinkered with
before | caffeine free | good late in the evening
before | low carb | fits a strict plan
before | keto friendly | fat first, starch last
before | plant based | everything in it once grew
before | nut allergy safe | packed on a separate line
before | high protein | keeps you full until dinner
before | soy free | beans of that sort stay out
before | low sodium | a light hand with the shaker
before | ready eat | open it and enjoy
before | kosher certified | supervised from field to jar
before | shelf stable | keeps for a year in the cupboard
before | individually wrapped | one at a time stays fresh
before | freeze dried | light as air and full of taste
before | slow roasted | small batches over a low fire
before | single origin | one valley, one harvest
before | wild caught | line and pole on the open sea
before | hand picked | only what is ripe goes in the basket
before | cold pressed | never heated above a warm day
with | natural *flavors | taste that comes from real food
with | dietary *fiber | a good part of the day's need
with | real *fruit | pieces you can see
with | sea *salt | flakes from a windy coast
with | resealable *bag | closes again with one press
with | whole *grains | the full kernel is milled
with | dark *chocolate | seventy parts cocoa
with | olive *oil | from a late green harvest
with | live *cultures | friendly and wide awake
for | school *lunch | the right amount for a small box
for | holiday *gift | comes in a box worth keeping
for | camping *meals | needs only hot water
for | weeknight *dinner | on the table in a quarter of an hour
for | birthday *party | enough for a loud table
for | afternoon *snack | a small lift around four
"""

ATTRIBUTES: dict[str, Attribute] = parse_attributes(
    "\n".join(table.strip() for table in (_BEAUTY, _ELECTRONICS, _GARDEN, _FASHION, _GROCERY))
)
"""Every attribute by its text."""
