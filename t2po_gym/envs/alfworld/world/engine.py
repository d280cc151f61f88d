"""The native engine: what a command does and prints, exactly as the original, in microseconds.

An `Engine` is one episode: a `State`, and the entries of the game's `Tables` for the agent's
situation. Each entry lists the available commands; any other command is refused, so what is listed
and what works cannot differ.

Example::

    engine = Engine(Tables(read_game(path)))
    text = engine.reset()
    text = engine.step("go to desk 1")
    engine.admissible, engine.won
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from t2po_gym.envs.alfworld.data.game import NOTHING, Game, ObjectBit, Op, State, numbers
from t2po_gym.envs.alfworld.world.game_tables import ROOM, Numbers, Tables
from t2po_gym.envs.alfworld.world.wording import joined, listing

__all__ = ["REFUSED", "Engine", "object_bits"]

REFUSED = "Nothing happens."
"""The original's answer to anything that is not an available command."""


class Engine:
    """One episode of a game.

    Args:
        tables: the game's tables; may be shared.

    Attributes:
        tables: the game's tables.
        state: the current state; do not change it (`load` sets another).
        won: whether the goal holds now. The original continues after a win, and may undo it.
        accepted: whether the last command was available.
        seen: mask of receptacles whose contents were printed so far.
        touched: counts actions on objects; while it is unchanged, only the agent has moved.
    """

    touched = 0

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.load(tables.game.start(), 0)

    def reset(self) -> str:
        """Restart the episode and return the first observation."""
        self.load(self.tables.game.start(), 0)
        return self.tables.opening()

    def load(self, state: State, seen: int) -> None:
        """Set the state, which then belongs to the engine."""
        self.state = state
        self.seen = seen
        self.accepted = True
        self.won = self.tables.is_won(state)
        self._situate()

    def save(self) -> dict[str, Any]:
        """Return the episode as JSON-able data; `load` takes its two parts."""
        return {"state": self.state.to_json(), "seen": self.seen}

    @property
    def admissible(self) -> tuple[str, ...]:
        """All commands available now, sorted."""
        return self._here.commands

    def in_sight(self) -> str:
        """Return what is visible now, whatever led here: equal views have equal texts."""
        state = self.state
        here, held = self._here, state.held
        bits = 0 if held == NOTHING else object_bits(self.tables.game, state, held)
        if not here.sight:
            described = " ".join([view.description for view in self._views])
            name = "" if held == NOTHING else self.tables.game.object_names[held]
            here.sight = f"{described}|{name}"
        return f"{here.sight}|{state.toggled}|{bits}"

    def step(self, command: str) -> str:
        """Execute a command and return the printed text; an unavailable one changes nothing."""
        command = command.strip()
        tables = self.tables
        move = self._here.moves.get(command) or tables.wording.always.get(command)
        if move is not None:
            self.accepted = True
            text: str = getattr(self, _DO[move[0]])(move)
            return text
        receptacle = tables.goes.get(command)
        if receptacle is not None:
            place = tables.game.receptacle_location[receptacle]
            if place != self.state.location:
                self.accepted = True
                return self._go(receptacle, place)
        self.accepted = False
        return REFUSED

    def _situate(self) -> None:
        """Find the table entries for the agent's current situation."""
        tables, state = self.tables, self.state
        location, held = state.location, state.held
        self._views = tables.views(location, state.opened, state.contents)
        sliceable = 0
        if held != NOTHING and tables.game.knives >> held & 1:
            sliceable = self._sliceable(location)
        self._here = tables.surroundings(location, held, sliceable, self._views)

    def _sliceable(self, location: int) -> int:
        """Return the mask of sliceable objects recorded at a location."""
        places = self.state.places
        return sum(
            1 << number
            for number in numbers(self.tables.game.sliceable)
            if places[number] >> location & 1
        )

    def _describe(self, receptacle: int) -> str:
        """Describe a receptacle here; visible contents count as seen."""
        here = self.tables.at[self.state.location]
        view = self._views[0 if len(here) == 1 else here.index(receptacle)]
        if view.accessible:
            self.seen |= 1 << receptacle
        return view.description

    def _answer(self, move: Numbers) -> str:
        """Return the text printed for a completed move."""
        op, first, second = move
        game = self.tables.game
        template = game.phrases.answers[op]  # type: ignore[index]  # an Op is its number
        if op == Op.SLICE:
            return template.fill(game.object_names[first], game.object_names[second])
        if second == NOTHING:
            names = game.object_names if op == Op.USE else game.receptacle_names
            return template.fill(names[first])
        return template.fill(game.object_names[first], game.receptacle_names[second])

    def _go(self, receptacle: int, place: int) -> str:
        tables = self.tables
        game = tables.game
        self.state.location = place
        self._situate()
        if tables.won_by_going:
            self.won = tables.is_won(self.state)
        if game.phrases.arrival_names_location:
            arrival = tables.wording.arrival[game.location_names[place]]
        else:
            arrival = tables.wording.arrival[game.receptacle_names[receptacle]]
        if tables.described_arrival:
            return arrival + self._describe(receptacle)
        return arrival

    def _open_or_close(self, move: Numbers) -> str:
        self.state.opened ^= 1 << move[1]
        self._situate()
        if move[0] in self.tables.game.phrases.described:
            return self._answer(move) + self._describe(move[1])
        return self._answer(move)

    def _take(self, move: Numbers) -> str:
        _, item, receptacle = move
        state = self.state
        contents = state.contents
        contents[receptacle] = tuple([n for n in contents[receptacle] if n != item])
        state.held = item
        self.touched += 1
        state.places[item] &= ~(1 << state.location)
        state.taken[item] |= 1 << receptacle
        return self._moved(move)

    def _put(self, move: Numbers) -> str:
        _, item, receptacle = move
        state = self.state
        contents = state.contents
        contents[receptacle] = tuple(sorted({*contents[receptacle], item}))
        state.held = NOTHING
        self.touched += 1
        state.places[item] |= 1 << state.location
        state.taken[item] &= ~(1 << receptacle)
        return self._moved(move)

    def _moved(self, move: Numbers) -> str:
        self._situate()
        self.won = self.tables.is_won(self.state)
        return self._answer(move)

    def _treat(self, move: Numbers) -> str:
        """Clean, heat or cool the object in hand."""
        op, item, _ = move
        state, bit = self.state, 1 << item
        if op == Op.CLEAN:
            state.clean |= bit
        elif op == Op.HEAT:
            state.hot |= bit
            state.cool &= ~bit
        else:
            state.cool |= bit
            state.hot &= ~bit
        self.touched += 1
        self.won = self.tables.is_won(state)
        return self._answer(move)

    def _use(self, move: Numbers) -> str:
        self.state.toggled |= 1 << move[1]
        self.touched += 1
        self.won = self.tables.is_won(self.state)
        return self._answer(move)

    def _slice(self, move: Numbers) -> str:
        self.state.sliced |= 1 << move[1]
        return self._answer(move)

    def _examine_receptacle(self, move: Numbers) -> str:
        return self._describe(move[1])

    def _examine_object(self, move: Numbers) -> str:
        game, item = self.tables.game, move[1]
        name = game.object_names[item]
        if game.containers >> item & 1:
            inside = [game.object_names[number] for number in game.nested.get(item, ())]
            return game.phrases.container.fill(name, listing(inside))
        bits = object_bits(game, self.state, item)
        rules = game.phrases.object_states
        return next(rule.fill(name) for wanted, rule in rules if wanted & ~bits == 0)

    def _look(self, move: Numbers) -> str:
        tables = self.tables
        here = tables.at[self.state.location]
        if not here:
            return f"{ROOM}nothing."
        facing = joined([tables.game.receptacle_names[number] for number in here])
        return f"You are facing the {facing}. Next to it, you see {listing(self._floor(here))}."

    def _floor(self, here: tuple[int, ...]) -> list[str]:
        """Return objects recorded here that were taken from a receptacle here and not put back.

        An object moved from one receptacle here to another is listed once for each it left.
        """
        state, names = self.state, self.tables.game.object_names
        return [
            names[number]
            for number, left in enumerate(state.taken)
            if left and state.places[number] >> state.location & 1
            for receptacle in here
            if left >> receptacle & 1
        ]

    def _inventory(self, move: Numbers) -> str:
        phrases, held = self.tables.game.phrases, self.state.held
        if held == NOTHING:
            return phrases.empty_handed
        return phrases.carrying.fill(listing([self.tables.game.object_names[held]]))

    def _help(self, move: Numbers) -> str:
        return self.tables.game.phrases.help


