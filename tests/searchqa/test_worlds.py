"""Worlds: what their names mean, compiled files, real data beside generated."""

import json
import multiprocessing
import pickle
from pathlib import Path

import pytest
from shared import shared_path

from t2po_gym.data.arrayfile import ArrayFile, write_arrays
from t2po_gym.envs.searchqa import worlds
from t2po_gym.envs.searchqa.data.corpus import (
    CsvQuotedPassage,
    ListCorpus,
    Passage,
    UntitledPassage,
)
from t2po_gym.envs.searchqa.data.errors import DataFileError
from t2po_gym.envs.searchqa.data.questions import ListQuestions, Question
from t2po_gym.envs.searchqa.data.world_files import (
    StoredCorpus,
    StoredQuestions,
    write_corpus,
    write_questions,
)
from t2po_gym.envs.searchqa.generate.world import GeneratedWorld
from t2po_gym.envs.searchqa.sources import FileSource, parse_spec
from t2po_gym.envs.searchqa.worlds import (
    open_corpus,
    open_questions,
    open_world,
    question_splits,
)

TINY = "generated:300:2"


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path_factory.getbasetemp() / "worlds"))


def test_titles_of_gold_articles_are_stored(tmp_path):
    row = {"id": "a", "question": "Who?", "golden_answers": ["Ada"]}
    rows = [{**row, "supporting_facts": [["Ulmen", 0], ["Tarn", 1]]}, {**row, "id": "b"}]
    path = tmp_path / "hotpotqa_dev.jsonl"
    path.write_text("".join(f"{json.dumps(one)}\n" for one in rows))
    questions = open_questions(path, "dev")
    assert questions.question(0).support_titles == ("Ulmen", "Tarn")
    assert questions.question(1).support_titles == ()
    assert questions.hops.tolist() == [2, 0]


def test_a_generated_world_is_stored_as_it_is_made():
    corpus, retriever, questions = open_world(TINY, "test")
    made = GeneratedWorld(300, 2)
    passages = list(made.passages())
    assert [corpus.passage(n) for n in range(len(corpus))] == passages
    assert corpus.fingerprint == ListCorpus(passages).fingerprint
    asked = list(made.questions("test"))
    assert [questions.question(n) for n in range(len(questions))] == asked
    assert questions.fingerprint == ListQuestions(asked).fingerprint
    assert questions.hops.tolist() == [one.hops for one in asked]
    (hits,) = retriever.search([asked[0].search_path[0]], 3)
    assert asked[0].support[0] in {corpus.passage(hit.index).id for hit in hits}


def test_questions_are_found_by_id_within_their_split():
    train, test = (open_questions(TINY, split) for split in ("train", "test"))
    for number in (0, 5, len(test) - 1):
        name = test.question(number).id
        assert test.index_of(name) == number
        assert train.index_of(name) is None
    assert test.index_of("nothing\ud800") is None


def test_numbers_out_of_range_are_refused():
    corpus, _, questions = open_world(TINY, "dev")
    for number in (-1, len(corpus)):
        with pytest.raises(IndexError, match="300 passages"):
            corpus.passage(number)
    with pytest.raises(IndexError, match="questions"):
        questions.question(len(questions))


def test_corpus_and_engine_are_shared_in_a_process_and_pickled_by_path():
    corpus, retriever = open_corpus(TINY)
    assert open_corpus(TINY) == (corpus, retriever)
    copy = pickle.loads(pickle.dumps(corpus))
    assert (copy.path, copy.fingerprint) == (corpus.path, corpus.fingerprint)
    questions = open_questions(TINY, "dev")
    copied = pickle.loads(pickle.dumps(questions))
    assert copied.question(1) == questions.question(1)
    assert len(pickle.dumps(retriever)) < 2000


def test_fingerprints_of_index_and_corpus_differ_between_worlds():
    one, other = (open_corpus(spec) for spec in (TINY, "generated:300:3"))
    assert one[0].fingerprint != other[0].fingerprint
    assert one[1].fingerprint != other[1].fingerprint
    assert one[1].fingerprint != one[0].fingerprint


def compiled(_):
    return open_corpus("generated:301:0")[0].fingerprint


def test_processes_that_open_a_world_at_once_compile_it_once():
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert len(set(pool.map(compiled, range(2)))) == 1


def test_few_corpora_are_kept_open(monkeypatch):
    monkeypatch.setattr(worlds, "_CORPORA_KEPT", 1)
    monkeypatch.setattr(worlds, "_opened", {})
    first = open_corpus(TINY)
    open_corpus("generated:300:3")
    assert len(worlds._opened) == 1
    assert open_corpus(TINY)[0].fingerprint == first[0].fingerprint


@pytest.mark.parametrize(
    "spec", ["default:5", "generated:x", "generated:1:2:3", "generated:-5", "nowhere", "a:b"]
)
def test_names_that_mean_nothing_are_explained(spec):
    with pytest.raises(DataFileError):
        parse_spec(spec)


def test_sizes_out_of_range_are_explained():
    with pytest.raises(ValueError, match="300 to 1,000,000 passages, not 7"):
        open_world("generated:7")


def test_a_missing_split_is_named():
    with pytest.raises(DataFileError, match=r"no 'exam' questions .* it has train, dev, test"):
        open_world(TINY, "exam")


