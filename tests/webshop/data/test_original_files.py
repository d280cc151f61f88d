"""Original files are found, joined and checked; anything malformed is one sentence."""

import json
from pathlib import Path

import pytest

from t2po_gym.envs.webshop.data.original_files import (
    AttributeTable,
    find_original_files,
    iter_original_products,
    load_nouns,
    load_requests,
    original_from_environment,
)
from t2po_gym.envs.webshop.data.readers import DataFileError, load_products

MINI = Path(__file__).parents[2] / "data" / "webshop_mini"

ROW = {
    "asin": "B1",
    "name": "Lamp",
    "full_description": "",
    "category": "garden",
    "query": "lamps",
    "product_category": "Home",
    "small_description": ["Bright"],
    "images": ["a.jpg"],
    "pricing": "$5.00",
    "customization_options": {"Color": [{"value": "Red"}]},
}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("T2PO_GYM_DATA", raising=False)
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path / "cache"))


def folder(place: Path, **files: object) -> Path:
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (place / f"{name}.json").write_text(text, encoding="utf-8")
    return place


def test_the_three_files_of_a_folder(tmp_path: Path) -> None:
    folder(tmp_path, items_shuffle_1000=[], items_ins_v2_1000={}, items_human_ins={})
    files = find_original_files(tmp_path)
    assert files == find_original_files(tmp_path / "items_shuffle_1000.json")
    assert files.items.name == "items_shuffle_1000.json"
    assert files.attributes.name == "items_ins_v2_1000.json"
    assert files.human is not None
    assert files.nouns is None


def test_files_of_one_suffix_go_together(tmp_path: Path) -> None:
    folder(tmp_path, items_shuffle=[], items_shuffle_1000=[], items_ins_v2={})
    folder(tmp_path, items_ins_v2_1000={}, real_title_nouns={"nouns": {}})
    small = find_original_files(tmp_path / "items_shuffle_1000.json")
    assert small.attributes.name == "items_ins_v2_1000.json"
    assert find_original_files(tmp_path / "items_shuffle.json").attributes.name == (
        "items_ins_v2.json"
    )
    assert small.nouns == tmp_path / "real_title_nouns.json"
    with pytest.raises(DataFileError, match="; give the path"):
        find_original_files(tmp_path)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="does not exist"):
        find_original_files(tmp_path / "nowhere")
    with pytest.raises(DataFileError, match="princeton-nlp/WebShop"):
        find_original_files(tmp_path)
    folder(tmp_path, items_shuffle=[])
    with pytest.raises(DataFileError, match=r"no items_ins_v2\.json"):
        find_original_files(tmp_path)
    folder(tmp_path, items_ins_v2={})
    with pytest.raises(DataFileError, match="noun file"):
        find_original_files(tmp_path, nouns=tmp_path / "none.json")


def test_the_environment_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataFileError, match="T2PO_GYM_DATA"):
        original_from_environment()
    monkeypatch.setenv("T2PO_GYM_DATA", str(folder(tmp_path, items_shuffle=[], items_ins_v2={})))
    assert original_from_environment().items == tmp_path / "items_shuffle.json"


def test_the_digest_follows_every_file(tmp_path: Path) -> None:
    folder(tmp_path, items_shuffle=[], items_ins_v2={})
    digests = {find_original_files(tmp_path).digest()}
    folder(tmp_path, items_human_ins={})
    digests.add(find_original_files(tmp_path).digest())
    folder(tmp_path, title_nouns={"nouns": {}})
    digests.add(find_original_files(tmp_path).digest())
    folder(tmp_path, items_ins_v2={"B1": {}})
    digests.add(find_original_files(tmp_path).digest())
    assert len(digests) == 4


def test_streamed_products_equal_loaded_ones() -> None:
    files = find_original_files(MINI)
    with AttributeTable(files.attributes) as described:
        streamed = list(iter_original_products(files, described))
    assert streamed == load_products(files.items, files.attributes, require_described=False)
    assert files.human is not None
    assert load_requests(files.human).keys() == json.loads(files.human.read_text()).keys()


