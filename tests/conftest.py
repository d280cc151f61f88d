"""Without torch the tests of the algorithms are left out, and the report says so."""

import os
from importlib.util import find_spec

import pytest

# No test may ask the hub: names of models there are looked up on this machine alone.
os.environ["HF_HUB_OFFLINE"] = "1"

WITHOUT_TORCH = find_spec("torch") is None
collect_ignore = ["baselines", "vllm"] if WITHOUT_TORCH else []


def pytest_report_header() -> str:
    return (
        "torch is not installed: tests/baselines and tests/vllm left out (extra train)"
        if WITHOUT_TORCH
        else ""
    )


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """A cache folder of the test's own, and no data folder from outside."""
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("T2PO_GYM_DATA", raising=False)
