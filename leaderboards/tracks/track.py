"""Tracks: `tracks.toml` as checked values."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from t2po_gym.evaluation.records import HashOrNone

from .toml_file import read_toml

__all__ = [
    "DIGESTS",
    "PANELS",
    "TRACKS",
    "VARIABLE",
    "Track",
    "base_seed",
    "board_root",
    "find_track",
    "load_tracks",
]

TRACKS, PANELS, DIGESTS = "tracks.toml", "panels", "digests.json"
VARIABLE = "T2PO_GYM_LEADERBOARD"
"""Environment variable with the folder of a board of your own."""


class Track(BaseModel):
    """One track of the board.

    Example: `find_track("webshop-compact").env_kwargs["max_turns"]` is 8.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern="^[a-z0-9]+(-[a-z0-9]+)*$")]
    """Name, as in file names."""
    title: str
    """Heading on the page."""
    family: str
    """Environment in words: WebShop, ALFWorld, Search QA."""
    summary: str
    """What is played, in a sentence."""
    rules: tuple[str, ...]
    """What holds beyond the common rules, a sentence each."""
    env_id: str
    """Registered id."""
    env_kwargs: Mapping[str, Any]
    """All arguments of the environment, split and turn limit among them."""
    tasks: Annotated[int, Field(ge=0)] = 0
    """Evenly spaced tasks of the split; 0 for all."""
    trials: Annotated[int, Field(ge=1, le=100)] = 1
    """Fewest trials of every task; a submission may play more."""
    primary: Literal["success", "score"] = "success"
    """The metric that ranks."""
    parsers: tuple[str, ...] = ("tagged",)
    """Parsers of replies that may be used."""
    data: str = ""
    """Where its data come from, if they do not come with the package; empty if they do."""
    fresh: bool = False
    """Whether the world is drawn from the commit that a submission is based on."""
    fingerprint: HashOrNone = ""
    """Digest of the environment; empty on fresh tracks."""
    panel_sha256: HashOrNone = ""
    """Digest of the panel's file; empty on fresh tracks."""

    @property
    def max_turns(self) -> int:
        """Most turns of an episode."""
        return int(self.env_kwargs["max_turns"])

    def kwargs(self, base: str = "") -> dict[str, Any]:
        """Return the environment's arguments; on a fresh track `base` is filled in.

        Raises:
            ValueError: If a fresh track is given no commit, or another one is given one.
        """
        if self.fresh != bool(base):
            need = "needs the commit it is based on (--base)" if self.fresh else "takes no --base"
            raise ValueError(f"The track {self.id} {need}.")
        seed = base_seed(self.id, base) if base else 0
        return {
            key: value.replace("{seed}", str(seed)) if isinstance(value, str) else value
            for key, value in self.env_kwargs.items()
        }


def base_seed(track: str, commit: str) -> int:
    """Return the seed of a fresh world: nobody knows it before the commit exists."""
    return int.from_bytes(sha256(f"{track}/{commit}".encode()).digest()[:4], "big") >> 1


def board_root() -> Path:
    """Return the folder with tracks and panels: the package's, or the one of a board of your own.

    Raises:
        ValueError: If the folder that T2PO_GYM_LEADERBOARD names has no tracks.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return Path(__file__).resolve().parents[1]
    if not (Path(named) / TRACKS).is_file():
        raise ValueError(f"{VARIABLE} names {named}, which has no {TRACKS}.")
    return Path(named)


def load_tracks() -> Mapping[str, Track]:
    """Return all tracks by name, in the order of the board.

    Raises:
        ValueError: If the file is no list of tracks.
    """
    return _load(board_root())


@cache
def _load(root: Path) -> Mapping[str, Track]:
    known = root / PANELS / DIGESTS
    digests = json.loads(known.read_text(encoding="utf-8")) if known.is_file() else {}
    try:
        found = {
            name: Track(id=name, **entry, **digests.get(name, {}))
            for name, entry in read_toml(root / TRACKS).items()
        }
    except (ValidationError, TypeError) as error:
        raise ValueError(f"{TRACKS}: {error}") from error
    return found


def find_track(name: str) -> Track:
    """Return a track.

    Raises:
        ValueError: If there is none of this name.
    """
    tracks = load_tracks()
    if name not in tracks:
        raise ValueError(f"There is no track {name!r}; there are {', '.join(tracks)}.")
    return tracks[name]