def test_attribute_table_is_the_file(tmp_path: Path) -> None:
    content = {f"B{i}": {"attributes": ["x"] * (i % 3)} for i in range(500)}
    content["é\ud800"] = {"attributes": []}
    folder(tmp_path, attributes=content)
    with AttributeTable(tmp_path / "attributes.json") as table:
        assert dict(table) == content
        assert len(table) == len(content)
        assert "B1000" not in table
        assert table.get("nothing") is None


def test_of_equal_keys_the_last_one_counts(tmp_path: Path) -> None:
    folder(tmp_path, twice='{"B1": {"attributes": ["a"]}, "B1": {"attributes": ["b"]}}')
    with AttributeTable(tmp_path / "twice.json") as table:
        assert table["B1"] == {"attributes": ["b"]}


BAD_ROWS = {
    "no object": 5,
    "asin missing": {key: value for key, value in ROW.items() if key != "asin"},
    "asin number": {**ROW, "asin": 5},
    "name null": {**ROW, "name": None},
    "description missing": {k: v for k, v in ROW.items() if k != "full_description"},
    "bullets object": {**ROW, "small_description": {}},
    "bullet number": {**ROW, "small_description": ["a", 1]},
    "no images": {**ROW, "images": []},
    "price number": {**ROW, "pricing": 5.0},
    "price without dollar": {**ROW, "pricing": "5.00"},
    "price without number": {**ROW, "pricing": "$"},
    "price with two dots": {**ROW, "pricing": "$1.2.3"},
    "options list": {**ROW, "customization_options": [1]},
    "options text": {**ROW, "customization_options": {"Color": "red"}},
    "option without value": {**ROW, "customization_options": {"Color": [{}]}},
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_malformed_product_is_one_sentence(tmp_path: Path, name: str) -> None:
    folder(tmp_path, items_shuffle=[{**ROW, "asin": "B0"}, BAD_ROWS[name]], items_ins_v2={})
    files = find_original_files(tmp_path)
    with pytest.raises(DataFileError, match=r"product 1 .*") as caught:
        list(iter_original_products(files, {}))
    assert "\n" not in str(caught.value)
    assert "items_shuffle.json" in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{}", '[{"asin"', "[1, 2", "null"])
def test_a_malformed_product_file_is_one_sentence(tmp_path: Path, text: str) -> None:
    folder(tmp_path, items_shuffle=text, items_ins_v2={})
    with pytest.raises(DataFileError, match=r"items_shuffle\.json"):
        list(iter_original_products(find_original_files(tmp_path), {}))


@pytest.mark.parametrize(
    "entry",
    [5, [], {"attributes": "x"}, {"attributes": [1]}, {"instruction": 5},
     {"instruction_attributes": {}}],
)  # fmt: skip
def test_a_malformed_attribute_entry_is_one_sentence(tmp_path: Path, entry: object) -> None:
    folder(tmp_path, attributes={"B1": entry})
    with pytest.raises(DataFileError, match="'B1' should be an object"):
        AttributeTable(tmp_path / "attributes.json")


@pytest.mark.parametrize("entry", [5, [5], [{"asin": "B1"}], [{"asin": "B1", "instruction": 1}]])
def test_a_malformed_request_is_one_sentence(tmp_path: Path, entry: object) -> None:
    folder(tmp_path, human={"B1": entry})
    with pytest.raises(DataFileError, match="'B1'"):
        load_requests(tmp_path / "human.json")


def test_noun_files(tmp_path: Path) -> None:
    folder(tmp_path, nouns={"spacy": "3", "nouns": {"B1": ["lamp", "lamp"]}})
    assert load_nouns(tmp_path / "nouns.json") == {"B1": ("lamp", "lamp")}
    for content in ({}, {"nouns": []}, {"nouns": {"B1": "lamp"}}, []):
        folder(tmp_path, nouns=content)
        with pytest.raises(DataFileError, match=r"nouns\.json"):
            load_nouns(tmp_path / "nouns.json")
