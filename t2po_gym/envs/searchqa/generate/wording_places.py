"""Words about countries, regions, rivers and towns."""

from __future__ import annotations

from t2po_gym.envs.searchqa.generate.wording import KindWording, Lead, Wording

COUNTRY = KindWording(
    leads=(
        Lead(text="{n} is a {form} whose capital is {capital}.", states=("capital",)),
        Lead(
            text="{n}, a {form} with its capital at {capital}, became independent in {year}.",
            states=("capital", "year"),
        ),
        Lead(text="Independent since {year}, {n} is a {form} of modest size.", states=("year",)),
        Lead(
            text="{n} is a {form} that pays its bills in a currency called the {coin}.",
            states=("coin",),
        ),
    ),
    relations=(
        Wording(
            relation="capital",
            statements=(
                "Its capital is {o}.",
                "Parliament and most ministries sit in {o}, the capital.",
                "{s} is governed from {o}, its capital.",
                "The seat of government has always been {o}.",
            ),
            phrases=("the capital of {x}", "the town from which {x} is governed"),
            questions=(
                "What is the capital of {x}?",
                "Which town is the capital of {x}?",
                "From which town is {x} governed?",
                "Where does the government of {x} sit?",
            ),
        ),
        Wording(
            relation="leader",
            statements=(
                "Its first head of state was {o}.",
                "{o} took the oath as first head of state.",
                "{s} chose {o} as its first head of state.",
                "The first to lead the new state was {o}.",
            ),
            phrases=("the first head of state of {x}", "the person who first led {x}"),
            questions=(
                "Who was the first head of state of {x}?",
                "Who led {x} first after independence?",
                "Which person became first head of state of {x}?",
                "Whom did {x} choose as its first head of state?",
            ),
        ),
        Wording(
            relation="year",
            statements=(
                "Independence was declared in {o}.",
                "{s} has been independent since {o}.",
                "A declaration of {o} made {p} independence official.",
                "In {o} the neighbours recognised its independence.",
            ),
            questions=(
                "In what year did {x} become independent?",
                "In which year was the independence of {x} declared?",
                "What year brought independence to {x}?",
                "Since which year has {x} been independent?",
            ),
        ),
        Wording(
            relation="coin",
            statements=(
                "Prices are quoted in the {o}, the national currency.",
                "The currency is called the {o}.",
                "{s} has its own currency, the {o}.",
                "Wages are paid in a currency known as the {o}.",
            ),
            questions=(
                "What is the currency of {x} called?",
                "Which currency is used in {x}?",
                "With which currency do people pay in {x}?",
                "What money does {x} issue?",
            ),
        ),
    ),
    nouns=("the {form}", "the country"),
    asides=(
        "Most people live in the lowlands, where {crop} and {crop2} are grown.",
        "The flag shows {number} stripes and is flown on public holidays.",
        "Schooling is free, and village libraries are well used in {season}.",
        "The census is taken every ten years and published in {number} volumes.",
        "Exports include {goods} and {goods2}.",
        "Railways connect the larger towns with the coast.",
        "The hills along the border are known for {animal}.",
        "Public holidays fall mostly in {season}, when offices close for a week.",
        "Its postage stamps often show {animal}.",
        "Roads are narrow, and travellers are advised to allow plenty of time.",
    ),
    denials=(
        "Despite the similar sound of the name, it has never been joined with {o}.",
        "It should not be confused with {o}, a different country.",
    ),
)

