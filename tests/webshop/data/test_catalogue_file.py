"""A compiled catalogue equals the one in memory, is shared, and is never half-written."""

import errno
import json
import multiprocessing
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from shared import shared_path
from webshop_golden import MINI, mini_catalogue, real_catalogue

from t2po_gym.data.arrayfile import ArrayFileWriter, write_arrays
from t2po_gym.envs.webshop import catalogues as sources
from t2po_gym.envs.webshop.catalogues import open_catalogue, parse_source
from t2po_gym.envs.webshop.data import catalogue_file as store
from t2po_gym.envs.webshop.data import catalogue_writer as store_write
from t2po_gym.envs.webshop.data.catalogue_file import CompiledCatalogue
from t2po_gym.envs.webshop.data.catalogue_writer import compile_catalogue
from t2po_gym.envs.webshop.data.goals import combination_options, num_combinations
from t2po_gym.envs.webshop.data.memory_catalogue import MemoryCatalogue
from t2po_gym.envs.webshop.data.product import Catalogue, HumanInstruction, Product
from t2po_gym.envs.webshop.data.product_record import decode_record, encode_record
from t2po_gym.envs.webshop.data.readers import DataFileError
from t2po_gym.envs.webshop.generate.products import GeneratorSpec, generate_products
from t2po_gym.envs.webshop.world.winnable import is_winnable


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("T2PO_GYM_DATA", raising=False)
    return tmp_path / "cache"


def mug(asin: str = "T1", **changes: object) -> Product:
    fields = {
        "asin": asin,
        "title": "Blue Mug",
        "attributes": ("dishwasher safe",),
        "instruction": "Find me dishwasher safe mugs",
        "instruction_attributes": ("dishwasher safe",),
        "query": "mugs",
        "category": "garden",
    }
    return Product(**{**fields, **changes})


def compiled(path: Path, products: list[Product], **arguments: object) -> CompiledCatalogue:
    rows = ((product, ("mug",)) for product in products)
    compile_catalogue(
        rows, path, fingerprint="f", source="test", is_winnable=is_winnable, **arguments
    )
    return CompiledCatalogue.open(path)


def assert_equal(catalogue: CompiledCatalogue, memory: MemoryCatalogue) -> None:
    assert isinstance(catalogue, Catalogue)
    assert len(catalogue) == len(memory)
    for index in range(len(memory)):
        product = memory.product(index)
        assert catalogue.product(index) == product
        assert list(catalogue.product(index).options) == list(product.options)
        assert catalogue.index_of(product.asin) == index
    assert dict(catalogue.human_instructions) == dict(memory.human_instructions)
    queries = {memory.product(index).query for index in range(len(memory))}
    queries |= {memory.product(index).title for index in range(0, len(memory), 7)}
    queries |= {"", "zzz unknown", "red large machine washable"}
    for query in sorted(queries):
        assert catalogue.search(query) == memory.search(query)
        assert catalogue.scores(query, 5) == memory.scores(query, 5)


def test_mini_catalogue_equals_the_one_in_memory() -> None:
    catalogue = open_catalogue(MINI)
    assert_equal(catalogue, mini_catalogue())
    counts = catalogue.counts
    assert counts.products == 78
    assert counts.with_nouns == 0
    assert counts.undescribed == 1
    assert catalogue.source == "items_shuffle.json, items_ins_v2.json, items_human_ins.json"


def test_real_catalogue_equals_the_one_in_memory() -> None:
    folder = shared_path("data", "webshop")
    nouns = shared_path("golden", "webshop", "real1k_title_nouns.json")
    catalogue = open_catalogue(folder, nouns=nouns)
    memory = real_catalogue()
    assert_equal(catalogue, memory)
    for index in range(len(memory)):
        assert catalogue.nouns(index) == memory.nouns(index)
    counts = catalogue.counts
    assert counts.with_instruction == counts.goal_products == 415
    assert counts.goals == 6_910
    assert counts.human_goals == 13
    assert counts.with_nouns == counts.products == 1_000
    assert open_catalogue(folder).fingerprint != catalogue.fingerprint


