"""Words about institutions, awards and events."""

from __future__ import annotations

from t2po_gym.envs.searchqa.generate.wording import KindWording, Lead, Wording

INSTITUTION = KindWording(
    leads=(
        Lead(text="The {n} is {a_form} in {seat}.", states=("seat",)),
        Lead(
            text="The {n} is {a_form} founded in {year} by {founder}.", states=("year", "founder")
        ),
        Lead(text="Founded in {year}, the {n} is {a_form} in {seat}.", states=("year", "seat")),
        Lead(text="The {n} was founded by {founder}.", states=("founder",)),
        Lead(text="The {n}, {a_form} in {seat}, dates from {year}.", states=("seat", "year")),
    ),
    relations=(
        Wording(
            relation="founder",
            statements=(
                "Its founder was {o}.",
                "{s} was founded by {o}.",
                "{o} founded it with money from a legacy.",
                "A bust in the entrance honours {o}, the founder.",
            ),
            phrases=("the founder of {x}", "the person who founded {x}"),
            questions=(
                "Who founded {x}?",
                "Who was the founder of {x}?",
                "Which person founded {x}?",
                "By whom was {x} founded?",
            ),
        ),
        Wording(
            relation="seat",
            statements=(
                "{s} has its seat in {o}.",
                "Its main building stands in {o}.",
                "The address has always been in {o}.",
                "{s} is located in {o}.",
            ),
            phrases=("the town where {x} has its seat", "the town that houses {x}"),
            questions=(
                "In which town does {x} have its seat?",
                "Where is {x} located?",
                "In which town does {x} stand?",
                "Which town houses {x}?",
            ),
        ),
        Wording(
            relation="year",
            statements=(
                "The year of its foundation is {o}.",
                "{s} was founded in {o}.",
                "It opened its doors in {o}.",
                "Its first statutes are dated {o}.",
            ),
            questions=(
                "In what year was {x} founded?",
                "Which year saw the foundation of {x}?",
                "In which year did {x} open its doors?",
                "When, by year, was {x} set up?",
            ),
        ),
        Wording(
            relation="parent",
            statements=(
                "{s} is affiliated with {o}.",
                "It is run as an affiliate of {o}.",
                "An agreement of affiliation binds it to {o}.",
                "Its accounts are kept by {o}, with which it is affiliated.",
            ),
            phrases=(
                "the institution with which {x} is affiliated",
                "the institution of which {x} is an affiliate",
            ),
            questions=(
                "With which institution is {x} affiliated?",
                "Of which institution is {x} an affiliate?",
                "To which institution is {x} bound by affiliation?",
                "Which institution keeps the accounts of {x}?",
            ),
        ),
        Wording(
            relation="head",
            statements=(
                "Its longest serving director was {o}.",
                "{o} was its longest serving director.",
                "The longest time in office as director was that of {o}.",
                "No director served it longer than {o}.",
            ),
            phrases=(
                "the longest serving director of {x}",
                "the person who directed {x} for the longest time",
            ),
            questions=(
                "Who was the longest serving director of {x}?",
                "Who directed {x} for the longest time?",
                "Which director of {x} served longest?",
                "Who headed {x} longer than anyone else?",
            ),
        ),
    ),
    nouns=("the {form}", "the house"),
    asides=(
        "The reading room is open to the public every {weekday}.",
        "Its building of {building} was extended twice.",
        "About {number} people work there all year round.",
        "A newsletter appears in {season}.",
        "The courtyard has {feature}.",
        "Funding comes from fees, gifts and the sale of {goods}.",
        "Guided tours take place in {season}.",
        "Its archive holds {number} thousand letters.",
        "Once a year the staff give a concert for the neighbourhood.",
        "The roof was repaired after a storm.",
        "Children are admitted free on {weekday} afternoons.",
        "Annual reports praise the {manner} caretaker.",
    ),
    denials=(
        "It is independent of {o}, in spite of the similar name.",
        "The story that {o} helped to set it up is not true.",
        "Mail is sometimes sent by mistake to {o}.",
    ),
)

