"""benchmarks/browser.py measures what it says, on one episode."""

from typing import Any

import pytest
from benchmark_scripts import load_script
from chromium import need_browser_env

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def benchmark() -> Any:
    need_browser_env()
    return load_script("browser")


def test_the_same_steps_are_timed_in_both(benchmark: Any) -> None:
    found = [
        benchmark.measure_latency(env_id, "text", 1)
        for env_id in (benchmark.PLAIN, benchmark.BROWSER)
    ]
    counts = [{kind: f["count"] for kind, f in one.items() if kind[:5] != "first"} for one in found]
    assert counts[0] == counts[1]
    assert counts[0]["every step"] == sum(counts[0].values()) / 2 - 0.5
    plain, browser = (one["search"] for one in found)
    assert 0 < plain["median_ms"] < browser["median_ms"] <= browser["p95_ms"]


def test_memory_counts_the_browsers_processes(benchmark: Any) -> None:
    found = benchmark.measure_memory(1, "shared")
    assert found["processes"] >= 5
    assert found["browser_pss_mb"] > 50
