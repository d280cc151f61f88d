"""Data locations: the cache of compiled files, the user's original data, and file checksums.

Two environment variables change them:

- ``T2PO_GYM_CACHE``: folder of compiled files (default: the user's cache folder).
- ``T2PO_GYM_DATA``: folder of original data, directly or in one subfolder per environment.
"""

import errno
import hashlib
import json
import os
import secrets
from contextlib import suppress
from pathlib import Path

import platformdirs

from t2po_gym.data.json_text import parse_json

CACHE_VARIABLE = "T2PO_GYM_CACHE"
"""Environment variable that names the cache folder."""

DATA_VARIABLE = "T2PO_GYM_DATA"
"""Environment variable that names the folder of original data."""

_DIGESTS = "digests.json"
_FULL = (errno.ENOSPC, errno.EDQUOT) if hasattr(errno, "EDQUOT") else (errno.ENOSPC,)
_CHUNK = 1 << 20


class CacheFolderError(ValueError):
    """The path for compiled files cannot be a folder."""


def cache_dir(environment: str = "") -> Path:
    """Return the folder for compiled files, which may not exist yet.

    Args:
        environment: Name of a subfolder, for example ``webshop``.

    Raises:
        CacheFolderError: If its path leads through a file or a broken link.
    """
    folder = _cache_root() / environment
    # os.path does not raise; a folder that cannot be entered is reported when it is used.
    there = next((place for place in (folder, *folder.parents) if os.path.lexists(place)), None)
    if there is not None and not os.path.isdir(there):
        kind = "a file" if os.path.exists(there) else "a link that leads nowhere"
        raise CacheFolderError(
            f"{there} is {kind}, and compiled files need a folder; set {CACHE_VARIABLE} to one."
        )
    return folder


def _cache_root() -> Path:
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named) if named else platformdirs.user_cache_path("t2po-gym")


def refusal(error: OSError, place: str | Path = "the cache folder") -> str:
    """Return one sentence, without a full stop, on what the system refused and what to do.

    Args:
        error: The error from the system.
        place: What it was about, if the error names no file.
    """
    named = str(error.filename or place)
    reason = error.strerror or str(error)
    if error.errno in _FULL:
        return (
            f"the disk is full while writing {named}; free some space, or set {CACHE_VARIABLE} to "
            "a folder on another disk"
        )
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return (
            f"no permission for {named}; change its permissions, or set {CACHE_VARIABLE} to a "
            "folder that can be written"
        )
    if _concerns_cache(named):
        return (
            f"compiled files cannot be kept at {named} ({reason}); set {CACHE_VARIABLE} to a "
            "folder that can be written"
        )
    if isinstance(error, FileNotFoundError):
        return f"{named} does not exist"
    return f"{named} cannot be used: {reason}"


def _concerns_cache(place: str) -> bool:
    root, asked = Path(os.path.abspath(_cache_root())), Path(os.path.abspath(place))
    # If a parent folder of the cache cannot be made, the error names the parent.
    return asked.is_relative_to(root) or root.is_relative_to(asked)


def data_dir(environment: str) -> Path | None:
    """Return the folder of an environment's original data; None if no variable names one.

    Args:
        environment: Preferred subfolder of ``T2PO_GYM_DATA``, for example ``webshop``.
    """
    named = os.environ.get(DATA_VARIABLE)
    if not named:
        return None
    inside = Path(named) / environment
    return inside if inside.is_dir() else Path(named)


def file_digest(path: Path) -> str:
    """Return the sha256 of a file's content as hex.

    The digest is stored in the cache folder with the file's size and modification time, so that a
    file of gigabytes is read once and not at every start.

    Raises:
        OSError: If the file cannot be read.
    """
    place = str(path.resolve())
    status = path.stat()
    stamp = [status.st_size, status.st_mtime_ns]
    try:
        memory = cache_dir() / _DIGESTS
    except CacheFolderError:  # nothing can be stored; code that needs the folder will raise
        return content_digest(path)
    known = _read_digests(memory)
    entry = known.get(place)
    if entry is not None and entry[:2] == stamp:
        return str(entry[2])
    found = content_digest(path)
    known[place] = [*stamp, found]
    _write_digests(memory, known)
    return found


def content_digest(path: Path) -> str:
    """Return the sha256 of a file's content as hex, read now and in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _read_digests(memory: Path) -> dict[str, list[int | str]]:
    """Return the stored digests; a missing or damaged file counts as empty."""
    try:
        known = parse_json(memory.read_bytes())
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
    """Store digests; if the cache is not writable, they are computed again next time."""
    temporary = memory.with_name(f".{memory.name}.{secrets.token_hex(8)}.tmp")
    with suppress(OSError):
        memory.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_text(json.dumps(known, indent=0, sort_keys=True), encoding="utf-8")
            temporary.replace(memory)
        finally:
            temporary.unlink(missing_ok=True)
