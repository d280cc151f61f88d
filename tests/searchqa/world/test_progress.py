"""Progress: evidence shown, by gold passages or by answers; diagnostics."""

from dataclasses import replace

import pytest
from searchqa_envs import PASSAGES, QUESTIONS, make, start

from t2po_gym.envs.searchqa.world.progress import MILESTONES, Evidence, progress_of


def shown(question, *numbers):
    evidence = Evidence(QUESTIONS[question])
    evidence.take("x", [PASSAGES[number] for number in numbers])
    return evidence


@pytest.mark.parametrize(
    ("question", "numbers", "recall"),
    [
        (0, (), 0.0),
        (0, (1, 2), 0.0),
        (0, (0,), 1.0),
        (1, (0,), 0.5),
        (1, (0, 3), 0.5),
        (1, (0, 1), 1.0),
        (2, (2, 0), 2 / 3),
        (3, (1,), 0.0),  # no gold passages: does an answer stand there?
        (3, (2,), 1.0),
        (3, (5,), 1.0),
        (4, (5,), 0.0),  # yes and no are not looked for
        (5, (4,), 0.0),  # nor what normalisation leaves nothing of
    ],
)
def test_evidence(question, numbers, recall):
    assert shown(question, *numbers).recall == pytest.approx(recall)


def test_evidence_by_the_titles_of_gold_articles():
    asked = replace(QUESTIONS[0], support=(), support_titles=("ulmen!", PASSAGES[1].title, "Gone"))
    evidence = Evidence(asked)
    evidence.take("x", [PASSAGES[0]._replace(title='"Ulmen"'), PASSAGES[2]])
    assert evidence.recall == pytest.approx(1 / 3)
    evidence.take("y", [PASSAGES[1], PASSAGES[1]._replace(id="again")])
    assert evidence.recall == pytest.approx(2 / 3)
    copy = Evidence(asked)
    copy.load(evidence.save())
    assert copy.recall == evidence.recall
    ids_count_first = Evidence(replace(asked, support=(PASSAGES[2].id,)))
    ids_count_first.take("x", [PASSAGES[1]])
    assert ids_count_first.recall == 0.0


def test_answers_are_looked_for_as_whole_words_in_what_is_shown():
    evidence = Evidence(QUESTIONS[3])
    evidence.take("x", [PASSAGES[0]._replace(text="Leskow is elsewhere.")])
    assert evidence.recall == 0.0
    evidence.chars_shown = 10
    evidence.take("x", [PASSAGES[0]._replace(text="A long way before the Lesk.")])
    assert evidence.recall == 0.0
    evidence.chars_shown = 100
    evidence.take("x", [PASSAGES[0]._replace(text="A long way before the Lesk.")])
    assert evidence.recall == 1.0


def test_new_passages_and_repeated_queries():
    evidence = Evidence(QUESTIONS[1])
    evidence.take("Ada  Voss", [PASSAGES[0], PASSAGES[1]])
    assert (evidence.new_docs, evidence.repeat_query) == (2, False)
    evidence.take("ada voss", [PASSAGES[1], PASSAGES[2]])
    assert (evidence.new_docs, evidence.repeat_query) == (1, True)
    evidence.next_turn()
    assert (evidence.new_docs, evidence.repeat_query) == (0, False)


def test_potential_and_milestones():
    def at(recall_of, answered, ended, score):
        progress = progress_of(recall_of, answered, ended, score)
        return progress.value, tuple(progress.milestones.values())

    nothing, half, whole = Evidence(QUESTIONS[1]), shown(1, 0), shown(1, 0, 1)
    assert at(nothing, False, False, 0.0) == (0.0, (0, 0, 0, 0, 0))
    assert at(half, False, False, 0.0) == (0.25, (1, 1, 0, 0, 0))
    assert at(whole, False, False, 0.0) == (0.5, (1, 1, 1, 0, 0))
    assert at(whole, True, True, 1.0) == (1.0, (1, 1, 1, 1, 1))
    assert at(whole, True, True, 0.0) == (0.0, (1, 1, 1, 1, 0))
    assert tuple(progress_of(half, False, False, 0.0).milestones) == MILESTONES


def test_an_oracle_s_progress_never_falls():
    env, _, info = start("q3")
    seen = [info["progress"]]
    for action in ("search[Ulmen]", "search[Ada Voss]", "search[Tarn town]", "answer[Otto Brill]"):
        *_, info = env.step(action)
        seen.append(info["progress"])
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert info["evidence_recall"] == 1.0


def test_truncation_keeps_the_potential():
    env, _, _ = start("q2")
    env.step("search[Ulmen]")
    for _ in range(3):
        *_, truncated, info = env.step("nothing")
    assert truncated
    assert info["progress"] == 0.25


def test_diagnostics_in_info():
    env = make(hops=2)
    env.reset(seed=0)
    *_, info = env.step("search[Ulmen]")
    assert (info["new_docs"], info["repeat_query"], info["searches"]) == (1, False, 1)
    *_, info = env.step("search[ULMEN ]")
    assert (info["new_docs"], info["repeat_query"], info["searches"]) == (0, True, 2)
    *_, info = env.step("nothing")
    assert (info["new_docs"], info["repeat_query"], info["searches"]) == (0, False, 2)
    assert info["data_source"] == "tiny"
