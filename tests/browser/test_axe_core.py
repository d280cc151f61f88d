"""Without axe-core its tests are skipped, but `make test-browser` does not pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import axe_core
import pytest

from t2po_gym.data.registries import DownloadError

MAKEFILE = Path(__file__).parents[2] / "Makefile"


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    def fetch(*_: Any) -> None:
        raise DownloadError("The registry cannot be reached.")

    monkeypatch.setattr(axe_core, "cache_dir", lambda name: tmp_path / name)
    monkeypatch.setattr(axe_core, "fetch_npm_files", fetch)
    monkeypatch.delenv(axe_core.NEEDED, raising=False)
    return tmp_path / "axe-core" / "axe-4.10.3.min.js"


def test_it_is_skipped_with_a_sentence(offline: Path) -> None:
    with pytest.raises(pytest.skip.Exception, match=f"cannot be reached.*npm. at {offline}"):
        axe_core.axe_source()


def test_where_it_is_needed_it_fails(offline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(axe_core.NEEDED, "1")
    with pytest.raises(pytest.fail.Exception, match=f"Put axe.min.js .* at {offline}"):
        axe_core.axe_source()
    offline.write_text("given", encoding="utf-8")
    assert axe_core.axe_source() == "given"


def test_the_target_needs_it() -> None:
    target = MAKEFILE.read_text(encoding="utf-8").split("\ntest-browser:")[1].split("\n\n")[0]
    assert f"{axe_core.NEEDED}=1 " in target
