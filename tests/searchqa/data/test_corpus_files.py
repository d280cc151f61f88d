"""Corpus files: every layout, quotes, compression, duplicates, bad files."""

import gzip
import json
import lzma
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from t2po_gym.envs.searchqa.data.corpus import (
    BarePassage,
    CsvQuotedPassage,
    Passage,
    UntitledPassage,
)
from t2po_gym.envs.searchqa.data.corpus_files import (
    SeenDigests,
    is_corpus_row,
    parse_contents,
    parse_passage,
    read_corpus,
)
from t2po_gym.envs.searchqa.data.errors import DataFileError
from t2po_gym.envs.searchqa.data.row_files import first_row, is_data_file, read_rows


def write(path, rows):
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    opener = {".gz": gzip.open, ".xz": lzma.open}.get(path.suffix, open)
    with opener(path, "wb") as file:
        file.write(data)
    return path


@pytest.mark.parametrize(
    ("contents", "kind", "title", "text"),
    [
        ('"Paris"\nA city.', Passage, "Paris", "A city."),
        (
            '"""Weird Al"""\nHe sings ""Eat It"".',
            CsvQuotedPassage,
            '"Weird Al"',
            'He sings "Eat It".',
        ),
        ('"Paris"\nA "city".', Passage, "Paris", 'A "city".'),
        ('"A ""b"""\nA "city".', Passage, 'A ""b""', 'A "city".'),
        ("Paris\nA city.\nMore.", BarePassage, "Paris", "A city.\nMore."),
        ("just text", UntitledPassage, "", "just text"),
        ("", UntitledPassage, "", ""),
        ('"\ntext', BarePassage, '"', "text"),
        ('""\ntext', Passage, "", "text"),
    ],
)
def test_contents_are_taken_apart_and_put_together_again(contents, kind, title, text):
    passage = parse_contents("7", contents)
    assert (type(passage), passage.title, passage.text) == (kind, title, text)
    assert (passage.id, passage.contents) == ("7", contents)


@given(st.text(alphabet='ab"\n \ud800é', max_size=12))
def test_contents_survive_whatever_they_are(contents):
    assert parse_contents("x", contents).contents == contents


@pytest.mark.parametrize(
    ("row", "contents"),
    [
        ({"id": "5", "contents": '"T"\nbody'}, '"T"\nbody'),
        ({"id": 5, "title": "T", "text": "body"}, '"T"\nbody'),
        ({"_id": "5", "title": "T", "text": "body", "contents": '"T"\nbody'}, '"T"\nbody'),
        ({"id": "5", "title": "T", "text": "body", "contents": "other\nthing"}, "other\nthing"),
        ({"docid": "5", "title": "T", "body": "words"}, '"T"\nwords'),
        ({"pid": "5", "passage": "words"}, "words"),
    ],
)
def test_rows_of_every_layout(row, contents):
    passage = parse_passage(row, 0, "here")
    assert (passage.id, passage.contents) == ("5", contents)
    assert is_corpus_row(row)


def test_a_passage_without_id_is_called_by_its_number():
    assert parse_passage({"text": "a"}, 41, "here").id == "41"


@pytest.mark.parametrize("row", [{"id": "1"}, {"id": "1", "title": "T"}, {"id": [1], "text": "a"}])
def test_bad_rows_are_named(row):
    with pytest.raises(DataFileError, match="line 3 of x"):
        parse_passage(row, 0, "line 3 of x")


@pytest.mark.parametrize("name", ["c.jsonl", "c.jsonl.gz", "c.jsonl.xz"])
def test_files_plain_and_compressed(tmp_path, name):
    rows = [{"id": str(n), "contents": f'"T{n}"\ntext {n}'} for n in range(5)]
    path = write(tmp_path / name, rows)
    assert is_data_file(path)
    notes = Counter()
    assert [p.text for p in read_corpus([path], notes)] == [f"text {n}" for n in range(5)]
    assert notes == {"rows": 5}
    assert first_row(path) == rows[0]


def test_same_contents_count_once_and_same_ids_are_refused(tmp_path):
    rows = [{"id": "1", "text": "a"}, {"id": "2", "text": "a"}, {"id": "1", "text": "a"}]
    path = write(tmp_path / "c.jsonl", rows)
    notes = Counter()
    assert [passage.id for passage in read_corpus([path], notes)] == ["1"]
    assert notes == {"rows": 3, "duplicates": 2}
    other = write(tmp_path / "d.jsonl", [{"id": "1", "text": "b"}])
    with pytest.raises(DataFileError, match="id '1' of an earlier"):
        list(read_corpus([path, other], notes))


def test_blank_lines_are_passed_over_and_bad_ones_named(tmp_path):
    path = tmp_path / "c.jsonl"
    path.write_bytes(b'\n{"text": "a"}\n  \n{"text": \n')
    rows = read_rows(path)
    assert next(rows) == (2, {"text": "a"})
    with pytest.raises(DataFileError, match=r"Line 4 of .*no JSON object"):
        next(rows)
    for data in (b"[1]\n", b"\xff\xfe\n", b"[" * 100_000 + b"\n"):
        path.write_bytes(data)
        with pytest.raises(DataFileError, match=r"Line 1 of .*no JSON object"):
            list(read_rows(path))


def test_missing_and_damaged_files_are_named(tmp_path):
    with pytest.raises(DataFileError, match="no file"):
        list(read_rows(tmp_path / "none.jsonl"))
    for name in ("c.jsonl.gz", "c.jsonl.xz"):
        whole = write(tmp_path / name, [{"text": "a" * 5000}]).read_bytes()
        for data in (b"not compressed", whole[: len(whole) // 2]):
            (tmp_path / name).write_bytes(data)
            with pytest.raises(DataFileError, match="cannot be read"):
                list(read_rows(tmp_path / name))


def test_parquet_needs_pyarrow(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "c.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataFileError, match=r"pip install 't2po-gym\[data\]'"):
        list(read_rows(tmp_path / "c.parquet"))


def test_seen_digests_are_a_set():
    seen = SeenDigests()
    names = [f"name {n}" for n in range(10_000)]
    assert all(seen.add(name) for name in names)
    assert not any(seen.add(name) for name in names)
    assert seen.add("another\ud800")
