"""``t2po-gym data searchqa``: find, check and index corpora and questions."""

import argparse
import os
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from t2po_gym.cli.data.compile_progress import counting, peak_memory
from t2po_gym.data.locate import DATA_VARIABLE, data_dir
from t2po_gym.envs.searchqa.data.panels import (
    PANELS,
    PanelManifest,
    make_manifest,
    panel_digest,
    panel_questions,
    write_manifest,
)
from t2po_gym.envs.searchqa.data.registry import LICENCES, PACKAGE, fetch_questions
from t2po_gym.envs.searchqa.data.world_files import StoredCorpus, StoredQuestions
from t2po_gym.envs.searchqa.generate.samples import sample_page
from t2po_gym.envs.searchqa.generate.world import DEFAULT_SIZE, MAX_SIZE, MIN_SIZE
from t2po_gym.envs.searchqa.sources import FileSource, GeneratedSource, Source, parse_spec
from t2po_gym.envs.searchqa.world.metrics import normalize
from t2po_gym.envs.searchqa.worlds import open_corpus, open_questions, question_splits

_SETS = (
    ("wiki-18 corpus", "14 GB", "PeterJinGo/wiki-18-corpus", "CC BY-SA 3.0"),
    ("NQ + HotpotQA, Search-R1's rows", "169,615 + 51,713", "PeterJinGo/nq_hotpotqa_train", ""),
    ("NQ", "79,168 / 8,757 / 3,610", "RUC-NLPIR/FlashRAG_datasets, nq", "CC BY-SA 3.0"),
    ("TriviaQA", "78,785 / 8,837 / 11,313", "the same, triviaqa", "Apache-2.0"),
    ("PopQA", "- / - / 14,267", "the same, popqa", "MIT"),
    ("HotpotQA", "90,447 / 7,405 / -", "the same, hotpotqa", "CC BY-SA 4.0"),
    ("2WikiMultihopQA", "15,000 / 12,576 / -", "the same, 2wikimultihopqa", "Apache-2.0"),
    ("MuSiQue", "19,938 / 2,417 / -", "the same, musique", "CC BY 4.0"),
    ("Bamboogle", "- / - / 125", "the same, bamboogle", "MIT"),
)

_ABOUT = f"""\
Generated worlds need no download. Real data are data sets of the Hugging Face hub (see the table).
Put a corpus (JSON lines with id and contents, or id, title and text; .gz and .xz are read directly)
and question files (train, dev or test in their names; JSON lines in FlashRAG's layout, or the
Parquet files of Search-R1 and verl-agent) into one folder and pass it, or set {DATA_VARIABLE} to
it. --from-registry takes questions with answers from {PACKAGE} (NQ, TriviaQA, SQuAD,
WebQuestions); the sets keep their own licences: {LICENCES}."""