def object_bits(game: Game, state: State, item: int) -> int:
    """Return the sum of the `ObjectBit` values that hold for an object."""
    return (
        (state.clean >> item & 1) * _CLEAN
        | (state.hot >> item & 1) * _HOT
        | (state.cool >> item & 1) * _COOL
        | (state.sliced >> item & 1) * _SLICED
        | (state.toggled >> item & 1) * _TOGGLED
        | (game.toggleable >> item & 1) * _TOGGLEABLE
        | (game.sliceable >> item & 1) * _SLICEABLE
    )


_CLEAN, _HOT, _COOL, _SLICED, _TOGGLED, _TOGGLEABLE, _SLICEABLE = map(int, ObjectBit)

_DO: Mapping[int, str] = {
    Op.OPEN: "_open_or_close",
    Op.CLOSE: "_open_or_close",
    Op.TAKE: "_take",
    Op.PUT: "_put",
    Op.CLEAN: "_treat",
    Op.HEAT: "_treat",
    Op.COOL: "_treat",
    Op.USE: "_use",
    Op.SLICE: "_slice",
    Op.EXAMINE_RECEPTACLE: "_examine_receptacle",
    Op.EXAMINE_OBJECT: "_examine_object",
    Op.LOOK: "_look",
    Op.INVENTORY: "_inventory",
    Op.HELP: "_help",
}
"""Method for each action that does not move the agent."""
