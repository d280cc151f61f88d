"""Words about people and sports clubs."""

from __future__ import annotations

from t2po_gym.envs.searchqa.generate.wording import KindWording, Lead, Wording

PERSON = KindWording(
    leads=(
        Lead(
            text="{n}, born on {birth} in {birthplace}, was {a_occupation}.",
            states=("birth", "birthplace", "occupation"),
        ),
        Lead(text="{n} was {a_occupation} from {birthplace}.", states=("occupation", "birthplace")),
        Lead(text="{n} (born {birth}) was {a_occupation}.", states=("birth", "occupation")),
        Lead(
            text="Born in {birthplace} on {birth}, {n} became known as {a_occupation}.",
            states=("birthplace", "birth", "occupation"),
        ),
        Lead(text="{n} was {a_occupation} of some renown.", states=("occupation",)),
        Lead(
            text="{n} was born in {birthplace}, in a house near the mill.", states=("birthplace",)
        ),
    ),
    relations=(
        Wording(
            relation="birth",
            statements=(
                "The parish register gives {o} as {p} date of birth.",
                "{s} was born on {o}.",
                "On {o} {s} was born, the youngest of a large family.",
                "Family papers record {p} birth on {o}.",
            ),
            questions=(
                "When was {x} born?",
                "What is the date of birth of {x}?",
                "On which day was {x} born?",
                "On what date did {x} come into the world?",
            ),
        ),
        Wording(
            relation="birthplace",
            statements=(
                "{s} was born in {o}.",
                "A plaque in {o} marks the house of {p} birth.",
                "{p_} birthplace was {o}.",
                "It was in {o} that {s} was born.",
            ),
            phrases=("the birthplace of {x}", "the town where {x} was born"),
            questions=(
                "Where was {x} born?",
                "In which town was {x} born?",
                "What is the birthplace of {x}?",
                "Which town was the birthplace of {x}?",
            ),
        ),
        Wording(
            relation="occupation",
            statements=(
                "{s} worked as {a_o}.",
                "By profession {s} was {a_o}.",
                "Tax records list {p} occupation as {o}.",
                "{s} made a living as {a_o}.",
            ),
            questions=(
                "What was the occupation of {x}?",
                "What did {x} do for a living?",
                "What was {x} by profession?",
                "As what did {x} earn a living?",
            ),
        ),
        Wording(
            relation="school",
            statements=(
                "{s} studied at {o}.",
                "{p_} student years were spent at {o}.",
                "At {o} {s} took a degree with honours.",
                "{s} graduated from {o}.",
            ),
            phrases=("the university where {x} studied", "the alma mater of {x}"),
            questions=(
                "Where did {x} study?",
                "At which university did {x} study?",
                "From which university did {x} graduate?",
                "What is the alma mater of {x}?",
            ),
        ),
        Wording(
            relation="teacher",
            statements=(
                "{p_} teacher was {o}.",
                "{s} was taught by {o}.",
                "Lessons with {o} shaped {p} later work.",
                "{s} learned the trade as a pupil of {o}.",
            ),
            phrases=("the teacher of {x}", "the person who taught {x}"),
            questions=(
                "Who was the teacher of {x}?",
                "Who taught {x}?",
                "Whose pupil was {x}?",
                "By whom was {x} taught?",
            ),
        ),
        Wording(
            relation="spouse",
            statements=(
                "{s} was married to {o}.",
                "{s} married {o} after a long engagement.",
                "{p_} marriage to {o} lasted for many years.",
                "In a small ceremony {s} wed {o}.",
            ),
            phrases=("the spouse of {x}", "the person who married {x}"),
            questions=(
                "Who was the spouse of {x}?",
                "To whom was {x} married?",
                "Whom did {x} marry?",
                "Who wed {x}?",
            ),
        ),
        Wording(
            relation="employer",
            statements=(
                "For most of {p} career {s} was employed by {o}.",
                "{p_} employer for many years was {o}.",
                "{s} worked for {o} until retirement.",
                "{s} was long on the staff of {o}.",
            ),
            phrases=("the employer of {x}", "the institution that employed {x}"),
            questions=(
                "For which institution did {x} work?",
                "Who was the employer of {x}?",
                "By which institution was {x} employed?",
                "On the staff of which institution was {x}?",
            ),
        ),
    ),
    nouns=(),
    asides=(
        "Friends remembered a {manner} person, fond of {pastime}.",
        "{s} kept a diary, of which {number} notebooks survive.",
        "Letters show an early interest in {pastime}.",
        "Colleagues found {p} manner {manner} but fair.",
        "A portrait in oils shows {m} seated at a window.",
        "{s} spoke {number} languages, some of them badly.",
        "Late in life {s} took up {pastime}.",
        "{p_} papers fill {number} boxes and have never been printed in full.",
        "Neighbours recalled that {s} rose early, even in {season}.",
        "An illness in youth left {m} with a slight limp.",
        "{s} travelled widely, mostly in {season}.",
        "In conversation {s} was {manner}.",
    ),
    denials=(
        "{s} should not be confused with {o}, who was no relation.",
        "The claim that {o} was {p} teacher is not supported by any document.",
        "Some writers have mixed up {p} letters with those of {o}.",
        "A rumour linking {m} with {o} proved false.",
    ),
)

