"""A file of named numpy arrays, written once and memory-mapped by every process that reads it.

Layout, all integers little-endian::

    header    64 bytes: magic (16), offset of the table (8), its length (8), its sha256 (32)
    sections  raw array bytes in C order, each starting at a multiple of 64
    table     JSON (UTF-8, sorted keys): {"meta": ..., "sections": {name: {dtype, shape, ...}}}

The table comes last so that a section can be streamed before its length is known. The bytes depend
only on names, arrays and meta: no time stamp, no path, no process id.

Damage is detected. A file of up to 64 MB is checked completely the first time a process opens it.
For a larger file, the header, the table and the length are checked when it is opened, and each
array of up to 1 MB when it is first used; larger arrays are checked on request (``verify``).
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import secrets
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

MAGIC = b"T2PO-ARRAYS-0001"
"""First 16 bytes of a file; the digits are the layout version."""

_HEADER = struct.Struct("<16sQQ32s")
_ALIGNMENT = 64
_KINDS = "biufS"
_HASH_CHUNK = 1 << 22

CHECKED_WHOLE = 64 << 20
"""Files of up to this many bytes are checked completely when a process first opens them."""

CHECKED_ON_USE = 1 << 20
"""In a larger file, arrays of up to this many bytes are checked when they are first used."""

_MOST_REMEMBERED = 4096
Identity = tuple[str, int, int, int]
"""Path, inode, size and modification time, to detect that a file was replaced."""

_checked: set[Identity] = set()  # files that this process found undamaged


class ArrayFileError(ValueError):
    """The file is not a complete, readable array file, or is used in a way it does not allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The location of one array in the file.

    Attributes:
        dtype: numpy type string, always little-endian, e.g. ``"<u4"``.
        shape: shape of the array; the first axis is streamed.
        offset: first byte in the file, a multiple of 64.
        sha256: hex digest of the section's bytes.
    """

    dtype: str
    shape: tuple[int, ...]
    offset: int
    sha256: str

    @property
    def num_bytes(self) -> int:
        """Length in bytes."""
        size = np.dtype(self.dtype).itemsize
        for extent in self.shape:
            size *= extent
        return size


def _storage_dtype(dtype: DTypeLike, name: str) -> np.dtype[Any]:
    """Return `dtype` in little-endian order; reject types that cannot be stored as bytes."""
    wanted = np.dtype(dtype)
    if wanted.kind not in _KINDS or wanted.fields is not None or wanted.itemsize == 0:
        raise ArrayFileError(
            f"array {name!r} has type {wanted}, which cannot be stored; use bool, integer, "
            "float or fixed-width bytes."
        )
    return wanted.newbyteorder("<")


class ArrayFileWriter:
    """Write an array file section by section; memory is bounded by the largest append.

    The file appears under `path` only if the ``with`` block ends without an exception. Until then
    everything goes to a temporary file in the same folder, which is flushed to disk and renamed.

    Example:
        >>> with ArrayFileWriter(path, {"fingerprint": "1"}) as writer:   # doctest: +SKIP
        ...     writer.begin("numbers", np.uint32)
        ...     for chunk in chunks:
        ...         writer.append(chunk)
        ...     writer.end()
        ...     writer.write("more", np.arange(3))
    """

    def __init__(self, path: str | os.PathLike[str], meta: Mapping[str, Any]) -> None:
        self.path = Path(path)
        self.meta: dict[str, Any] = dict(meta)  # may be extended until the block ends
        self._sections: dict[str, Section] = {}
        self._file: BinaryIO | None = None
        self._temporary = self.path.with_name(f".{self.path.name}.{secrets.token_hex(8)}.tmp")
        self._name: str | None = None
        self._dtype = np.dtype(np.uint8)
        self._row: tuple[int, ...] = ()
        self._offset = 0
        self._count = 0
        self._digest = hashlib.sha256()

    def __enter__(self) -> ArrayFileWriter:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(self._temporary, "xb")
        self._file.write(bytes(_HEADER.size))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            if self._file is not None:
                self._file.close()
                self._file = None
            self._temporary.unlink(missing_ok=True)

    def begin(self, name: str, dtype: DTypeLike, row_shape: tuple[int, ...] = ()) -> None:
        """Open the section `name`; its rows have shape `row_shape` (scalars by default).

        Raises:
            ArrayFileError: If a section is still open, the name is taken, or the type is rejected.
        """
        if self._name is not None:
            raise ArrayFileError(f"section {self._name!r} is still open; call end() first.")
        if name in self._sections:
            raise ArrayFileError(f"section {name!r} was written before; names must be unique.")
        self._dtype = _storage_dtype(dtype, name)
        self._row = tuple(row_shape)
        out = self._open_file()
        out.write(bytes(-out.tell() % _ALIGNMENT))
        self._offset = out.tell()
        self._count = 0
        self._digest = hashlib.sha256()
        self._name = name

    def append(self, values: ArrayLike) -> None:
        """Add rows to the open section; the type must convert without loss of kind.

        Raises:
            ArrayFileError: If no section is open, or the rows have another shape or kind.
        """
        if self._name is None:
            raise ArrayFileError("no section is open; call begin(name, dtype) first.")
        array = np.asarray(values)
        if array.shape[1:] != self._row or array.ndim != len(self._row) + 1:
            raise ArrayFileError(
                f"section {self._name!r} takes rows of shape {self._row}, got an array of shape "
                f"{array.shape}."
            )
        if not np.can_cast(array.dtype, self._dtype, "same_kind"):
            raise ArrayFileError(
                f"section {self._name!r} stores {self._dtype}, got {array.dtype}; convert it."
            )
        data = np.ascontiguousarray(array, dtype=self._dtype)
        if data.size:
            view = data.reshape(-1).view(np.uint8).data
            self._open_file().write(view)
            self._digest.update(view)
        self._count += len(data)

    def end(self) -> None:
        """Close the open section."""
        if self._name is None:
            raise ArrayFileError("no section is open; call begin(name, dtype) first.")
        self._sections[self._name] = Section(
            dtype=self._dtype.str,
            shape=(self._count, *self._row),
            offset=self._offset,
            sha256=self._digest.hexdigest(),
        )
        self._name = None

    def write(self, name: str, array: NDArray[Any]) -> None:
        """Write a whole array (at least one-dimensional) as section `name`."""
        if array.ndim == 0:
            raise ArrayFileError(f"array {name!r} is a scalar; store it in meta or as shape (1,).")
        self.begin(name, array.dtype, array.shape[1:])
        step = max(1, _HASH_CHUNK // max(1, array[:1].nbytes))
        for start in range(0, len(array), step):  # in chunks: a memory map is not copied whole
            self.append(array[start : start + step])
        self.end()

    def _open_file(self) -> BinaryIO:
        if self._file is None:
            raise ArrayFileError("the writer is not open; use it in a with statement.")
        return self._file

    def _finish(self) -> None:
        if self._name is not None:
            raise ArrayFileError(f"section {self._name!r} was begun and not ended.")
        out = self._open_file()
        table = {
            "meta": self.meta,
            "sections": {
                name: {"dtype": s.dtype, "shape": s.shape, "offset": s.offset, "sha256": s.sha256}
                for name, s in self._sections.items()
            },
        }
        data = json.dumps(table, sort_keys=True, separators=(",", ":")).encode()
        offset = out.tell()
        out.write(data)
        out.seek(0)
        out.write(_HEADER.pack(MAGIC, offset, len(data), hashlib.sha256(data).digest()))
        out.flush()
        os.fsync(out.fileno())
        out.close()
        os.replace(self._temporary, self.path)
        _sync_folder(self.path.parent)


def _sync_folder(folder: Path) -> None:
    """Make a rename durable; systems that cannot open folders (Windows) need no sync."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_arrays(
    path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]
) -> None:
    """Write `arrays` and JSON-able `meta` to `path`, atomically.

    Raises:
        ArrayFileError: If an array has a type that cannot be stored, or no axis.
        TypeError: If `meta` cannot be written as JSON.
    """
    with ArrayFileWriter(path, meta) as writer:
        for name, array in arrays.items():
            writer.write(name, array)


