"""Play games in the native engine and in the real TextWorld side by side and count differences.

    python tests/alfworld_parity.py --official 200 --generated 200 --steps 50

Every run draws fresh walks (``--seed`` repeats one) and prints games, steps and mismatches. Needs
the extra ``alfworld``. Official games come from ``$ALFWORLD_DATA/json_2.1.1`` or the archive
named with ``--archive``.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path, PurePosixPath

from t2po_gym.envs.alfworld.data.game import TASK_TYPES
from t2po_gym.envs.alfworld.generate.collection import generated_games, write_games
from t2po_gym.envs.alfworld.generate.games import DIFFICULTIES, SPLITS
from t2po_gym.envs.alfworld.originals.textworld_backend import TextWorldEngine
from t2po_gym.envs.alfworld.world.engine import Engine
from t2po_gym.envs.alfworld.world.game_tables import Tables

ARCHIVE = ("data", "alfworld", "alfworld_json_2.1.2.tar.xz")
EVALUATION_SPLITS = ("valid_seen", "valid_unseen")
CHUNK = 8  # games per piece of work
INVALID_PERCENT = 20
KEPT = 10
NONSENSE = (
    "",
    " ",
    "LOOK",
    "go to",
    "go to nowhere 1",
    "go  to  desk 1",
    "take",
    "put mug 1 in/on desk 1",
    "open the fridge",
    "use lamp",
    "Nothing happens.",
    "help me",
    "examine",
    "\x00look",
    "inventory\x00",
    "прыгай",
    "look\ud800",
    "a" * 3000,
)


@dataclass
class Tally:
    """What was compared, and the first differences found."""

    games: int = 0
    steps: int = 0
    mismatches: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(self.kinds.items()))
        return (
            f"{self.games} games ({kinds}), {self.steps} steps, {self.mismatches} mismatches"
            + "".join(f"\n  {line}" for line in self.found)
        )

    def __iadd__(self, other: Tally) -> Tally:
        self.games += other.games
        self.steps += other.steps
        self.mismatches += other.mismatches
        for kind, count in other.kinds.items():
            self.kinds[kind] = self.kinds.get(kind, 0) + count
        self.found = [*self.found, *other.found][:KEPT]
        return self

    def difference(self, where: str, what: str, native: object, original: object) -> None:
        self.mismatches += 1
        if len(self.found) < KEPT:
            self.found.append(f"{where}: {what}: native {native!r}, TextWorld {original!r}")


def compare(paths: Iterable[Path], *, steps: int, seed: str) -> Tally:
    """Walk each game at random in both, the same commands in both."""
    tally = Tally()
    original = TextWorldEngine()
    for path in paths:
        original.open(path)
        native = Engine(Tables(original.game))
        tally.games += 1
        kind = native.tables.game.goal.task_type
        tally.kinds[kind] = tally.kinds.get(kind, 0) + 1
        rng = random.Random(f"{seed}/{path.parent.name}")
        where = f"{path.parent.parent.name} seed {seed}"
        _check(tally, f"{where} reset", native, original, native.reset(), original.reset())
        stale: list[str] = []
        for number in range(steps):
            command = choose(rng, native.admissible, stale)
            stale = [*native.admissible, *stale][:60]
            texts = native.step(command), original.step(command)
            tally.steps += 1
            _check(tally, f"{where} step {number} {command[:60]!r}", native, original, *texts)
    original.close()
    return tally


def choose(rng: random.Random, admissible: Sequence[str], stale: Sequence[str]) -> str:
    """An action: mostly open ones, things to do more often than walks; a fifth is invalid."""
    if rng.randrange(100) < INVALID_PERCENT:
        invalid = [*NONSENSE, *(c for c in stale if c not in admissible)]
        return rng.choice((*invalid, rng.choice(admissible).upper(), rng.choice(admissible) + "s"))
    doing = [c for c in admissible if c.startswith(("take", "move", "put", "open", "close"))]
    doing += [c for c in admissible if c.startswith(("heat", "cool", "clean", "use", "slice"))] * 2
    if doing and rng.random() < 0.55:
        return rng.choice(doing)
    return rng.choice(admissible)


def _check(
    tally: Tally,
    where: str,
    native: Engine,
    original: TextWorldEngine,
    native_text: str,
    original_text: str,
) -> None:
    for what, ours, theirs in (
        ("text", native_text, original_text),
        ("commands", native.admissible, original.admissible),
        ("won", native.won, original.won),
        ("accepted", native.accepted, original.accepted),
        ("seen", native.seen, original.seen),
        ("state", native.state, original.state),
    ):
        if ours != theirs:
            tally.difference(where, what, ours, theirs)


def official_files(folder: Path, archive: Path | None) -> list[Path]:
    """Game files of the two evaluation splits: of alfworld's data folder, or of the archive.

    Args:
        folder: where to unpack them to.
        archive: the archive; None for alfworld's data folder.
    """
    if archive is None:
        if "ALFWORLD_DATA" not in os.environ:
            raise SystemExit("set ALFWORLD_DATA to alfworld's data folder, or pass --archive FILE")
        data = Path(os.environ["ALFWORLD_DATA"], "json_2.1.1")
        found = [p for split in EVALUATION_SPLITS for p in (data / split).rglob("game.tw-pddl")]
        return sorted(found)
    with tarfile.open(archive) as files:
        for member in files:
            parts = PurePosixPath(member.name).parts
            if parts[-1] == "game.tw-pddl" and parts[-4] in EVALUATION_SPLITS:
                packed = files.extractfile(member)
                assert packed is not None
                path = folder.joinpath(*parts[-4:])
                path.parent.mkdir(parents=True)
                path.write_bytes(packed.read())
    return sorted(folder.rglob("game.tw-pddl"))


def spread(paths: Sequence[Path], count: int, rng: random.Random) -> list[Path]:
    """Choose games, the same number of each kind of task and split as far as they go."""
    groups: dict[tuple[str, str], list[Path]] = {}
    for path in paths:
        kind = next(t for t in TASK_TYPES if path.parts[-3].startswith(t))
        groups.setdefault((path.parts[-4], kind), []).append(path)
    for members in groups.values():
        rng.shuffle(members)
    chosen: list[Path] = []
    while len(chosen) < count and any(groups.values()):
        for members in groups.values():
            if members and len(chosen) < count:
                chosen.append(members.pop())
    return chosen


def generated_files(folder: Path, count: int, seed: str) -> list[Path]:
    """Write generated games, of all difficulties and splits in turn, of a fresh seed."""
    number = random.Random(seed).randrange(2**31)
    kinds = [(split, difficulty) for difficulty in DIFFICULTIES for split in SPLITS]
    paths = []
    for index in range(count):
        split, difficulty = kinds[index % len(kinds)]
        games = generated_games(split, difficulty, seed=number)
        paths += write_games(games, folder, [index])
    return paths


def run(files: Sequence[Path], *, steps: int, seed: str, processes: int) -> Iterator[Tally]:
    """Compare all files, some at a time; yields the tally so far."""
    chunks = [files[i : i + CHUNK] for i in range(0, len(files), CHUNK)]
    total = Tally()
    work = partial(compare, steps=steps, seed=seed)
    if processes == 1:
        for chunk in chunks:
            total += work(chunk)
            yield total
        return
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        for tally in pool.map(work, chunks):
            total += tally
            yield total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--official", type=int, default=200)
    parser.add_argument("--generated", type=int, default=200)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--seed", default=secrets.token_hex(4))
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--archive", type=Path, help="archive of official games")
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.steps} steps a game, {INVALID_PERCENT} % invalid")
    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        if options.official:
            every = official_files(Path(folder, "official"), options.archive)
            files["official"] = spread(every, options.official, random.Random(options.seed))
        files["generated"] = generated_files(Path(folder), options.generated, options.seed)
        for name, paths in files.items():
            tally = Tally()
            for tally in run(
                paths, steps=options.steps, seed=options.seed, processes=options.processes
            ):
                print(f"{name}: {tally.games} of {len(paths)} games ...", end="\r", flush=True)
            print(f"{name}: {tally}")
            worst = max(worst, tally.mismatches)
    return int(worst > 0)


if __name__ == "__main__":
    sys.exit(main())
