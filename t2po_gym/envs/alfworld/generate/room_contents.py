"""Furniture and objects by kind of room: the figures that the generator draws from.

Shares are percent, counted over the official training games and rounded
(docs/originals/alfworld.md, sections 3 and 13). Everything drawn from them is new; no official
scene or game is repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

__all__ = ["CAN_CONTAIN", "NOWHERE", "ROOMS", "ObjectRow", "affordances_of", "object_rows"]

ROOMS = ("kitchen", "living", "bedroom", "bathroom")
"""The kinds of rooms, in the order of ALFRED's scene numbers."""

NOWHERE = "-"
"""Place of an object that is in no receptacle."""

CAN_CONTAIN: Mapping[str, frozenset[str]] = {
    receptacle: frozenset(objects.split())
    for receptacle, objects in {
        "ArmChair": (
            "Book Box CellPhone Cloth CreditCard KeyChain Laptop Newspaper Pillow RemoteControl"
        ),
        "BathtubBasin": "Cloth DishSponge HandTowel SoapBar",
        "Bed": "BaseballBat BasketBall Book CellPhone Laptop Pillow TennisRacket",
        "Cabinet": (
            "Book Bowl Box CD Candle Cloth Cup DishSponge Glassbottle HandTowel Kettle Ladle Mug "
            "Newspaper Pan PepperShaker Plate Plunger Pot SaltShaker SoapBar SoapBottle "
            "SprayBottle TissueBox ToiletPaper Vase WateringCan WineBottle"
        ),
        "Cart": (
            "Candle Cloth DishSponge HandTowel Plunger SoapBar SoapBottle SprayBottle TissueBox "
            "ToiletPaper"
        ),
        "CoffeeMachine": "Mug",
        "CoffeeTable": (
            "Book Bowl Box Candle CellPhone CreditCard KeyChain Laptop Newspaper Pen Pencil Plate "
            "RemoteControl Statue TissueBox Vase Watch WateringCan"
        ),
        "CounterTop": (
            "AlarmClock Apple Book Bowl Bread ButterKnife CD Candle CellPhone Cloth CreditCard "
            "Cup DishSponge Egg Fork Glassbottle HandTowel Kettle KeyChain Knife Ladle Laptop "
            "Lettuce Mug Pan Pen Pencil PepperShaker Plate Pot Potato RemoteControl SaltShaker "
            "SoapBar SoapBottle Spatula Spoon SprayBottle Statue TissueBox ToiletPaper Tomato "
            "Vase WineBottle"
        ),
        "Desk": (
            "AlarmClock BasketBall Book Bowl Box CD CellPhone Cloth CreditCard KeyChain Laptop "
            "Mug Pen Pencil RemoteControl Statue TennisRacket TissueBox Vase Watch WateringCan"
        ),
        "DiningTable": (
            "AlarmClock Apple BaseballBat BasketBall Book Bowl Box Bread ButterKnife CD Candle "
            "CellPhone Cloth CreditCard Cup DishSponge Egg Fork Glassbottle Kettle KeyChain Knife "
            "Ladle Laptop Lettuce Mug Newspaper Pan Pen Pencil PepperShaker Plate Pot Potato "
            "RemoteControl SaltShaker SoapBottle Spatula Spoon SprayBottle Statue TennisRacket "
            "TissueBox Tomato Vase Watch WateringCan WineBottle"
        ),
        "Drawer": (
            "Book ButterKnife CD Candle CellPhone Cloth CreditCard DishSponge Fork HandTowel "
            "KeyChain Knife Ladle Newspaper Pen Pencil PepperShaker RemoteControl SaltShaker "
            "SoapBar SoapBottle Spatula Spoon SprayBottle TissueBox ToiletPaper Watch WateringCan"
        ),
        "Dresser": (
            "AlarmClock BasketBall Book Bowl Box CD Candle CellPhone Cloth CreditCard KeyChain "
            "Laptop Mug Newspaper Pen Pencil Plate RemoteControl SprayBottle Statue TennisRacket "
            "TissueBox ToiletPaper Vase Watch WateringCan"
        ),
        "Fridge": (
            "Apple Bowl Bread Cup Egg Glassbottle Lettuce Mug Pan Plate Pot Potato Tomato "
            "WineBottle"
        ),
        "GarbageCan": (
            "Apple Bread CD Cloth DishSponge Egg HandTowel Lettuce Newspaper Pen Pencil Potato "
            "SoapBar SoapBottle SprayBottle TissueBox ToiletPaper Tomato WineBottle"
        ),
        "HandTowelHolder": "HandTowel",
        "LaundryHamper": "Cloth",
        "Microwave": "Apple Bowl Bread Cup Egg Glassbottle Mug Plate Potato Tomato",
        "Ottoman": "Book Box CellPhone CreditCard KeyChain Laptop Newspaper Pillow RemoteControl",
        "Safe": "CD CellPhone CreditCard KeyChain Statue Vase",
        "Shelf": (
            "AlarmClock Book Bowl Box CD Candle CellPhone Cloth CreditCard Cup DishSponge "
            "Glassbottle HandTowel Kettle KeyChain Mug Newspaper Pen Pencil PepperShaker Plate "
            "Pot RemoteControl SaltShaker SoapBar SoapBottle SprayBottle Statue TissueBox "
            "ToiletPaper Vase Watch WateringCan WineBottle"
        ),
        "SideTable": (
            "AlarmClock Apple BaseballBat BasketBall Book Bowl Box Bread ButterKnife CD Candle "
            "CellPhone Cloth CreditCard Cup DishSponge Egg Fork HandTowel Kettle KeyChain Knife "
            "Laptop Lettuce Mug Newspaper Pan Pen Pencil PepperShaker Plate Pot Potato "
            "RemoteControl SaltShaker SoapBar SoapBottle Spatula Spoon SprayBottle Statue "
            "TennisRacket TissueBox ToiletPaper Tomato Vase Watch WateringCan WineBottle"
        ),
        "SinkBasin": (
            "Apple Bowl ButterKnife Cloth Cup DishSponge Egg Fork Glassbottle HandTowel Kettle "
            "Knife Ladle Lettuce Mug Pan Plate Pot Potato SoapBar Spatula Spoon Tomato"
        ),
        "Sofa": "Book Box CellPhone CreditCard KeyChain Laptop Newspaper Pillow RemoteControl",
        "StoveBurner": "Kettle Pan Pot",
        "TVStand": "TissueBox",
        "Toilet": (
            "Candle Cloth DishSponge HandTowel SoapBar SoapBottle SprayBottle TissueBox ToiletPaper"
        ),
        "ToiletPaperHanger": "ToiletPaper",
        "TowelHolder": "Towel",
    }.items()
}
"""Receptacle type -> object types that may be put there."""

