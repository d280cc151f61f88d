"""Words about novels, plays, operas, paintings, symphonies and films."""

from __future__ import annotations

from t2po_gym.envs.searchqa.generate.wording import KindWording, Lead, Wording

_WRITTEN = ("novel", "play")
_COMPOSED = ("opera", "symphony")
_STAGED = ("play", "opera", "symphony")
_SET = ("novel", "play", "opera", "film")

_AUTHOR = (
    Wording(
        relation="author",
        statements=(
            "{s} was written by {o}.",
            "Its author is {o}.",
            "{o} wrote it in a rented room.",
            "It comes from the pen of {o}.",
        ),
        phrases=("the author of {x}", "the person who wrote {x}"),
        questions=(
            "Who wrote {x}?",
            "Who is the author of {x}?",
            "By whom was {x} written?",
            "From whose pen does {x} come?",
        ),
        forms=_WRITTEN,
    ),
    Wording(
        relation="author",
        statements=(
            "{s} was composed by {o}.",
            "The music is by {o}.",
            "{o} composed it in a single winter.",
            "Its composer is {o}.",
        ),
        phrases=("the composer of {x}", "the person who composed {x}"),
        questions=(
            "Who composed {x}?",
            "Who is the composer of {x}?",
            "By whom was {x} composed?",
            "Whose music is {x}?",
        ),
        forms=_COMPOSED,
    ),
    Wording(
        relation="author",
        statements=(
            "{s} was painted by {o}.",
            "The signature is that of {o}, who painted it.",
            "{o} painted it from sketches.",
            "It is the work of the painter {o}.",
        ),
        phrases=("the painter of {x}", "the person who painted {x}"),
        questions=(
            "Who painted {x}?",
            "Who is the painter of {x}?",
            "By whom was {x} painted?",
            "Whose brush made {x}?",
        ),
        forms=("painting",),
    ),
    Wording(
        relation="author",
        statements=(
            "{s} was directed by {o}.",
            "Its director is {o}.",
            "{o} directed it on a small budget.",
            "The direction was in the hands of {o}.",
        ),
        phrases=("the director of {x}", "the person who directed {x}"),
        questions=(
            "Who directed {x}?",
            "Who is the director of {x}?",
            "By whom was {x} directed?",
            "In whose hands was the direction of {x}?",
        ),
        forms=("film",),
    ),
)

_HOUSE = (
    Wording(
        relation="house",
        statements=(
            "{s} was published by {o}.",
            "Its publisher is {o}.",
            "{o} brought it out in two volumes.",
            "The first edition appeared with {o}.",
        ),
        phrases=("the publisher of {x}", "the press that brought out {x}"),
        questions=(
            "Which press published {x}?",
            "Who is the publisher of {x}?",
            "By which press was {x} published?",
            "With which press did {x} appear?",
        ),
        forms=("novel",),
    ),
    Wording(
        relation="house",
        statements=(
            "{s} was first performed at {o}.",
            "The first performance was given at {o}.",
            "At {o} it had its premiere.",
            "It had its premiere at {o}, before a full house.",
        ),
        phrases=("the theatre where {x} was first performed", "the theatre that premiered {x}"),
        questions=(
            "At which theatre was {x} first performed?",
            "Where was {x} first performed?",
            "Which theatre gave the first performance of {x}?",
            "Where did {x} have its premiere?",
        ),
        forms=_STAGED,
    ),
    Wording(
        relation="house",
        statements=(
            "{s} hangs in {o}.",
            "Its owner today is {o}.",
            "It can be seen in {o}.",
            "It has long belonged to {o}.",
        ),
        phrases=("the museum where {x} hangs", "the museum that owns {x}"),
        questions=(
            "In which museum does {x} hang?",
            "Which museum owns {x}?",
            "Where can {x} be seen?",
            "To which museum does {x} belong?",
        ),
        forms=("painting",),
    ),
    Wording(
        relation="house",
        statements=(
            "{s} was produced by {o}.",
            "The production was paid for by {o}.",
            "{o} produced it in eleven weeks.",
            "Its production company is {o}.",
        ),
        phrases=("the company that produced {x}", "the producer of {x}"),
        questions=(
            "Which company produced {x}?",
            "By which company was {x} produced?",
            "What is the production company of {x}?",
            "Which studios made {x}?",
        ),
        forms=("film",),
    ),
)

