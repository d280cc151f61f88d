"""Data shared by the episodes of a game: descriptions, command lists and answers, built once.

For each receptacle in each condition (open or closed, with certain contents) the tables hold its
description and the commands it allows; for each situation of the agent, the full list of commands.
Entries are made on first use and looked up from then on.
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeAlias

from t2po_gym.envs.alfworld.data.game import (
    NOTHING,
    Game,
    Op,
    numbers,
    receptacles_by_location,
)
from t2po_gym.envs.alfworld.world.planner import Planner
from t2po_gym.envs.alfworld.world.progress import GameProgress
from t2po_gym.envs.alfworld.world.winning import winning_test
from t2po_gym.envs.alfworld.world.wording import Wording, listing, wording_of

__all__ = ["ROOM", "Numbers", "Surroundings", "Tables", "View"]

Numbers: TypeAlias = "tuple[int, int, int]"
"""A `Move` as a plain tuple, which is faster to make."""

WELCOME = "-= Welcome to TextWorld, ALFRED! =-\n\n"
ROOM = "You are in the middle of a room. Looking quickly around you, you see "
TASK = "Your task is to: "

MAX_REMEMBERED = 400
"""Maximum number of table entries of a game; then they are cleared, to bound memory."""

_OPEN, _CLOSE, _TAKE, _PUT, _USE, _SLICE = map(
    int, (Op.OPEN, Op.CLOSE, Op.TAKE, Op.PUT, Op.USE, Op.SLICE)
)
_EXAMINE_RECEPTACLE, _EXAMINE_OBJECT = int(Op.EXAMINE_RECEPTACLE), int(Op.EXAMINE_OBJECT)


class View:
    """One receptacle in one condition. Compared by identity: equal conditions share one object.

    Attributes:
        accessible: whether its contents are in sight and in reach.
        description: the text printed when it is examined.
        commands: commands on it that do not depend on what is held.
        takes: commands that take something out with empty hands.
    """

    __slots__ = ("accessible", "commands", "description", "takes")

    def __init__(
        self,
        accessible: bool,
        description: str,
        commands: dict[str, Numbers],
        takes: dict[str, Numbers],
    ) -> None:
        self.accessible = accessible
        self.description = description
        self.commands = commands
        self.takes = takes


@dataclass(slots=True, eq=False)
class Surroundings:
    """The commands available in one situation."""

    moves: dict[str, Numbers]
    """The commands available here, except those that go elsewhere or are always available."""

    commands: tuple[str, ...]
    """All commands available here, sorted."""

    sight: str
    """Descriptions of the receptacles here, and what is held; empty until requested."""


class Tables:
    """Everything about a game that is worth computing once.

    Args:
        game: the compiled game.

    Attributes:
        game: the compiled game.
        wording: the sentences of its dialect.
        goes: command that goes to a receptacle -> receptacle.
        at: receptacles at each location, ascending.
        is_won: whether the goal holds in a state.
        won_by_going: whether going somewhere can change whether the goal holds.
        described_arrival: whether the answer to going ends with the receptacle's description.
    """

    def __init__(self, game: Game) -> None:
        self.game = game
        self.wording = wording = wording_of(game.phrases)
        self.goes, self._sorted_others = _going(wording, game.receptacle_names)
        self.at = receptacles_by_location(game)
        self.is_won = winning_test(game)
        self.won_by_going = game.goal.task_type == "look_at_obj_in_light"
        self.described_arrival = Op.GO in game.phrases.described
        self._others: dict[int, list[str]] = {}
        self._views: dict[tuple[int, int, tuple[int, ...]], View] = {}
        self._surroundings: dict[tuple[object, ...], Surroundings] = {}

    @cached_property
    def progress(self) -> GameProgress:
        """Progress of the game's states."""
        return GameProgress(self.game)

    @cached_property
    def planner(self) -> Planner:
        """Shortest plans from the game's states."""
        return Planner(self.game)

    def opening(self) -> str:
        """The first observation."""
        game = self.game
        return f"{WELCOME}{ROOM}{listing([*game.receptacle_names])}.\n\n{TASK}{game.task}"

    def views(self, location: int, opened: int, contents: list[tuple[int, ...]]) -> list[View]:
        """Return the entries of the receptacles at a location.

        Args:
            location: the location.
            opened: mask of open receptacles.
            contents: objects in every receptacle.
        """
        found = []
        known = self._views
        for number in self.at[location]:
            key = (number, opened >> number & 1, contents[number])
            view = known.get(key)
            if view is None:
                view = known[key] = self._make_view(*key)
            found.append(view)
        return found

    def surroundings(
        self, location: int, held: int, sliceable: int, views: list[View]
    ) -> Surroundings:
        """Return the entry of a situation.

        Args:
            location: where the agent is.
            held: what it holds.
            sliceable: mask of objects that can be sliced here with what it holds.
            views: the receptacles here, ascending.
        """
        key = (location, held, sliceable, *views)
        known = self._surroundings.get(key)
        if known is None:
            if len(self._surroundings) + len(self._views) > MAX_REMEMBERED:
                self._views, self._surroundings = {}, {}
            known = self._make_surroundings(location, held, sliceable, views)
            self._surroundings[key] = known
        return known

    def _make_view(self, receptacle: int, is_open: int, contents: tuple[int, ...]) -> View:
        game, wording = self.game, self.wording
        objects = game.object_names
        name = game.receptacle_names[receptacle]
        openable = game.openable >> receptacle & 1
        accessible = bool(is_open or not openable)
        commands = {wording.examine_receptacle[name]: (_EXAMINE_RECEPTACLE, receptacle, NOTHING)}
        takes = {}
        if openable:
            if is_open:
                commands[wording.close[name]] = (_CLOSE, receptacle, NOTHING)
            else:
                commands[wording.open[name]] = (_OPEN, receptacle, NOTHING)
        toggleable, pickupable, take = game.toggleable, game.pickupable, wording.take
        for number in contents:
            if toggleable >> number & 1:
                commands[wording.use[objects[number]]] = (_USE, number, NOTHING)
            if accessible and pickupable >> number & 1:
                takes[take(objects[number], name)] = (_TAKE, number, receptacle)
        if not accessible:
            description = wording.closed_receptacle[name]
        else:
            describe = wording.open_receptacle if openable else wording.plain_receptacle
            description = describe(name, listing([objects[number] for number in contents]))
        return View(accessible, description, commands, takes)

    def _make_surroundings(
        self, location: int, held: int, sliceable: int, views: list[View]
    ) -> Surroundings:
        moves: dict[str, Numbers] = {}
        for view in views:
            moves.update(view.commands)
            if held == NOTHING:
                moves.update(view.takes)
        if held != NOTHING:
            self._add_moves_holding(moves, location, held, sliceable, views)
        others = self._others.get(location)
        if others is None:
            others = self._others[location] = self._sorted_others.copy()
            for number in self.at[location]:
                others.remove(self.wording.go[self.game.receptacle_names[number]])
        return Surroundings(moves, _merged(sorted(moves), others), "")

    def _add_moves_holding(
        self,
        moves: dict[str, Numbers],
        location: int,
        held: int,
        sliceable: int,
        views: list[View],
    ) -> None:
        """Add what can be done with the object in hand."""
        game, wording = self.game, self.wording
        name = game.object_names[held]
        moves[wording.examine_object[name]] = (_EXAMINE_OBJECT, held, NOTHING)
        treating = game.sinks | game.microwaves | game.fridges
        for number, view in zip(self.at[location], views, strict=True):
            receptacle = game.receptacle_names[number]
            if view.accessible and game.fits[number] >> held & 1:
                moves[wording.put(name, receptacle)] = (_PUT, held, number)
            if treating >> number & 1:
                for op, able, where in (
                    (Op.CLEAN, game.cleanable, game.sinks),
                    (Op.HEAT, game.heatable, game.microwaves),
                    (Op.COOL, game.coolable, game.fridges),
                ):
                    if able >> held & 1 and where >> number & 1:
                        moves[wording.treat[op](name, receptacle)] = (int(op), held, number)
        for number in numbers(sliceable):
            moves[wording.slice(game.object_names[number], name)] = (_SLICE, number, held)


@lru_cache(maxsize=256)
def _going(wording: Wording, names: tuple[str, ...]) -> tuple[dict[str, int], list[str]]:
    """Return the commands that go to each receptacle, and these plus the constant ones, sorted.

    Official games of one scene have the same receptacle names, so they share the result.
    """
    goes = {wording.go[name]: number for number, name in enumerate(names)}
    return goes, sorted([*goes, *wording.always])


def _merged(some: list[str], block: list[str]) -> tuple[str, ...]:
    """Merge two sorted lists; the second mostly fits into one gap of the first."""
    if not block:
        return tuple(some)
    gap = bisect(some, block[0])
    if gap < len(some) and some[gap] < block[-1]:
        return tuple(sorted([*some, *block]))
    return (*some[:gap], *block, *some[gap:])
