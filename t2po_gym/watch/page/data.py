"""Episodes as plain values for the page's scripts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from t2po_gym.watch.episodes import Episode, Head, Reply, Token, Turn
from t2po_gym.watch.words import closing_words, judged_words

__all__ = ["episode_data", "head_data", "part_names"]


def part_names(title: str, sources: Sequence[str]) -> list[str]:
    """Return the parts' names in an address, `<place>/<part>`; no two are alike."""
    found: list[str] = []
    for source in sources:
        name = first = f"{_slug(title)}/{_slug(source)}"
        while name in found:
            name = f"{first}-{len(found) + 1}"
        found.append(name)
    return found


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text) or "-"


def head_data(head: Head) -> dict[str, Any]:
    """Return what the list shows of an episode."""
    return {
        "task_id": head.task_id,
        "task_type": head.task_type,
        "copy": f", {head.copy}" if head.copy else "",
        "score": head.score,
        "success": head.success,
        "turns": head.turns,
    }


def episode_data(episode: Episode) -> dict[str, Any]:
    """Return an episode with all its turns."""
    return {
        "task_id": episode.head.task_id,
        "task_type": episode.head.task_type,
        "score": episode.head.score,
        "success": episode.head.success,
        "terminated": episode.terminated,
        "truncated": episode.truncated,
        "epsilon": episode.epsilon,
        "eta": episode.eta,
        "first": episode.first.observation,
        "turns": [_turn(turn, episode) for turn in episode.turns],
    }


def _turn(turn: Turn, episode: Episode) -> dict[str, Any]:
    reply = turn.reply
    return {
        "observation": turn.after.observation,
        "admissible": list(turn.before.admissible),
        "milestones": [
            [name, turn.before.milestones.get(name, False), reached]
            for name, reached in turn.after.milestones.items()
        ],
        "reply": reply.text if reply else None,
        "tokens": _tokens(reply.tokens) if reply else None,
        "closing": closing_words(reply, episode) if reply else "",
        "tries": [
            {
                "text": tried.text,
                "tokens": _tokens(tried.tokens),
                "closing": closing_words(tried, episode),
                "judged": judged_words(tried, episode),
                "count": tried.count,
            }
            for tried in turn.rejected
        ],
        "action": turn.action,
        "action_valid": turn.action_valid,
        "format_ok": turn.format_ok,
        "reward": turn.reward,
        "score": turn.score,
        "progress": turn.after.progress,
        "delta": turn.progress_delta,
        "advantage": turn.advantage,
        "void": turn.void,
        "prompt_tokens": turn.prompt_tokens,
        "rejected_tokens": turn.rejected_tokens,
        **_figures(reply),
    }


def _figures(reply: Reply | None) -> dict[str, Any]:
    return {
        "reply_tokens": reply.count if reply else None,
        "think_tokens": reply.think_tokens if reply else None,
        "phi": reply.phi if reply else None,
        "gamma": reply.gamma if reply else None,
    }


def _tokens(tokens: Sequence[Token]) -> dict[str, Any] | None:
    """Return tokens as columns; None where they are not known."""
    if not tokens:
        return None
    return {
        "texts": [token.text for token in tokens],
        "levels": [token.level for token in tokens],
        "m": [token.measure for token in tokens],
        "h": [token.entropy for token in tokens],
        "c": [token.confidence for token in tokens],
        "forced": [int(token.forced) for token in tokens],
        "given": [int(token.given) for token in tokens],
    }
