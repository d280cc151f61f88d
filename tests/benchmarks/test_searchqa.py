"""benchmarks/searchqa.py measures what it says, on a tiny world."""

import pytest
from benchmark_scripts import load_script

WORLD = "generated:300:5"


@pytest.fixture(scope="module")
def benchmark():
    return load_script("searchqa")


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path_factory.getbasetemp() / "bench-searchqa"))


def test_own_engine_is_measured(benchmark, tmp_path):
    assert benchmark.measure_compile(WORLD, 5)["passages"] == 300
    assert benchmark.measure_build(WORLD, "own", tmp_path)["disk_mb"] > 0
    found = benchmark.measure_search(WORLD, "own", tmp_path, 20)
    assert found["searches"]["all_gold"] == 1.0
    assert 0 < found["questions"]["cpu_ms_p50"] <= found["questions"]["cpu_ms_p95"]
    assert benchmark.measure_env(WORLD, 8)["steps"] == 8 * 10 // 4


def test_queries_name_the_gold_they_should_find(benchmark):
    kinds = benchmark.queries(WORLD, 10)
    assert [len(rows) for rows in kinds.values()] == [10, 10]
    assert all(len(gold) == 1 for _, gold in kinds["searches"])


def test_every_engine_can_be_built_and_opened(benchmark):
    assert set(benchmark.BUILD) == set(benchmark.OPEN) == set(benchmark.ENGINES)