_PREDICATES = {
    "p": "pickupable",
    "c": "cleanable",
    "h": "heatable",
    "o": "coolable",
    "s": "sliceable",
    "t": "toggleable",
    "b": "isReceptacleObject",
}

_AFFORDANCES = {
    "p": (
        "AlarmClock BaseballBat BasketBall Book Boots CD Candle CellPhone CreditCard "
        "Glassbottle HandTowel KeyChain Laptop Newspaper PaperTowelRoll Pen Pencil "
        "PepperShaker Pillow Plunger RemoteControl SaltShaker ScrubBrush SoapBottle "
        "SprayBottle Statue TeddyBear TennisRacket TissueBox ToiletPaper Towel Vase Watch "
        "WateringCan"
    ),
    "pb": "Box",
    "pc": "ButterKnife Cloth DishSponge Fork Kettle Knife Ladle SoapBar Spatula Spoon",
    "pchob": "Cup Mug Plate",
    "pchos": "Apple Egg Potato Tomato",
    "pcob": "Bowl Pan Pot",
    "pcos": "Lettuce",
    "phos": "Bread",
    "po": "WineBottle",
    "t": "DeskLamp FloorLamp",
}
"""Letters of `_PREDICATES` -> object types that have exactly these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRow:
    """One object type in one kind of room.

    Example: ``Mug 100 36/35/27/2 CoffeeMachine:20 Cabinet:18 ...`` - every kitchen has mugs, 36 %
    of them one mug, and a fifth of all mugs stands in the coffee machine.
    """

    type: str
    """Object type."""

    presence: int
    """Percent of rooms that have any."""

    counts: tuple[int, ...]
    """Shares of having 1, 2, 3, ... of them."""

    places: Mapping[str, int]
    """Receptacle type or `NOWHERE` -> share."""


@cache
def affordances_of(object_type: str) -> tuple[str, ...]:
    """Predicates that hold of every object of the type, such as ``pickupable``."""
    for letters, types in _AFFORDANCES.items():
        if object_type in types.split():
            return tuple(_PREDICATES[letter] for letter in letters)
    return ()


@cache
def object_rows(room: str) -> tuple[ObjectRow, ...]:
    """Object types of a kind of room, in alphabetical order."""
    return tuple(_row(line) for line in _OBJECTS[room].strip().splitlines())


def _row(line: str) -> ObjectRow:
    name, presence, counts, *places = line.split()
    return ObjectRow(
        type=name,
        presence=int(presence),
        counts=tuple(int(share) for share in counts.split("/")),
        places={place: int(share) for place, _, share in (p.partition(":") for p in places)},
    )


_OBJECTS = {
    "kitchen": """
