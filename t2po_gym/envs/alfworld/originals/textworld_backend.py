"""The original packages behind the interface of the native engine.

`TextWorldEngine` plays a game file in textworld's ``PddlEnv`` under alfworld's name wrapper, as
alfworld's own ``AlfredTWEnv`` does. Its interface is that of `engine.Engine`: observation,
admissible commands, ``won``, and a `State` read from the facts of the real environment, so progress
and planner work on it. It is the oracle of the parity suite. A step takes 50 ms and a new game more
than a second, most of it parsing; that is the original's own cost.

The original loads its planner library once per environment and is not thread-safe.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from t2po_gym.envs.alfworld.data.errors import GameDataError, GameFileError
from t2po_gym.envs.alfworld.data.game import NOTHING, Game, State
from t2po_gym.envs.alfworld.data.game_file import entity_names, parse_game, read_game
from t2po_gym.envs.alfworld.originals.textworld_games import EXTRA
from t2po_gym.envs.alfworld.world.engine import Engine
from t2po_gym.envs.alfworld.world.game_tables import Tables

__all__ = ["TextWorldEngine", "is_installed"]

_MASKS = {
    "isclean": "clean",
    "ishot": "hot",
    "iscool": "cool",
    "istoggled": "toggled",
    "issliced": "sliced",
}
"""Fact about an object -> field of `State`."""


def is_installed() -> bool:
    """Return whether the original packages can be imported."""
    try:
        _packages()
    except GameDataError:
        return False
    return True


class TextWorldEngine(Engine):
    """One episode in the real TextWorld; call `open`, then `reset` and `step`.

    ``admissible``, ``won`` and the texts are the original's; ``state`` is read from its facts, and
    ``tables`` hold the same game compiled by the native reader, for names, progress and plans.

    Raises:
        GameDataError: If the packages are not installed.

    Attributes:
        commands: the accepted commands so far; `replay` plays them again.
    """

    def __init__(self) -> None:
        self._inner, self._env = _idle.pop() if _idle else _new_environment()
        self._numbers: dict[str, int] = {}
        self._admissible: tuple[str, ...] = ()
        self._loaded = self._closed = False
        self.commands: list[str] = []

    def open(
        self, source: str | Path | Mapping[str, Any], *, shuffle_seed: int | None = None
    ) -> None:
        """Load a game.

        Args:
            source: a game file, or its content.
            shuffle_seed: shuffle the numbers in the names, as ``domain_randomization`` does, with
                this seed; None for the plain names.

        Raises:
            GameFileError: If the native reader or the original cannot read it.
        """
        if self._closed:
            raise GameDataError("the engine is closed; make a new one")
        if isinstance(source, Mapping):
            what: str | dict[str, Any] = dict(source)
            game = parse_game(json.dumps(what), "the game")
        else:
            what = str(source)
            game = read_game(source)
        self._env.shuffle = shuffle_seed is not None
        with _undisturbed(shuffle_seed):
            try:
                self._env.load(what)
            except (ValueError, KeyError, SystemExit) as error:
                raise GameFileError(f"textworld cannot load {game.name} ({error})") from error
        self._loaded = True
        infos = self._inner._entity_infos
        self.tables = Tables(self._named(game, {w: info.name for w, info in infos.items()}))

    @property
    def game(self) -> Game:
        """The loaded game, compiled by the native reader."""
        return self.tables.game

    @property
    def admissible(self) -> tuple[str, ...]:
        """All commands available now, sorted, as the original lists them."""
        return self._admissible

    def reset(self) -> str:
        """Restart the loaded game and return the first observation."""
        if not self._loaded:
            raise GameDataError("no game is loaded; call open() with a game before reset()")
        with _undisturbed(None):
            now = self._env.reset()
        self.commands = []
        self.accepted, self.seen = True, 0
        self._take_in(now)
        return str(now.feedback)

    def step(self, command: str) -> str:
        """Execute a command and return the printed text; an unavailable one changes nothing."""
        stripped = command.strip()
        self.accepted = stripped in self._admissible
        now, _, _ = self._env.step(command)
        if self.accepted:
            self.commands.append(stripped)
        self._take_in(now)
        self._note_seen(str(now.feedback))
        return str(now.feedback)

    def load(self, state: State, seen: int) -> None:
        """Raise: the original's state cannot be set; see `replay`."""
        raise ValueError("the original cannot be put into a state; replay its commands instead")

    def replay(self, commands: Sequence[str]) -> None:
        """Reset and play commands, to restore an earlier state.

        Raises:
            ValueError: If one of them is not available in its turn.
        """
        self.reset()
        for command in commands:
            self.step(command)
            if not self.accepted:
                raise ValueError(f"{command!r} is not open here; the commands are of another game")

    def close(self) -> None:
        """Pass the original's environment on to the next engine; this one cannot be used again."""
        if not self._closed:
            _idle.append((self._inner, self._env))
        self._closed, self._loaded = True, False

    # ---- inside --------------------------------------------------------------------------------

    def _named(self, game: Game, printed: Mapping[str, str]) -> Game:
        """Give the compiled game the names that the original prints, and record its ids."""
        self._numbers = {}
        names: dict[str, list[str]] = {}
        fields = ("object_names", "receptacle_names", "location_names")
        for field in fields:
            numbers = {name: number for number, name in enumerate(getattr(game, field))}
            names[field] = [""] * len(numbers)
            for word, name in entity_names(printed).items():
                if name in numbers and word not in self._numbers:
                    self._numbers[word] = numbers[name]
                    names[field][numbers[name]] = printed[word]
        return replace(
            game,
            object_names=tuple(names["object_names"]),
            receptacle_names=tuple(names["receptacle_names"]),
            location_names=tuple(names["location_names"]),
        )

    def _take_in(self, now: Any) -> None:
        self.won = bool(now["won"])
        self._admissible = tuple(now["admissible_commands"])
        self.state = self._read_state()
        self._situate()

    def _read_state(self) -> State:
        """Read the state from the facts of the real environment."""
        game, number = self.tables.game, self._numbers
        contents: list[set[int]] = [set() for _ in game.receptacle_names]
        masks = dict.fromkeys(_MASKS.values(), 0)
        places = [0] * len(game.object_names)
        taken = [0] * len(game.object_names)
        location, held, opened = game.start_location, NOTHING, 0
        for fact in self._inner._pddl_state.facts:
            words = [argument.name for argument in fact.arguments]
            if fact.name == "inreceptacle":
                contents[number[words[1]]].add(number[words[0]])
            elif fact.name == "not_inreceptacle":
                taken[number[words[0]]] |= 1 << number[words[1]]
            elif fact.name == "objectatlocation":
                places[number[words[0]]] |= 1 << number[words[1]]
            elif fact.name == "atlocation":
                location = number[words[1]]
            elif fact.name == "holds":
                held = number[words[1]]
            elif fact.name == "opened":
                opened |= 1 << number[words[0]]
            elif fact.name in _MASKS:
                masks[_MASKS[fact.name]] |= 1 << number[words[0]]
        return State(
            location=location,
            held=held,
            contents=[tuple(sorted(inside)) for inside in contents],
            opened=opened,
            places=places,
            taken=taken,
            **masks,
        )

    def _note_seen(self, observation: str) -> None:
        """Mark the receptacle whose contents were just listed as seen."""
        game = self.tables.game
        for number, name in enumerate(game.receptacle_names):
            openable = game.openable >> number & 1
            shown = f"The {name} is open." if openable else f"On the {name}, you see "
            if shown in observation:
                self.seen |= 1 << number


