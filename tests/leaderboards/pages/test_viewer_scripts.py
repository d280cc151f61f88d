"""The scripts of the viewer: what they bring, and that no text leaves its string."""

from __future__ import annotations

import json
from typing import Any

import pytest
from board_fixture import HOSTILE, PER_CHUNK, episode

from leaderboards.pages.viewer import chunk_script, head_of, index_script

NAME = "20261130_a_b/webshop-compact"


def arguments(script: bytes, function: str) -> list[Any]:
    """Return what a script hands to the viewer."""
    text = script.decode("ascii")
    head, tail = f"t2poEpisodes.{function}(", ");\n"
    assert text.startswith(head)
    assert text.endswith(tail)
    return json.loads(f"[{text[len(head) : -len(tail)]}]")


def test_the_index_lists_the_heads_of_the_episodes() -> None:
    name, index = arguments(
        index_script(NAME, PER_CHUNK, map(head_of, map(episode, range(1, 3)))), "index"
    )
    assert name == NAME
    assert index == {
        "per_chunk": 5,
        "episodes": [
            {
                "task_id": f"task-00{number}",
                "task_type": "pick_and_place",
                "trial": number % 2,
                "score": 1.0,
                "success": True,
                "turns": 2 + number,
            }
            for number in (1, 2)
        ],
    }


def test_a_chunk_holds_whole_episodes() -> None:
    episodes = [episode(0), episode(3)]
    assert arguments(chunk_script(NAME, 7, episodes), "chunk") == [NAME, 7, episodes]


@pytest.mark.parametrize("text", [*HOSTILE, "\u2029", "<!--", "]]>&amp;", "\ud800", "é\0\\\"'"])
def test_no_text_leaves_its_string(text: str) -> None:
    """Strings are ASCII on one line, and nothing in them looks like a tag."""
    script = chunk_script(NAME, 0, [{**episode(1), "first": text}])
    assert arguments(script, "chunk")[2][0]["first"] == text
    assert not set(script[:-1]) & set(b"<>&\n\r\0")
    assert max(script) < 128


def test_numbers_that_json_lacks_are_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        chunk_script(NAME, 0, [{**episode(1), "score": float("nan")}])


def test_equal_episodes_give_equal_bytes() -> None:
    first, second = (index_script(NAME, 5, map(head_of, map(episode, range(12)))) for _ in range(2))
    assert first == second