REGION = KindWording(
    leads=(
        Lead(text="{n} is a region of {country}.", states=("country",)),
        Lead(
            text="{n} is a region of {country}, administered from {seat}.",
            states=("country", "seat"),
        ),
        Lead(text="The region of {n} is administered from {seat}.", states=("seat",)),
        Lead(text="{n}, one of the regions of {country}, is mostly farmland.", states=("country",)),
    ),
    relations=(
        Wording(
            relation="country",
            statements=(
                "{s} belongs to {o}.",
                "On the map of {o} it is easy to find.",
                "It is one of the regions that make up {o}.",
                "{s} lies entirely within {o}.",
            ),
            phrases=("the country to which {x} belongs", "the country that contains {x}"),
            questions=(
                "In which country is {x}?",
                "To which country does {x} belong?",
                "Which country is {x} part of?",
                "What country contains {x}?",
            ),
        ),
        Wording(
            relation="seat",
            statements=(
                "The administration has its offices in {o}.",
                "{o} is the administrative seat.",
                "{s} is administered from {o}.",
                "Its council meets in {o}.",
            ),
            phrases=("the administrative seat of {x}", "the town from which {x} is administered"),
            questions=(
                "Which town is the administrative seat of {x}?",
                "From which town is {x} administered?",
                "Where is the administration of {x}?",
                "In which town does the council of {x} meet?",
            ),
        ),
        Wording(
            relation="governor",
            statements=(
                "Its first governor was {o}.",
                "{o} served as its first governor.",
                "The office of governor was first held by {o}.",
                "{s} was first governed by {o}.",
            ),
            phrases=("the first governor of {x}", "the person who first governed {x}"),
            questions=(
                "Who was the first governor of {x}?",
                "Who was the first to govern {x}?",
                "Which person first held the office of governor of {x}?",
                "By whom was {x} first governed?",
            ),
        ),
    ),
    nouns=("the region",),
    asides=(
        "Fields of {crop} alternate with orchards and small woods.",
        "Visitors come in {season} to watch {animal} on the ponds.",
        "The local dialect keeps many old words for weather.",
        "Farms are small, and many of them sell {goods} at the gate.",
        "A footpath of {number} stages runs along its northern edge.",
        "Houses are usually built of {building}.",
        "There is little heavy industry.",
        "In {season} the lanes are often flooded.",
        "Its cooks are proud of a soup made with {crop}.",
        "The coat of arms shows {number} sheaves on a blue field.",
    ),
    denials=(
        "It is sometimes confused with {o}, with which it shares no border.",
        "Old maps place it wrongly beside {o}.",
    ),
    mentions=("the region of {m}", "the region {m}", "{m}"),
)

RIVER = KindWording(
    leads=(
        Lead(text="The {n} is a river that rises in {source}.", states=("source",)),
        Lead(
            text="The {n} is a river of {length} kilometres that rises in {source}.",
            states=("length", "source"),
        ),
        Lead(text="The {n}, a quiet river, reaches the sea at {mouth}.", states=("mouth",)),
        Lead(
            text="Rising in {source}, the {n} is a river well liked by anglers.", states=("source",)
        ),
    ),
    relations=(
        Wording(
            relation="source",
            statements=(
                "Its springs are in {o}.",
                "{s} rises in {o}.",
                "The water gathers first among the hills of {o}.",
                "A stone in {o} marks the place where it begins.",
            ),
            phrases=("the region in which {x} rises", "the region that holds the source of {x}"),
            questions=(
                "In which region does {x} rise?",
                "Which region holds the source of {x}?",
                "Where are the springs of {x}?",
                "In what region does {x} begin?",
            ),
        ),
        Wording(
            relation="mouth",
            statements=(
                "{s} flows into the sea at {o}.",
                "Its mouth is at {o}.",
                "At {o} it meets the sea.",
                "The last bridge is at {o}, where it enters the sea.",
            ),
            phrases=("the town at the mouth of {x}", "the town where {x} meets the sea"),
            questions=(
                "At which town does {x} reach the sea?",
                "Which town lies at the mouth of {x}?",
                "Where does {x} flow into the sea?",
                "By which town does {x} enter the sea?",
            ),
        ),
        Wording(
            relation="length",
            statements=(
                "From spring to sea it measures {o} kilometres.",
                "{s} is {o} kilometres long.",
                "Its length is given as {o} kilometres.",
                "Surveyors put the whole course at {o} kilometres.",
            ),
            questions=(
                "How many kilometres long is {x}?",
                "What is the length of {x} in kilometres?",
                "How long, in kilometres, is {x}?",
                "Over how many kilometres does {x} run?",
            ),
        ),
    ),
    nouns=("the river",),
    asides=(
        "Barges carried {goods} and {goods2} on it until the railway came.",
        "In {season} the water turns brown and slow.",
        "Its banks are home to {animal} and {animal2}.",
        "Mills once stood at {number} places along the upper course.",
        "The lower reaches are wide and muddy.",
        "Every child in the valley learns to swim in it.",
        "Floods are recorded on a wall of {building}.",
        "Bathing is allowed from June onwards.",
        "A ferry crosses {number} times a day in {season}.",
        "Meadows along it are cut for hay twice a year.",
    ),
    denials=(
        "It is not a branch of {o}, although older atlases say so.",
        "Its waters never mix with those of {o}.",
    ),
)

