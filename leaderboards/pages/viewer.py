"""The episodes of the viewer as scripts: a page opened from a folder may load nothing else.

The scripts hold JSON in ASCII in which no `<` is left, so no text of an episode can end a script,
start a tag or break a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from t2po_gym.watch.page.shared import text_in_page

__all__ = ["chunk_script", "head_of", "index_script"]

HEAD = ("task_id", "task_type", "trial", "score", "success")


def head_of(episode: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the list of episodes shows of one; its turns are only counted."""
    return {**{key: episode[key] for key in HEAD}, "turns": len(episode["turns"])}


def index_script(name: str, per_chunk: int, heads: Iterable[Mapping[str, Any]]) -> bytes:
    """Return the script that lists the episodes of an entry on a track.

    Args:
        name: `<folder>/<track>`.
        per_chunk: episodes in each chunk but the last.
        heads: what `head_of` returns of each episode, in the order of the chunks.
    """
    return _call("index", name, {"per_chunk": per_chunk, "episodes": list(heads)})


def chunk_script(name: str, chunk: int, episodes: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the script that holds some episodes with all their turns.

    Args:
        name: `<folder>/<track>`.
        chunk: from 0.
        episodes: those of the chunk.
    """
    return _call("chunk", name, chunk, list(episodes))


def _call(function: str, *values: Any) -> bytes:
    return f"t2poEpisodes.{function}({', '.join(map(text_in_page, values))});\n".encode("ascii")
