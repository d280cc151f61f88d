"""The start page: choose an episode and begin it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from t2po_gym.core.env import TextEnv
from t2po_gym.server.env_seat import EnvSeat
from t2po_gym.server.forms import BadForm
from t2po_gym.server.recorder import TraceFile
from t2po_gym.server.seats import Seat
from t2po_gym.server.views import view_of

__all__ = ["Lobby"]

MAX_SEED = 2**31
MAX_TASK_DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Lobby:
    """What can be played.

    Example: ``Lobby(make=partial(make_env, "t2po/WebShop-v0"), splits=("train", "test"))``
    """

    make: Callable[..., TextEnv]
    """Makes an environment from the arguments that the player chose."""

    splits: tuple[str, ...]
    """Splits to choose from; the first one is chosen if the player says nothing."""

    difficulties: tuple[str, ...] = ()
    """Difficulties to choose from; empty where the tasks have none."""

    show_progress: bool = False
    """Whether plain pages tell the player the progress."""

    record: TraceFile | None = None
    """Where episodes are recorded."""

    seed: Callable[[], int] = field(default=lambda: secrets.randbelow(MAX_SEED))
    """Gives the seed of each episode."""

    def start(self, fields: Mapping[str, str]) -> tuple[str, Seat]:
        """Begin the episode that a form asks for; returns the folder of its pages and the seat.

        Raises:
            BadForm: If there is no such episode.
        """
        chosen: dict[str, Any] = {"split": self._one_of(fields, "split", self.splits)}
        if fields.get("difficulty"):
            chosen["difficulty"] = self._one_of(fields, "difficulty", self.difficulties)
        options = _task(fields.get("task", "").strip())
        env = None
        try:
            env = self.make(**chosen)
            folder, view = view_of(env, show_progress=self.show_progress)
            seat = EnvSeat(env, view, seed=self.seed(), options=options, record=self.record)
        except ValueError as error:
            if env is not None:
                env.close()
            raise BadForm(400, str(error)) from error
        return folder, seat

    def _one_of(self, fields: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
        value = fields.get(name) or known[0]
        if value not in known:
            raise BadForm(400, f"There is no {name} of that name; choose one of the list.")
        return value


def _task(text: str) -> dict[str, Any] | None:
    """Return the reset options of a typed task number; None for a random task."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_TASK_DIGITS):
        raise BadForm(400, "A task is a whole number from 0; leave it empty for a random one.")
    return {"task_index": int(text)}
