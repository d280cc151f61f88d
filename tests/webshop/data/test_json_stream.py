"""Streaming JSON gives what ``json.load`` gives, for any chunk size, and names broken files."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from t2po_gym.envs.webshop.data import json_stream
from t2po_gym.envs.webshop.data.json_stream import stream_list, stream_object
from t2po_gym.envs.webshop.data.readers import DataFileError

TEXT = st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=8,
)


@given(st.lists(VALUES), st.integers(1, 40), st.sampled_from([None, 1]))
@settings(max_examples=80, deadline=None)
def test_lists(tmp_path_factory, values: list, chunk: int, indent: int | None) -> None:
    path = tmp_path_factory.getbasetemp() / "list.json"
    path.write_text(json.dumps(values, indent=indent))
    assert list(stream_list(path, chunk)) == values


@given(st.dictionaries(TEXT, VALUES), st.integers(1, 40), st.booleans())
@settings(max_examples=80, deadline=None)
def test_objects(tmp_path_factory, values: dict, chunk: int, ascii_only: bool) -> None:
    path = tmp_path_factory.getbasetemp() / "object.json"
    path.write_text(json.dumps(values, ensure_ascii=ascii_only), encoding="utf-8")
    if ascii_only or all(ord(c) < 0xD800 or ord(c) > 0xDFFF for c in path_text(values)):
        assert dict(stream_object(path, chunk)) == values


def path_text(values: dict) -> str:
    return json.dumps(values, ensure_ascii=False)


BROKEN = {
    "empty": "",
    "blank": "  \n",
    "cut off": '[{"a": 1}, {"b"',
    "cut after comma": "[1, 2,",
    "no comma": "[1 2]",
    "double comma": "[1,, 2]",
    "text behind": "[1] x",
    "other kind": '"text"',
    "trailing comma": "[1, ]",
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("chunk", [1, 5, 1 << 20])
def test_broken_lists_are_named(tmp_path: Path, name: str, chunk: int) -> None:
    path = tmp_path / "items.json"
    path.write_text(BROKEN[name])
    with pytest.raises(DataFileError, match=r"items\.json") as caught:
        list(stream_list(path, chunk))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", '{"a" 1}', '{"a": 1', "{1: 2}", '{"a": }', "{} {}"])
def test_broken_objects_are_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "items.json"
    path.write_text(text)
    with pytest.raises(DataFileError, match=r"items\.json"):
        list(stream_object(path))


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    path = tmp_path / "items.json"
    path.write_bytes(b'["\xff\xfe"]')
    with pytest.raises(DataFileError, match="UTF-8"):
        list(stream_list(path))


def test_a_broken_giant_is_given_up_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "MAX_ELEMENT_CHARS", 1000)
    path = tmp_path / "items.json"
    path.write_text('["' + "x" * 100_000)
    with pytest.raises(DataFileError):
        list(stream_list(path, 100))