def test_generated_catalogue_equals_the_one_in_memory() -> None:
    catalogue = open_catalogue("generated:300:5")
    rows = list(generate_products(GeneratorSpec(size=300, seed=5)))
    assert_equal(catalogue, MemoryCatalogue([product for product, _ in rows]))
    assert [catalogue.nouns(index) for index in range(300)] == [nouns for _, nouns in rows]
    assert list(catalogue) == [product for product, _ in rows]
    prices = [(p.prices[0], p.prices[-1]) for p, _ in rows]
    assert catalogue.prices.tolist() == [list(pair) for pair in prices]


def test_search_by_query_and_department() -> None:
    catalogue = open_catalogue("generated:400")
    for name in ("table lamps", "garden", "nothing"):
        products = list(enumerate(catalogue))
        assert catalogue.with_query(name) == [i for i, p in products if p.query == name]
        assert catalogue.in_category(name) == [i for i, p in products if p.category == name]


def test_goal_tables_number_every_goal_once() -> None:
    catalogue = open_catalogue("generated:400")
    goals = catalogue.goals
    expected = {
        (index, combination)
        for index, product in enumerate(catalogue)
        for combination in range(num_combinations(product))
    }
    found = [goals.goal(number) for number in range(goals.num_goals)]
    assert {(goal.product, goal.combination) for goal in found} == expected
    assert len(found) == len(expected)
    for goal in found[:50]:
        assert combination_options(catalogue.product(goal.product), goal.combination) is not None
    figures = {goals.difficulty(goal.product) for goal in found}
    assert len(figures) >= 4
    assert all(len(goals.tasks("all", name)) > 0 for name in ("easy", "medium", "hard"))


def test_rivals_count_siblings_with_the_rarest_wish(tmp_path: Path) -> None:
    both = ("dishwasher safe", "hand painted")
    products = [
        mug("T1", attributes=both, instruction_attributes=both),  # two others are hand painted
        mug("T2", attributes=("hand painted",), instruction=None, instruction_attributes=()),
        mug("T3", attributes=both, instruction=None, instruction_attributes=()),
        mug("T4", options={"size": ("s", "m"), "color": ("red",)}),  # two others are safe
        mug("T5", attributes=("hand painted",), query="cups", instruction=None,
            instruction_attributes=()),
    ]  # fmt: skip
    goals = compiled(tmp_path / "c", products).goals
    assert goals.difficulty(0) == 2 + 0 + 1
    assert goals.difficulty(3) == 1 + 2 + 1
    assert goals.difficulty(1) is None


@pytest.mark.parametrize(
    ("changes", "winnable"),
    [
        ({}, True),
        ({"options": {"size": ("s", "m")}}, True),
        ({"instruction": None}, False),
        ({"instruction_attributes": ()}, False),
        ({"instruction_attributes": ("never mentioned",)}, False),
        ({"options": {"size": ("s [new]", "m")}}, False),
        ({"options": {"size": ("buy now", "m")}}, False),
        ({"options": {"size": ("s",), "fit": ("s",)}}, False),
        ({"options": {"size": ()}}, False),
    ],
)
def test_what_can_be_won(changes: dict, winnable: bool) -> None:
    assert is_winnable(mug(**changes)) is winnable


def test_records_keep_every_bit_and_every_text() -> None:
    product = mug(
        title='"Tea"\n\t\\ é ☃ \ud800 \x00 \u2028',
        prices=(0.1 + 0.2, 1e22),
        options={"b": ("2", "1"), "a": ("é",)},
        option_images={"2": None, "1": "x.jpg"},
        bullets=("", " a "),
    )
    for nouns in (None, (), ("tea", "tea")):
        assert decode_record(encode_record(product, nouns)) == (product, nouns)


def test_file_bytes_depend_on_the_content_alone(tmp_path: Path) -> None:
    products = [product for product, _ in generate_products(GeneratorSpec(size=50))]
    compiled(tmp_path / "a", products)
    compiled(tmp_path / "b", products)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_fingerprint_is_of_the_content(tmp_path: Path) -> None:
    request = HumanInstruction(asin="T1", text="a mug", attributes=("safe",), options=())
    fingerprints = {
        compiled(tmp_path / "a", [mug()]).fingerprint,
        compiled(tmp_path / "b", [mug(title="Red Mug")]).fingerprint,
    }
    assert len(fingerprints) == 2
    assert compiled(tmp_path / "d", [mug()]).fingerprint in fingerprints
    with_requests = compiled(tmp_path / "c", [mug()], human={"T1": [request]})
    assert with_requests.fingerprint in fingerprints, "goals of the products are the same"