_OTHERS = (
    Wording(
        relation="setting",
        statements=(
            "{s} is set in {o}.",
            "The story unfolds in {o}.",
            "Its action takes place in {o}.",
            "It opens and ends in {o}, where it is set.",
        ),
        phrases=("the town in which {x} is set", "the setting of {x}"),
        questions=(
            "In which town is {x} set?",
            "Where is {x} set?",
            "Where does the action of {x} take place?",
            "What town is the setting of {x}?",
        ),
        forms=_SET,
    ),
    Wording(
        relation="setting",
        statements=(
            "{s} shows a street in {o}.",
            "The town in the picture is {o}.",
            "It depicts {o} after a storm.",
            "The view is that of {o}, seen from a hill.",
        ),
        phrases=("the town shown in {x}", "the town that {x} depicts"),
        questions=(
            "Which town does {x} show?",
            "What town is shown in {x}?",
            "Which town does {x} depict?",
            "Of which town is {x} a view?",
        ),
        forms=("painting",),
    ),
    Wording(
        relation="year",
        statements=(
            "{s} dates from {o}.",
            "The year of the first edition is {o}.",
            "It was finished and printed in {o}.",
            "Booksellers first had it in {o}.",
        ),
        questions=(
            "In what year was {x} published?",
            "Which year was {x} published in?",
            "From which year does {x} date?",
            "In which year did {x} come out?",
        ),
        forms=("novel",),
    ),
    Wording(
        relation="year",
        statements=(
            "{s} dates from {o}.",
            "It was first performed in {o}.",
            "The first audience heard it in {o}.",
            "Its score and parts were finished in {o}.",
        ),
        questions=(
            "In what year was {x} first performed?",
            "Which year saw the first performance of {x}?",
            "From which year does {x} date?",
            "In which year did an audience first hear {x}?",
        ),
        forms=_STAGED,
    ),
    Wording(
        relation="year",
        statements=(
            "{s} dates from {o}.",
            "It was painted in {o}.",
            "The date beside the signature is {o}.",
            "Experts agree on {o} as the year of its making.",
        ),
        questions=(
            "In what year was {x} painted?",
            "Which year was {x} painted in?",
            "From which year does {x} date?",
            "In which year was {x} made?",
        ),
        forms=("painting",),
    ),
    Wording(
        relation="year",
        statements=(
            "{s} dates from {o}.",
            "It was released in {o}.",
            "Cinemas showed it for the first time in {o}.",
            "The year of release is {o}.",
        ),
        questions=(
            "In what year was {x} released?",
            "What is the year of release of {x}?",
            "From which year does {x} date?",
            "In which year did cinemas first show {x}?",
        ),
        forms=("film",),
    ),
    Wording(
        relation="dedicatee",
        statements=(
            "{s} is dedicated to {o}.",
            "The dedication names {o}.",
            "It carries a dedication to {o}.",
            "A note on the back or first page dedicates it to {o}.",
        ),
        phrases=("the person to whom {x} is dedicated", "the dedicatee of {x}"),
        questions=(
            "To whom is {x} dedicated?",
            "Who is the dedicatee of {x}?",
            "Whom does the dedication of {x} name?",
            "In whose honour was {x} made?",
        ),
        forms=("novel", "symphony", "painting"),
    ),
)

WORK = KindWording(
    leads=(
        Lead(text="{n} is {a_form} by {author}.", states=("author",)),
        Lead(text="{n} is {a_form} by {author} from {year}.", states=("author", "year")),
        Lead(text="{n} is {a_form} of {year}.", states=("year",)),
        Lead(
            text="{n}, {a_form} set in {setting}, is by {author}.",
            states=("setting", "author"),
            forms=_SET,
        ),
        Lead(
            text="{n} is a novel by {author}, published by {house}.",
            states=("author", "house"),
            forms=("novel",),
        ),
        Lead(
            text="{n} is a film of {year}, produced by {house}.",
            states=("year", "house"),
            forms=("film",),
        ),
        Lead(
            text="{n}, a painting of {year}, hangs in {house}.",
            states=("year", "house"),
            forms=("painting",),
        ),
        Lead(
            text="First performed at {house}, {n} is {a_form} by {author}.",
            states=("house", "author"),
            forms=_STAGED,
        ),
    ),
    relations=(*_AUTHOR, *_HOUSE, *_OTHERS),
    nouns=("the {form}", "the work"),
    asides=(
        "Critics received it {praise}.",
        "Its tone is {trait} and at times {trait2}.",
        "It is still popular with {readers}.",
        "A draft with many corrections survives.",
        "It was translated, or copied, {number} times within a decade.",
        "Some find the middle part too {trait}.",
        "A sequel was planned but never begun.",
        "Students are often asked to compare it with earlier examples of its kind.",
        "An anniversary exhibition about it ran through {season}.",
        "Early copies of it now fetch high prices.",
        "The title was chosen by a friend, late in {season}.",
        "It was thought lost until {number} pages of notes turned up.",
        "Opinions about the ending remain divided.",
    ),
    denials=(
        "Older catalogues wrongly credit it to {o}.",
        "It is often, and wrongly, ascribed to {o}.",
        "{o} denied having had any part in it.",
        "There is no truth in the tale that it was stolen from {o}.",
    ),
    mentions=("the {form} {m}", "the {form} called {m}"),
)