class ArrayFile(Mapping[str, NDArray[Any]]):
    """A memory-mapped array file: a read-only mapping from names to array views, without copies.

    Processes that open the same file share its pages. An array stays valid after `close`, since
    it keeps the map alive. Pickling stores only the path, so a copy reopens the file.
    """

    def __init__(
        self,
        path: Path,
        data: mmap.mmap,
        sections: Mapping[str, Section],
        meta: dict[str, Any],
        identity: Identity,
    ) -> None:
        self.path = path
        self.meta = meta
        self.identity = identity
        self._data: mmap.mmap | None = data
        self._sections = dict(sections)
        self._table_start = len(data)
        self._check_on_use = False
        self._views: dict[str, NDArray[Any]] = {}

    @classmethod
    def open(cls, path: str | os.PathLike[str], verify: bool = False) -> ArrayFile:
        """Map `path`; with `verify`, also compare every section with its checksum.

        Raises:
            FileNotFoundError: If there is no such file.
            ArrayFileError: If it is not an array file, has another version, or is cut off or
                damaged.
        """
        source = Path(path)
        with open(source, "rb") as file:
            header = file.read(_HEADER.size)
            if len(header) < _HEADER.size or header[:11] != MAGIC[:11]:
                raise ArrayFileError(
                    f"{source} is no file compiled by t2po-gym; give the data it is made from, or "
                    "compile it again."
                )
            magic, offset, length, digest = _HEADER.unpack(header)
            if magic != MAGIC:
                raise ArrayFileError(
                    f"{source} has layout {magic!r}, this version reads {MAGIC!r}; compile it "
                    "again."
                )
            # From the open file, since another file may take its path meanwhile.
            identity = file_identity(source, os.fstat(file.fileno()))
            size = identity[2]
            whole = offset + length == size  # checked first: a wrong length may exceed memory
            file.seek(offset if whole else 0)
            table = file.read(length) if whole else b""
            if not whole or hashlib.sha256(table).digest() != digest:
                raise ArrayFileError(f"{source} is cut off or damaged; compile it again.")
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        content = json.loads(table)
        sections = {
            name: Section(
                dtype=s["dtype"], shape=tuple(s["shape"]), offset=s["offset"], sha256=s["sha256"]
            )
            for name, s in content["sections"].items()
        }
        opened = cls(source, data, sections, content["meta"], identity)
        opened._table_start = offset
        small = len(data) <= CHECKED_WHOLE
        if verify or (small and identity not in _checked):
            opened.verify()
        opened._check_on_use = not (verify or small)
        return opened

    def __getitem__(self, name: str) -> NDArray[Any]:
        view = self._views.get(name)
        if view is None:
            section = self._sections.get(name)
            if section is None:
                raise KeyError(f"{self.path} has no array {name!r}; it has {sorted(self)}")
            if self._check_on_use and section.num_bytes <= CHECKED_ON_USE:
                self._check(name, section)
            dtype = np.dtype(section.dtype)
            count = section.num_bytes // dtype.itemsize
            if count:
                flat = np.frombuffer(self._map(), dtype, count, section.offset)
            else:
                flat = np.empty(0, dtype)
                flat.flags.writeable = False
            view = self._views[name] = flat.reshape(section.shape)
        return view

    def __iter__(self) -> Iterator[str]:
        return iter(self._sections)

    def __len__(self) -> int:
        return len(self._sections)

    def __reduce__(self) -> tuple[Callable[[Path], ArrayFile], tuple[Path]]:
        return ArrayFile.open, (self.path,)

    def __enter__(self) -> ArrayFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def names(self) -> tuple[str, ...]:
        """Names of the arrays, sorted."""
        return tuple(sorted(self._sections))

    def section(self, name: str) -> Section:
        """Return the type, shape, offset and checksum of one array."""
        return self._sections[name]

    def verify(self) -> None:
        """Check every byte: arrays by checksum, gaps for being 0.

        Raises:
            ArrayFileError: At the first difference.
        """
        data, end = memoryview(self._map()), _HEADER.size
        for name, section in sorted(self._sections.items(), key=lambda item: item[1].offset):
            self._check_gap(data[end : section.offset])
            self._check(name, section)
            end = max(end, section.offset + section.num_bytes)  # an empty section shares its offset
        self._check_gap(data[end : self._table_start])
        if len(_checked) >= _MOST_REMEMBERED:
            _checked.clear()
        _checked.add(self.identity)

    def _check(self, name: str, section: Section) -> None:
        digest, data = hashlib.sha256(), memoryview(self._map())
        end = section.offset + section.num_bytes
        for start in range(section.offset, end, _HASH_CHUNK):
            digest.update(data[start : min(end, start + _HASH_CHUNK)])
        if digest.hexdigest() != section.sha256:
            raise ArrayFileError(
                f"array {name!r} of {self.path} does not match its checksum; compile the file "
                "again."
            )

    def _check_gap(self, gap: memoryview) -> None:
        if gap.tobytes().strip(b"\0"):
            raise ArrayFileError(f"{self.path} is damaged between its arrays; compile it again.")

    def close(self) -> None:
        """Release the map; it is freed when the last array taken from it is gone."""
        self._views.clear()
        self._data = None

    def _map(self) -> mmap.mmap:
        if self._data is None:
            raise ArrayFileError(f"{self.path} was closed; open it again.")
        return self._data


def file_identity(path: Path, status: os.stat_result) -> Identity:
    """Return the identity of a file, which changes when the file is replaced."""
    return os.path.realpath(path), status.st_ino, status.st_size, status.st_mtime_ns
