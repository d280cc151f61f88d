"""Collections of game files: find them in a folder or archive, compile and check them.

ALFWorld publishes its games as archives; unpacked or not, a game is a file
``<...>/<split>/<task>/<trial>/game.tw-pddl``. As in the original, trials with ``movable`` or
``Sliced`` in their path are left out, and so are games that are not marked solvable.
"""

from __future__ import annotations

import hashlib
import lzma
import os
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePath, PurePosixPath
from typing import IO

from t2po_gym.data.arrayfile import ArrayFileError
from t2po_gym.data.compiling import compile_once
from t2po_gym.data.locate import DATA_VARIABLE, cache_dir, data_dir, file_digest, refusal
from t2po_gym.envs.alfworld.data.errors import GameDataError, GameFileError
from t2po_gym.envs.alfworld.data.game_file import MAX_GAME_BYTES, read_content
from t2po_gym.envs.alfworld.data.game_store import (
    SPLITS,
    STORE_VERSION,
    CompiledGames,
    GameFile,
    compile_games,
)

__all__ = [
    "OFFICIAL_COUNTS",
    "OFFICIAL_DIGESTS",
    "deviations",
    "find_data",
    "game_paths",
    "open_games",
    "split_of",
]

GAME_FILE = "game.tw-pddl"
ARCHIVES = (".tar", ".tar.xz", ".tar.gz", ".tgz", ".tar.bz2", ".zip")
LEFT_OUT = ("movable", "Sliced")
NO_SPLIT = "train"
"""Split of games outside any folder with a split's name."""

OFFICIAL_COUNTS: Mapping[str, int] = {"train": 3553, "valid_seen": 140, "valid_unseen": 134}
"""Number of games in each official split."""

OFFICIAL_DIGESTS: Mapping[str, str] = {
    "train": "e1bbb722b295e862e95687ebc4758050d64f7c287f17403d3563dd8ea8932633",
    "valid_seen": "50dc29195dacf173c81e09477f9f0633b3a419eab619bc11fd9bc69c7be329dc",
    "valid_unseen": "6987dc267baca71854e11447235a3d7bdb250e9fc2cd1ff62de534bb3ec617b8",
}
"""`CompiledGames.digests` of the official games of ALFWorld 0.4 (command ``move X to Y``)."""

_CHUNK = 1 << 20
_SOLVABLE = re.compile(rb'"solvable"\s*:\s*true')
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, EOFError, lzma.LZMAError, zlib.error)

OnGame = Callable[[int], None]


def find_data(spec: str | Path) -> Path:
    """Return the folder or file that a text names.

    Args:
        spec: ``official`` for the folder that ``T2PO_GYM_DATA`` names, or a path.

    Raises:
        GameDataError: If there is no such file or folder.
    """
    if str(spec) == "official":
        folder = data_dir("alfworld")
        if folder is None:
            raise GameDataError(
                f"{DATA_VARIABLE} is not set; set it to the folder that holds ALFWorld's games, or "
                "name that folder (see 't2po-gym data alfworld --help' for where to get them)"
            )
        spec = folder
    place = Path(spec).expanduser()
    if not place.exists():
        raise GameDataError(f"{place} does not exist; expected a folder or archive of games")
    return _archive_in(place) if place.is_dir() else place


def _archive_in(folder: Path) -> Path:
    """Return the folder, or its only archive if it contains no game file."""
    if next(game_paths(folder), None) is not None:
        return folder
    archives = sorted(path for path in folder.iterdir() if path.name.endswith(ARCHIVES))
    if len(archives) == 1:
        return archives[0]
    found = f"{len(archives)} archives" if archives else "no archive"
    raise GameDataError(
        f"{folder} holds no game file '<split>/<task>/<trial>/{GAME_FILE}' and {found}; name the "
        "folder or archive that has the games"
    )


def game_paths(folder: Path) -> Iterator[Path]:
    """Yield the game files below a folder in an order independent of the file system."""
    for place, folders, files in os.walk(folder):
        folders.sort()
        if GAME_FILE in files:
            yield Path(place) / GAME_FILE


