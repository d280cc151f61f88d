"""The built wheel in an environment of its own, as somebody has it who never saw the repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FIRST_OBSERVATION = """
import gymnasium as gym, t2po_gym
observation, info = gym.make("t2po/WebShop-v0").reset(seed=0)
assert observation.startswith("WebShop [SEP] Instruction:"), observation
"""
SIZES = """
import json
from importlib.metadata import distributions
found = {}
for one in distributions():
    paths = [file.locate() for file in one.files or []]
    size = sum(path.stat().st_size for path in paths if path.is_file())
    found[one.name.lower().replace("_", "-")] = [size, [str(file) for file in one.files or []]]
print(json.dumps(found))
"""


def newest_wheel() -> Path:
    """Return the wheel to test: `make dist` builds it."""
    found = sorted((ROOT / "dist").glob("t2po_gym-*.whl"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise FileNotFoundError("dist/ holds no wheel: run make dist.")
    return found[-1]


def python_of(version: str) -> str | None:
    """Return the path of a Python such as 3.12, or None where there is none."""
    found = subprocess.run(
        [ROOT / ".ci" / "find-python", version], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() if found.returncode == 0 else None


@dataclass
class Installed:
    """An environment that the wheel is installed into.

    Example: `Installed(folder=tmp_path, python="/usr/bin/python3.11")`
    """

    folder: Path
    """Where the environment lies, and the folder `home` that commands run in."""
    python: str
    """Python that it is made of."""
    seconds: float = 0.0
    """From `pip install` to the first observation."""

    @property
    def home(self) -> Path:
        """Folder that commands run in; the repository is not above it."""
        return self.folder / "home"

    @cached_property
    def environment(self) -> dict[str, str]:
        """Variables of the commands: nothing of this repository, a cache of their own."""
        ours = ("PYTHONPATH", "T2PO_GYM", "VIRTUAL_ENV")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        own = {"T2PO_GYM_CACHE": str(self.folder / "cache"), "OMP_NUM_THREADS": "1"}
        return kept | own | {"PYTHONNOUSERSITE": "1", "COLUMNS": "120"}

    def create(self, *before: str, extra: str = "") -> None:
        """Make the environment and install the wheel.

        Args:
            before: requirements that are installed first.
            extra: of the wheel, such as `[train]`.
        """
        self.home.mkdir(parents=True)
        subprocess.run([self.python, "-m", "venv", self.folder / "venv"], check=True)
        if before:
            self.pip(*before)
        started = time.monotonic()
        self.pip(f"{newest_wheel()}{extra}")
        self.run_python(FIRST_OBSERVATION)
        self.seconds = time.monotonic() - started

    def pip(self, *requirements: str) -> None:
        """Install something."""
        quietly = ["--quiet", "--disable-pip-version-check", "--no-warn-script-location"]
        self.check([self._bin("python"), "-m", "pip", "install", *quietly, *requirements])

    def run_python(self, code: str) -> str:
        """Run a text and return what it prints."""
        return self.check([self._bin("python"), "-c", code])

    def command(self, *words: str, typed: str = "", status: int = 0) -> str:
        """Run `t2po-gym` and return what it says; its exit status must be `status`."""
        return self.check([self._bin("t2po-gym"), *words], typed=typed, status=status)

    def check(self, words: list[str], typed: str = "", status: int = 0) -> str:
        """Run a program in `home` and return both its streams; its exit status must be `status`."""
        run = subprocess.run(
            words,
            cwd=self.home,
            env=self.environment,
            input=typed,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if run.returncode != status:
            sys.stderr.write(run.stdout)
            raise AssertionError(f"{' '.join(words)} ended with status {run.returncode}")
        return run.stdout

    @cached_property
    def distributions(self) -> dict[str, Any]:
        """Size in bytes and files of everything that is installed, by name in small letters."""
        found: dict[str, Any] = json.loads(self.run_python(SIZES))
        return found

    def _bin(self, name: str) -> str:
        return str(self.folder / "venv" / "bin" / name)
