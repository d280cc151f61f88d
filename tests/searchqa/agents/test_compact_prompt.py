"""The short prompt shows what an agent needs and nothing that the page does not say."""

from t2po_gym.core.agent.history import PastTurn
from t2po_gym.core.agent.prompts import PromptBuilder
from t2po_gym.envs.searchqa.agents.compact_prompt import (
    NOTES,
    SNIPPETS,
    TEMPLATE,
    CompactSearchTemplate,
)
from t2po_gym.envs.searchqa.agents.notes import Note, take_notes
from t2po_gym.envs.searchqa.generate.world import GeneratedWorld
from t2po_gym.envs.searchqa.world.pages import LAST_TURN

TASK = "Who wrote the novel Ulmen?"
START = f"Question: {TASK}"
PAGE = (
    f"{START}\n[1] Ulmen: Ulmen is a novel of 1871. Rain falls in it. It was written by Ada Voss."
    " The novel Ulmen won a prize.\n[2] Ada Voss: Ada Voss was born in Tarn.\n[3] X: x.\n"
    f"{LAST_TURN}"
)


def test_first_page_is_the_task_alone():
    assert TEMPLATE.task(START) == TASK
    assert TEMPLATE.task(PAGE) == TASK
    assert TEMPLATE.show(START, TASK) == ""


def test_passages_lose_their_numbers_and_notes_stay():
    lines = TEMPLATE.show(PAGE, TASK).split("\n")
    assert lines[0].startswith("Ulmen: Ulmen is a novel of 1871. Rain falls")
    assert lines[1:] == ["Ada Voss: Ada Voss was born in Tarn.", "X: x.", LAST_TURN]


def test_snippets_keep_the_sentences_nearest_to_the_question():
    assert SNIPPETS.show(PAGE, TASK).split("\n") == [
        "Ulmen: Ulmen is a novel of 1871. The novel Ulmen won a prize.",
        "Ada Voss: Ada Voss was born in Tarn.",
        LAST_TURN,
    ]
    one = CompactSearchTemplate(passages=1, sentences=1)
    assert one.show(PAGE, TASK) == f"Ulmen: Ulmen is a novel of 1871.\n{LAST_TURN}"


def test_notes_end_in_names_and_numbers():
    assert NOTES.show(PAGE, TASK).split("\n") == [
        "Ulmen",
        "Ulmen is a novel of 1871. = 1871",
        "It was written by Ada Voss. = Ada Voss",
        LAST_TURN,
    ]
    assert NOTES.show("[1] Ulmen: nothing of note.", TASK) == "Ulmen"


def test_what_counts_as_a_name_a_date_or_a_number():
    text = (
        "Rain fell. At Tarn Ada Voss, born on 4 May 1801, met O'Neil of the Lesk. Under 3,000 came "
        "on May 14, 1802. Anders wrote 12.5 pages. Ada Voss and Voss slept. Élan met Élie Brû! No."
    )
    assert take_notes(text, "Ada Voss") == [
        Note(
            "At Tarn Ada Voss, born on 4 May 1801, met O'Neil of the Lesk.",
            ("Tarn", "4 May 1801", "O'Neil of the Lesk"),
        ),
        Note("Under 3,000 came on May 14, 1802.", ("3,000", "May 14, 1802")),
        Note("Anders wrote 12.5 pages.", ("12.5",)),
        Note("Élan met Élie Brû!", ("Élie Brû",)),
    ]
    assert take_notes("") == take_notes("", "T") == []


def test_notes_hold_the_answers_that_are_names_or_dates():
    world = GeneratedWorld(1000, 0)
    passages = {passage.id: passage for passage in world.passages()}
    found = asked = 0
    for one in world.questions("train"):
        if one.hops != 1 or one.answers[0][0].islower():
            continue
        passage = passages[one.support[0]]
        values = [v for note in take_notes(passage.text, passage.title) for v in note.values]
        asked += 1
        found += any(answer in value for answer in one.answers for value in values)
    assert found / asked > 0.97


def test_every_word_stands_on_the_page():
    for template in (TEMPLATE, SNIPPETS):
        assert set(template.show(PAGE, TASK).split()) <= set(PAGE.split())


def test_prompt_of_the_second_turn():
    builder = PromptBuilder(template=TEMPLATE, history_length=1, list_actions=False)
    past = [PastTurn(number=1, observation=START, action="search[Ulmen]")]
    prompt = builder.build(TASK, past, PAGE, {"admissible_actions": ()})
    assert prompt.text == f"{TASK}\n> search[Ulmen]\n{TEMPLATE.show(PAGE, TASK)}"


def test_a_strange_page_is_no_error():
    for template in (TEMPLATE, SNIPPETS, NOTES):
        assert template.task("nothing here") == "nothing here"
        assert template.show("", "") == ""
        assert template.show("[1] no colon here. At all. Or is it.", "x") != ""
