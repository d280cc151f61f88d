"""Dense retrieval: passages and queries as vectors, ranked by inner product.

The user supplies the encoder: a function from texts to an array, such as the ``encode`` of a
sentence-embedding model. Vectors are searched with FAISS if a FAISS index is given, otherwise
exactly, by matrix products over a memory-mapped array.
"""

from __future__ import annotations

import hashlib
import importlib
import threading
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from t2po_gym.data.arrayfile import ArrayFile, ArrayFileWriter
from t2po_gym.data.compiling import FINGERPRINT_KEY
from t2po_gym.retrieval.protocol import Hit, RetrievalError, check_k

__all__ = ["DenseRetriever", "Encoder", "FaissIndex", "encode_passages", "read_faiss"]

Encoder = Callable[[Sequence[str]], NDArray[np.floating[Any]]]
"""Maps texts to vectors, ``[texts, dimensions]``; equal texts get equal vectors."""

_BLOCK = 1 << 16  # vectors multiplied at once
_MISSING = "Reading a FAISS index needs faiss; run `pip install 't2po-gym[faiss]'`."


class FaissIndex(Protocol):
    """The part of a FAISS index that is used."""

    d: int
    """Dimensions."""

    ntotal: int
    """Number of vectors."""

    def search(self, x: NDArray[np.float32], k: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return scores and numbers of the best `k` for each row; number -1 if there is none."""


class DenseRetriever:
    """Rank passages by the inner product of their vectors with the query's.

    Args:
        encode: encodes queries; it must add a prefix such as ``query:`` if the model needs one.
        vectors: vectors of the passages in the order of their numbers, or a FAISS index of them.
        fingerprint: hex digest of the corpus, the model and the text preparation.

    Raises:
        ValueError: If `vectors` is not a matrix.
    """

    def __init__(
        self, encode: Encoder, vectors: NDArray[np.floating[Any]] | FaissIndex, fingerprint: str
    ) -> None:
        if isinstance(vectors, np.ndarray) and vectors.ndim != 2:
            raise ValueError(
                f"the vectors have {vectors.ndim} axes; expected [passages, dimensions]."
            )
        self._encode = encode
        self._vectors = vectors
        self._fingerprint = fingerprint
        self._lock = threading.Lock()

    @property
    def fingerprint(self) -> str:
        """Digest of corpus, model and preparation."""
        return self._fingerprint

    def __len__(self) -> int:
        if isinstance(self._vectors, np.ndarray):
            return len(self._vectors)
        return int(self._vectors.ntotal)

    @property
    def dimensions(self) -> int:
        """Length of the vectors."""
        if isinstance(self._vectors, np.ndarray):
            return int(self._vectors.shape[1])
        return int(self._vectors.d)

    def search(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
        """Return the best `k` passages for each query, equal scores by number.

        Raises:
            RetrievalError: If the encoder returned vectors of another shape.
        """
        check_k(k)
        if not queries:
            return []
        with self._lock:
            asked = _matrix(self._encode(queries), len(queries), self.dimensions)
            if isinstance(self._vectors, np.ndarray):
                return [_best(self._vectors, one, k) for one in asked]
            scores, numbers = self._vectors.search(asked, min(k, len(self)))
        return [
            [Hit(int(n), float(s)) for n, s in zip(row, values, strict=True) if n >= 0]
            for row, values in zip(numbers, scores, strict=True)
        ]


def encode_passages(
    path: Path,
    contents: Iterable[str],
    encode: Encoder,
    *,
    fingerprint: str,
    batch_size: int = 256,
    dtype: str = "<f2",
) -> NDArray[np.floating[Any]]:
    """Encode passages into a file and return their memory-mapped vectors.

    Args:
        path: the file.
        contents: texts of the passages in order; read once.
        encode: encodes passages.
        fingerprint: digest of corpus, model and preparation; stored in the file.
        batch_size: texts encoded at once.
        dtype: how vectors are stored; half precision by default.

    Raises:
        RetrievalError: If the encoder did not return one vector per text.
        ValueError: If there is no passage.
    """
    rest = iter(contents)
    first = list(islice(rest, batch_size))
    if not first:
        raise ValueError("there are no passages to encode.")
    vectors = np.asarray(encode(first))
    dimensions = vectors.shape[-1] if vectors.ndim == 2 else 0
    with ArrayFileWriter(path, {FINGERPRINT_KEY: fingerprint}) as writer:
        writer.begin("vectors", dtype, (dimensions,))
        batch = first
        while batch:
            writer.append(_matrix(vectors, len(batch), dimensions).astype(dtype))
            batch = list(islice(rest, batch_size))
            vectors = np.asarray(encode(batch)) if batch else vectors
        writer.end()
    return ArrayFile.open(path)["vectors"]


def read_faiss(path: Path) -> tuple[FaissIndex, str]:
    """Read a FAISS index, memory-mapped if its type allows it, and the sha256 of its file.

    Raises:
        RetrievalError: If faiss is not installed, or the file is not an index.
    """
    try:
        faiss = importlib.import_module("faiss")
    except ImportError as error:
        raise RetrievalError(_MISSING) from error
    try:
        index: FaissIndex = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
    except RuntimeError as error:
        raise RetrievalError(f"{path} is no FAISS index: {error}.") from error
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return index, digest.hexdigest()


def _matrix(vectors: NDArray[np.floating[Any]], rows: int, dimensions: int) -> NDArray[np.float32]:
    """Check and return an encoder's output."""
    found = np.ascontiguousarray(vectors, dtype=np.float32)
    if found.shape != (rows, dimensions) or not dimensions:
        raise RetrievalError(
            f"The encoder returned an array of shape {found.shape} for {rows} texts; expected "
            f"{(rows, dimensions) if dimensions else (rows, 'dimensions')}."
        )
    return found


def _best(vectors: NDArray[np.floating[Any]], asked: NDArray[np.float32], k: int) -> list[Hit]:
    """Return the best `k`, multiplying block by block."""
    numbers, scores = np.zeros(0, np.int64), np.zeros(0, np.float32)
    for first in range(0, len(vectors), _BLOCK):
        block = vectors[first : first + _BLOCK].astype(np.float32, copy=False)
        scores = np.concatenate((scores, block @ asked))
        numbers = np.concatenate((numbers, np.arange(first, first + len(block))))
        if len(scores) > k:
            place = len(scores) - k
            kept = np.flatnonzero(scores >= np.partition(scores, place)[place])
            numbers, scores = numbers[kept], scores[kept]
    order = np.lexsort((numbers, -scores))[:k]
    return [Hit(int(numbers[n]), float(scores[n])) for n in order]
