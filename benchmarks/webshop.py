"""Speed and memory of `t2po/WebShop-v0`; every figure of docs/webshop.md comes from here.

    python benchmarks/webshop.py                              # all sizes, several minutes
    python benchmarks/webshop.py --sizes 1000                 # the default catalogue only
    python benchmarks/webshop.py --data FOLDER --nouns FILE   # the original's 1,000 products too

Each measurement runs in a process of its own, so that none warms or fattens another. CPU time is
what counts on a shared machine; wall time stands beside it. The mixed script of an episode is the
one the original was measured with (docs/originals/webshop.md, section 11): search by query, next
page and back, a click that does nothing, search by the whole instruction, open a product,
description and back, up to two options, features and back, buy.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from math import gcd
from pathlib import Path
from typing import Any

from measuring import (
    answer,
    keep,
    measured_on,
    memory_mb,
    parse_with,
    peak_mb,
    rss_mb,
    run_measurement,
    shared_data,
)

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "webshop.json"
SIZES = (1_000, 100_000, 1_180_000)
ORIGINAL_STEPS_PER_SECOND = 50
"""Steps of the original per CPU-second, 1,000 products (docs/originals/webshop.md, section 11)."""

READINGS = 5
"""Times that the speed of a small catalogue is measured, each in a fresh process."""

EPISODES = 2_400
GROUP = 8
SEEN = 300
TIMED = 300
CONCURRENT = 256
LARGEST_EXACT = 10_000
SEARCHES = 300
TARGETS = {
    "steps_per_cpu_second": 20_000,
    "rss_256_mb": 300,
    "first_observation_s": 1.0,
    "open_s": 2.0,
    "search_mean_ms": 5.0,
}


# ---- measurements, each run by a child process ------------------------------------------------


def measure_speed(catalogue: str, nouns: str | None, rules: str) -> dict[str, Any]:
    """Steps per CPU-second of the mixed script, for goals that are ever better known.

    ``new``: every episode has a goal that the process has never seen, the caches start empty;
    ``groups``: each goal is played by a group of 8, as in group-based training;
    ``seen``: goals of which every page was seen before.
    """
    env = make(catalogue, nouns, rules=rules, split="all", max_turns=100)
    times: dict[str, list[float]] = defaultdict(list)
    groups = EPISODES // GROUP
    first, *tasks = spread(env.num_tasks(), min(env.num_tasks(), EPISODES + groups + TIMED + 1))
    play_mixed(env, first, None)
    new, tasks = tasks[:EPISODES], tasks[EPISODES:]
    grouped = [task for task in tasks[:groups] for _ in range(GROUP)]
    timed = tasks[groups:]
    result: dict[str, Any] = {
        "rules": rules,
        "new": play_all(env, new),
        "groups": play_all(env, grouped or new),
    }
    play_all(env, new[-SEEN:])
    result["seen"] = play_all(env, new[-SEEN:])
    for task in timed or new[:TIMED]:
        play_mixed(env, task, times)
    result["median_us"] = {kind: round(1e6 * statistics.median(t), 1) for kind, t in times.items()}
    return result


def play_all(env: Any, tasks: list[int]) -> dict[str, Any]:
    """Play the mixed script of these tasks; resets are on the clock."""
    cpu, wall = time.process_time(), time.perf_counter()
    steps = sum(play_mixed(env, task, None) for task in tasks)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {
        "episodes": len(tasks),
        "steps": steps,
        "steps_per_cpu_second": round(steps / cpu),
        "steps_per_wall_second": round(steps / wall),
        "times_the_original": round(steps / cpu / ORIGINAL_STEPS_PER_SECOND),
    }


def play_mixed(env: Any, task: int, times: dict[str, list[float]] | None) -> int:
    """Play one episode of the mixed script; returns its steps (the reset is on the clock too)."""
    taken = 0

    def do(kind: str, action: str) -> dict[str, Any]:
        nonlocal taken
        taken += 1
        start = 0.0 if times is None else time.process_time()
        info: dict[str, Any] = env.step(action)[4]
        if times is not None:
            times[kind].append(time.process_time() - start)
        return info

    start = time.process_time()
    env.reset(seed=task, options={"task_index": task})
    if times is not None:
        times["reset"].append(time.process_time() - start)
    goal = env.goal
    do("search by query", f"search[{goal.query}]")
    do("next page", "click[next >]")
    do("< prev", "click[< prev]")
    do("invalid action", "click[nothing of that name]")
    actions = do("search by instruction", f"search[{goal.instruction_text}]")["admissible_actions"]
    products = actions[2:]
    actions = do("open a product", products[task % len(products)])["admissible_actions"]
    do("sub page", "click[description]")
    do("< prev", "click[< prev]")
    for action in actions[6::7][:2]:
        do("option", action)
    do("sub page", "click[features]")
    do("< prev", "click[< prev]")
    do("buy", "click[buy now]")
    return taken


def measure_memory(catalogue: str, nouns: str | None) -> dict[str, Any]:
    """Memory of one process that holds 256 episodes in the middle of play."""
    bare = rss_mb()
    envs = [make(catalogue, nouns) for _ in range(CONCURRENT)]
    made, own_made = memory_mb()
    for number, env in enumerate(envs):
        env.reset(seed=number)
        info = env.step(f"search[{env.goal.instruction_text}]")[4]
        info = env.step(info["admissible_actions"][2])[4]
        env.step(info["admissible_actions"][-1])
    played, own = memory_mb()
    return {
        "rss_bare_python_mb": bare,
        "rss_256_made_mb": made,
        "rss_256_mb": played,
        "own_256_mb": own,
        "kb_per_episode": round(1024 * (own - own_made) / CONCURRENT, 1),
    }


def measure_start(catalogue: str, nouns: str | None) -> dict[str, Any]:
    """Import, make and first observation; the parent adds what Python itself takes."""
    cpu, wall = time.process_time(), time.perf_counter()
    env = make(catalogue, nouns)
    env.reset(seed=0)
    return {
        "first_observation_s": round(time.perf_counter() - wall, 3),
        "first_observation_cpu_s": round(time.process_time() - cpu, 3),
    }


def measure_compile(catalogue: str, nouns: str | None) -> dict[str, Any]:
    """Compile a catalogue into the cache folder; one found there keeps the figures of its time."""
    from t2po_gym.envs.webshop.catalogues import open_catalogue
    from t2po_gym.envs.webshop.data.readers import DataFileError

    compiled = False

    def notice(_: int) -> None:
        nonlocal compiled
        compiled = True

    cpu, wall = time.process_time(), time.perf_counter()
    try:
        opened = open_catalogue(catalogue, nouns=nouns, on_product=notice)
    except DataFileError as error:
        sys.exit(str(error))
    noted = opened.path.with_suffix(".benchmark.json")
    if not compiled and noted.exists():
        earlier: dict[str, Any] = json.loads(noted.read_text(encoding="utf-8"))
        return earlier
    result: dict[str, Any] = {
        "products": len(opened),
        "file_mb": round(opened.path.stat().st_size / 2**20, 1),
    }
    if compiled:
        result |= {
            "compile_s": round(time.perf_counter() - wall, 2),
            "compile_cpu_s": round(time.process_time() - cpu, 2),
            "compile_peak_mb": peak_mb(),
        }
        noted.write_text(json.dumps(result), encoding="utf-8")
    return result


def measure_search(catalogue: str, nouns: str | None) -> dict[str, Any]:
    """Open a compiled catalogue, search it, and draw goals of its tables."""
    from t2po_gym.envs.webshop.catalogues import open_catalogue

    before = rss_mb()
    cpu, wall = time.process_time(), time.perf_counter()
    catalogue_object = open_catalogue(catalogue, nouns=nouns)
    open_wall, open_cpu = time.perf_counter() - wall, time.process_time() - cpu
    opened = rss_mb()
    wall = time.perf_counter()
    env = make(catalogue, nouns, split="all")
    made = time.perf_counter() - wall
    cpu = time.process_time()
    for number in range(1_000):
        env.reset(seed=number)
    drawn = time.process_time() - cpu
    after_goals = rss_mb()
    env.reset(seed=0)
    by_kind = search_times(env, catalogue_object)
    played, own = memory_mb()
    return {
        "open_s": round(open_wall, 3),
        "open_cpu_s": round(open_cpu, 3),
        "make_s": round(made, 3),
        "goals": env.num_tasks(),
        "draw_goal_us": round(1e6 * drawn / 1_000, 1),
        "rss_before_mb": before,
        "rss_opened_mb": opened,
        "rss_after_1000_goals_mb": after_goals,
        "rss_after_searches_mb": played,
        "own_after_searches_mb": own,
        **by_kind,
    }


def search_times(env: Any, catalogue: Any) -> dict[str, float]:
    """CPU time of searches by instruction and by search phrase, each text for the first time."""
    found: dict[str, list[float]] = {"instruction": [], "query": []}
    warm_up = 20
    for number in range(SEARCHES + warm_up):
        env.reset(seed=10_000 + number)
        for kind, text in (
            ("instruction", env.goal.instruction_text.lower()),
            ("query", f"{env.goal.query} {env.goal.attributes[0]}"),
        ):
            start = time.process_time()
            catalogue.search(text)
            found[kind].append(time.process_time() - start)
    everything = sorted(t for times in found.values() for t in times[warm_up:])
    result = {
        "search_mean_ms": statistics.mean(everything),
        "search_p95_ms": everything[int(0.95 * len(everything))],
        "search_max_ms": everything[-1],
    }
    for kind, times in found.items():
        result[f"search_by_{kind}_mean_ms"] = statistics.mean(times[warm_up:])
    return {name: round(1e3 * seconds, 3) for name, seconds in result.items()}


# ---- what the measurements share ---------------------------------------------------------------


def make(catalogue: str, nouns: str | None, **kwargs: Any) -> Any:
    """Make the environment; importing is part of what is measured."""
    import gymnasium as gym

    import t2po_gym  # noqa: F401 - registers the ids

    return gym.make("t2po/WebShop-v0", catalogue=catalogue, nouns=nouns, **kwargs).unwrapped


def spread(total: int, count: int) -> list[int]:
    """Take ``count`` different tasks from all over the list, in mixed order."""
    step = 1 + int(0.618 * total)
    while gcd(step, total) != 1:
        step += 1
    return [number * step % total for number in range(count)]


MEASUREMENTS: dict[str, Callable[..., dict[str, Any]]] = {
    "speed": measure_speed,
    "memory": measure_memory,
    "start": measure_start,
    "compile": measure_compile,
    "search": measure_search,
}


run_child = partial(run_measurement, __file__)


def measure_catalogue(label: str, catalogue: str, nouns: str | None, cache: Path) -> dict[str, Any]:
    """All measurements of one catalogue."""
    print(f"{label}: compile", flush=True)
    result = run_child("compile", cache, catalogue, nouns)
    for name in ("start", "memory", "search"):
        print(f"{label}: {name}", flush=True)
        result[name] = run_child(name, cache, catalogue, nouns)
    # The original's goals are a list, which a large catalogue's would fill the memory with.
    for rules in ("fixed", "exact") if result["products"] <= LARGEST_EXACT else ("fixed",):
        print(f"{label}: speed, rules {rules}", flush=True)
        times = READINGS if result["products"] <= LARGEST_EXACT else 1
        readings = [run_child("speed", cache, catalogue, nouns, rules) for _ in range(times)]
        result[f"speed_{rules}"] = best_readings(readings)
    return result


def best_readings(readings: list[dict[str, Any]]) -> dict[str, Any]:
    """Take the fastest reading of each kind of play, and list all of them beside it.

    Other work on the machine only ever adds time: the fastest reading says what the code does, the
    spread of the others what the machine does (as Python's ``timeit`` advises).
    """
    best = dict(readings[0])
    for kind in ("new", "groups", "seen"):
        best[kind] = max((r[kind] for r in readings), key=lambda r: r["steps_per_cpu_second"])
        best[kind]["all_readings"] = [r[kind]["steps_per_cpu_second"] for r in readings]
    best["median_us"] = {
        kind: min(r["median_us"][kind] for r in readings) for kind in best["median_us"]
    }
    return best


def print_table(results: dict[str, Any]) -> None:
    """Print the figures that have a target, with it."""
    print()
    for label, found in results["catalogues"].items():
        start, search, speed = found["start"], found["search"], found["speed_fixed"]
        lines = [
            *(
                (f"steps per CPU-second, {goals}", speed[regime]["steps_per_cpu_second"], target)
                for regime, goals, target in (
                    ("new", "new goals", "steps_per_cpu_second"),
                    ("groups", f"groups of {GROUP}", "steps_per_cpu_second"),
                    ("seen", "goals seen before", "steps_per_cpu_second"),
                )
            ),
            (
                "import, make, first observation, s",
                start["first_observation_s"],
                "first_observation_s",
            ),
            ("open, s", search["open_s"], "open_s"),
            ("search, mean ms", search["search_mean_ms"], "search_mean_ms"),
            ("search, p95 ms", search["search_p95_ms"], None),
            ("drawing a goal and resetting, us", search["draw_goal_us"], None),
            ("RSS of 256 episodes, MB", found["memory"]["rss_256_mb"], "rss_256_mb"),
            ("  without pages of mapped files, MB", found["memory"]["own_256_mb"], None),
            ("RSS after searches, MB", search["rss_after_searches_mb"], None),
        ]
        if "compile_s" in found:
            lines.append(("compile, s", found["compile_s"], None))
            lines.append(("compile, peak MB", found["compile_peak_mb"], None))
        print(f"{label} ({found['products']:,} products, {search['goals']:,} goals)")
        small = found["products"] <= LARGEST_EXACT
        for text, value, target in lines:
            # Speed and memory have a target for 1,000 products, search for every size.
            if target in ("steps_per_cpu_second", "rss_256_mb") and not small:
                target = None
            aim = f"   target {TARGETS[target]:,}" if target else ""
            print(f"  {text:40} {value:>12,}{aim}")
        for regime in ("new", "groups", "seen"):
            listed = ", ".join(f"{n:,}" for n in sorted(speed[regime]["all_readings"]))
            print(f"  all readings, {regime}: {listed}")


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES), help="generated sizes")
    parser.add_argument("--data", help="folder with the original's files")
    parser.add_argument("--nouns", help="noun file of the original's titles")
    parser.add_argument("--cache", type=Path, help="keep compiled files here and use them again")
    return parse_with(parser, RESULTS)


def main() -> None:
    """Measure every catalogue asked for, print a table and write the JSON file."""
    arguments = parse_arguments()
    if answer(arguments.measure, MEASUREMENTS):
        return
    data, nouns = arguments.data, arguments.nouns
    if data is not None and nouns is None:
        sys.exit("--data needs --nouns FILE, the nouns of its titles, which the reward compares.")
    if data is None and shared_data("data", "webshop"):
        data = str(shared_data("data", "webshop"))
        nouns = nouns or str(shared_data("golden", "webshop", "real1k_title_nouns.json"))
    chosen: list[tuple[str, str, str | None]] = [("real", data, nouns)] if data else []
    for size in arguments.sizes:
        label = "default" if size == 1_000 else f"generated {size:,}"
        chosen.append((label, "default" if size == 1_000 else f"generated:{size}", None))
    with tempfile.TemporaryDirectory() as temporary:
        cache = arguments.cache or Path(temporary)
        found, machine = measured_on(
            lambda: {
                label: measure_catalogue(label, catalogue, nouns, cache)
                for label, catalogue, nouns in chosen
            }
        )
    keep(arguments.out, {**machine, "targets": TARGETS, "catalogues": found}, print_table)


if __name__ == "__main__":
    main()
