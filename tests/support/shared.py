"""Where the tests find the recorded behaviour and real data they compare with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def shared_path(*parts: str) -> Path:
    """Path below the shared folder: ``$T2PO_GYM_SHARED``, else ``shared`` beside the repository.

    Skips the running test (or module) with the reason where the path does not exist.
    """
    root = Path(os.environ.get("T2PO_GYM_SHARED") or REPOSITORY.parent / "shared")
    path = root.joinpath(*parts)
    if not path.exists():
        pytest.skip(
            f"needs {path}; set T2PO_GYM_SHARED to the shared folder", allow_module_level=True
        )
    return path
