"""``t2po-gym watch``: step through recorded episodes, in the terminal or as one page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from t2po_gym.cli.parts import import_part
from t2po_gym.cli.players import add_import, import_named
from t2po_gym.watch.library import Library, open_library
from t2po_gym.watch.sources.stage import Stage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument(
        "place",
        type=Path,
        help="trace file, or folder of a training run, of t2po-gym eval, or of a submission",
    )
    parser.add_argument(
        "--episode", type=int, metavar="N", help="number of the episode, as the list counts them"
    )
    parser.add_argument(
        "--step", type=int, metavar="S", help="of a training run, the episodes of this step alone"
    )
    add_import(parser)
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="write one page instead (extra site)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Show the episodes of a place."""
    import_named(arguments)
    with Stage() as stage:
        library = open_library(arguments.place, stage, track_arguments, arguments.step)
        if arguments.html is not None:
            write_page(library, arguments.episode, arguments.html)
        elif sys.stdin.isatty() and sys.stdout.isatty() and find_spec("prompt_toolkit"):
            import_module("t2po_gym.watch.terminal.screen").show(library, arguments.episode)
        else:
            from t2po_gym.watch.terminal.printing import print_library

            print_library(library, arguments.episode)
    return 0


def write_page(library: Library, number: int | None, path: Path) -> None:
    """Write a page with all episodes of a library, or one of them.

    Raises:
        ValueError: If it is a folder, there is no folder for it, or no such episode.
    """
    from t2po_gym.data.whole_file import write_whole
    from t2po_gym.watch.page.document import document  # needs the extra `site`

    if path.is_dir():
        raise ValueError(f"{path} is a folder; name a file in it.")
    if not path.parent.is_dir():
        raise ValueError(f"{path} cannot be written: there is no folder {path.parent}.")
    data = document(library, number)
    write_whole(path, data)
    sys.stdout.write(f"{path}: {len(data) / 1000:,.0f} kB, works without a network.\n")


def track_arguments(track: str, base: str) -> Mapping[str, Any]:
    """Return the arguments of a track's environment. The package knows the board by name only.

    Raises:
        ValueError: If there is no such track.
    """
    found = import_part("leaderboards.tracks.track").find_track(track)
    arguments: Mapping[str, Any] = found.kwargs(base)
    return arguments