def open_games(
    spec: str | Path, *, verify: bool = False, on_game: OnGame | None = None
) -> CompiledGames:
    """Open a collection of games, compiling it into the cache if necessary.

    Args:
        spec: ``official``, or a folder, archive or compiled file.
        verify: compare the checksums of the compiled file.
        on_game: called with the number of games read so far.

    Raises:
        GameDataError: If the data are missing, or cannot be read or written.
        GameFileError: If a game file cannot be used.
    """
    place = find_data(spec)
    if place.is_file() and not place.name.endswith(ARCHIVES):
        return CompiledGames.open(place, verify=verify)
    try:
        fingerprint = _fingerprint(place)
        path = cache_dir("alfworld") / f"{fingerprint[:16]}.arrays"

        def build(target: Path) -> None:
            compile_games(
                _counted(game_files(place), on_game),
                target,
                fingerprint=fingerprint,
                source=place.name,
            )

        return CompiledGames(compile_once(path, fingerprint, build, verify))
    except ArrayFileError as error:
        raise GameDataError(str(error)) from error
    except OSError as error:
        raise GameDataError(refusal(error, place)) from error


def _fingerprint(place: Path) -> str:
    """Return a fingerprint of the source: an archive's bytes, or a folder's file list."""
    digest = hashlib.sha256(f"alfworld/{STORE_VERSION}/".encode())
    if place.is_file():
        digest.update(file_digest(place).encode())
        return digest.hexdigest()
    for path in game_paths(place):
        status = path.stat()
        name = path.relative_to(place).as_posix()
        line = f"{name} {status.st_size} {status.st_mtime_ns}\n"
        digest.update(line.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _counted(files: Iterator[GameFile], on_game: OnGame | None) -> Iterator[GameFile]:
    for number, file in enumerate(files, start=1):
        if on_game is not None:
            on_game(number)
        yield file


def game_files(place: Path) -> Iterator[GameFile]:
    """Yield the game files of a folder or archive that the original would play.

    Raises:
        GameDataError: If the archive is damaged, or a file in it is too large for a game.
        GameFileError: If a file is not one JSON object.
    """
    for name, content in _contents(place):
        if any(word in name for word in LEFT_OUT) or not _is_solvable(name, content):
            continue
        path = PurePosixPath(name)
        yield GameFile(split=split_of(path), name="/".join(path.parts[-3:-1]), content=content)


def _is_solvable(name: str, content: bytes) -> bool:
    """Return whether a game is marked solvable. A cut-off file may lack the mark, so it raises."""
    if _SOLVABLE.search(content):
        return True
    try:
        return bool(read_content(content).get("solvable"))
    except GameFileError as error:
        raise GameFileError(f"{name}: {error}") from None


def split_of(path: PurePath) -> str:
    """Return the split whose folder contains a game file."""
    return next((part for part in reversed(path.parts[:-1]) if part in SPLITS), NO_SPLIT)


def _contents(place: Path) -> Iterator[tuple[str, bytes]]:
    """Yield path (starting with the folder or archive name) and content of each game file."""
    try:
        if place.is_dir():
            for path in game_paths(place):
                name = f"{place.name}/{path.relative_to(place).as_posix()}"
                with path.open("rb") as file:
                    yield name, _read(file, path.stat().st_size, name)
        elif place.suffix == ".zip":
            with zipfile.ZipFile(place) as archive:
                for entry in archive.infolist():
                    if PurePosixPath(entry.filename).name == GAME_FILE:
                        with archive.open(entry) as packed:
                            yield entry.filename, _read(packed, entry.file_size, entry.filename)
        else:
            yield from _tar_contents(place)
    except _DAMAGED as error:
        reason = str(error).partition("\n")[0]
        raise GameDataError(f"{place} is damaged ({reason}); fetch it again") from error


def _tar_contents(place: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(place, "r:*") as archive:
        for member in archive:
            if member.isfile() and PurePosixPath(member.name).name == GAME_FILE:
                packed = archive.extractfile(member)
                assert packed is not None  # it is a file
                yield member.name, _read(packed, member.size, member.name)
        # tarfile stops at a cut-off header; the damage shows only at the end of the stream.
        while archive.fileobj is not None and archive.fileobj.read(_CHUNK):
            pass


def _read(file: IO[bytes], size: int, name: str) -> bytes:
    if size > MAX_GAME_BYTES:
        raise GameDataError(
            f"{name} has {size / 1e6:.0f} MB; a game file has at most {MAX_GAME_BYTES / 1e6:.0f} MB"
        )
    return file.read()


def deviations(games: CompiledGames) -> list[str]:
    """Return sentences on how a collection differs from the official one; empty if it does not."""
    found = []
    for split, count in OFFICIAL_COUNTS.items():
        have = games.splits.get(split, 0)
        if have != count:
            found.append(f"{split} has {have} games; the official one has {count}.")
        elif games.digests[split] != OFFICIAL_DIGESTS[split]:
            found.append(f"{split} has {count} games, but not the content of the official ones.")
    return found