Apple 100 33/31/34/1 CounterTop:24 Fridge:24 DiningTable:15 Microwave:13 GarbageCan:12 SinkBasin:9
Blinds 21 100 -:100
Book 11 60/27/13 CounterTop:65 Cabinet:14 DiningTable:11 Drawer:5 Shelf:4
Bowl 100 35/34/30/1 Cabinet:36 CounterTop:21 Fridge:20 DiningTable:15 SinkBasin:3 Microwave:3
Bread 100 55/32/12/1 CounterTop:55 DiningTable:31 Fridge:12
ButterKnife 97 37/37/27 CounterTop:57 DiningTable:26 Drawer:8 SinkBasin:5 -:3
CellPhone 11 37/34/29 Drawer:42 CounterTop:40 DiningTable:17
Chair 84 67/27 -:100
CreditCard 9 30/31/40 CounterTop:45 Drawer:36 Shelf:16 -:3
Cup 100 35/31/31/2 Cabinet:23 CounterTop:21 Fridge:21 DiningTable:14 SinkBasin:9 Microwave:7 -:2
Curtains 7 100 -:100
DishSponge 100 33/33/34 CounterTop:25 Cabinet:23 Drawer:21 DiningTable:12 SinkBasin:7 GarbageCan:5
Egg 100 32/35/32/1 Fridge:25 CounterTop:23 SinkBasin:13 GarbageCan:12 DiningTable:12 Microwave:12
Fork 100 34/33/33 CounterTop:42 DiningTable:23 Drawer:21 SinkBasin:8 -:4
Glassbottle 24 35/32/32 Cabinet:30 CounterTop:27 DiningTable:14 SinkBasin:9 Fridge:9 GarbageCan:7
HousePlant 36 91/9 CounterTop:77 DiningTable:23
Kettle 52 44/37/19 StoveBurner:41 CounterTop:25 Cabinet:24 DiningTable:7 SinkBasin:2
Knife 100 35/34/31 CounterTop:46 DiningTable:24 Drawer:19 -:5 SinkBasin:4
Ladle 35 31/38/29/1 CounterTop:40 Cabinet:24 Drawer:17 DiningTable:13 -:4 SinkBasin:2
Lettuce 100 42/35/23 CounterTop:40 DiningTable:28 Fridge:22 SinkBasin:5 -:3
LightSwitch 100 100 -:100
Mirror 9 100 -:100
Mug 100 36/35/27/2 CoffeeMachine:20 Cabinet:18 Fridge:15 CounterTop:15 DiningTable:10 Microwave:8
Pan 100 69/26/5 CounterTop:44 StoveBurner:36 Cabinet:9 DiningTable:6 Fridge:5
PaperTowelRoll 35 100 CounterTop:57 DiningTable:16 GarbageCan:15 Shelf:9 SideTable:2
Pen 6 33/31/35 CounterTop:39 DiningTable:34 Drawer:21 GarbageCan:5
Pencil 7 42/40/17 Drawer:41 CounterTop:30 DiningTable:19 GarbageCan:10
PepperShaker 100 29/33/37 Cabinet:33 CounterTop:30 DiningTable:16 Drawer:15 Shelf:3 SideTable:2
Plate 100 41/33/24/1 Cabinet:37 CounterTop:28 DiningTable:15 Fridge:8 -:7 SinkBasin:2 Shelf:2
Pot 100 53/38/10 StoveBurner:68 CounterTop:17 Fridge:5 DiningTable:5 Cabinet:4
Potato 100 36/32/30/1 CounterTop:28 Fridge:26 DiningTable:16 SinkBasin:11 Microwave:10 GarbageCan:6
SaltShaker 100 35/33/31/1 CounterTop:32 Cabinet:32 DiningTable:18 Drawer:14 Shelf:3 SideTable:2
Sink 100 100 -:89 CounterTop:11
SoapBottle 100 35/34/31 CounterTop:32 Cabinet:30 DiningTable:20 GarbageCan:10 Shelf:3 -:2
Spatula 100 35/35/29 CounterTop:44 DiningTable:24 Drawer:21 SinkBasin:8 -:2
Spoon 100 32/34/33 CounterTop:36 Drawer:27 DiningTable:21 SinkBasin:11 -:4 SideTable:2
SprayBottle 7 35/41/24 Cabinet:33 CounterTop:33 DiningTable:22 GarbageCan:12
Statue 15 37/49/14 CounterTop:51 Shelf:44 DiningTable:5
StoveKnob 100 0/0/0/96 -:100
Tomato 100 34/32/33/1 Fridge:33 CounterTop:29 DiningTable:20 GarbageCan:9 SinkBasin:7 SideTable:2
Vase 15 0/48/52 CounterTop:34 Shelf:32 Cabinet:31 DiningTable:3
Window 89 67/29/4 -:94 CounterTop:6
WineBottle 42 36/32/32/1 CounterTop:37 Cabinet:25 DiningTable:24 GarbageCan:9 Shelf:3
""",
    "living": """