AWARD = KindWording(
    leads=(
        Lead(text="The {n} is {a_form} first given in {year}.", states=("year",)),
        Lead(text="The {n} is {a_form} endowed by {founder}.", states=("founder",)),
        Lead(
            text="Endowed by {founder}, the {n} was first given in {year}.",
            states=("founder", "year"),
        ),
        Lead(text="The {n} is {a_form} awarded by {trustee}.", states=("trustee",)),
    ),
    relations=(
        Wording(
            relation="founder",
            statements=(
                "{s} was endowed by {o}.",
                "The money came from {o}, who endowed it.",
                "Its endowment is owed to {o}.",
                "{o} endowed it in a codicil.",
            ),
            phrases=("the person who endowed {x}", "the person whose money endowed {x}"),
            questions=(
                "Who endowed {x}?",
                "By whom was {x} endowed?",
                "Which person endowed {x}?",
                "Whose money endowed {x}?",
            ),
        ),
        Wording(
            relation="trustee",
            statements=(
                "{s} is awarded by {o}.",
                "The jury is appointed by {o}, which awards it.",
                "The ceremony is organised by {o}, which awards it.",
                "It has always been awarded by {o}.",
            ),
            phrases=("the institution that awards {x}", "the institution by which {x} is given"),
            questions=(
                "Which institution awards {x}?",
                "By which institution is {x} awarded?",
                "What is the institution that awards {x}?",
                "Which institution gives out {x}?",
            ),
        ),
        Wording(
            relation="year",
            statements=(
                "{s} was first given in {o}.",
                "The first ceremony took place in {o}.",
                "Its list of recipients begins in {o}.",
                "It was handed over for the first time in {o}.",
            ),
            questions=(
                "In what year was {x} first given?",
                "Which year saw the first ceremony of {x}?",
                "In which year did the list of recipients of {x} begin?",
                "When, by year, was {x} handed over for the first time?",
            ),
        ),
        Wording(
            relation="winner",
            statements=(
                "The first to receive it was {o}.",
                "{o} was the first recipient.",
                "{s} went first to {o}.",
                "Its first recipient was {o}.",
            ),
            phrases=("the first recipient of {x}", "the person who first received {x}"),
            questions=(
                "Who was the first recipient of {x}?",
                "Who first received {x}?",
                "To whom did {x} go first?",
                "Who was the first to win {x}?",
            ),
        ),
    ),
    nouns=("the {form}", "the award"),
    asides=(
        "The ceremony is held in {season} and followed by a supper.",
        "Recipients are given a box of {goods} in addition to the sum.",
        "A jury of {number} decides in secret.",
        "Nominations close on the last {weekday} of the year.",
        "In some years it was not given at all.",
        "The speeches are printed and sent to {readers}.",
        "Newspapers report the decision {praise}.",
        "The amount has been raised {number} times.",
        "It may be shared by two people but never by three.",
    ),
    denials=(
        "The belief that {o} paid for it is mistaken.",
        "{o} was proposed for it several times but never received it.",
    ),
)

EVENT = KindWording(
    leads=(
        Lead(text="The {n} took place in {place}.", states=("place",)),
        Lead(text="The {n} of {year} took place in {place}.", states=("year", "place")),
        Lead(text="The {n} was held in {year}.", states=("year",), forms=("congress", "festival")),
        Lead(text="The {n} began in {year}.", states=("year",), forms=("expedition", "uprising")),
    ),
    relations=(
        Wording(
            relation="place",
            statements=(
                "{s} set out from {o}.",
                "Its starting point was {o}.",
                "Crowds in {o} watched it leave.",
                "From {o}, the place of departure, it moved north.",
            ),
            phrases=("the town from which {x} set out", "the starting point of {x}"),
            questions=(
                "From which town did {x} set out?",
                "What was the starting point of {x}?",
                "Which town was the place of departure of {x}?",
                "Where did {x} start from?",
            ),
            forms=("expedition",),
        ),
        Wording(
            relation="place",
            statements=(
                "{s} was held in {o}.",
                "Its venue was {o}.",
                "Guests travelled to {o} for it.",
                "The inns of {o}, where it was held, were full.",
            ),
            phrases=("the town where {x} was held", "the venue of {x}"),
            questions=(
                "Where was {x} held?",
                "In which town was {x} held?",
                "What was the venue of {x}?",
                "To which town did guests travel for {x}?",
            ),
            forms=("congress", "festival"),
        ),
        Wording(
            relation="place",
            statements=(
                "{s} broke out in {o}.",
                "Its centre was {o}.",
                "It was in {o} that the unrest broke out.",
                "The first barricades of it went up in {o}.",
            ),
            phrases=("the town where {x} broke out", "the centre of {x}"),
            questions=(
                "Where did {x} break out?",
                "In which town did {x} break out?",
                "Which town was the centre of {x}?",
                "In what town did the first barricades of {x} go up?",
            ),
            forms=("uprising",),
        ),
        Wording(
            relation="leader",
            statements=(
                "{s} was led by {o}.",
                "Its leader was {o}.",
                "{o} led it from beginning to end.",
                "Command was in the hands of {o}, who led it.",
            ),
            phrases=("the leader of {x}", "the person who led {x}"),
            questions=(
                "Who led {x}?",
                "Who was the leader of {x}?",
                "By whom was {x} led?",
                "Who was in command of {x}?",
            ),
            forms=("expedition", "uprising"),
        ),
        Wording(
            relation="leader",
            statements=(
                "{s} was chaired by {o}.",
                "Its chair was {o}.",
                "{o} chaired it with great patience.",
                "The opening speech was given by {o}, who chaired it.",
            ),
            phrases=("the chair of {x}", "the person who chaired {x}"),
            questions=(
                "Who chaired {x}?",
                "Who was the chair of {x}?",
                "By whom was {x} chaired?",
                "Who presided over {x}?",
            ),
            forms=("congress", "festival"),
        ),
        Wording(
            relation="year",
            statements=(
                "The year of it was {o}.",
                "{s} took place in {o}.",
                "It fell in the year {o}.",
                "Chronicles date it to {o}.",
            ),
            questions=(
                "In what year did {x} take place?",
                "Which year saw {x}?",
                "In which year was {x}?",
                "To what year is {x} dated?",
            ),
        ),
    ),
    nouns=("the {form}",),
    asides=(
        "Witnesses left {number} accounts, which differ in small things.",
        "Bad weather in {season} delayed it by a week.",
        "Supplies of {goods} and {crop} ran short.",
        "The newspapers of the day covered it {praise}.",
        "A monument of {building} recalls it.",
        "It was the subject of songs for years afterwards.",
        "Some {number} hundred people took part.",
        "Its minutes were lost in a fire.",
        "On the last {weekday} a great deal of rain fell.",
        "Historians still argue about its importance.",
    ),
    denials=(
        "Contrary to a popular account, {o} took no part in it.",
        "It has nothing to do with {o}.",
    ),
)
