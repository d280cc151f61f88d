"""Speed and memory of `t2po/ALFWorld-v0`; every figure of docs/alfworld.md comes from here.

    python benchmarks/alfworld.py                        # generated games; official ones if found
    python benchmarks/alfworld.py --data FOLDER|ARCHIVE  # the official games
    python benchmarks/alfworld.py --textworld-games 10   # beside the real TextWorld, if installed

Each measurement runs in a process of its own, so that none warms or fattens another. CPU time is
what counts on a shared machine; wall time stands beside it. A script is a random walk of 50
commands, a fifth of them not open, drawn beforehand; every step makes the list of admissible
commands.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import measuring
from measuring import answer, keep, measured_on, peak_mb, rss_mb, run_measurement, shared_data

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "alfworld.json"
# Python looks into a script's own folder first and would take this file for the package alfworld.
sys.path = [place for place in sys.path if Path(place).resolve() != ROOT / "benchmarks"]
ORIGINAL_STEPS_PER_SECOND = 19.7
"""Steps of the original per CPU-second (docs/originals/alfworld.md, section 11)."""

GAMES = 512
GROUP = 8
STEPS = 50
INVALID = 0.2
REPEATS = 20
CONCURRENT = 256
SPLIT = "train"
TARGETS = {
    "engine_steps_per_cpu_second": 200_000,
    "env_steps_per_cpu_second": 50_000,
    "reset_us": 50,
    "rss_256_mb": 150,
    "compile_cpu_s": 20,
}

Script = tuple[int, list[str]]


# ---- measurements, each run by a child process ------------------------------------------------


def measure_compile(games: str) -> dict[str, Any]:
    """Compile a collection into the cache, and open it again."""
    from t2po_gym.envs.alfworld.data.official import open_games

    cpu, wall = time.process_time(), time.perf_counter()
    compiled = open_games(games)
    result = {
        "games": sum(compiled.splits.values()),
        "compile_cpu_s": round(time.process_time() - cpu, 2),
        "compile_s": round(time.perf_counter() - wall, 2),
        "compile_peak_mb": peak_mb(),
        "file_mb": round(compiled.path.stat().st_size / 2**20, 1),
    }
    cpu = time.process_time()
    open_games(games)
    return {**result, "open_cpu_ms": round(1e3 * (time.process_time() - cpu), 2)}


def measure_engine(games: str) -> dict[str, Any]:
    """Steps per CPU-second of the engine alone, admissible commands included.

    ``new``: every episode is of a game the process has not seen; ``groups``: each game is played by
    a group of 8, as in group-based training; ``seen``: all games were played before.
    """
    from t2po_gym.envs.alfworld.tasks import open_split
    from t2po_gym.envs.alfworld.world.engine import Engine
    from t2po_gym.envs.alfworld.world.game_tables import Tables

    shared = open_split(games, SPLIT)
    played = [shared.games.game(index) for index in spread(len(shared.games), GAMES)]
    scripts = {id(game): [walk(Tables(game), n) for n in range(GROUP)] for game in played}

    def run(members: int, known: dict[int, Any]) -> dict[str, Any]:
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        for game in played:
            tables = known.get(id(game)) or Tables(game)
            for commands in scripts[id(game)][:members]:
                play_all(Engine(tables), commands)
        return rate(len(played) * members * STEPS, cpu, wall)

    result = {"new": run(1, {}), "groups": run(GROUP, {})}
    known = {id(game): Tables(game) for game in played[:64]}
    played = played[:64]
    run(GROUP, known)
    return {**result, "seen": run(GROUP, known)}


def measure_env(games: str, rules: str) -> dict[str, Any]:
    """Steps per CPU-second of the whole environment: hash chain, progress and info included.

    As `measure_engine`; resets are counted apart.
    """
    env = make(games, rules=rules, split=SPLIT)
    indices = spread(env.num_tasks(), GAMES)
    tables = env._backend._shared.tables  # the scripts are drawn from the games themselves
    scripts = [(index, [walk(tables(index), n) for n in range(GROUP)]) for index in indices]

    def run(chosen: Sequence[tuple[int, list[list[str]]]], members: int) -> dict[str, Any]:
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        taken, resets, resetting = 0, 0, 0.0
        for index, walks in chosen:
            for commands in walks[:members]:
                start = time.process_time()
                env.reset(seed=resets, options={"task_index": index})
                resetting += time.process_time() - start
                resets += 1
                for command in commands:
                    taken += 1
                    _, _, terminated, truncated, _ = env.step(command)
                    if terminated or truncated:
                        break
        found = rate(taken, cpu, wall)
        stepping = time.process_time() - cpu - resetting
        return {
            **found,
            "without_resets_per_cpu_second": round(taken / stepping),
            "reset_us": round(1e6 * resetting / resets, 1),
        }

    result = {"rules": rules, "new": run(scripts, 1), "groups": run(scripts, GROUP)}
    run(scripts[:32], GROUP)  # few enough for their tables to be kept
    return {**result, "seen": run(scripts[:32], GROUP)}


def measure_reset(games: str) -> dict[str, Any]:
    """From the compiled file to the first observation, each game for once; five parts of them."""
    from t2po_gym.envs.alfworld.tasks import open_split
    from t2po_gym.envs.alfworld.world.engine import Engine
    from t2po_gym.envs.alfworld.world.game_tables import Tables

    split = open_split(games, SPLIT).games
    indices = spread(len(split), 5 * GAMES)
    found = []
    for part in range(min(5, len(indices))):
        cpu = time.process_time()
        for index in indices[part::5]:
            tables = Tables(split.game(index))
            tables.opening()
            _ = Engine(tables).admissible
        found.append((time.process_time() - cpu) / len(indices[part::5]))
    return {"reset_us": round(1e6 * min(found), 1), "reset_worst_us": round(1e6 * max(found), 1)}


def measure_memory(games: str) -> dict[str, Any]:
    """Memory of one process that holds 256 episodes of different games at their ends."""
    bare = rss_mb()
    envs = [make(games, split=SPLIT, max_turns=STEPS + 1) for _ in range(CONCURRENT)]
    made = rss_mb()
    chosen = spread(envs[0].num_tasks(), CONCURRENT)
    for number, env in enumerate(envs):
        index = chosen[number % len(chosen)]
        _, info = env.reset(seed=0, options={"task_index": index})
        rng = random.Random(index)
        for _ in range(STEPS):
            _, _, terminated, _, info = env.step(rng.choice(info["admissible_actions"]))
            if terminated:
                break
    played = rss_mb()
    return {
        "rss_bare_python_mb": bare,
        "rss_256_made_mb": made,
        "rss_256_mb": played,
        "kb_per_episode": round(1024 * (played - made) / CONCURRENT, 1),
    }


def measure_start(games: str) -> dict[str, Any]:
    """Import, make and first observation; the parent adds what Python itself takes."""
    cpu, wall = time.process_time(), time.perf_counter()
    make(games).reset(seed=0)
    return {
        "first_observation_s": round(time.perf_counter() - wall, 3),
        "first_observation_cpu_s": round(time.process_time() - cpu, 3),
    }


def measure_generation() -> dict[str, Any]:
    """Games generated, compiled and planned per CPU-second, by difficulty."""
    from t2po_gym.envs.alfworld.generate.collection import generated_games
    from t2po_gym.envs.alfworld.generate.games import DIFFICULTIES

    result = {}
    for difficulty in DIFFICULTIES:
        games = generated_games("train", difficulty)
        games.game(0)
        cpu = time.process_time()
        for index in range(1, 301):
            games.game(index)
        result[difficulty] = round(300 / (time.process_time() - cpu))
    return {"games_per_cpu_second": result}


def measure_textworld(games: str, count: int) -> dict[str, Any]:
    """The same games and commands in the real TextWorld and in the native engine, in one run.

    The native engine plays them `REPEATS` times, each time with a game it has not seen.
    """
    from t2po_gym.envs.alfworld.data.official import find_data, game_files
    from t2po_gym.envs.alfworld.originals.textworld_backend import TextWorldEngine
    from t2po_gym.envs.alfworld.world.engine import Engine
    from t2po_gym.envs.alfworld.world.game_tables import Tables

    files = chosen_files(game_files, find_data(games), count)
    original = TextWorldEngine()
    seconds = dict.fromkeys(("load", "reset", "step", "native reset", "native step"), 0.0)
    taken, differing = 0, 0

    def timed(what: str, call: Callable[..., Any], *arguments: Any) -> Any:
        start = time.process_time()
        result = call(*arguments)
        seconds[what] += time.process_time() - start
        return result

    for number, file in enumerate(files):
        timed("load", original.open, json.loads(file.content))
        game = original.game
        commands = walk(Tables(game), number)
        for _ in range(REPEATS):
            native = timed("native reset", lambda game=game: Engine(Tables(game)))
            mine = timed("native step", play_all, native, commands)
        timed("reset", original.reset)
        theirs = timed("step", play_all, original, commands)
        differing += sum(a != b for a, b in zip(mine, theirs, strict=True))
        taken += len(commands)
    original.close()
    rates = {
        "textworld": round(taken / seconds["step"], 1),
        "native": round(REPEATS * taken / seconds["native step"]),
    }
    return {
        "games": len(files),
        "steps": taken,
        "steps_that_differ": differing,
        "steps_per_cpu_second": rates,
        "times_as_fast": round(rates["native"] / rates["textworld"]),
        "textworld_load_ms": round(1e3 * seconds["load"] / len(files), 1),
        "textworld_reset_ms": round(1e3 * seconds["reset"] / len(files), 1),
        "native_reset_ms": round(1e3 * seconds["native reset"] / len(files) / REPEATS, 3),
        "textworld_peak_mb": peak_mb(),
    }


def play_all(engine: Any, commands: Sequence[str]) -> list[tuple[str, tuple[str, ...], bool]]:
    """For each command: what it prints, what is open then, and whether the game is won."""
    step = engine.step
    return [(step(command), engine.admissible, engine.won) for command in commands]


def chosen_files(game_files: Callable[..., Any], place: Path, count: int) -> list[Any]:
    """Files from all over a collection, read one after the other."""
    found = []
    step = max(1, 2_000 // count)
    for number, file in enumerate(game_files(place)):
        if number % step == step // 2:
            found.append(file)
        if len(found) == count:
            break
    return found


# ---- what the measurements share ---------------------------------------------------------------


def make(games: str, **kwargs: Any) -> Any:
    """Make the environment; importing is part of what is measured."""
    import gymnasium as gym

    import t2po_gym  # noqa: F401 - registers the ids

    return gym.make("t2po/ALFWorld-v0", games=games, **kwargs).unwrapped


def walk(tables: Any, number: int) -> list[str]:
    """A random walk of a game that does not end by winning, a fifth of it refused commands."""
    from t2po_gym.envs.alfworld.world.engine import Engine

    rng = random.Random(f"{tables.game.name} {number}")
    engine = Engine(tables)
    commands: list[str] = []
    while len(commands) < STEPS:
        if rng.random() < INVALID:
            command = rng.choice(("go to nowhere 1", "LOOK", "take it", "open the door", ""))
        else:
            command = rng.choice(engine.admissible)
        engine.step(command)
        commands.append(command)
    return commands


def spread(total: int, count: int) -> list[int]:
    """Take up to ``count`` different tasks from all over a split."""
    count = min(total, count)
    return [number * total // count for number in range(count)]


def rate(steps: int, cpu: float, wall: float) -> dict[str, Any]:
    """Steps per second since these moments."""
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {
        "steps": steps,
        "steps_per_cpu_second": round(steps / cpu),
        "steps_per_wall_second": round(steps / wall),
        "times_the_original": round(steps / cpu / ORIGINAL_STEPS_PER_SECOND),
    }


MEASUREMENTS: dict[str, Callable[..., dict[str, Any]]] = {
    "compile": measure_compile,
    "start": measure_start,
    "reset": measure_reset,
    "engine": measure_engine,
    "env": measure_env,
    "memory": measure_memory,
    "generation": measure_generation,
    "textworld": measure_textworld,
}


def run_child(name: str, cache: Path, *arguments: Any) -> dict[str, Any]:
    """Run one measurement in a fresh process and return what it found."""
    print(f"{name} {' '.join(map(str, arguments))}", flush=True)
    return run_measurement(__file__, name, cache, *arguments)


def measure_collection(games: str, cache: Path, textworld_games: int) -> dict[str, Any]:
    """All measurements of one collection."""
    result: dict[str, Any] = {}
    if games != "generated":
        result["compile"] = run_child("compile", cache, games)
        result["reset"] = run_child("reset", cache, games)
    else:
        result["generation"] = run_child("generation", cache)
    result["start"] = run_child("start", cache, games)
    result["engine"] = run_child("engine", cache, games)
    for rules in ("fixed", "exact"):
        result[f"env_{rules}"] = run_child("env", cache, games, rules)
    result["memory"] = run_child("memory", cache, games)
    if games != "generated" and textworld_games:
        result["textworld"] = run_child("textworld", cache, games, textworld_games)
    return result


def print_table(results: dict[str, Any]) -> None:
    """Print the figures that have targets."""
    for label, found in results["collections"].items():
        print(f"\n{label}")
        rows = {"memory of 256 episodes, MB": (found["memory"]["rss_256_mb"], "rss_256_mb")}
        for kind in ("new", "groups", "seen"):
            for part, figure in (
                ("engine", found["engine"][kind]["steps_per_cpu_second"]),
                ("env", found["env_fixed"][kind]["without_resets_per_cpu_second"]),
            ):
                text = f"{part} steps per CPU-second, {kind}"
                rows[text] = (figure, f"{part}_steps_per_cpu_second")
        if "compile" in found:
            rows["compile, CPU s"] = (found["compile"]["compile_cpu_s"], "compile_cpu_s")
            rows["reset from the compiled file, us"] = (found["reset"]["reset_us"], "reset_us")
        for text, (figure, target) in rows.items():
            print(f"  {text:44} {figure:>12,}   target {TARGETS[target]:,}")
        if "textworld" in found:
            print(f"  beside TextWorld: {found['textworld']}")


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="folder or archive of the official games")
    parser.add_argument(
        "--textworld-games", type=int, default=10, help="games in TextWorld; 0: none"
    )
    return measuring.parse_with(parser, RESULTS)


def main() -> None:
    """Measure, print a table and write the JSON file."""
    arguments = parse_arguments()
    if answer(arguments.measure, MEASUREMENTS):
        return
    from t2po_gym.envs.alfworld.originals.textworld_backend import is_installed

    data = arguments.data or shared_data("data", "alfworld")
    textworld_games = arguments.textworld_games if is_installed() else 0

    def measure(cache: Path) -> dict[str, Any]:
        found = {"generated": measure_collection("generated", cache, 0)}
        if data:
            found["official"] = measure_collection(str(data), cache, textworld_games)
        return found

    with tempfile.TemporaryDirectory() as temporary:
        found, machine = measured_on(lambda: measure(Path(temporary)))
    keep(arguments.out, {**machine, "targets": TARGETS, "collections": found}, print_table)


if __name__ == "__main__":
    main()
