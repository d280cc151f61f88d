"""`t2po-gym play --web`: the episode as a web page, served to this machine alone."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Any

from rich.console import Console

from t2po_gym.cli.play.screen import TerminalScreen
from t2po_gym.cli.play.status import result_sentence
from t2po_gym.core.env import TextEnv

__all__ = ["play_in_browser"]


def play_in_browser(
    env: TextEnv,
    *,
    seed: int,
    options: dict[str, Any],
    record: Path | None,
    port: int,
    opens: bool,
) -> None:
    """Serve one episode until Ctrl-C, say where, and say how it ended.

    Args:
        env: Before its reset; it is closed at the end.
        seed: Seed of the reset.
        options: Options of the reset.
        record: File that the episode is added to; None to keep none.
        port: Port; 0 takes a free one.
        opens: Whether the address is opened in the default browser.

    Raises:
        ValueError: If the extra is missing.
    """
    try:
        import t2po_gym.server.running  # noqa: F401 - names the extra that brings all of it
        from t2po_gym.server.play import serve_env
    except ImportError as error:
        raise ValueError(str(error)) from error  # it names the extra
    screen = TerminalScreen(Console(highlight=False))

    def ready(url: str) -> None:
        screen.raw(f"Play at {url}")
        screen.told("Ctrl-C ends it.", "dim")
        if opens and not webbrowser.open(url):
            screen.told("No browser could be opened.", "yellow")

    trace = serve_env(
        env,
        ready=ready,
        seed=seed,
        options=options,
        port=port,
        show_progress=True,
        record=record,
    )
    last = trace.turns[-1] if trace.turns else None
    ended = last is not None and (last.terminated or last.truncated)
    reward = sum(turn.reward for turn in trace.turns)
    score = {"score": trace.score, "success": trace.success}
    screen.told(result_sentence(ended, len(trace.turns), reward, score), "bold")
    if record is not None:
        screen.told(f"Recorded in {record}." if trace.turns else "Nothing to record.")