Book 26 46/30/21/2 CoffeeTable:29 Dresser:24 Sofa:17 ArmChair:11 DiningTable:9 SideTable:8
Boots 20 100 -:100
Bowl 11 41/39/18/2 DiningTable:37 CoffeeTable:27 TVStand:20 SideTable:9 Shelf:8
Box 100 69/25/5 DiningTable:22 Sofa:21 CoffeeTable:20 -:14 SideTable:7 Cabinet:4 Shelf:3 Dresser:3
Candle 9 18/20/62 SideTable:41 CoffeeTable:28 DiningTable:20 TVStand:6 Drawer:3 Dresser:2
CellPhone 21 37/32/31/1 Dresser:19 SideTable:17 CoffeeTable:17 Sofa:14 Drawer:13 DiningTable:9
Chair 70 25/10/8/21 -:100
CreditCard 100 27/33/37/3 Sofa:19 CoffeeTable:15 ArmChair:13 Drawer:13 SideTable:10 DiningTable:9
Curtains 35 77/7/17 -:92 SideTable:8
DeskLamp 25 100 SideTable:91 CoffeeTable:9
FloorLamp 100 100 -:100
HousePlant 100 94/6 -:38 SideTable:33 CoffeeTable:16 Dresser:7 DiningTable:4 TVStand:3
KeyChain 100 33/33/32/2 -:21 CoffeeTable:16 SideTable:13 Drawer:13 Sofa:9 ArmChair:7 TVStand:6
Laptop 100 66/27/6 Sofa:27 CoffeeTable:25 DiningTable:21 Dresser:8 SideTable:7 TVStand:5 ArmChair:5
LightSwitch 100 100 -:100
Mirror 10 100 -:100
Newspaper 62 38/33/24/4 Sofa:20 CoffeeTable:18 DiningTable:17 SideTable:14 Shelf:11 Dresser:8
Painting 100 41/39/11/8 -:100
Pen 20 32/35/33/1 CoffeeTable:34 Dresser:22 SideTable:20 TVStand:6 Drawer:6 GarbageCan:4 Shelf:4
Pencil 17 35/29/33/3 SideTable:32 CoffeeTable:27 Drawer:10 Dresser:7 GarbageCan:6 TVStand:6 Shelf:6
Pillow 100 87/12 Sofa:80 ArmChair:20
Plate 35 45/40/15 DiningTable:50 CoffeeTable:24 Shelf:13 SideTable:11 TVStand:2
RemoteControl 100 31/33/32/4 CoffeeTable:22 Sofa:17 SideTable:12 DiningTable:10 Dresser:8 TVStand:8
Statue 96 24/39/32/1 CoffeeTable:25 Shelf:19 DiningTable:19 SideTable:18 TVStand:8 Dresser:8
Television 100 100 TVStand:32 Dresser:30 -:29 CoffeeTable:6 SideTable:2
TissueBox 34 27/35/35/2 CoffeeTable:36 DiningTable:19 SideTable:19 Shelf:11 TVStand:8 Drawer:3
Vase 56 17/26/32/17 Shelf:33 CoffeeTable:18 DiningTable:14 SideTable:11 Dresser:10 -:7 TVStand:5
Watch 49 25/38/36/1 CoffeeTable:26 Drawer:21 SideTable:18 DiningTable:11 Dresser:11 TVStand:10
WateringCan 50 92/5/3 -:74 CoffeeTable:14 Shelf:10 SideTable:2
Window 96 14/46/23/6 -:100
""",
    "bedroom": """
