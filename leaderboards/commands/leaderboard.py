"""``t2po-gym leaderboard``: results and site, panels, schemas; write them or check them."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from ..review.report import review
from ..submission.schemas import schema_files
from ..tracks.panels import draw_panel
from ..tracks.track import DIGESTS, PANELS, Track, load_tracks

SCHEMA = "schema"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument(
        "what",
        choices=("build", "panels", "schema", "tracks", "review"),
        help="build: results.json and site/; panels: panels/; schema: schema/; tracks: list them; "
        "review: what a pull request adds",
    )
    parser.add_argument("--base", metavar="COMMIT", help="commit of the main branch, for review")
    parser.add_argument("--head", metavar="COMMIT", help="commit of the pull request, for review")
    parser.add_argument(
        "--report",
        type=Path,
        metavar="FILE",
        help="file for the text of review (default: print)",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if a file is not current"
    )
    parser.add_argument(
        "--root",
        type=Path,
        metavar="FOLDER",
        default=Path("leaderboards"),
        help="folder of the leaderboard (default leaderboards)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write or check."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    if arguments.what == "tracks":
        for track in load_tracks().values():
            console.print(f"{track.id:20} {track.summary}")
        return 0
    root: Path = arguments.root
    if not (root / "tracks.toml").is_file():
        raise ValueError(f"{root} is no leaderboard: it has no tracks.toml; give --root.")
    if arguments.what == "review":
        return _review(arguments, console)
    if arguments.what == "build":
        return _build(root, arguments.check, console)
    if arguments.what == "schema":
        return _files(root / SCHEMA, schema_files(), arguments.check)
    return _files(root / PANELS, panel_files(console), arguments.check)


def _build(root: Path, check: bool, console: Console) -> int:
    from ..board.build import build, stale  # needs the extra `site`

    if check:
        changed = stale(root)
        if changed:
            raise ValueError(f"not current: {', '.join(changed)}; run t2po-gym leaderboard build.")
        console.print("results.json and site/ are current.")
        return 0
    results = build(root)
    console.print(
        f"{len(results['submissions'])} submissions, {len(results['results'])} results in "
        f"{root / 'results.json'} and {root / 'site' / 'index.html'}."
    )
    return 0


def _review(arguments: argparse.Namespace, console: Console) -> int:
    if not (arguments.base and arguments.head):
        raise ValueError("review needs --base and --head, two commits.")
    good, text = review(arguments.root.resolve().parent, arguments.base, arguments.head)
    if arguments.report is None:
        console.print(text)
    else:
        arguments.report.write_text(text, encoding="utf-8")
    return 0 if good else 1


def _files(folder: Path, wanted: Mapping[str, bytes], check: bool) -> int:
    changed = [
        name
        for name, data in sorted(wanted.items())
        if not (folder / name).is_file() or (folder / name).read_bytes() != data
    ]
    if check and changed:
        raise ValueError(f"not current in {folder}: {', '.join(changed)}.")
    folder.mkdir(exist_ok=True)
    for name in changed:
        (folder / name).write_bytes(wanted[name])
    return 0


def panel_files(console: Console) -> dict[str, bytes]:
    """Draw the panels of all tracks; one whose data are not here keeps what is known of it."""
    found: dict[str, bytes] = {}
    digests: dict[str, Any] = {}
    for track in load_tracks().values():
        if track.fresh:
            continue
        try:
            fingerprint, panel = draw_panel(track)
        except ValueError as error:
            if not track.data:
                raise
            console.print(f"{track.id}: left as it is; its data are not here ({error}).")
            digests |= _known(track)
            continue
        found[f"{track.id}.jsonl"] = panel.file()
        digest = panel.sha256
        found[f"{track.id}.jsonl.sha256"] = f"{digest}  {track.id}.jsonl\n".encode()
        digests[track.id] = {"fingerprint": fingerprint, "panel_sha256": digest}
    found[DIGESTS] = (json.dumps(digests, indent=2) + "\n").encode()
    return found


def _known(track: Track) -> dict[str, Any]:
    if not track.fingerprint:
        return {}
    return {track.id: {"fingerprint": track.fingerprint, "panel_sha256": track.panel_sha256}}