TEAM = KindWording(
    leads=(
        Lead(text="{n} is a {form} club from {home}.", states=("home",)),
        Lead(
            text="{n} is a {form} club founded in {year} and based in {home}.",
            states=("year", "home"),
        ),
        Lead(text="{n}, a {form} club, was founded in {year}.", states=("year",)),
        Lead(text="{n} is a {form} club that was founded by {founder}.", states=("founder",)),
    ),
    relations=(
        Wording(
            relation="home",
            statements=(
                "{s} is based in {o}.",
                "Its home town is {o}.",
                "Training takes place in {o}, where it is at home.",
                "Supporters come mainly from {o}, its home town.",
            ),
            phrases=("the home town of {x}", "the town where {x} is based"),
            questions=(
                "In which town is {x} based?",
                "What is the home town of {x}?",
                "Where is {x} at home?",
                "From which town does {x} come?",
            ),
        ),
        Wording(
            relation="founder",
            statements=(
                "{s} was founded by {o}.",
                "Its founder was {o}.",
                "{o} founded it with a handful of friends.",
                "It owes its existence to {o}, who founded it.",
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
            relation="year",
            statements=(
                "The year of its foundation was {o}.",
                "{s} was founded in {o}.",
                "It came into being in {o}.",
                "Its first members signed the rules in {o}.",
            ),
            questions=(
                "In what year was {x} founded?",
                "Which year saw the foundation of {x}?",
                "In which year did {x} come into being?",
                "When, by year, did {x} start?",
            ),
        ),
        Wording(
            relation="coach",
            statements=(
                "Its most successful coach was {o}.",
                "{o} became its most successful coach.",
                "Under {o}, its most successful coach, it won the cup.",
                "{s} owes its best seasons to the coach {o}.",
            ),
            phrases=("the most successful coach of {x}", "the coach who did best with {x}"),
            questions=(
                "Who was the most successful coach of {x}?",
                "Which coach had the most success with {x}?",
                "Under which coach did {x} have its best seasons?",
                "To which coach does {x} owe its best seasons?",
            ),
        ),
    ),
    nouns=("the club",),
    asides=(
        "Its colours are changed every {number} years by vote.",
        "The junior section trains every {weekday}.",
        "Subscriptions are low, and the clubhouse sells {goods}.",
        "Supporters hold a dinner in {season}.",
        "The clubhouse is built of {building}.",
        "A song of {number} verses is sung before every contest.",
        "It has never had more than a few hundred members.",
        "Old photographs hang in the hall beside the trophies.",
        "The badge shows a pair of {animal}.",
    ),
    denials=(
        "Plans to merge it with {o} came to nothing.",
        "It has no connection with {o}, a rival of long standing.",
    ),
    mentions=("{m}", "the club {m}"),
)