def test_requests_of_other_products_make_no_goal(tmp_path: Path) -> None:
    asks = [
        HumanInstruction(asin="T1", text="a mug", attributes=("safe",), options=("red",)),
        HumanInstruction(asin="T1", text="no wish", attributes=(), options=()),
    ]
    catalogue = compiled(tmp_path / "c", [mug()], human={"T1": asks, "T9": asks})
    assert catalogue.counts.human_goals == 1
    assert catalogue.human_instructions == {"T1": tuple(asks), "T9": tuple(asks)}


def test_double_asins_and_empty_catalogues_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="same ASIN"):
        compiled(tmp_path / "c", [mug("T1"), mug("T1")])
    with pytest.raises(ValueError, match="at least one product"):
        compiled(tmp_path / "c", [])
    assert list(tmp_path.glob("c*")) == []
    assert list(tmp_path.glob(".c*")) == []


def test_unknown_products_and_asins(tmp_path: Path) -> None:
    catalogue = compiled(tmp_path / "c", [mug()])
    assert catalogue.index_of("T2") is None
    for index in (-1, 1):
        with pytest.raises(IndexError, match="no product"):
            catalogue.product(index)


def test_asins_with_equal_hashes_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "asin_hash", lambda asin: 7)
    catalogue = compiled(tmp_path / "c", [mug("T1"), mug("T2")])
    catalogue._hashes = np.array([7, 7], dtype=np.uint64)
    assert catalogue.index_of("T1") == 0
    assert catalogue.index_of("T2") == 1
    assert catalogue.index_of("T3") is None


def test_unknown_nouns_are_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy", None)
    compile_catalogue(
        [(mug(), None)], tmp_path / "c", fingerprint="f", source="test", is_winnable=is_winnable
    )
    with pytest.raises(LookupError, match="nouns in the title of T1 are not known"):
        CompiledCatalogue.open(tmp_path / "c").nouns(0)


def test_missing_nouns_come_from_spacy_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(store, "spacy_nouns", lambda title: (asked.append(title), ("mug",))[1])
    compile_catalogue(
        [(mug(), None)], tmp_path / "c", fingerprint="f", source="test", is_winnable=is_winnable
    )
    catalogue = CompiledCatalogue.open(tmp_path / "c")
    assert catalogue.nouns(0) == catalogue.nouns(0) == ("mug",)
    assert asked == ["Blue Mug"]


def test_kept_products_are_bounded(tmp_path: Path) -> None:
    products = [mug(f"T{index}") for index in range(100)]
    compiled(tmp_path / "c", products)
    catalogue = CompiledCatalogue.open(tmp_path / "c", products_kept=10)
    for _ in range(2):
        assert [catalogue.product(index) for index in range(100)] == products
    assert len(catalogue._kept) <= 10


def test_one_object_per_file_and_process() -> None:
    first = open_catalogue("generated:50")
    assert open_catalogue("generated:50") is first
    assert open_catalogue(first.path) is first
    assert open_catalogue("generated:50:1") is not first
    copy = pickle.loads(pickle.dumps(first))
    assert copy is first
    path = first.path
    del first, copy
    assert open_catalogue(path).path == path


def test_a_replaced_file_is_opened_anew(tmp_path: Path) -> None:
    first = compiled(tmp_path / "c", [mug()])
    opened = open_catalogue(first.path)
    compiled(tmp_path / "c", [mug(), mug("T2")])
    assert len(open_catalogue(first.path)) == 2
    assert len(opened) == 1  # still the old file


def _open_in_child(spec: str) -> tuple[str, int]:
    catalogue = open_catalogue(spec)
    return catalogue.fingerprint, os.stat(catalogue.path).st_ino


def test_processes_compile_once() -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(3) as pool:
        results = pool.map(_open_in_child, ["generated:200"] * 3)
    assert len(set(results)) == 1


def test_pickled_into_another_process(tmp_path: Path) -> None:
    catalogue = open_catalogue("generated:50")
    (tmp_path / "pickle").write_bytes(pickle.dumps(catalogue))
    code = "import pickle, sys; c = pickle.load(open(sys.argv[1], 'rb')); print(c.product(7).title)"
    command = [sys.executable, "-c", code, str(tmp_path / "pickle")]
    title = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    assert title == catalogue.product(7).title


