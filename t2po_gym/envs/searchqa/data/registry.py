"""Real questions and answers from a package registry, for when no other download is possible.

The wheel of pyserini 0.12.0 contains question sets as used by the dense passage retriever: NQ and
TriviaQA (dev and test), SQuAD and WebQuestions (test). They are downloaded on request and are never
part of this package; each keeps its own licence. CuratedTREC is left out, since its answers are
regular expressions.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from t2po_gym.data.json_text import parse_json
from t2po_gym.data.registries import DownloadError, fetch_wheel
from t2po_gym.envs.searchqa.data.errors import DataFileError

PACKAGE = "pyserini==0.12.0"
"""The package to download: 67 MB, not installed."""

FILES = {
    "nq/dev.jsonl": "topics.dpr.nq.dev.txt",
    "nq/test.jsonl": "topics.dpr.nq.test.txt",
    "triviaqa/dev.jsonl": "topics.dpr.trivia.dev.txt",
    "triviaqa/test.jsonl": "topics.dpr.trivia.test.txt",
    "squad/test.jsonl": "topics.dpr.squad.test.txt",
    "webquestions/test.jsonl": "topics.dpr.wq.test.txt",
}
"""Files to write, and the location of their questions in the package."""

LICENCES = "NQ CC BY-SA 3.0; TriviaQA Apache-2.0; SQuAD CC BY-SA 4.0; WebQuestions CC BY 4.0"
"""Licences of the sets, as stated by their authors."""

_FOLDER = "topics-and-qrels/"
_UNREADABLE = (  # what readers of JSON, of tables and of Python's literals raise
    ValueError,
    KeyError,
    TypeError,
    StopIteration,
    csv.Error,
    SyntaxError,
    RecursionError,
    MemoryError,
)


def fetch_questions(folder: Path) -> dict[str, int]:
    """Download the package and write its questions in FlashRAG's layout.

    Args:
        folder: where to write ``nq/dev.jsonl`` and so on.

    Returns:
        Number of questions by file.

    Raises:
        DataFileError: If the package cannot be downloaded or has unexpected contents.
    """
    with tempfile.TemporaryDirectory() as temporary:
        try:
            wheel = fetch_wheel(PACKAGE, Path(temporary))
        except DownloadError as error:
            raise DataFileError(str(error)) from error
        return write_questions_of(wheel, folder)


def write_questions_of(wheel: Path, folder: Path) -> dict[str, int]:
    """Write the questions in a wheel of the package to a folder; return their number by file.

    Raises:
        DataFileError: If the wheel has unexpected contents.
    """
    counts = {}
    try:
        with zipfile.ZipFile(wheel) as outer:
            jar = next(name for name in outer.namelist() if name.endswith(".jar"))
            with zipfile.ZipFile(io.BytesIO(outer.read(jar))) as inner:
                for target, name in FILES.items():
                    text = inner.read(_FOLDER + name).decode("utf-8")
                    counts[target] = _write(folder / target, list(_rows(text, target)))
    except (OSError, zipfile.BadZipFile, KeyError, StopIteration, UnicodeDecodeError) as error:
        raise DataFileError(f"{wheel.name} does not hold the question files: {error!r}.") from error
    return counts


def _rows(text: str, target: str) -> Iterator[dict[str, object]]:
    """Yield rows of FlashRAG's layout from one of the two layouts of the package."""
    source, _, split = target.removesuffix(".jsonl").partition("/")
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    tables = csv.reader(lines, delimiter="\t")
    for number, line in enumerate(lines):
        try:
            if line.startswith("{"):
                row = parse_json(line)
                question, answers = row["question"], row["answer"]
            else:
                question, listed = next(tables)
                answers = ast.literal_eval(listed)
        except _UNREADABLE as error:
            raise DataFileError(
                f"Line {number + 1} of the questions for {target} cannot be read: {line[:60]!r}."
            ) from error
        yield {
            "id": f"{split}_{number}",
            "question": question.strip(),
            "golden_answers": list(dict.fromkeys(answers)),
            "data_source": source,
        }


def _write(path: Path, rows: list[dict[str, object]]) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return len(rows)