def make_parser(environments: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the subcommand and its arguments."""
    parser = environments.add_parser(
        "searchqa",
        help="corpora and questions of Search QA",
        description="Check, de-duplicate and index a corpus and questions, and describe them.",
        epilog=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "path",
        nargs="?",
        help="folder or file, or a world such as generated:50000 (default: "
        f"{DATA_VARIABLE} if set, else the default world)",
    )
    parser.add_argument(
        "--size", type=int, metavar="N", help=f"generate {MIN_SIZE} to {MAX_SIZE} passages"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of a generated world")
    parser.add_argument("--verify", action="store_true", help="also compare all checksums")
    parser.add_argument(
        "--from-registry",
        type=Path,
        metavar="FOLDER",
        help=f"download questions from {PACKAGE} into this folder first",
    )
    parser.add_argument(
        "--panel", metavar="SPLIT[:N]", help="write a manifest of a split, or its first N questions"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="where --panel writes")
    parser.add_argument(
        "--samples", type=Path, metavar="FILE", help="write sample passages and questions"
    )


def run(arguments: argparse.Namespace) -> int:
    """Compile and report."""
    console = Console()
    if arguments.from_registry is not None:
        _fetch(console, arguments.from_registry)
    spec = world_text(arguments)
    source = parse_spec(spec)
    if arguments.samples is not None:
        _write_samples(source, arguments.samples)
    if not isinstance(source, FileSource) or source.corpus_files:
        started = time.perf_counter()
        corpus = _compile(spec, arguments.verify)
        console.print(corpus_table(corpus, time.perf_counter() - started))
    if not isinstance(source, FileSource) or source.question_files:
        started = time.perf_counter()
        sizes = question_splits(spec, verify=arguments.verify)
        splits = {split: open_questions(spec, split) for split in sizes}
        console.print(questions_table(splits, time.perf_counter() - started))
        if isinstance(source, GeneratedSource):
            console.print(panels_table(splits))
    if isinstance(source, FileSource):
        console.print(sets_table())
        console.print(_ABOUT, highlight=False, soft_wrap=True)
    if arguments.panel is not None:
        manifest = _write_panel(spec, arguments)
        console.print(f"{len(manifest.ids)} questions, sha256 {manifest.sha256}", soft_wrap=True)
    return 0


def world_text(arguments: argparse.Namespace) -> str:
    """Return the world that the arguments name.

    Raises:
        ValueError: If a path is given together with the size or seed of a generated world.
    """
    invented = arguments.size is not None or arguments.seed != 0
    if arguments.path is not None:
        if invented:
            raise ValueError("give a path, or --size and --seed, not both")
        return str(arguments.path)
    if invented:
        return f"generated:{arguments.size or DEFAULT_SIZE}:{arguments.seed}"
    if arguments.from_registry is not None:
        return str(arguments.from_registry)
    folder = data_dir("searchqa") if os.environ.get(DATA_VARIABLE) else None
    return "default" if folder is None else str(folder)


def _fetch(console: Console, folder: Path) -> None:
    table = Table("file", "questions", title=f"from {PACKAGE}")
    for name, count in fetch_questions(folder).items():
        table.add_row(str(folder / name), f"{count:,}")
    console.print(table)
    console.print(f"Licences: {LICENCES}", highlight=False, soft_wrap=True)


def _write_samples(source: Source, path: Path) -> None:
    if not isinstance(source, GeneratedSource):
        raise ValueError("--samples shows generated worlds; leave the path out or give --size.")
    path.write_text(sample_page(source.world), encoding="utf-8")


def _write_panel(spec: str, arguments: argparse.Namespace) -> PanelManifest:
    if arguments.out is None:
        raise ValueError("--panel needs --out FILE, where the manifest is written.")
    split, _, size = arguments.panel.partition(":")
    if size and not size.isdecimal():
        raise ValueError(f"--panel is {arguments.panel!r}; expected SPLIT or SPLIT:NUMBER.")
    questions = open_questions(spec, split)
    count = int(size) if size else len(questions)
    if not 1 <= count <= len(questions):
        raise ValueError(
            f"--panel is {arguments.panel!r}; {split} has {len(questions)} questions here, so N "
            f"must be from 1 to {len(questions)}."
        )
    chosen = [questions.question(number) for number in range(count)]
    manifest = make_manifest(arguments.out.stem, split, chosen)
    write_manifest(arguments.out, manifest)
    return manifest


def _compile(spec: str, verify: bool) -> StoredCorpus:
    with counting("indexing", "passages") as show:
        corpus, _ = open_corpus(spec, verify=verify, on_passage=show)
    return corpus


def sets_table() -> Table:
    """Return a table of the real data sets."""
    table = Table(title="Real data")
    for heading in ("set", "size: train / dev / test", "on the hub", "licence"):
        table.add_column(heading)
    for row in _SETS:
        table.add_row(*row)
    return table


def corpus_table(corpus: StoredCorpus, seconds: float) -> Table:
    """Return a table that describes a compiled corpus."""
    table = Table(title=corpus.source, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("passages", f"{len(corpus):,}")
    for name, count in sorted(corpus.notes.items()):
        table.add_row(name.replace("_", " "), f"{count:,}")
    table.add_row("corpus fingerprint", corpus.fingerprint)
    table.add_row("index fingerprint", corpus.retriever().fingerprint)
    table.add_row("file", str(corpus.path))
    table.add_row("file size", f"{corpus.path.stat().st_size / 1e6:,.1f} MB")
    table.add_row("time", f"{seconds:.2f} s")
    table.add_row("peak memory", peak_memory())
    return table


def questions_table(splits: dict[str, StoredQuestions], seconds: float) -> Table:
    """Return a table of compiled questions: sizes, hops, questions in several splits."""
    table = Table("split", "questions", "by hops", "also in", "fingerprint", title="Questions")
    seen: dict[str, str] = {}
    for split, questions in splits.items():
        shared: dict[str, int] = {}
        hops: dict[int, int] = {}
        for number in range(len(questions)):
            question = questions.question(number)
            hops[question.hops] = hops.get(question.hops, 0) + 1
            first = seen.setdefault(normalize(question.text), split)
            if first != split:
                shared[first] = shared.get(first, 0) + 1
        table.add_row(
            split,
            f"{len(questions):,}",
            ", ".join(f"{n or 'unknown'}: {count:,}" for n, count in sorted(hops.items())),
            ", ".join(f"{first}: {count:,}" for first, count in shared.items()) or "-",
            questions.fingerprint[:16],
        )
    table.caption = f"{seconds:.2f} s"
    return table


def panels_table(splits: dict[str, StoredQuestions]) -> Table:
    """Return a table of the fixed panels of a generated world."""
    table = Table("panel", "questions", "sha256", title="Panels")
    for name, (split, hops, size) in PANELS.items():
        chosen = panel_questions(splits[split], hops, size)
        listed = [chosen.question(number) for number in range(len(chosen))]
        table.add_row(name, str(len(chosen)), panel_digest(listed))
    return table
