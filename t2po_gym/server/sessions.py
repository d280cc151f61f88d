"""Sessions: a bounded number of seats behind unguessable names that expire."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar

__all__ = ["Place", "Sessions", "SessionsFull"]

TOKEN_BYTES = 18
"""Random bytes of a token; 144 bits cannot be guessed."""


class Closing(Protocol):
    """Anything that is let go of."""

    def close(self) -> None:
        """Let go of it; called once, when the session ends or is dropped."""
        ...


SeatT = TypeVar("SeatT", bound=Closing)


class SessionsFull(RuntimeError):  # noqa: N818 - it names a state, not a malfunction
    """All sessions are in use."""


@dataclass(slots=True, kw_only=True)
class Place(Generic[SeatT]):
    """A seat in use."""

    seat: SeatT
    """The seat."""

    begun: float
    """When it was taken, in seconds of the clock."""

    used: float
    """When it was last used."""

    spare: bool = False
    """Whether it may be taken for another seat at once; its next use takes that back."""

    lock: Any = None
    """Whatever the application keeps requests of one session apart with."""


class Sessions(Generic[SeatT]):
    """Seats by token, or anything else that closes; safe to use from several threads.

    Args:
        max_sessions: number of seats. One more takes the place of the longest idle seat that is
            marked as spare, or else that was idle for ``spared_s``; otherwise it is refused.
        max_idle_s: seconds without use after which a seat is dropped.
        max_age_s: seconds after which a seat is dropped in any case.
        spared_s: seconds for which an idle seat is never dropped to make room.
        clock: seconds from any start.
    """

    def __init__(
        self,
        max_sessions: int = 500,
        max_idle_s: float = 1_800.0,
        max_age_s: float = 6 * 3_600.0,
        *,
        spared_s: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if max_sessions < 1:
            raise ValueError(f"max_sessions must be at least 1; got {max_sessions}.")
        if min(max_idle_s, max_age_s) <= 0:
            raise ValueError(
                f"max_idle_s and max_age_s must be above 0; got {max_idle_s} and {max_age_s}."
            )
        self.max_sessions = max_sessions
        self._max_idle_s, self._max_age_s, self._spared_s = max_idle_s, max_age_s, spared_s
        self._clock = clock
        self._places: dict[str, Place[SeatT]] = {}
        self._lock = Lock()

    @property
    def shortest_s(self) -> float:
        """Seconds after which a seat can first expire; infinite if none ever does."""
        return min(self._max_idle_s, self._max_age_s)

    def __len__(self) -> int:
        """Return the number of seats in use, expired ones that were not swept yet included."""
        return len(self._places)

    def __contains__(self, token: str) -> bool:
        """Return whether a token has a place; unlike `get` this does not count as use."""
        return token in self._places

    def add(self, seat: SeatT) -> str:
        """Take a place for a seat and return its token.

        Raises:
            SessionsFull: If every place is in use.
        """
        self.sweep()
        with self._lock:
            dropped = self._make_room()
            token = secrets.token_urlsafe(TOKEN_BYTES)
            now = self._clock()
            self._places[token] = Place(seat=seat, begun=now, used=now)
        if dropped is not None:
            dropped.seat.close()
        return token

    def has_room(self) -> bool:
        """Return whether `add` would find a place now."""
        self.sweep()
        with self._lock:
            return len(self._places) < self.max_sessions or self._longest_idle() is not None

    def get(self, token: str) -> SeatT | None:
        """Return the seat of a token and count it as used; None if it is unknown or expired."""
        place = self.place(token)
        return None if place is None else place.seat

    def place(self, token: str) -> Place[SeatT] | None:
        """Return the place of a token and count it as used; None if it is unknown or expired."""
        with self._lock:
            place, now = self._places.get(token), self._clock()
            if place is not None and not self._expired(place, now):
                place.used = now
                place.spare = False
                return place
        if place is not None:
            self.remove(token)
        return None

    def spare(self, token: str) -> None:
        """Keep a seat only until its place is needed, however short it was idle."""
        with self._lock:
            if token in self._places:
                self._places[token].spare = True

    def remove(self, token: str) -> None:
        """Let go of a seat; a token that is unknown is left alone."""
        with self._lock:
            place = self._places.pop(token, None)
        if place is not None:
            place.seat.close()

    def sweep(self) -> None:
        """Let go of every expired seat."""
        now = self._clock()
        with self._lock:
            old = [token for token, place in self._places.items() if self._expired(place, now)]
        for token in old:
            self.remove(token)

    def close(self) -> None:
        """Let go of every seat."""
        for token in list(self._places):
            self.remove(token)

    def _expired(self, place: Place[SeatT], now: float) -> bool:
        return now - place.used > self._max_idle_s or now - place.begun > self._max_age_s

    def _make_room(self) -> Place[SeatT] | None:
        if len(self._places) < self.max_sessions:
            return None
        token = self._longest_idle()
        if token is None:
            raise SessionsFull(
                f"All {self.max_sessions} sessions are in use; try again in a minute."
            )
        return self._places.pop(token)

    def _longest_idle(self) -> str | None:
        """Return the token of the seat that may be dropped to make room."""
        token, place = min(self._places.items(), key=lambda item: (not item[1].spare, item[1].used))
        idle = self._clock() - place.used
        return token if place.spare or idle >= self._spared_s else None