AlarmClock 100 48/33/17/2 Desk:34 Shelf:21 SideTable:19 Dresser:17 DiningTable:7
BaseballBat 41 93/7 -:100
BasketBall 37 100 -:100
Blinds 91 60/30/5/5 -:100
Book 100 42/32/23/3 Bed:51 Desk:19 Drawer:12 Dresser:5 SideTable:4 Cabinet:3 DiningTable:2
Boots 10 100 -:100
Bowl 45 59/28/11/2 Desk:43 Shelf:30 Dresser:15 DiningTable:6 SideTable:4 CounterTop:2
Box 47 99/1 -:81 Desk:11 Shelf:8
CD 100 32/29/36/3 Drawer:24 Desk:17 -:14 Dresser:12 SideTable:11 GarbageCan:7 Shelf:6 DiningTable:5
CellPhone 100 31/34/32/3 Bed:29 Desk:18 Drawer:17 Dresser:10 SideTable:10 Shelf:8 DiningTable:3
Chair 79 75/21/4 -:100
Cloth 19 32/50/18 -:100
CreditCard 100 32/34/34/1 Drawer:29 Shelf:18 Desk:18 SideTable:16 Dresser:12 DiningTable:3
Curtains 7 41/59 -:100
DeskLamp 71 94/6 Desk:35 SideTable:28 Dresser:25 Shelf:11
Footstool 4 100 -:100
HousePlant 27 100 Shelf:44 Cabinet:17 Desk:17 -:14 Dresser:9
KeyChain 100 31/33/34/1 Drawer:25 Desk:17 SideTable:15 Shelf:15 Dresser:13 -:6 DiningTable:4
Laptop 100 51/35/13 Bed:74 Desk:19 Dresser:4 DiningTable:2
LaundryHamperLid 28 100 -:100
LightSwitch 100 100 -:100
Mirror 100 100 -:95 CounterTop:3 Dresser:2
Mug 51 39/34/28 Desk:34 Shelf:17 SideTable:15 Dresser:15 DiningTable:9 -:5 Cabinet:4
Painting 42 61/24/15 -:100
Pen 100 28/35/36/1 Desk:28 Drawer:18 Shelf:15 Dresser:15 SideTable:14 DiningTable:6 GarbageCan:2
Pencil 100 33/34/31/1 Desk:23 Drawer:18 SideTable:18 Shelf:17 Dresser:11 DiningTable:6 GarbageCan:5
Pillow 100 42/47/10 Bed:99
Poster 24 73/14/0/12 -:100
RemoteControl 12 32/37/31 Drawer:31 Desk:27 SideTable:13 -:9 CounterTop:7 ArmChair:5 DiningTable:4
Statue 15 64/25/11 Shelf:41 Dresser:26 Desk:25 SideTable:4 -:3
TeddyBear 35 100 Bed:75 -:25
Television 12 100 -:77 Dresser:23
TennisRacket 40 100 -:100
TissueBox 14 41/35/23/2 Desk:37 Drawer:26 DiningTable:15 Shelf:12 SideTable:9 Dresser:2
Vase 6 19/48/29/5 Shelf:45 Dresser:36 Desk:11 SideTable:9
Watch 7 23/46/27/4 Drawer:31 Shelf:20 DiningTable:16 Desk:15 Dresser:11 SideTable:6
Window 100 60/31/4/4 -:93 Shelf:5 Dresser:2
""",
    "bathroom": """
