"""Question files: FlashRAG, Search-R1, verl-agent; splits, sources, duplicates."""

import json
from collections import Counter
from pathlib import Path

import pytest
from shared import shared_path

from t2po_gym.envs.searchqa.data.errors import DataFileError
from t2po_gym.envs.searchqa.data.question_files import (
    REAL_SETS,
    answer_list,
    parse_question,
    read_questions,
    source_of,
    split_of,
)

FLASHRAG = {"id": "dev_3", "question": " who? ", "golden_answers": ["A", "B"], "metadata": {}}
SEARCH_R1 = {
    "data_source": "hotpotqa",
    "prompt": [{"role": "user", "content": "Answer it. Question: who?\n"}],
    "ability": "fact-reasoning",
    "reward_model": {"style": "rule", "ground_truth": {"target": ["A", "B"]}},
    "extra_info": {"split": "train", "index": 7},
}
VERL_AGENT = {
    "data_source": "searchR1_nq",
    "prompt": [{"role": "system", "content": "Help."}, {"role": "user", "content": "who?"}],
    "reward_model": {"ground_truth": {"target": ["wrong place"]}},
    "extra_info": {"split": "test", "index": 9, "question": "who?"},
    "env_kwargs": {"ground_truth": {"target": ["A", "B"]}, "question": "who?", "data_source": "nq"},
}


def parse(row, **given):
    return parse_question(
        row, 4, Path("x.jsonl"), source=given.get("source", "s"), split=given.get("split", "all")
    )


@pytest.mark.parametrize(
    ("row", "source", "split", "name"),
    [
        (FLASHRAG, "s", "all", "s/dev_3"),
        (SEARCH_R1, "hotpotqa", "train", "hotpotqa/train_7"),
        (VERL_AGENT, "nq", "test", "nq/test_9"),
    ],
)
def test_the_three_layouts(row, source, split, name):
    read = parse(row)
    question = read.question
    assert (question.text, question.answers) == ("who?", ("A", "B"))
    assert (question.source, read.split, question.id) == (source, split, name)
    assert (question.support, question.hops, question.search_path) == ((), 0, ())


@pytest.mark.parametrize(
    "told",
    [
        {"supporting_facts": [["Ulmen", 0], ["Ada Voss", 2], ["Ulmen", 3]]},
        {"metadata": {"supporting_facts": {"title": ["Ulmen", "Ada Voss"], "sent_id": [0, 2]}}},
        {
            "paragraphs": [
                {"title": "Ulmen", "is_supporting": True},
                {"title": "Tarn", "is_supporting": False},
                {"title": "Ada Voss", "is_supporting": True},
            ]
        },
    ],
)
def test_gold_articles_by_title(told):
    question = parse({**FLASHRAG, **told}).question
    assert (question.support_titles, question.hops) == (("Ulmen", "Ada Voss"), 2)
    assert question.support == ()
    assert parse({**FLASHRAG, **told, "hops": 3}).question.hops == 3


@pytest.mark.parametrize(
    "odd", [None, "Ulmen", [None, [], [7], ["", 1]], {"sent_id": [1]}, {"title": "Ulmen"}, 3]
)
def test_odd_gold_articles_are_no_titles(odd):
    for key in ("supporting_facts", "paragraphs", "metadata"):
        question = parse({**FLASHRAG, key: odd}).question
        assert (question.support_titles, question.hops) == ((), 0)


def test_gold_passages_hops_and_own_ids_are_kept():
    row = {**FLASHRAG, "id": "hotpotqa_5a7f", "supporting_ids": ["4", 6], "hops": 2}
    question = parse({**row, "search_path": ["x", "y"]}, split="dev").question
    assert question.id == "hotpotqa_5a7f"
    assert (question.support, question.hops, question.search_path) == (("4", "6"), 2, ("x", "y"))
    assert parse({**row, "hops": True}).question.hops == 0


@pytest.mark.parametrize(
    ("golds", "answers"),
    [
        ("A", ("A",)),
        ("A<|answer_split|>B", ("A", "B")),
        (["A", "", 3, None], ("A", "3")),
        (("A",), ("A",)),
        (None, ()),
        ([], ()),
        ("  ", ()),
        (5, ()),
    ],
)
def test_answers_in_any_form(golds, answers):
    assert answer_list(golds) == answers


def test_answers_may_be_an_array():
    import numpy as np

    assert answer_list(np.array(["A", "B"], object)) == ("A", "B")


@pytest.mark.parametrize(
    "row", [{"question": ""}, {"question": 5}, {"golden_answers": ["A"]}, {"prompt": "x"}]
)
def test_a_row_without_question_is_named(row):
    with pytest.raises(DataFileError, match=r"Row 4 of x\.jsonl has no question"):
        parse({**row, "golden_answers": ["A"]})


FILE_NAMES = """
    nq/test.jsonl                       nq                test
    data/2wikimultihopqa/dev.jsonl.gz   2wikimultihopqa   dev
    r1searcher_2wiki_500.jsonl          2wikimultihopqa   all
    nq_open_dev.jsonl                   nq                dev
    hotpotqa/validation.parquet         hotpotqa          dev
    mine/my_questions.jsonl             my_questions      all
    unique_test.jsonl                   unique_test       test
"""


@pytest.mark.parametrize("row", FILE_NAMES.strip().splitlines())
def test_names_of_files_tell_source_and_split(row):
    path, source, split = row.split()
    assert (source_of(Path(path)), split_of(Path(path))) == (source, split)


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_what_is_left_out_is_counted(tmp_path):
    rows = [FLASHRAG, FLASHRAG, {**FLASHRAG, "id": "dev_4"}, {"id": "z", "question": "q?"}]
    notes = Counter()
    read = list(read_questions([write(tmp_path / "nq" / "dev.jsonl", rows)], notes))
    assert [one.question.id for one in read] == ["nq/dev_3", "nq/dev_4"]
    assert notes == {"rows": 4, "duplicates": 1, "without_answers": 1, "repeated_questions": 1}
    assert {one.split for one in read} == {"dev"}


def test_one_id_for_two_questions_is_refused(tmp_path):
    rows = [FLASHRAG, {**FLASHRAG, "question": "another?"}]
    with pytest.raises(DataFileError, match="id 'nq/dev_3' of another dev question"):
        list(read_questions([write(tmp_path / "nq" / "dev.jsonl", rows)], Counter()))


def test_parquet_rows_are_read(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    for name, rows in (("train", [SEARCH_R1]), ("test", [VERL_AGENT])):
        path = tmp_path / f"{name}.parquet"
        parquet.write_table(arrow.Table.from_pylist(rows), path)
        (read,) = read_questions([path], Counter())
        assert read.question.text == "who?"
        assert read.question.answers == ("A", "B")
        assert read.split == name


def test_real_question_files_are_read():
    folder = shared_path("data", "searchqa", "questions_only")
    for path in sorted(folder.glob("*.jsonl")):
        notes = Counter()
        read = list(read_questions([path], notes))
        assert len(read) + notes["duplicates"] + notes["without_answers"] == notes["rows"]
        assert read
        assert all(one.question.answers and one.question.text for one in read)
        known = {part for one in read for part in one.question.source.split("|")}
        assert known <= set(REAL_SETS), (path.name, known)
