"""axe-core, which judges pages: from the npm registry into the cache folder on first use."""

from __future__ import annotations

import os

import pytest

from t2po_gym.data.locate import cache_dir
from t2po_gym.data.registries import DownloadError, fetch_npm_files

VERSION = "4.10.3"
NEEDED = "T2PO_GYM_NEED_AXE"
"""Set by `make test-browser`: a test without axe-core fails there, elsewhere it is skipped."""


def axe_source() -> str:
    """Return axe-core's script."""
    path = cache_dir("axe-core") / f"axe-{VERSION}.min.js"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            fetch_npm_files("axe-core", VERSION, {"package/axe.min.js": path.name}, path.parent)
        except DownloadError as error:
            sentence = f"{error} Put axe.min.js of axe-core {VERSION} (npm) at {path}."
            if os.environ.get(NEEDED):
                pytest.fail(sentence, pytrace=False)
            pytest.skip(sentence)
    return path.read_text(encoding="utf-8")
