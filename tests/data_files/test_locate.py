"""Where data lives, and checksums that are computed once."""

import hashlib
import os
from pathlib import Path

import pytest

from t2po_gym.data import locate


def test_the_cache_can_be_moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path))
    assert locate.cache_dir() == tmp_path
    monkeypatch.delenv("T2PO_GYM_CACHE")
    assert locate.cache_dir().name == "t2po-gym"


def test_original_data_are_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("T2PO_GYM_DATA", raising=False)
    assert locate.data_dir("webshop") is None
    monkeypatch.setenv("T2PO_GYM_DATA", str(tmp_path))
    assert locate.data_dir("webshop") == tmp_path
    (tmp_path / "webshop").mkdir()
    assert locate.data_dir("webshop") == tmp_path / "webshop"


@pytest.fixture
def cached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_digests_follow_the_content(cached: Path) -> None:
    path = cached / "data.json"
    path.write_bytes(b"one")
    os.utime(path, ns=(1, 1))
    assert locate.file_digest(path) == hashlib.sha256(b"one").hexdigest()
    path.write_bytes(b"three")
    assert locate.file_digest(path) == hashlib.sha256(b"three").hexdigest()


def test_an_unchanged_file_is_read_once(cached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = cached / "data.json"
    path.write_bytes(b"one")
    first = locate.file_digest(path)
    monkeypatch.setattr(locate, "hashlib", None)  # hashing again would fail
    assert locate.file_digest(path) == first


@pytest.mark.parametrize("damage", ["", "[]", '{"x": 1}', "nonsense"])
def test_a_damaged_memory_is_replaced(cached: Path, damage: str) -> None:
    path = cached / "data.json"
    path.write_bytes(b"one")
    (cached / "cache").mkdir()
    (cached / "cache" / "digests.json").write_text(damage)
    assert locate.file_digest(path) == hashlib.sha256(b"one").hexdigest()


def test_a_cache_that_cannot_be_written_is_no_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "data.json"
    path.write_bytes(b"one")
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path / "file" / "cache"))
    assert locate.file_digest(path) == hashlib.sha256(b"one").hexdigest()
