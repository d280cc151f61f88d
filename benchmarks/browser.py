"""Latency and memory of `t2po/WebShopBrowser-v0`; every figure of docs/browser.md comes from here.

    python benchmarks/browser.py                     # some minutes; needs Chromium
    python benchmarks/browser.py --episodes 10       # fewer of them

Each measurement runs in a process of its own. The same expert episodes are played in WebShop-v0 and
in the browser, in the mode `text`. Latency is wall time: of a step, as an agent waits for it.
Memory is what the browser's processes hold together, with pages that several of them share counted
once (PSS), and what Python holds.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measuring import answer, keep, measured_on, memory_mb, parse_with, run_measurement

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "browser.json"
PLAIN, BROWSER = "t2po/WebShop-v0", "t2po/WebShopBrowser-v0"
COUNTS = (1, 2, 4)
MODES = ("text", "html", "axtree", "screenshot")


def measure_latency(env_id: str, mode: str, episodes: int) -> dict[str, Any]:
    """Milliseconds of reset and of each kind of action, over expert episodes."""
    from t2po_gym.envs.webshop.agents.shopper import ScriptedShopper

    env = make(env_id, **({} if env_id == PLAIN else {"observation_mode": mode}))
    start = time.perf_counter()
    env.reset(seed=0)
    first = time.perf_counter() - start
    expert = ScriptedShopper(env, random.Random(0))
    times: dict[str, list[float]] = defaultdict(list)
    for seed in range(1, episodes + 1):
        timed(times["reset"], lambda seed=seed: env.reset(seed=seed))
        timed(times["no such button"], lambda: env.step("click[nothing of that name]"))
        ended = False
        while not ended:
            action = expert.turn().action
            step = timed(times[kind_of(action, env)], lambda action=action: env.step(action))
            ended = step[2] or step[3]
    env.close()
    every = [t for kind, found in times.items() if kind != "reset" for t in found]
    return {
        "first_reset_s": round(first, 3),
        **{kind: spread(found) for kind, found in sorted(times.items())},
        "every step": spread(every),
    }


def timed(times: list[float], call: Callable[[], Any]) -> Any:
    """Call, note the milliseconds, and return what came of it."""
    start = time.perf_counter()
    result = call()
    times.append(1e3 * (time.perf_counter() - start))
    return result


def kind_of(action: str, env: Any) -> str:
    """Name an action's kind."""
    if action.startswith("search["):
        return "search"
    if action == "click[buy now]":
        return "buy"
    return "open a product" if env.session.kind == "results" else "another button"


def spread(times: list[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    ordered = sorted(times)
    return {
        "count": len(ordered),
        "median_ms": round(statistics.median(ordered), 2),
        "p95_ms": round(ordered[int(0.95 * (len(ordered) - 1))], 2),
    }


def measure_memory(count: int, browser: str) -> dict[str, Any]:
    """MB of browser processes and of Python with environments in the middle of an episode."""
    import psutil

    envs = [make(BROWSER, browser=browser) for _ in range(count)]
    start = time.perf_counter()
    for number, env in enumerate(envs):
        env.reset(seed=number)
        env.step(f"search[{env.goal.query}]")
    started = time.perf_counter() - start
    processes = psutil.Process().children(recursive=True)
    pss = sum(process.memory_full_info().pss for process in processes)
    found = {
        "started_s": round(started, 2),
        "processes": len(processes),
        "browser_pss_mb": round(pss / 2**20),
        "python_rss_mb": round(memory_mb()[0]),
    }
    start = time.perf_counter()
    for env in envs:
        env.close()
    return {**found, "closed_s": round(time.perf_counter() - start, 2)}


def make(env_id: str, **kwargs: Any) -> Any:
    """Make an environment."""
    import gymnasium as gym

    import t2po_gym  # noqa: F401 - registers the ids

    return gym.make(env_id, **kwargs).unwrapped


MEASUREMENTS: dict[str, Callable[..., dict[str, Any]]] = {
    "latency": measure_latency,
    "memory": measure_memory,
}


def measure_all(episodes: int, cache: Path) -> dict[str, Any]:
    """Run every measurement in a fresh process."""

    def child(name: str, *arguments: Any) -> dict[str, Any]:
        print(name, *arguments, flush=True)
        return run_measurement(__file__, name, cache, *arguments)

    return {
        "webshop": child("latency", PLAIN, "text", episodes),
        "browser": {mode: child("latency", BROWSER, mode, episodes) for mode in MODES},
        "memory": {
            kind: {str(count): child("memory", count, kind) for count in COUNTS}
            for kind in ("shared", "own")
        },
    }


def print_table(results: dict[str, Any]) -> None:
    """Print what docs/browser.md shows."""
    print(f"\n{'':16}{'WebShop-v0':>20}" + "".join(f"{mode:>20}" for mode in MODES))
    for kind in results["webshop"]:
        if kind != "first_reset_s":
            columns = [results["webshop"], *results["browser"].values()]
            cells = [f"{c[kind]['median_ms']} / {c[kind]['p95_ms']}" for c in columns]
            print(f"{kind:16}" + "".join(f"{cell:>20}" for cell in cells))
    for kind, by_count in results["memory"].items():
        for count, found in by_count.items():
            print(f"{count} environments, browser {kind}: {found}")


def main() -> None:
    """Measure, print and write the JSON file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--episodes", type=int, default=40, help="expert episodes of each mode")
    arguments = parse_with(parser, RESULTS)
    if answer(arguments.measure, MEASUREMENTS):
        return
    with tempfile.TemporaryDirectory() as cache:
        found, machine = measured_on(lambda: measure_all(arguments.episodes, Path(cache)))
    keep(arguments.out, {**machine, **found}, print_table)


if __name__ == "__main__":
    main()
