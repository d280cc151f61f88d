"""Progress of a household task: how far the best wanted object has come along its chain.

An object is *located* if the agent stands, with free hands, at a receptacle that holds it and is
not closed. With the largest chain of all wanted objects (and, for pairs, receptacles) progress is

=======================  =====================================================================
task                     progress
=======================  =====================================================================
pick and place           (located, held or placed, placed) / 3
look at in light         (located, held, held at a lamp, held at a lit lamp) / 4
clean, heat, cool        (located, held or changed, changed, changed and placed) / 4
pick two and place       chain of the first object, then of the second, into one receptacle / 6
=======================  =====================================================================

It is a potential: a function of the state that falls when something is undone, is 0 in the first
state, and is 1 exactly when the goal holds. It never falls on a shortest plan. Details that ensure
this:

* A wanted object that was never touched counts only while it is located, even if it is already at
  the target or cool from the fridge. One that the agent brought to the target unchanged counts as
  located.
* With the wrong object in hand nothing is located: it may have to be put elsewhere first.
* The second object of a pair counts only after the first is placed. Counting both at once would let
  progress fall on the best plan: two mugs on one table are both in reach, but carrying one away
  leaves the other behind.
* If a game's first state still has a chain above 0, that amount is subtracted and the rest is
  scaled to 1.

Progress is never shown to an agent. The definition is this project's own;
docs/originals/alfworld.md, section 14, names related work.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from t2po_gym.core.progress import Progress
from t2po_gym.envs.alfworld.data.game import (
    NOTHING,
    Game,
    State,
    numbers,
    receptacles_by_location,
)
from t2po_gym.envs.alfworld.world.winning import goal_objects

__all__ = ["MILESTONES", "PROGRESS_VERSION", "GameProgress"]

PROGRESS_VERSION = "alfworld-1"
"""Increased whenever a value of the definition above changes."""

MILESTONES = ("located", "held", "prepared", "placed", "solved")
"""
``located``: a wanted object is in reach (or further); ``held``: it was picked up; ``prepared``: it
is clean, hot or cool, or held at the lamp (tasks that change nothing: as ``held``); ``placed``: one
is at the target as wanted (in the light: the lamp is on); ``solved``: the goal holds.
"""

_CHAINS: Mapping[str, tuple[int, int, int]] = {  # steps in all, prepared from, placed from
    "pick_and_place_simple": (3, 2, 3),
    "look_at_obj_in_light": (4, 3, 4),
    "pick_clean_then_place_in_recep": (4, 3, 4),
    "pick_heat_then_place_in_recep": (4, 3, 4),
    "pick_cool_then_place_in_recep": (4, 3, 4),
    "pick_two_obj_and_place": (6, 2, 3),
}


class GameProgress:
    """Progress and goal conditions of one game's states.

    Args:
        game: the game; its constant parts are looked up once.
    """

    def __init__(self, game: Game) -> None:
        self._task = task = game.goal.task_type
        self._wanted = frozenset(numbers(goal_objects(game)))
        light = task == "look_at_obj_in_light"
        lamps = game.objects_of(game.goal.target_type) if light else ()
        self._lamps = frozenset(lamp for lamp in lamps if game.toggleable >> lamp & 1)
        self._targets = () if light else game.receptacles_of(game.goal.target_type)
        self._openable = game.openable
        self._here = receptacles_by_location(game)
        start = game.start()
        self._changed_at_start = self._changed(start)
        self._known = _levels(task, self._steps(start))

    def now(self, state: State) -> Progress:
        """Return the progress of a state."""
        return self._known[self._steps(state)]

    def goal_conditions(self, state: State) -> tuple[int, int]:
        """Return how many of ALFRED's goal conditions hold, and how many there are.

        Pick and place: 1 (in place). Two: 2 (the number in one receptacle, at most 2). Light: 2
        (held; a lit lamp here). Clean, heat, cool: 3 (one in place; one changed; one both).
        """
        inside = [self._wanted.intersection(state.contents[r]) for r in self._targets]
        if self._task == "pick_and_place_simple":
            return int(any(inside)), 1
        if self._task == "pick_two_obj_and_place":
            return min(2, max(map(len, inside), default=0)), 2
        if self._task == "look_at_obj_in_light":
            lit = any(state.toggled >> lamp & 1 for lamp in self._lamps_here(state))
            return int(state.held in self._wanted) + int(lit), 2
        changed = {o for o in self._wanted if self._changed(state) >> o & 1}
        both = any(changed & found for found in inside)
        return int(any(inside)) + int(bool(changed)) + int(both), 3

    # ---- chains --------------------------------------------------------------------------------

    def _steps(self, state: State) -> int:
        """Return the number of chain steps that the best wanted object has completed."""
        if self._task == "pick_two_obj_and_place":
            return self._pair_steps(state)
        if self._task == "look_at_obj_in_light":
            return self._light_steps(state)
        if self._task == "pick_and_place_simple":
            return 3 if self._placed(state) else self._reach(state)
        return self._changing_steps(state)

    def _pair_steps(self, state: State) -> int:
        wanted = self._wanted
        best = self._reach(state)
        for r in self._targets:
            there = sum(o in wanted for o in state.contents[r])
            if there >= 2:
                return 6
            if there:
                best = max(best, 3 + self._reach(state, state.contents[r]))
        return best

    def _light_steps(self, state: State) -> int:
        reach = self._reach(state)
        if reach < 2:
            return reach
        lamps = self._lamps_here(state)
        if not lamps:
            return 2
        return 4 if any(state.toggled >> lamp & 1 for lamp in lamps) else 3

    def _changing_steps(self, state: State) -> int:
        changed = self._changed(state)
        for o in self._wanted:  # cool from the start counts once touched
            if self._changed_at_start >> o & 1 and not (state.held == o or state.taken[o]):
                changed &= ~(1 << o)
        best = self._reach(state)
        for o in self._wanted:
            if changed >> o & 1:
                best = max(best, 3)
        for r in self._targets:
            for o in state.contents[r]:
                if o in self._wanted:
                    if changed >> o & 1:
                        return 4
                    if state.taken[o]:
                        best = max(best, 1)
        return best

    def _reach(self, state: State, without: tuple[int, ...] = ()) -> int:
        """Return 2 if a wanted object is in hand, 1 if one is located, else 0."""
        wanted = self._wanted
        if state.held in wanted and state.held not in without:
            return 2
        if state.held != NOTHING:
            return 0
        closed = self._openable & ~state.opened
        for r in self._here[state.location]:
            if not closed >> r & 1:
                for o in state.contents[r]:
                    if o in wanted and o not in without:
                        return 1
        return 0

    def _placed(self, state: State) -> bool:
        wanted = self._wanted
        return any(o in wanted for r in self._targets for o in state.contents[r])

    def _lamps_here(self, state: State) -> list[int]:
        return [
            o for r in self._here[state.location] for o in state.contents[r] if o in self._lamps
        ]

    def _changed(self, state: State) -> int:
        """Return the mask of objects that are as the goal requires."""
        if self._task == "pick_clean_then_place_in_recep":
            return state.clean
        if self._task == "pick_heat_then_place_in_recep":
            return state.hot
        return state.cool if self._task == "pick_cool_then_place_in_recep" else 0


@cache
def _levels(task: str, first: int) -> tuple[Progress, ...]:
    """Return progress by number of steps, for games whose first state has ``first`` steps."""
    steps, prepared, placed = _CHAINS[task]
    return tuple(
        Progress(
            max(0.0, (done - first) / (steps - first)) if first < steps else 1.0,
            {
                "located": float(done >= 1),
                "held": float(done >= 2),
                "prepared": float(done >= prepared),
                "placed": float(done >= placed),
                "solved": float(done == steps),
            },
        )
        for done in range(steps + 1)
    )
