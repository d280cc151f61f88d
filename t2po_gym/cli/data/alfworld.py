"""``t2po-gym data alfworld``: check and compile ALFWorld's games."""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter

from rich.console import Console
from rich.table import Table

from t2po_gym.cli.data.compile_progress import counting
from t2po_gym.data.locate import DATA_VARIABLE
from t2po_gym.envs.alfworld.data.game import TASK_TYPES
from t2po_gym.envs.alfworld.data.game_store import CompiledGames
from t2po_gym.envs.alfworld.data.official import OFFICIAL_COUNTS, deviations, open_games

_ABOUT = f"""\
The official games are release files of https://github.com/alfworld/alfworld (MIT licence). The
command "alfworld-download" of the alfworld package downloads them. Please cite: Shridhar, Yuan,
Cote, Bisk, Trischler, Hausknecht. ALFWorld: Aligning Text and Embodied Environments for Interactive
Learning. ICLR 2021.
Pass the folder or archive (.zip, .tar.xz, ...) that contains <split>/<task>/<trial>/game.tw-pddl,
or set {DATA_VARIABLE} to the folder; play with gym.make("t2po/ALFWorld-v0", games="official").
Generated games, the environment's default, need no download."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "path",
        nargs="?",
        help=f"folder, archive or compiled file of games (default: {DATA_VARIABLE})",
    )
    parser.add_argument("--verify", action="store_true", help="also compare all checksums")


def make_parser(environments: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the subcommand."""
    add_arguments(
        environments.add_parser(
            "alfworld",
            help="ALFWorld's games",
            description="Check and compile ALFWorld's games, and describe them.",
            epilog=_ABOUT,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )


def run(arguments: argparse.Namespace) -> int:
    """Compile and report; return 1 if the official splits are present but incomplete."""
    console = Console()
    if arguments.path is None and not os.environ.get(DATA_VARIABLE):
        console.print(_ABOUT, highlight=False, soft_wrap=True)
        return 0
    started = time.perf_counter()
    games = _compile(arguments.path or "official", arguments.verify)
    console.print(report_table(games, time.perf_counter() - started))
    if not set(games.splits) & set(OFFICIAL_COUNTS):
        return 0
    found = deviations(games)
    for sentence in found:
        console.print(sentence, style="yellow")
    if not found:
        console.print("All official games are here, to the byte.", style="green")
    return 1 if found else 0


def _compile(spec: str, verify: bool) -> CompiledGames:
    with counting("compiling", "games") as show:
        return open_games(spec, verify=verify, on_game=show)


def report_table(games: CompiledGames, seconds: float) -> Table:
    """Return a table that describes a compiled collection."""
    table = Table(title=games.source, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, count in games.splits.items():
        official = OFFICIAL_COUNTS.get(name)
        aim = f" (official: {official:,})" if official else ""
        split = games.split(name)
        kinds = Counter(split.game(index).goal.task_type for index in range(count))
        table.add_row(f"{name}: games", f"{count:,}{aim}")
        table.add_row("  by kind", ", ".join(f"{kinds[kind]} {kind}" for kind in TASK_TYPES))
        table.add_row("  digest", games.digests[name])
    table.add_row("file", str(games.path))
    table.add_row("file size", f"{games.path.stat().st_size / 1e6:,.1f} MB")
    table.add_row("time", f"{seconds:.2f} s")
    return table
