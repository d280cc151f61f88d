"""A board of two small tracks, and honest submissions to it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from leaderboards.checking.folder import sums_of
from leaderboards.submission.layout import MANIFEST, SUMS, TRAJECTORIES, trajectory_file
from leaderboards.submission.trajectory import Trajectory
from t2po_gym.cli.main import main

TRACKS = """
[toy]
title = "Keys"
family = "Toy"
summary = "Find the key."
rules = ["Ten turns."]
env_id = "t2po/ToyKeys-v0"
env_kwargs = { split = "test", max_turns = 10 }
tasks = 4
trials = 2

[shop]
title = "Shop"
family = "WebShop"
summary = "Buy."
rules = ["Eight turns."]
env_id = "t2po/WebShop-v0"
env_kwargs = { catalogue = "compact:400", split = "test", page_size = 3, max_turns = 8 }
tasks = 4
parsers = ["tagged", "webshop"]

[shop-fresh]
title = "Fresh shop"
family = "WebShop"
summary = "Buy."
rules = ["Eight turns."]
env_id = "t2po/WebShop-v0"
env_kwargs = { catalogue = "compact:400:{seed}", split = "test", page_size = 3, max_turns = 8 }
tasks = 3
fresh = true
"""


def make_board(root: Path) -> Path:
    """Make a board; the caller points T2PO_GYM_LEADERBOARD to it."""
    root.mkdir(parents=True)
    (root / "tracks.toml").write_text(TRACKS)
    (root / "reported.toml").write_text("reported = []\n")
    (root / "reruns.toml").write_text("")
    (root / "submissions").mkdir()
    return root


def play(out: Path, track: str, policy: str, *more: str) -> Path:
    """Play a track whole."""
    assert main(["eval", "--track", track, "--policy", policy, "--out", str(out), *more]) == 0
    return out


def submit(into: Path, runs: list[Path], slug: str, *more: str) -> Path:
    """Pack runs."""
    words = ["submit", *map(str, runs), "--org", "lab", "--slug", slug, "--name", slug]
    words += ["--contact", "lab@example.org", "--date", "2026-11-30", "--into", str(into)]
    assert main([*words, *more]) == 0
    return into / f"20261130_lab_{slug}"


def manifest_of(folder: Path) -> dict[str, Any]:
    """Read a manifest."""
    found: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    return found


def sign(folder: Path) -> None:
    """Write SHA256SUMS anew, as whoever changes a file would."""
    places = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    (folder / SUMS).write_bytes(sums_of(folder, tuple(places)))


def write_manifest(folder: Path, fields: Any) -> None:
    """Change a manifest and sign."""
    (folder / MANIFEST).write_text(json.dumps(fields, indent=2))
    sign(folder)


def lines_of(folder: Path, track: str) -> list[dict[str, Any]]:
    """Read trajectories."""
    data = gzip.decompress((folder / trajectory_file(track)).read_bytes())
    return [json.loads(line) for line in data.splitlines()]


def canonical(record: dict[str, Any]) -> bytes:
    """Write a record as `submit` does where it is one, else as plain JSON."""
    try:
        return Trajectory.model_validate(record).line().encode() + b"\n"
    except ValueError:
        return json.dumps(record).encode() + b"\n"


def write_lines(folder: Path, track: str, lines: list[dict[str, Any]]) -> None:
    """Change trajectories and sign."""
    write_bytes(folder, track, b"".join(map(canonical, lines)))


def write_bytes(folder: Path, track: str, data: bytes) -> None:
    """Pack bytes as trajectories and sign."""
    (folder / TRAJECTORIES).mkdir(exist_ok=True)
    (folder / trajectory_file(track)).write_bytes(gzip.compress(data, mtime=0))
    sign(folder)
