"""A seat that holds an environment, plays its actions and records them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from t2po_gym.core.env import TextEnv
from t2po_gym.core.many.threads import ONE_AT_A_TIME
from t2po_gym.core.many.trace import EpisodeTrace, record_turns
from t2po_gym.server.recorder import TraceFile
from t2po_gym.server.seats import Press, as_listed

__all__ = ["EnvSeat", "Moment", "View"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Where an episode stands, beside what the environment itself knows."""

    info: dict[str, Any]
    """Info of the last reset or step."""

    last_action: str | None
    """The last action; None at the start."""

    over: bool
    """Whether the episode has ended."""

    message: str
    """A sentence of the site; empty for none."""


class View(Protocol):
    """How an environment is shown."""

    def html(self, env: TextEnv, moment: Moment) -> str:
        """Return the document."""
        ...

    def page_id(self, env: TextEnv, moment: Moment) -> str:
        """Return the name of what the document shows."""
        ...


class EnvSeat:
    """An episode of an environment.

    Args:
        env: The environment; it is closed with the seat.
        view: How it is shown.
        seed: Seed of the reset.
        options: Options of the reset.
        record: Where the episode is written when it ends or is abandoned; None for nowhere.
            Episodes in which nothing was done are left out.

    Raises:
        ValueError: If the options are refused, or the environment cannot be recorded.
    """

    def __init__(
        self,
        env: TextEnv,
        view: View,
        *,
        seed: int,
        options: dict[str, Any] | None = None,
        record: TraceFile | None = None,
    ) -> None:
        self._env, self._view, self._record = env, view, record
        with ONE_AT_A_TIME:
            _, self._info = env.reset(seed=seed, options=options)
        self._recording = record_turns(env, seed, self._info)
        self._last_action: str | None = None
        self._over = self._truncated = self._written = False

    def html(self, message: str = "") -> str:
        """Return the current page; see `Seat`."""
        with ONE_AT_A_TIME:
            return self._view.html(self._env, self._moment(message))

    def page_id(self) -> str:
        """Return the name of what the page shows; see `Seat`."""
        with ONE_AT_A_TIME:
            return self._view.page_id(self._env, self._moment(""))

    def act(self, press: Press) -> None:
        """Play an action; after the end of the episode it does nothing."""
        if self._over:
            return
        action = as_listed(press.action, self._info["admissible_actions"])
        with ONE_AT_A_TIME:
            _, reward, terminated, truncated, self._info = self._env.step(action)
        self._last_action = action
        self._recording.add(action, reward, terminated, truncated, self._info)
        self._over, self._truncated = terminated or truncated, truncated
        if self._over:
            self._write()

    def trace(self) -> EpisodeTrace:
        """Return the trace of what was played so far."""
        return self._recording.trace()

    def close(self) -> None:
        """Record an abandoned episode and close the environment."""
        self._over = True
        self._write()
        self._env.close()

    def _write(self) -> None:
        trace = self._recording.trace()
        if self._record is not None and trace.turns and not self._written:
            self._written = True
            self._record.write(trace)

    def _moment(self, message: str) -> Moment:
        if self._truncated and not message:
            message = f"All {self._env.max_turns} turns are used; the episode is over."
        return Moment(
            info=self._info, last_action=self._last_action, over=self._over, message=message
        )
