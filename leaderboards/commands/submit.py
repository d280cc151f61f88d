"""``t2po-gym submit``: pack evaluations as a submission to the leaderboard."""

import argparse
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from rich.console import Console

from t2po_gym.cli.players import find_own_modules

from ..packing.details import merged
from ..packing.pack import pack
from ..submission.layout import README, limit_of
from ..tracks.toml_file import read_toml

OPTIONS = {
    "org": "who submits, in small letters and dashes",
    "slug": "short name of the entry, in small letters and dashes",
    "name": "what the page calls it",
    "contact": "how to ask about it",
    "url": "paper, report or code",
    "kind": "prompted, trained or scripted, if the run does not know",
    "date": "day of the submission (default today, UTC)",
    "hardware": "what it ran on",
    "notes": "anything else",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("runs", type=Path, nargs="+", help="folders of t2po-gym eval --track")
    for name, purpose in OPTIONS.items():
        parser.add_argument(f"--{name}", help=purpose)
    parser.add_argument("--cost-usd", type=float, metavar="USD", help="what the evaluation cost")
    parser.add_argument(
        "--details", type=Path, metavar="FILE", help="TOML file with fields of submission.json"
    )
    parser.add_argument("--readme", type=Path, metavar="FILE", help="text of README.md")
    parser.add_argument(
        "--into",
        type=Path,
        metavar="FOLDER",
        default=Path("leaderboards/submissions"),
        help="where the folder is made (default leaderboards/submissions)",
    )


def read_readme(path: Path) -> str:
    """Read the README of a submission.

    Raises:
        ValueError: If it cannot be read, or is too long.
    """
    limit = limit_of(README) or 0
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no readable text in UTF-8: {error}.") from error
    if len(text.encode()) > limit:
        raise ValueError(f"{path} has more than {limit:,} bytes.")
    return text


def run(arguments: argparse.Namespace) -> int:
    """Pack and say what comes next."""
    find_own_modules()
    given = {name: getattr(arguments, name) for name in (*OPTIONS, "cost_usd")}
    fields: dict[str, Any] = {"date": datetime.now(timezone.utc).date().isoformat()}
    if arguments.details is not None:
        fields = merged(fields, read_toml(arguments.details))
    fields |= {name: value for name, value in given.items() if value is not None}
    readme = "" if arguments.readme is None else read_readme(arguments.readme)
    folder, submission = pack(arguments.runs, arguments.into, fields, readme)
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for name, entry in submission.tracks.items():
        found = entry.claimed
        missing = found.tasks * entry.trials - found.episodes
        left = f"; {missing} episodes are missing and count as failed" if missing else ""
        console.print(f"{name}: success {100 * found.success:.1f} %, score {found.score:.3f}{left}")
        if entry.origin.dirty:
            console.print(f"{name}: played with uncommitted changes; the page will say so.")
    console.print(f"{folder} is ready. Next: t2po-gym verify {folder}")
    return 0
