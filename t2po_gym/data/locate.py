"""Where data lives: the cache of compiled files, the user's original data, and file checksums.

Two environment variables move things:

- ``T2PO_GYM_CACHE``: folder of compiled files (default: the user's cache folder).
- ``T2PO_GYM_DATA``: folder with original data, either directly or in one folder per environment.
"""

import hashlib
import json
import os
import secrets
from contextlib import suppress
from pathlib import Path

import platformdirs

CACHE_VARIABLE = "T2PO_GYM_CACHE"
"""Environment variable that names the cache folder."""

DATA_VARIABLE = "T2PO_GYM_DATA"
"""Environment variable that names the folder of original data."""

_DIGESTS = "digests.json"
_CHUNK = 1 << 20


class CacheFolderError(ValueError):
    """The folder for compiled files cannot be one."""


def cache_dir() -> Path:
    """Return the folder for compiled files; it need not exist yet.

    Raises:
        CacheFolderError: its path leads through a file.
    """
    named = os.environ.get(CACHE_VARIABLE)
    folder = Path(named) if named else platformdirs.user_cache_path("t2po-gym")
    there = next((place for place in (folder, *folder.parents) if place.exists()), None)
    if there is not None and not there.is_dir():
        raise CacheFolderError(
            f"{there} is a file, and compiled files need a folder; set {CACHE_VARIABLE} to one."
        )
    return folder


def data_dir(environment: str) -> Path | None:
    """Return the folder of an environment's original data, None when no variable names one.

    Args:
        environment: Folder name to prefer inside ``T2PO_GYM_DATA``, for example ``webshop``.
    """
    named = os.environ.get(DATA_VARIABLE)
    if not named:
        return None
    inside = Path(named) / environment
    return inside if inside.is_dir() else Path(named)


def file_digest(path: Path) -> str:
    """Return the sha256 of a file's content, as hex.

    The digest is remembered in the cache folder together with the file's size and modification
    time, so that a file of gigabytes is read once and not at every start.

    Raises:
        OSError: the file cannot be read.
    """
    place = str(path.resolve())
    status = path.stat()
    stamp = [status.st_size, status.st_mtime_ns]
    try:
        memory = cache_dir() / _DIGESTS
    except CacheFolderError:  # nothing can be remembered; what needs the folder will say so
        return _digest(path)
    known = _read_digests(memory)
    entry = known.get(place)
    if entry is not None and entry[:2] == stamp:
        return str(entry[2])
    found = _digest(path)
    known[place] = [*stamp, found]
    _write_digests(memory, known)
    return found


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _read_digests(memory: Path) -> dict[str, list[int | str]]:
    """Return the remembered digests; a missing or damaged memory counts as empty."""
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(known, dict):
        return {}
    return {
        place: entry
        for place, entry in known.items()
        if isinstance(entry, list) and len(entry) == 3
    }


def _write_digests(memory: Path, known: dict[str, list[int | str]]) -> None:
    """Remember digests; where the cache cannot be written they are computed again next time."""
    temporary = memory.with_name(f".{memory.name}.{secrets.token_hex(8)}.tmp")
    with suppress(OSError):
        memory.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_text(json.dumps(known, indent=0, sort_keys=True), encoding="utf-8")
            temporary.replace(memory)
        finally:
            temporary.unlink(missing_ok=True)
