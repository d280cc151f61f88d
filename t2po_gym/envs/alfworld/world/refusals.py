"""Explain in one sentence why a command is refused, using only what the agent can see.

A sentence may only state what the agent already knows: all receptacles are listed at the start, but
objects only where they are visible. So a name that does not exist and an object that is out of
sight get the same sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from t2po_gym.core.action_text import without_full_stop
from t2po_gym.envs.alfworld.data.game import NOTHING, Game, Op, Phrases, State
from t2po_gym.envs.alfworld.world.game_tables import Tables
from t2po_gym.envs.alfworld.world.wording import joined

__all__ = ["normal_command", "refusal"]

LONGEST_SHOWN = 60
"""Maximum characters of a wrong command to repeat."""

_PUT = re.compile(r"(?:move|put|place) (.+) (?:to|into|onto|in/on|in|on) (.+)")
"""Ways to write put, in all dialects and some more."""

_Parts = tuple[Op, tuple[str, ...]]


EXAMPLES = {
    "go to": "go to desk 1",
    "open": "open drawer 1",
    "close": "close drawer 1",
    "take": "take mug 1 from desk 1",
    "move": "move mug 1 to shelf 1",
    "put": "put mug 1 in/on shelf 1",
    "clean": "clean mug 1 with sinkbasin 1",
    "heat": "heat mug 1 with microwave 1",
    "cool": "cool mug 1 with fridge 1",
    "slice": "slice apple 1 with knife 1",
    "use": "use desklamp 1",
    "examine": "examine mug 1",
}
"""What to write instead of a bare verb."""


def normal_command(command: str, phrases: Phrases) -> str:
    """Bring a command to the engine's form: lower case, single spaces, the dialect's put.

    A full stop at the end is ignored (`t2po_gym.core.action_text`).

    Example:
        >>> normal_command("PUT  mug 1 in/on desk 2", phrases)   # doctest: +SKIP
        'move mug 1 to desk 2'
    """
    words = without_full_stop(" ".join(command.lower().split()))
    match = _PUT.fullmatch(words)
    return phrases.commands[Op.PUT].fill(match[1], match[2]) if match else words


@lru_cache(maxsize=32)
def _forms(phrases: Phrases) -> tuple[tuple[Op, re.Pattern[str]], ...]:
    """Return the patterns of the commands that name something."""
    forms = []
    for op, template in phrases.commands.items():
        head, middle, tail, swapped = template
        two = op in (Op.TAKE, Op.PUT, Op.CLEAN, Op.HEAT, Op.COOL, Op.SLICE)
        if op in (Op.LOOK, Op.INVENTORY, Op.HELP):
            continue
        names = ("second", "first") if swapped else ("first", "second")
        pattern = re.escape(head) + f"(?P<{names[0]}>.+?)" + re.escape(middle)
        if two:
            pattern += f"(?P<{names[1]}>.+?)" + re.escape(tail)
        forms.append((op, re.compile(pattern)))
    return tuple(forms)


def _parsed(command: str, phrases: Phrases) -> _Parts | None:
    """Return the action a command means and the names in it, or None."""
    for op, form in _forms(phrases):
        match = form.fullmatch(command)
        if match is not None:
            found = match.groupdict()
            return op, tuple(found[key] for key in ("first", "second") if key in found)
    return None


def refusal(tables: Tables, state: State, command: str) -> str:
    """Return why an unavailable command does nothing.

    Args:
        tables: the game's tables.
        state: the current state.
        command: the command, as `normal_command` returns it.
    """
    if not command:
        return "The command is empty."
    parsed = _parsed(command[: 10 * LONGEST_SHOWN], tables.game.phrases)
    if parsed is None:
        shown = command[:LONGEST_SHOWN].encode("utf-8", "replace").decode()
        if command in EXAMPLES:
            return f'"{shown}" names nothing; write for example "{EXAMPLES[command]}".'
        kinds = sorted({t.head.strip() for t in tables.game.phrases.commands.values()})
        return f'"{shown}" is not a command; commands begin with {joined(kinds)}.'
    op, names = parsed
    return _Reasons(tables, state).of(op, names)


class _Reasons:
    """Finds the reason in one state."""

    def __init__(self, tables: Tables, state: State) -> None:
        self._tables = tables
        self._game: Game = tables.game
        self._state = state
        self._here = tables.at[state.location]
        self._names = tables.game.receptacle_names

    def of(self, op: Op, names: tuple[str, ...]) -> str:
        """Return why this action on these names is refused."""
        if op in (Op.CLEAN, Op.HEAT, Op.COOL):
            return self._treating(op, *names)
        reasons: Mapping[Op, Callable[..., str]] = {
            Op.GO: self._going,
            Op.OPEN: self._opening,
            Op.CLOSE: self._closing,
            Op.TAKE: self._taking,
            Op.PUT: self._putting,
            Op.USE: self._using,
            Op.SLICE: self._slicing,
            Op.EXAMINE_RECEPTACLE: self._examining,
            Op.EXAMINE_OBJECT: self._examining,
        }
        return reasons[op](*names)

    # ---- what is seen ----------------------------------------------------------------------

    def _is_open(self, receptacle: int) -> bool:
        closed = self._game.openable & ~self._state.opened
        return not closed >> receptacle & 1

    def _visible(self) -> dict[str, int]:
        """Return the objects in hand or in sight, by name."""
        names, state = self._game.object_names, self._state
        seen = {names[o]: o for r in self._here if self._is_open(r) for o in state.contents[r]}
        if state.held != NOTHING:
            seen[names[state.held]] = state.held
        return seen

    def _held_name(self) -> str:
        held = self._state.held
        return "" if held == NOTHING else self._game.object_names[held]

    def _not_here(self, receptacle: str) -> str:
        """Return why a receptacle is out of reach; empty if it is not."""
        if receptacle not in self._names:
            return f"There is no {receptacle[:LONGEST_SHOWN]} in this room."
        if self._names.index(receptacle) not in self._here:
            return f"You are not at {receptacle}; go there first."
        return ""

    def _not_held(self, name: str) -> str:
        """Return why an object is not held; empty if it is."""
        held = self._held_name()
        if held == name:
            return ""
        shown = name[:LONGEST_SHOWN]
        if held:
            return f"You are not holding {shown}; you are holding {held}."
        return f"You are not holding {shown}; take it first."

    # ---- actions ---------------------------------------------------------------------------

    def _going(self, receptacle: str) -> str:
        if receptacle not in self._names:
            return f"There is no {receptacle[:LONGEST_SHOWN]} in this room."
        names = [self._game.receptacle_names[number] for number in self._here]
        examine = self._game.phrases.commands[Op.EXAMINE_RECEPTACLE].fill(receptacle)
        if len(names) == 1:
            return f'You are at {receptacle} already; use "{examine}" to see it again.'
        return (
            f"You are at {receptacle} already: {joined(names)} are reached from the same place; "
            f'use "{examine}" to see it.'
        )

    def _opening(self, receptacle: str) -> str:
        return self._not_turned(receptacle, "open", "opened")

    def _closing(self, receptacle: str) -> str:
        return self._not_turned(receptacle, "closed", "closed")

    def _not_turned(self, receptacle: str, state: str, done: str) -> str:
        """Return why a receptacle was not opened or closed."""
        away = self._not_here(receptacle)
        if away:
            return away
        if self._game.openable >> self._names.index(receptacle) & 1:
            return f"The {receptacle} is {state} already."
        return f"The {receptacle} cannot be {done}."

    def _taking(self, name: str, receptacle: str) -> str:
        held = self._held_name()
        if held == name:
            return f"You are holding {name} already."
        if held:
            return f"Your hands are full: put {held} down first."
        away = self._not_here(receptacle)
        if away:
            return away
        number = self._names.index(receptacle)
        if not self._is_open(number):
            return f"The {receptacle} is closed; open it first."
        names = self._game.object_names
        if name in [names[o] for o in self._state.contents[number]]:
            return f"The {name} cannot be picked up."
        return f"There is no {name[:LONGEST_SHOWN]} in or on {receptacle}."

    def _putting(self, name: str, receptacle: str) -> str:
        missing = self._not_held(name) or self._not_here(receptacle)
        if missing:
            return missing
        if not self._is_open(self._names.index(receptacle)):
            return f"The {receptacle} is closed; open it first."
        return f"The {name} does not fit in or on {receptacle}."

    def _treating(self, op: Op, name: str, receptacle: str) -> str:
        missing = self._not_held(name) or self._not_here(receptacle)
        if missing:
            return missing
        game, verb = self._game, op.name.lower()
        able, where, place = {
            Op.CLEAN: (game.cleanable, game.sinks, "sinkbasin"),
            Op.HEAT: (game.heatable, game.microwaves, "microwave"),
            Op.COOL: (game.coolable, game.fridges, "fridge"),
        }[op]
        if not where >> self._names.index(receptacle) & 1:
            return f"You cannot {verb} anything with {receptacle}; it takes a {place}."
        assert not able >> self._state.held & 1  # else the command would be available
        return f"The {name} cannot be {verb}ed."

    def _using(self, name: str) -> str:
        if name == self._held_name():
            return f"You are holding {name}; put it down to use it."
        if name in self._visible():
            return f"The {name} has no switch."
        return f"You do not see {name[:LONGEST_SHOWN]} here."

    def _slicing(self, name: str, knife: str) -> str:
        missing = self._not_held(knife)
        if missing:
            return missing
        if not self._game.knives >> self._state.held & 1:
            return f"The {knife} does not cut; it takes a knife."
        seen = self._visible().get(name)
        if seen is not None and not self._game.sliceable >> seen & 1:
            return f"The {name} cannot be sliced."
        return f"There is no {name[:LONGEST_SHOWN]} to slice here."

    def _examining(self, name: str) -> str:
        if name in self._names:
            return self._not_here(name)
        if name in self._visible():
            return f"Take {name} in your hand to examine it."
        return f"You do not see {name[:LONGEST_SHOWN]} here."
