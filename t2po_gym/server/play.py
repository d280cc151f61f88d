"""Play one episode of any environment in the browser."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from t2po_gym.core.env import TextEnv
from t2po_gym.core.many.trace import EpisodeTrace
from t2po_gym.server.app import create_app
from t2po_gym.server.env_seat import EnvSeat
from t2po_gym.server.recorder import TraceFile
from t2po_gym.server.running import run_until_interrupted
from t2po_gym.server.seats import Seat
from t2po_gym.server.sessions import Sessions
from t2po_gym.server.views import view_of

__all__ = ["serve_env"]

DAY_S = 86_400.0


def serve_env(
    env: TextEnv,
    *,
    ready: Callable[[str], None],
    seed: int = 0,
    options: dict[str, Any] | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    show_progress: bool = False,
    record: str | os.PathLike[str] | None = None,
) -> EpisodeTrace:
    """Serve one episode at an address of its own until Ctrl-C.

    WebShop is shown as the shop, any other environment as a plain page with its task, observation
    and actions. The environment is closed at the end.

    Args:
        env: A bare environment made by ``gymnasium.make``, before its reset.
        ready: Called once with the address of the episode, for example to print or open it.
        seed: Seed of the reset.
        options: Options of the reset, such as ``{"task_index": 3}``.
        host: Address to listen on; by default only this machine can reach it.
        port: Port; 0 takes a free one.
        show_progress: Whether a plain page tells the player the progress, which agents never see.
        record: File (``.jsonl``) or folder that the episode is added to as an `EpisodeTrace` when
            it ends or is left; None for nowhere.

    Returns:
        The trace of what was played, however far it got.

    Raises:
        ValueError: If the options are refused or the record cannot be used.
        OSError: If the address cannot be had.
    """
    folder, view = view_of(env, show_progress=show_progress)
    kept = None if record is None else TraceFile(record)
    seat = EnvSeat(env, view, seed=seed, options=options, record=kept)
    sessions = Sessions[Seat](max_sessions=1, max_idle_s=DAY_S, max_age_s=7 * DAY_S)
    token = sessions.add(seat)
    try:
        run_until_interrupted(
            create_app(sessions),
            host,
            port,
            lambda url: ready(f"{url}{folder}/{token}/"),
            lifespan="on",
        )
    finally:
        sessions.close()
    return seat.trace()