# Each environment of the original loads a private copy of its planner library, which crashes the
# process when unloaded, so finished environments wait here for the next engine.
_idle: list[tuple[Any, Any]] = []


def _new_environment() -> tuple[Any, Any]:
    """Return the original's environment and alfworld's wrapper around it."""
    pddl, wrappers, core = _packages()
    inner = pddl.PddlEnv(core.EnvInfos(won=True, admissible_commands=True))
    return inner, wrappers.AlfredDemangler(inner, shuffle=False)


def _packages() -> tuple[Any, Any, Any]:
    """Return the modules with ``PddlEnv``, alfworld's wrapper, and ``EnvInfos``."""
    try:
        import_module("fast_downward")
        return (
            import_module("textworld.envs.pddl"),
            import_module("alfworld.agents.environment.alfred_tw_env"),
            import_module("textworld.core"),
        )
    except ImportError as error:
        raise GameDataError(
            f"backend='textworld' needs the packages textworld and alfworld ({error}); install "
            f"them with {EXTRA}"
        ) from None


@contextmanager
def _undisturbed(seed: int | None) -> Iterator[None]:
    """Undo the original's side effects: it overwrites ``sys.argv`` and draws from ``random``.

    Args:
        seed: seed of the draws inside.
    """
    arguments, stream = sys.argv, random.getstate()
    if seed is not None:
        random.seed(seed)
    try:
        yield
    finally:
        sys.argv = arguments
        random.setstate(stream)