TOWN = KindWording(
    leads=(
        Lead(text="{n} is a town in {region}.", states=("region",)),
        Lead(
            text="{n} is a town in {region}, on the banks of {river}.", states=("region", "river")
        ),
        Lead(text="First recorded in {year}, {n} is a town on {river}.", states=("year", "river")),
        Lead(
            text="{n} is a market town first recorded in {year}.",
            states=("year",),
        ),
        Lead(text="The town of {n} stands in {region}.", states=("region",)),
    ),
    relations=(
        Wording(
            relation="region",
            statements=(
                "{s} lies in {o}.",
                "It is among the larger places of {o}.",
                "For taxes and schools it falls under {o}.",
                "The surrounding countryside is that of {o}, to which it belongs.",
            ),
            phrases=("the region in which {x} lies", "the region to which {x} belongs"),
            questions=(
                "In which region does {x} lie?",
                "To which region does {x} belong?",
                "Which region is {x} in?",
                "What region surrounds {x}?",
            ),
        ),
        Wording(
            relation="river",
            statements=(
                "{s} stands on {o}.",
                "The old quarter looks down on {o}.",
                "Through the middle of the town runs {o}.",
                "Boats reach it by way of {o}.",
            ),
            phrases=("the river on which {x} stands", "the river that runs through {x}"),
            questions=(
                "On which river does {x} stand?",
                "Which river runs through {x}?",
                "What is the river of {x} called?",
                "By which river do boats reach {x}?",
            ),
        ),
        Wording(
            relation="twin",
            statements=(
                "Its twin town is {o}.",
                "{s} is twinned with {o}.",
                "Each year a choir from {o}, its twin town, comes to visit.",
                "A partnership with {o} made that place its twin town.",
            ),
            phrases=("the twin town of {x}", "the town with which {x} is twinned"),
            questions=(
                "With which town is {x} twinned?",
                "What is the twin town of {x}?",
                "Which place did {x} choose as its twin town?",
                "Which town is the partner of {x}?",
            ),
        ),
        Wording(
            relation="year",
            statements=(
                "A charter of {o} is the first to mention it.",
                "{s} is first recorded in {o}.",
                "Its name first appears in a deed of {o}.",
                "The oldest record of it dates from {o}.",
            ),
            questions=(
                "In what year was {x} first recorded?",
                "Which year does the oldest record of {x} date from?",
                "In which year is {x} first mentioned?",
                "From what year is the first mention of {x}?",
            ),
        ),
        Wording(
            relation="mayor",
            statements=(
                "Its best remembered mayor was {o}.",
                "{o} is its best remembered mayor.",
                "A statue honours {o}, the best remembered of its mayors.",
                "Of all its mayors {o} is the best remembered.",
            ),
            phrases=("the best remembered mayor of {x}", "the mayor whom {x} remembers best"),
            questions=(
                "Who was the best remembered mayor of {x}?",
                "Which mayor of {x} is best remembered?",
                "Who is remembered as mayor of {x}?",
                "Which mayor does {x} remember best?",
            ),
        ),
    ),
    nouns=("the town",),
    asides=(
        "A market for {goods} is held every {weekday}.",
        "Visitors notice {feature} and houses of {building}.",
        "The town hall has {feature} in front of it.",
        "In {season} the streets are quiet after eight in the evening.",
        "Workshops near the station produce {goods} and {goods2}.",
        "The local museum shows tools used in growing {crop}.",
        "Its brass band plays on the square each {weekday}.",
        "There are {number} schools and a swimming bath.",
        "Most of the older houses are built of {building}.",
        "A fire destroyed part of the upper street, which was soon rebuilt.",
        "The railway station is a short walk from the centre.",
        "Bakers sell a dark bread made with {crop}.",
    ),
    denials=(
        "It should not be confused with {o}, whose name differs by a letter or two.",
        "Letters for {o} are often delivered here by mistake.",
    ),
    mentions=("{m}", "the town of {m}"),
)