def write_rows(path: Path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path):
    rows = [
        {"id": str(n), "contents": f'"Town {n}"\nTown {n} has ""{n} bells"".'} for n in range(9)
    ]
    write_rows(tmp_path / "corpus" / "wiki.jsonl", rows)
    for split in ("train", "test"):
        asked = [{"id": f"{split}_0", "question": f"Bells of {split}?", "golden_answers": ["3"]}]
        write_rows(tmp_path / "nq" / f"{split}.jsonl", asked)
    return tmp_path


def test_a_folder_is_a_world(folder):
    corpus, retriever, questions = open_world(folder, "test")
    assert type(corpus.passage(3)) is CsvQuotedPassage
    assert corpus.passage(3).contents == '"Town 3"\nTown 3 has ""3 bells"".'
    assert corpus.notes == {"rows": 9}
    assert question_splits(folder) == {"train": 1, "test": 1}
    assert questions.question(0).id == "nq/test_0"
    assert retriever.search(["town 7"], 1)[0][0].index == 7


def test_changed_files_are_compiled_again(folder):
    before = open_corpus(folder)[0]
    write_rows(folder / "corpus" / "wiki.jsonl", [{"id": "1", "text": "another"}])
    after = open_corpus(folder)[0]
    assert (len(before), len(after)) == (9, 1)
    assert type(after.passage(0)) is UntitledPassage


def test_a_corpus_or_questions_alone(folder):
    corpus = folder / "corpus" / "wiki.jsonl"
    assert len(open_corpus(corpus)[0]) == 9
    with pytest.raises(DataFileError, match="no questions"):
        open_world(corpus)
    asked = folder / "nq" / "test.jsonl"
    assert len(open_questions(asked, "test")) == 1
    with pytest.raises(DataFileError, match="no corpus"):
        open_corpus(asked)


def test_questions_of_no_split_serve_for_every_split(tmp_path):
    path = write_rows(tmp_path / "mine.jsonl", [{"question": "Who?", "golden_answers": "A"}])
    for split in ("train", "test"):
        assert open_questions(path, split).question(0).answers == ("A",)


@pytest.mark.parametrize(
    ("rows", "message"),
    [([{"title": "T"}], "neither passages nor questions"), ([], "no corpus")],
)
def test_other_files_are_refused(tmp_path, rows, message):
    write_rows(tmp_path / "x.jsonl", rows)
    with pytest.raises(DataFileError, match=message):
        open_corpus(tmp_path / "x.jsonl")


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(DataFileError, match=r"has no data; expected files ending in \.jsonl"):
        open_world(tmp_path)


def test_a_corpus_without_passages_is_refused(tmp_path):
    with pytest.raises(DataFileError, match="no passages"):
        write_corpus(tmp_path / "c", [], fingerprint="f", source="nothing")
    assert not list(tmp_path.glob("c*"))


def test_line_breaks_in_ids_are_refused(tmp_path):
    with pytest.raises(DataFileError, match="line break"):
        write_corpus(tmp_path / "c", [Passage("a\nb", "", "")], fingerprint="f", source="s")


def test_ids_of_any_kind_order_equal_scores(tmp_path):
    names = ["b", "é", "a", "x" * 70, "10", "9"]
    passages = [Passage(name, "T", "same words") for name in names]
    write_corpus(tmp_path / "c", passages, fingerprint="f", source="s")
    retriever = StoredCorpus(ArrayFile.open(tmp_path / "c")).retriever()
    found = [names[hit.index] for hit in retriever.search(["words"], 9)[0]]
    assert found == sorted(names)


def test_files_of_another_kind_are_refused(tmp_path):
    question = Question(id="1", text="Who?", answers=("A",))
    write_questions(tmp_path / "q", [("dev", [question])], fingerprint="f", source="s")
    opened = ArrayFile.open(tmp_path / "q")
    assert StoredQuestions(opened, "dev").question(0) == question
    with pytest.raises(DataFileError, match="not a compiled corpus"):
        StoredCorpus(opened)
    write_arrays(tmp_path / "x", {}, {})
    with pytest.raises(DataFileError, match="not a compiled question"):
        StoredQuestions(ArrayFile.open(tmp_path / "x"), "dev")


def test_two_questions_with_one_id_are_refused(tmp_path):
    twice = [Question(id="1", text=text, answers=("A",)) for text in ("x", "y")]
    with pytest.raises(DataFileError, match="Two dev questions have the id '1'"):
        write_questions(tmp_path / "q", [("dev", twice)], fingerprint="f", source="s")


def test_real_corpus_and_questions_with_gold_passages():
    place = shared_path("data", "searchqa")
    corpus, retriever = open_corpus(place / "corpus.jsonl.xz")
    assert isinstance(parse_spec(place), FileSource)
    numbers = {corpus.passage(n).id: n for n in range(len(corpus))}
    assert len(numbers) == len(corpus) == 34_634
    some = complete = asked = 0
    for split in question_splits(place / "multihop_with_gold.jsonl"):
        questions = open_questions(place / "multihop_with_gold.jsonl", split)
        for question in (questions.question(n) for n in range(0, len(questions), 5)):
            gold = {numbers[name] for name in question.support}
            (hits,) = retriever.search([question.text], 3)
            found = {hit.index for hit in hits}
            asked, some, complete = asked + 1, some + bool(gold & found), complete + (gold <= found)
    assert (round(some / asked, 1), 0.15 < complete / asked < 0.35) == (0.9, True)
