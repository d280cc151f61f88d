"""``make test-mutations``: put each deliberate error into a copy of the sources, run its test.

    python tests/mutations/run.py [--only TEXT] [--workers N]

A test that still passes does not guard the rule it names: the command ends with status 1.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

from errors import ERRORS, Error

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("baselines", "t2po_gym", "tests", "docs", "leaderboards", "pyproject.toml", "README.md")
LIMIT_S = 300


def copy_of_the_tree(folder: Path) -> Path:
    """Copy what the tests need; returns the copy."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            skip = shutil.ignore_patterns("__pycache__", "*.pyc")
            shutil.copytree(source, folder / name, ignore=skip)
        else:
            shutil.copy(source, folder / name)
    return folder


def passes(tree: Path, tests: Sequence[str]) -> tuple[bool, str]:
    """Run tests in a copy of the tree; returns whether all passed, and the end of the output."""
    shared = os.environ.get("T2PO_GYM_SHARED", str(ROOT.parent / "shared"))
    environment = {
        **os.environ,
        "PYTHONPATH": str(tree),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "T2PO_GYM_SHARED": shared,
    }
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, timeout=LIMIT_S
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"tests did not run:\n{done.stdout[-2000:]}{done.stderr}")
    return done.returncode == 0, done.stdout[-400:]


@contextmanager
def mutated(tree: Path, error: Error) -> Iterator[None]:
    """Put an error into the copy for a while."""
    file = (tree / "baselines" / error.file).resolve()
    text = file.read_text(encoding="utf-8")
    if text.count(error.old) != 1:
        raise LookupError(
            f"{error.file} holds the text of {error.rule!r} {text.count(error.old)} times, "
            "expected once; bring tests/mutations/errors.py up to date."
        )
    file.write_text(text.replace(error.old, error.new), encoding="utf-8")
    try:
        yield
    finally:
        file.write_text(text, encoding="utf-8")


def main() -> int:
    """Try every error; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="errors whose rule or test holds this text")
    parser.add_argument("--workers", type=int, default=2, help="tests that run at once")
    options = parser.parse_args()
    chosen = [e for e in ERRORS if options.only in e.rule or options.only in e.test]
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        trees: Queue[Path] = Queue()
        for number in range(options.workers):
            trees.put(copy_of_the_tree(Path(temporary) / str(number)))
        tree = trees.get()
        fine, output = passes(tree, sorted({e.test for e in chosen}))
        trees.put(tree)
        if not fine:
            print(f"The tests fail without any error put in:\n{output}")
            return 1

        def caught(error: Error) -> bool:
            tree = trees.get()
            try:
                with mutated(tree, error):
                    found = not passes(tree, [error.test])[0]
            finally:
                trees.put(tree)
            print(f"{'caught' if found else 'MISSED'}  {error.rule}  ({error.test})", flush=True)
            return found

        with ThreadPoolExecutor(options.workers) as pool:
            found = list(pool.map(caught, chosen))
    print(f"{sum(found)} of {len(found)} errors caught in {time.perf_counter() - began:.0f} s")
    return 0 if all(found) else 1


if __name__ == "__main__":
    sys.exit(main())
