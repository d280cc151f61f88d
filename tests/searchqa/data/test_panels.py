"""Panels: fixed lists with digests, manifests of real questions."""

import json

import pytest

from t2po_gym.envs.searchqa.data.errors import DataFileError
from t2po_gym.envs.searchqa.data.panels import (
    PANELS,
    make_manifest,
    panel_digest,
    panel_questions,
    read_manifest,
    select_panel,
    write_manifest,
)
from t2po_gym.envs.searchqa.data.questions import ListQuestions, Question
from t2po_gym.envs.searchqa.generate.world import GeneratedWorld

DIGESTS = {  # of the fixed panels of the default world
    "test-500": "926770d84fbe4c21d0d0b4adc98d802e4eba04396fbfdb283cf29789daea37b4",
    "dev-900": "f8daaae1c37c798a6cb6cfea1eda36be5d30726371a6025bc65be41893838cb0",
    "test-entities-500": "3d64bda35ff1716e33f99fd3349e85dafb711ade46ca11bee984aba384bf2329",
}
QUESTIONS = ListQuestions(
    [
        Question(id=f"q{n}", text=f"Who {n}?", answers=(str(n),), source="nq", hops=1 + n % 2)
        for n in range(8)
    ]
)


@pytest.mark.parametrize("name", DIGESTS)
def test_fixed_panels_are_what_they_were(name):
    split, hops, size = PANELS[name]
    chosen = panel_questions(ListQuestions(list(GeneratedWorld().questions(split))), hops, size)
    listed = [chosen.question(n) for n in range(len(chosen))]
    assert len(listed) == size
    assert {one.hops for one in listed} == set(hops)
    assert panel_digest(listed) == DIGESTS[name]


def test_a_panel_is_the_first_questions_of_some_levels():
    chosen = panel_questions(QUESTIONS, (2,), 3)
    assert [chosen.question(n).id for n in range(len(chosen))] == ["q1", "q3", "q5"]
    assert len(panel_questions(QUESTIONS, (1,), 99)) == 4


def test_a_manifest_names_its_questions_and_nothing_of_them(tmp_path):
    chosen = [QUESTIONS.question(n) for n in (5, 2)]
    write_manifest(tmp_path / "p.json", make_manifest("two", "dev", chosen))
    text = (tmp_path / "p.json").read_text()
    assert "Who" not in text
    manifest = read_manifest(tmp_path / "p.json")
    assert (manifest.ids, manifest.source, manifest.split) == (("q5", "q2"), "nq", "dev")
    panel = select_panel(QUESTIONS, manifest)
    assert [panel.question(n) for n in range(len(panel))] == chosen


def test_a_changed_or_missing_question_is_noticed():
    manifest = make_manifest("one", "dev", [QUESTIONS.question(0)])
    changed = ListQuestions([Question(id="q0", text="Who 0?", answers=("other",))])
    with pytest.raises(DataFileError, match="are not those it was made of"):
        select_panel(changed, manifest)
    with pytest.raises(DataFileError, match="question 'q0' that is not in this set"):
        select_panel(ListQuestions([QUESTIONS.question(1)]), manifest)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "no panel manifest"),
        ('{"format": "other"}', "no panel manifest"),
        ('{"format": "t2po-gym/searchqa-panel/1", "ids": [1]}', "lacks one of"),
    ],
)
def test_other_files_are_no_manifests(tmp_path, text, message):
    (tmp_path / "p.json").write_text(text)
    with pytest.raises(DataFileError, match=message):
        read_manifest(tmp_path / "p.json")
    with pytest.raises(DataFileError, match="cannot be read"):
        read_manifest(tmp_path / "none.json")


def test_order_and_answers_count():
    one, other = QUESTIONS.question(0), QUESTIONS.question(1)
    assert panel_digest([one, other]) != panel_digest([other, one])
    assert json.dumps(panel_digest([one])) != json.dumps(panel_digest([]))
