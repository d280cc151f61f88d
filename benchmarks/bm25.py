"""Build and search costs of the BM25 index by itself.

    python benchmarks/bm25.py                                  # 100,000 generated products
    python benchmarks/bm25.py --docs 1180000
    python benchmarks/bm25.py --texts lines.txt --queries queries.txt

Building and searching run in a process each, so that neither warms or fattens the other. CPU time
counts; every query is new to the index, and a sample is compared with adding up every document.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from measuring import peak_mb

from t2po_gym.data.arrayfile import ArrayFile, write_arrays
from t2po_gym.envs.webshop.data.product import search_text
from t2po_gym.envs.webshop.generate.products import GeneratorSpec, generate_products
from t2po_gym.retrieval.bm25 import ranking
from t2po_gym.retrieval.bm25.index import Bm25Builder, Bm25Index

NUM_QUERIES = 300
NUM_CHECKED = 30


def generated(docs: int) -> Iterator[tuple[str, str, list[str]]]:
    """Yield (key, text, queries) of products: search phrase, request, request with a price."""
    for product, _ in generate_products(GeneratorSpec(size=docs)):
        queries = []
        if product.instruction:
            chosen = ", and ".join(f"{name}: {v[-1]}" for name, v in product.options.items())
            request = product.instruction + (f" with {chosen}" if chosen else "")
            queries = [product.query, request, f"{request}, and price lower than 40.00 dollars"]
        yield product.asin, search_text(product), queries


def build(folder: Path, docs: int, texts: Path | None) -> dict[str, Any]:
    """Build an index into `folder`; returns its costs. Queries of products go to a file."""
    rows: Iterator[tuple[str, str, list[str]]]
    if texts is None:
        rows = generated(docs)
    else:
        rows = ((f"{n:09d}", line, []) for n, line in enumerate(texts.open(encoding="utf-8")))
    keys: list[str] = []
    queries: list[list[str]] = []
    adding = 0.0
    start = time.process_time()
    every = max(1, docs // (4 * NUM_QUERIES))
    with Bm25Builder(folder) as builder:
        for key, text, asked in islice(rows, docs):
            if asked and len(keys) % every < 3:
                queries.append(asked)
            keys.append(key)
            before = time.process_time()
            builder.add(text)
            adding += time.process_time() - before
        before = time.process_time()
        write_arrays(folder / "index", builder.finish(keys), {})
    end = time.process_time()
    by_kind = list(zip(*queries[:NUM_QUERIES], strict=True))
    names = ("phrase", "request", "request with price")
    found = dict(zip(names, map(list, by_kind), strict=False))
    (folder / "queries.json").write_text(json.dumps(found), encoding="utf-8")
    return {
        "docs": len(keys),
        "add_cpu_s": adding,
        "finish_and_write_cpu_s": end - before,
        "docs_per_cpu_s": len(keys) / (adding + end - before),
        "all_cpu_s_with_texts": end - start,
        "peak_rss_mb": peak_mb(),
        "file_mb": (folder / "index").stat().st_size / 1e6,
    }


def search(folder: Path) -> dict[str, Any]:
    """Search with every query once; returns CPU times and memory."""
    start = time.perf_counter()
    arrays = ArrayFile.open(folder / "index")
    index = Bm25Index(arrays)
    opened = time.perf_counter() - start
    result: dict[str, Any] = {"open_ms": 1e3 * opened}
    queries: dict[str, list[str]] = json.loads((folder / "queries.json").read_text())
    for kind, texts in queries.items():
        times = []
        for text in dict.fromkeys(texts):
            before = time.process_time()
            index.search(text)
            times.append(1e3 * (time.process_time() - before))
        result[kind] = {
            "queries": len(times),
            "mean_ms": float(np.mean(times)),
            "p50_ms": float(np.percentile(times, 50)),
            "p95_ms": float(np.percentile(times, 95)),
        }
    result["rss_mb"] = peak_mb()
    ranking._ONE_RANGE = 1 << 40  # whole collection at once: nothing is pruned
    whole = Bm25Index(arrays)
    checked = [text for texts in queries.values() for text in texts[:NUM_CHECKED]]
    result["checked"] = len(checked)
    result["different"] = sum(
        not all(np.array_equal(a, b) for a, b in zip(index.search(q), whole.search(q), strict=True))
        for q in checked
    )
    return result


def main() -> None:
    """Measure in child processes and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--docs", type=int, default=100_000, help="documents (at most)")
    parser.add_argument("--texts", type=Path, help="a file with one document per line")
    parser.add_argument("--queries", type=Path, help="a file with one query per line")
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        step, folder = options.step[0], Path(options.step[1])
        costs = build(folder, options.docs, options.texts) if step == "build" else search(folder)
        print(json.dumps(costs))
        return
    with tempfile.TemporaryDirectory() as temporary:
        results: dict[str, Any] = {"load": os.getloadavg()[0]}
        for step in ("build", "search"):
            command = [sys.executable, __file__, "--docs", str(options.docs)]
            command += ["--texts", str(options.texts)] if options.texts else []
            command += ["--step", step, temporary]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            results[step] = json.loads(done.stdout)
            if step == "build" and options.queries:
                lines = options.queries.read_text(encoding="utf-8").splitlines()
                Path(temporary, "queries.json").write_text(json.dumps({"given": lines}))
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