def test_a_stale_file_is_built_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = open_catalogue("generated:50").path
    monkeypatch.setattr(sources, "STORE_VERSION", store_write.STORE_VERSION + 1)
    assert open_catalogue("generated:50").path != path


def test_changed_original_files_are_compiled_again(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(MINI, folder)
    before = open_catalogue(folder)
    rows = json.loads((folder / "items_shuffle.json").read_text())
    rows[0]["name"] = "Another Name"
    (folder / "items_shuffle.json").write_text(json.dumps(rows))
    after = open_catalogue(folder)
    assert after.product(0).title == "Another Name"
    assert before.product(0).title != "Another Name"


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 5000])
def test_a_damaged_cache_is_built_again(cache: Path, damage: bytes) -> None:
    path = open_catalogue("generated:50").path
    path.write_bytes(damage)
    assert len(open_catalogue("generated:50")) == 50


def test_left_overs_of_a_killed_run_are_cleared() -> None:
    path = open_catalogue("generated:50").path
    path.unlink()
    (path.parent / f".{path.name}.0123.tmp").write_bytes(b"half")
    open_catalogue("generated:50")
    assert [entry.name for entry in path.parent.iterdir() if ".tmp" in entry.name] == []


def test_checksums_find_a_flipped_bit(tmp_path: Path) -> None:
    compiled(tmp_path / "c", [mug()])
    data = bytearray((tmp_path / "c").read_bytes())
    data[70] ^= 1
    (tmp_path / "c").write_bytes(data)
    with pytest.raises(DataFileError, match="checksum"):
        CompiledCatalogue.open(tmp_path / "c", verify=True)
    with pytest.raises(DataFileError, match="checksum"):
        open_catalogue(tmp_path / "c", verify=True)


def test_other_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    with pytest.raises(DataFileError, match="no file compiled by t2po-gym"):
        open_catalogue(tmp_path / "text")
    write_arrays(tmp_path / "arrays", {"a": np.zeros(3)}, {})
    with pytest.raises(DataFileError, match="not a compiled WebShop catalogue"):
        open_catalogue(tmp_path / "arrays")
    with pytest.raises(DataFileError, match="does not exist"):
        CompiledCatalogue.open(tmp_path / "nowhere")


def test_a_full_disk_is_one_sentence(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: ArrayFileWriter, values: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "file")

    monkeypatch.setattr(ArrayFileWriter, "append", refuse)
    with pytest.raises(DataFileError, match="disk is full"):
        open_catalogue("generated:50")
    assert not [path for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock"]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs a POSIX system")
def test_no_permission_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> str:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr("t2po_gym.envs.webshop.data.original_files.file_digest", refuse)
    with pytest.raises(DataFileError, match=r"no permission for .*items_shuffle"):
        open_catalogue(MINI)
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataFileError) as caught:
        open_catalogue("generated:50")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("default", GeneratorSpec()),
        ("compact", GeneratorSpec(size=3_000, profile="compact")),
        ("compact:70", GeneratorSpec(size=70, profile="compact")),
        ("compact:70:2", GeneratorSpec(size=70, seed=2, profile="compact")),
        ("generated:70", GeneratorSpec(size=70)),
        ("generated:70:2", GeneratorSpec(size=70, seed=2)),
    ],
)
def test_catalogue_texts(text: str, expected: GeneratorSpec) -> None:
    assert parse_source(text) == expected


@pytest.mark.parametrize(
    "text", ["generated", "generated:", "generated:x", "generated:5:6:7", "default:5", "compact:-1"]
)
def test_catalogue_texts_with_a_slip(text: str) -> None:
    with pytest.raises(DataFileError, match="is not of the form"):
        parse_source(text)


def test_meaningless_and_impossible_catalogues() -> None:
    with pytest.raises(DataFileError, match="neither a file nor a folder"):
        open_catalogue("defualt")
    with pytest.raises(ValueError, match="1 to 1200000"):
        open_catalogue("generated:0")
    with pytest.raises(DataFileError, match="T2PO_GYM_DATA"):
        open_catalogue("original")
