"""What numbers and states are called, in the terminal as on the page."""

from __future__ import annotations

from t2po_gym.watch.episodes import Episode, Reply, Turn

__all__ = [
    "closing_words",
    "delta_words",
    "ending_words",
    "judged_words",
    "number",
    "percent",
    "validity_words",
]

REASONS = {
    "window": "its uncertainty had settled",
    "peak": "M had passed a peak",
    "length": "it had reached its longest length",
}


def percent(share: float) -> str:
    """Return a share in percent."""
    return f"{100 * share:.1f} %"


def number(value: float | None) -> str:
    """Return a number to four digits; empty for None."""
    return "" if value is None else f"{value:.4g}"


def ending_words(episode: Episode) -> str:
    """Say why an episode ended."""
    if episode.terminated:
        return "ended by itself"
    return "stopped at the turn limit" if episode.truncated else "not finished"


def validity_words(turn: Turn) -> str:
    """Say whether a reply was well-formed and its action accepted."""
    if not turn.action_valid:
        return "not accepted" if turn.format_ok is not False else "wrong format"
    return "accepted" if turn.format_ok is not False else "wrong format"


def delta_words(turn: Turn) -> str:
    """Say by how much progress rose."""
    delta = turn.progress_delta
    return "" if delta is None else f"{100 * delta:+.1f}"


def closing_words(reply: Reply, episode: Episode) -> str:
    """Say that TTI closed a thought, and why; empty if it did not."""
    if not reply.reason:
        return ""
    words = f"TTI closed the thought here: {REASONS.get(reply.reason, reply.reason)}"
    if reply.reason == "window" and episode.epsilon is not None:
        words += f" (window mean below epsilon = {number(episode.epsilon)})"
    return f"{words}."


def judged_words(reply: Reply, episode: Episode) -> str:
    """Say what TDS judged a try by."""
    if reply.gamma is None:
        return "nothing to compare with"
    limit = "" if episode.eta is None else f", below eta = {number(episode.eta)}"
    return f"Gamma {number(reply.gamma)}{limit}"