Bathtub 71 100 -:94 BathtubBasin:6
Candle 100 33/32/33/3 CounterTop:28 Toilet:27 Cabinet:12 Drawer:12 -:10 Shelf:6 SideTable:2 Cart:2
Cloth 100 37/33/29/2 BathtubBasin:30 Cabinet:20 CounterTop:17 Drawer:15 SinkBasin:8 Shelf:4 Toilet:3
DishSponge 24 25/35/33/8 CounterTop:19 Drawer:18 BathtubBasin:17 SinkBasin:10 Shelf:9 Toilet:7 -:6
FloorLamp 8 0/100 -:59 SinkBasin:41
Footstool 5 100 -:100
HandTowel 100 82/18 HandTowelHolder:96 CounterTop:4
HousePlant 4 100 SideTable:100
LightSwitch 100 100 -:100
Mirror 100 96/4 -:90 CounterTop:10
Painting 5 100 -:100
PaperTowelRoll 16 100 CounterTop:28 Toilet:25 -:19 Shelf:14 GarbageCan:9 Cart:5
Plunger 100 100 -:100
ScrubBrush 100 100 -:100
ShowerDoor 58 100 -:100
ShowerGlass 42 100 -:92 CounterTop:8
Sink 100 56/44 -:82 SinkBasin:11 CounterTop:7
SoapBar 100 34/29/32/5 CounterTop:18 Toilet:15 SinkBasin:14 Cabinet:11 BathtubBasin:11 Drawer:11 -:7
SoapBottle 100 34/36/28/3 CounterTop:27 Toilet:22 Cabinet:18 -:10 Shelf:8 GarbageCan:8 Drawer:3
SprayBottle 100 36/30/32/2 CounterTop:32 Toilet:27 Cabinet:16 GarbageCan:10 Shelf:7 Cart:4
TissueBox 25 44/30/22/4 CounterTop:36 Shelf:29 Drawer:20 Cabinet:5 Cart:4 SideTable:4 Toilet:3
ToiletPaper 100 0/67/31/2 Toilet:19 CounterTop:19 -:16 ToiletPaperHanger:10 Drawer:10 Cabinet:9
Towel 100 86/14 TowelHolder:97 CounterTop:3
Window 66 69/24/0/7 -:100
""",
}
