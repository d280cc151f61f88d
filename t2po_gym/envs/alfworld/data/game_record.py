"""Encode a compiled game as a row of 16-bit numbers, and decode it.

Names, types and tasks are indexes into texts shared by all games; each mask is stored once and
referenced. Decoding a row takes tens of microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from t2po_gym.envs.alfworld.data.errors import GameDataError
from t2po_gym.envs.alfworld.data.game import TASK_TYPES, Game, Goal, Phrases

__all__ = ["TextNumbers", "decode_game", "encode_game"]

LARGEST = 0xFFFF
"""Largest number in a row."""

WORD_BITS = 64
"""Masks are stored in whole words of this many bits."""

HEADER = 13
"""Numbers before the lists of a row."""

MASK_COUNTS = slice(9, 11)
"""Position in the header of the number of masks and the words per mask."""

OBJECT_MASKS = (
    *("pickupable", "cleanable", "heatable", "coolable", "toggleable", "sliceable", "knives"),
    *("containers", "clean", "hot", "cool", "toggled", "sliced"),
)
RECEPTACLE_MASKS = ("openable", "sinks", "microwaves", "fridges", "opened")
MASKS = (*OBJECT_MASKS, *RECEPTACLE_MASKS)


class TextNumbers(dict[str, int]):
    """Numbers texts in order of first use."""

    def __missing__(self, text: str) -> int:
        self[text] = number = len(self)
        return number


def encode_game(game: Game, texts: TextNumbers, dialect: int) -> NDArray[np.uint16]:
    """Write a game as a row.

    Args:
        game: the game; its name and walkthrough are not in the row.
        texts: numbers of the texts, added to.
        dialect: number of its `Phrases`.

    Raises:
        GameDataError: If a number in it exceeds 65,535.
    """
    masks: dict[int, int] = {}
    mask_numbers = [masks.setdefault(getattr(game, name), len(masks)) for name in MASKS]
    fit_numbers = [masks.setdefault(mask, len(masks)) for mask in game.fits]
    words = -(-max(len(game.object_names), len(game.receptacle_names), 1) // WORD_BITS)
    places, more_places = _places(game.places)
    nested: list[int] = []
    for outer, inside in game.nested.items():
        nested += (outer, len(inside), *inside)
    row = [
        *(len(game.object_names), len(game.receptacle_names), len(game.location_names)),
        *(game.start_location, dialect, texts[game.task], TASK_TYPES.index(game.goal.task_type)),
        *(texts[game.goal.object_type], texts[game.goal.target_type]),
        *(len(masks), words, len(more_places), len(nested)),
        *(texts[name] for name in game.object_names),
        *(texts[name] for name in game.object_types),
        *(texts[name] for name in game.receptacle_names),
        *(texts[name] for name in game.receptacle_types),
        *(texts[name] for name in game.location_names),
        *game.receptacle_location,
        *places,
        *more_places,
        *map(len, game.contents),
        *(number for inside in game.contents for number in inside),
        *nested,
        *mask_numbers,
        *fit_numbers,
        *(mask >> at & LARGEST for mask in masks for at in range(0, words * WORD_BITS, 16)),
    ]
    if max(row) > LARGEST:
        raise GameDataError(f"{game.name}: the game has more than {LARGEST} of something")
    return np.array(row, dtype=np.uint16)


def _places(places: Iterable[int]) -> tuple[list[int], list[int]]:
    """Return each object's last location plus one (0: none), and the other (object, location)."""
    last: list[int] = []
    more: list[int] = []
    for number, mask in enumerate(places):
        last.append(mask.bit_length())
        rest = mask & ~(1 << mask.bit_length() >> 1)
        while rest:
            more += (number, rest.bit_length() - 1)
            rest &= ~(1 << rest.bit_length() >> 1)
    return last, more


def decode_game(
    row: NDArray[np.uint16],
    texts: Sequence[str],
    dialects: Sequence[Phrases],
    name: str,
    walkthrough: tuple[str, ...],
) -> Game:
    """Decode a row."""
    num_masks, words = row[MASK_COUNTS].tolist()
    mask_start = len(row) - num_masks * words * WORD_BITS // 16
    values: list[int] = row[:mask_start].tolist()
    num_objects, num_receptacles, num_locations, start, dialect, task, kind = values[:7]
    object_type, target_type, _, _, num_more, num_nested = values[7:HEADER]
    at = HEADER
    names: list[tuple[str, ...]] = []
    get_text = texts.__getitem__
    for count in (num_objects, num_objects, num_receptacles, num_receptacles, num_locations):
        names.append(tuple(map(get_text, values[at : (at := at + count)])))
    where = tuple(values[at : at + num_receptacles])
    at += num_receptacles
    places = [1 << place >> 1 for place in values[at : at + num_objects]]
    at += num_objects
    for number, place in zip(
        values[at : at + num_more : 2], values[at + 1 : at + num_more : 2], strict=True
    ):
        places[number] |= 1 << place
    at += num_more
    counts = values[at : at + num_receptacles]
    at += num_receptacles
    contents = [tuple(values[at : (at := at + count)]) if count else () for count in counts]
    nested = _nested(values[at : at + num_nested]) if num_nested else {}
    at += num_nested
    masks = _masks(row[mask_start:], words)
    chosen = [masks[i] for i in values[at : at + len(MASKS)]]
    at += len(MASKS)
    fits = tuple([masks[i] for i in values[at : at + num_receptacles]])
    return Game(
        name=name,
        task=texts[task],
        goal=Goal(
            task_type=TASK_TYPES[kind],
            object_type=texts[object_type],
            target_type=texts[target_type],
        ),
        phrases=dialects[dialect],
        object_names=names[0],
        object_types=names[1],
        receptacle_names=names[2],
        receptacle_types=names[3],
        location_names=names[4],
        receptacle_location=where,
        start_location=start,
        fits=fits,
        nested=nested,
        contents=tuple(contents),
        places=tuple(places),
        walkthrough=walkthrough,
        **dict(zip(MASKS, chosen, strict=True)),
    )


def _masks(data: NDArray[np.uint16], words: int) -> list[int]:
    """Return the masks, of ``words`` words each."""
    if words == 1:
        parts: list[int] = data.view("<u8").tolist()
        return parts
    content, size = data.tobytes(), words * WORD_BITS // 8
    return [
        int.from_bytes(content[start : start + size], "little")
        for start in range(0, len(content), size)
    ]


def _nested(values: Sequence[int]) -> dict[int, tuple[int, ...]]:
    nested, at = {}, 0
    while at < len(values):
        outer, count = values[at : at + 2]
        nested[outer] = tuple(values[at + 2 : at + 2 + count])
        at += 2 + count
    return nested
