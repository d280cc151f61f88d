"""``ToyKeysEnv``, id ``t2po/ToyKeys-v0``: fetch the right key, open the chest.

Actions: ``go[room]``, ``take[red key]``, ``open[chest]``. One key can be held; taking another puts
the first one down. Opening the chest with the key of its colour ends the episode with reward 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from t2po_gym.core.env import Outcome, TextEnv
from t2po_gym.core.progress import Progress
from t2po_gym.envs.toy.tasks import SPLIT_SIZES, KeysTask, route, tasks_of

__all__ = ["ToyKeysEnv"]

HELD = "hand"  # location of the key that the agent holds; no room has this name


class ToyKeysEnv(TextEnv):
    """Rooms, keys and a locked chest; made for testing trainers.

    Progress is ``max(0, 1 - d / d_0)``, where d is the minimum number of actions still needed and
    d_0 that number at the start. The world is deterministic.

    Args:
        split: ``train`` (512 houses), ``dev`` (64) or ``test`` (64); no house is in two of them.
        max_turns: Turn limit; the shortest solutions take 3 to 6.
        progress: Whether info has the progress keys.
        render_mode: None, ``ansi`` (``render()`` returns text) or ``human`` (text is printed).
    """

    ACTION_FORMAT = (
        "Actions: go[room], for example go[cellar]; take[thing], for example take[gold key]; "
        "open[chest]."
    )
    PROGRESS_VERSION = "toykeys-1"
    MILESTONES = ("key_seen", "key_held", "chest_seen", "chest_open")
    SPLITS = tuple(SPLIT_SIZES)
    MAX_OBSERVATION_CHARS = 1_000

    def __init__(
        self,
        *,
        split: str = "train",
        max_turns: int = 12,
        progress: bool = True,
        render_mode: str | None = None,
    ) -> None:
        super().__init__(
            split=split, max_turns=max_turns, progress=progress, render_mode=render_mode
        )
        self._tasks = tasks_of(split)
        self._open = False

    def num_tasks(self) -> int:
        """Return the number of houses in the split."""
        return len(self._tasks)

    def task_id(self, index: int) -> str:
        """Return a name such as ``toykeys:train:0007``."""
        return f"toykeys:{self.split}:{index:04d}"

    def task_index(self, task_id: str) -> int:
        """Return the index of a name from `task_id`."""
        number = task_id.rpartition(":")[2]
        index = int(number) if number.isascii() and number.isdigit() and len(number) == 4 else -1
        if not 0 <= index < self.num_tasks() or self.task_id(index) != task_id:
            raise ValueError(
                f"There is no task {task_id[:80]!r} in split {self.split!r}; names run from "
                f"{self.task_id(0)} to {self.task_id(self.num_tasks() - 1)}."
            )
        return index

    @property
    def house(self) -> KeysTask:
        """The house of the current episode, hidden from the agent."""
        return self._tasks[self._task]

    @property
    def room(self) -> str:
        """Where the agent is."""
        return self._room

    def key_place(self, colour: str) -> str:
        """Return the room of a key, or ``hand``."""
        return self._keys[colour]

    def _begin(self, index: int, rng: np.random.Generator) -> str:
        self._room = self.house.start
        self._keys = dict(self.house.keys)
        self._open = False
        self._key_seen = self._chest_seen = False
        self._view()
        self._first_distance = self._distance()
        return self._page

    def _act(self, action: str) -> Outcome:
        name, _, rest = action.partition("[")
        argument = rest[:-1] if rest.endswith("]") else ""
        message = self._apply(name, argument)
        valid = message is not None
        self._view()
        page = f"{message or 'You cannot do that.'}\n{self._page}"
        return Outcome(page, float(self._open), self._open, valid)

    def _apply(self, name: str, argument: str) -> str | None:
        """Change the world and return what happened; None if the action is not possible."""
        if name == "go" and argument in self.house.exits[self._room]:
            self._room = argument
            return f"You enter the {argument}."
        if name == "take" and argument in (f"{colour} key" for colour in self._keys_here()):
            for colour, place in self._keys.items():
                if place == HELD:
                    self._keys[colour] = self._room
            self._keys[argument.removesuffix(" key")] = HELD
            return f"You take the {argument}."
        if name == "open" and argument == "chest" and self._can_open():
            self._open = True
            return "The chest is open!"
        return None

    def _keys_here(self) -> list[str]:
        return [colour for colour, place in self._keys.items() if place == self._room]

    def _can_open(self) -> bool:
        right_key = self._keys[self.house.colour] == HELD
        return right_key and self._room == self.house.chest_room and not self._open

    def _view(self) -> None:
        """Describe the room, and record what it shows."""
        task = self.house
        things = [f"{colour} key" for colour in self._keys_here()]
        if self._room == task.chest_room:
            things.append(f"{task.colour} chest")
            self._chest_seen = True
        self._key_seen |= self._keys[task.colour] == self._room
        held = [f"{colour} key" for colour, place in self._keys.items() if place == HELD]
        self._page = (
            f"Open the {task.colour} chest in the {task.chest_room}. "
            f"Its key was left in the {task.keys[task.colour]}.\n"
            f"You are in the {self._room}. You see: {', '.join(things) or 'nothing'}. "
            f"Exits: {', '.join(task.exits[self._room])}. You hold: {', '.join(held) or 'nothing'}."
        )

    def _task_text(self, first_observation: str) -> str:
        return first_observation.partition("\n")[0]

    def _observable_state(self) -> str:
        # Without the message about the last action: the same place is the same state.
        return self._page

    def _distance(self) -> int:
        """Return the minimum number of actions still needed."""
        if self._open:
            return 0
        task = self.house
        place = self._keys[task.colour]
        if place == HELD:
            return len(route(task.exits, self._room, task.chest_room)) + 1
        to_key = len(route(task.exits, self._room, place))
        return to_key + 1 + len(route(task.exits, place, task.chest_room)) + 1

    def _progress(self) -> Progress:
        value = max(0.0, 1.0 - self._distance() / self._first_distance)
        held = self._keys[self.house.colour] == HELD
        return Progress(
            value,
            {
                "key_seen": float(self._key_seen),
                "key_held": float(held),
                "chest_seen": float(self._chest_seen),
                "chest_open": float(self._open),
            },
        )

    def _score(self) -> float:
        return float(self._open)

    def _success(self) -> bool:
        return self._open

    def _admissible_actions(self) -> tuple[str, ...]:
        if self._open:
            return ()
        actions = [f"go[{room}]" for room in self.house.exits[self._room]]
        actions += [f"take[{colour} key]" for colour in self._keys_here()]
        if self._can_open():
            actions.append("open[chest]")
        return tuple(actions)

    def _save(self) -> dict[str, Any]:
        return {
            "room": self._room,
            "keys": self._keys,
            "open": self._open,
            "key_seen": self._key_seen,
            "chest_seen": self._chest_seen,
            "first_distance": self._first_distance,
        }

    def _load(self, state: Mapping[str, Any]) -> None:
        self._room = state["room"]
        self._keys = dict(state["keys"])
        self._open = state["open"]
        self._key_seen = state["key_seen"]
        self._chest_seen = state["chest_seen"]
        self._first_distance = state["first_distance"]
        self._view()
