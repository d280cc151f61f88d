"""``t2po-gym data webshop``: find, check and compile the shop's catalogue."""

import argparse
import os
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from t2po_gym.cli.data.compile_progress import counting, peak_memory
from t2po_gym.data.locate import DATA_VARIABLE
from t2po_gym.envs.webshop.catalogues import COMPACT_SIZE, open_catalogue
from t2po_gym.envs.webshop.data.catalogue_file import CompiledCatalogue
from t2po_gym.envs.webshop.data.goal_tables import DIFFICULTIES, SPLITS
from t2po_gym.envs.webshop.generate.products import DEFAULT_SIZE, MAX_SIZE, PROFILES

_ORIGINAL_FILES = (
    ("items_shuffle.json", "5.2 GB", "1.18 million products"),
    ("items_shuffle_1000.json", "4.5 MB", "the first 1,000 of them"),
    ("items_ins_v2.json", "178 MB", "attributes and synthetic instructions"),
    ("items_ins_v2_1000.json", "147 kB", "the same for the 1,000"),
    ("items_human_ins.json", "5.1 MB", "12,087 requests written by people"),
)

_ABOUT = f"""\
setup.sh of https://github.com/princeton-nlp/WebShop downloads the original WebShop data from Google
Drive ("-d small" for 1,000 products, "-d all" for all of them). The repository has the MIT licence.
Please cite: Yao, Chen, Yang, Narasimhan. WebShop: Towards Scalable Real-World Web Interaction with
Grounded Language Agents. NeurIPS 2022.
Put one product file, its attribute file and, if wanted, the requests into one folder and pass that
folder, or set {DATA_VARIABLE} to it. Title nouns are read from --nouns or from a *title_nouns*.json
in the same folder; without either, spaCy computes them if it is installed.
Generated catalogues (--size, --profile) need no download."""


def make_parser(subjects: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the subcommand and its arguments."""
    webshop = subjects.add_parser(
        "webshop",
        help="the shop's catalogue",
        description="Check and compile a catalogue, original or generated, and describe it.",
        epilog=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    webshop.add_argument(
        "path",
        nargs="?",
        help="folder or items_shuffle*.json of the original layout, or a catalogue text such as "
        f"generated:5000 (default: {DATA_VARIABLE} if set, else the default catalogue)",
    )
    webshop.add_argument("--nouns", type=Path, metavar="FILE", help="title nouns of original data")
    webshop.add_argument(
        "--size", type=int, metavar="N", help=f"generate this many products, up to {MAX_SIZE}"
    )
    webshop.add_argument("--profile", choices=PROFILES, help="texts of a generated catalogue")
    webshop.add_argument("--seed", type=int, default=0, help="seed of a generated catalogue")
    webshop.add_argument("--verify", action="store_true", help="also compare all checksums")


def run(arguments: argparse.Namespace) -> int:
    """Compile and report."""
    console = Console()
    spec = catalogue_text(arguments)
    if arguments.path is None and not spec.startswith(("generated", "compact")):
        console.print(original_table())
        console.print(_ABOUT, highlight=False, soft_wrap=True)
    started = time.perf_counter()
    catalogue = _compile(spec, arguments)
    seconds = time.perf_counter() - started
    started = time.perf_counter()
    CompiledCatalogue.open(catalogue.path)
    console.print(report_table(catalogue, seconds, time.perf_counter() - started))
    if catalogue.counts.with_nouns < catalogue.counts.products:
        missing = catalogue.counts.products - catalogue.counts.with_nouns
        console.print(
            f"{missing} products have no title nouns; the reward computes them with spaCy, or give "
            "--nouns FILE.",
            style="yellow",
        )
    return 0


def catalogue_text(arguments: argparse.Namespace) -> str:
    """Return the catalogue that the arguments name, in the form ``open_catalogue`` takes.

    Raises:
        ValueError: If a path is given together with the size or profile of a generated catalogue.
    """
    invented = arguments.size is not None or arguments.profile is not None or arguments.seed != 0
    if arguments.path is not None:
        if invented:
            raise ValueError("give a path, or --size, --profile and --seed, not both")
        return str(arguments.path)
    if invented:
        name = "compact" if arguments.profile == "compact" else "generated"
        usual = COMPACT_SIZE if name == "compact" else DEFAULT_SIZE
        size = usual if arguments.size is None else arguments.size
        return f"{name}:{size}:{arguments.seed}"
    return "original" if os.environ.get(DATA_VARIABLE) else "default"


def _compile(spec: str, arguments: argparse.Namespace) -> CompiledCatalogue:
    with counting("compiling", "products", arguments.size) as show:
        return open_catalogue(spec, nouns=arguments.nouns, verify=arguments.verify, on_product=show)


def original_table() -> Table:
    """Return a table of the original files."""
    table = Table(title="WebShop's original files")
    for heading in ("file", "size", "holds"):
        table.add_column(heading)
    for row in _ORIGINAL_FILES:
        table.add_row(*row)
    return table


def report_table(catalogue: CompiledCatalogue, seconds: float, open_seconds: float) -> Table:
    """Return a table that describes a compiled catalogue."""
    counts = catalogue.counts
    table = Table(title=catalogue.source, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("products", f"{counts.products:,}")
    table.add_row("with an instruction", f"{counts.with_instruction:,}")
    table.add_row("goals", f"{counts.goals:,} of {counts.goal_products:,} products")
    for split in SPLITS:
        grades = ", ".join(
            f"{catalogue.goals.tasks(split, grade).num_tasks:,} {grade}" for grade in DIFFICULTIES
        )
        table.add_row(f"  {split}", f"{catalogue.goals.tasks(split).num_tasks:,} ({grades})")
    table.add_row("human goals", f"{counts.human_goals:,}")
    table.add_row("with title nouns", f"{counts.with_nouns:,}")
    table.add_row("not in the attribute file", f"{counts.undescribed:,}")
    table.add_row("fingerprint", catalogue.fingerprint)
    table.add_row("file", str(catalogue.path))
    table.add_row("file size", f"{catalogue.path.stat().st_size / 1e6:,.1f} MB")
    table.add_row("time", f"{seconds:.2f} s, opening again {1000 * open_seconds:.1f} ms")
    table.add_row("peak memory", peak_memory())
    return table
