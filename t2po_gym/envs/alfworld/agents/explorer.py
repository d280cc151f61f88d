"""A scripted agent that knows only what it has read: it searches, then does the task.

It produces demonstrations that a policy can imitate. Unlike the planner it never looks into the
game: it uses only the observations and the list of admissible actions, so it plays both dialects,
both rule sets and the real TextWorld. It first searches where such objects usually are, remembers
what it saw, and explains each action in a short sentence.

* ``Explorer`` reads the texts of an episode from its beginning.
* ``explore`` takes the same knowledge from the state of a running episode.
* ``decide`` is used by both: a function of the knowledge and the available actions.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from t2po_gym.core.agent.demonstration import ExpertTurn
from t2po_gym.envs.alfworld.data.game import NOTHING, Game, Goal, State, numbers
from t2po_gym.envs.alfworld.generate.room_contents import NOWHERE, ROOMS, can_contain, object_rows

__all__ = ["Explorer", "Knowledge", "decide", "explore", "read_goal"]

_TASK = "Your task is to: "
_WORD = r"([a-z]+)"
_GOALS = tuple(
    (re.compile(pattern.replace("O", _WORD, 1).replace("T", _WORD, 1)), task_type)
    for pattern, task_type in (
        ("look at O under the T", "look_at_obj_in_light"),
        ("examine the O with the T", "look_at_obj_in_light"),
        ("put a clean O in T", "pick_clean_then_place_in_recep"),
        ("clean some O and put it in T", "pick_clean_then_place_in_recep"),
        ("put a hot O in T", "pick_heat_then_place_in_recep"),
        ("heat some O and put it in T", "pick_heat_then_place_in_recep"),
        ("put a cool O in T", "pick_cool_then_place_in_recep"),
        ("cool some O and put it in T", "pick_cool_then_place_in_recep"),
        ("put two O in T", "pick_two_obj_and_place"),
        ("find two O and put them in T", "pick_two_obj_and_place"),
        ("put an? O in T", "pick_and_place_simple"),
        ("put some O on T", "pick_and_place_simple"),
    )
)

_CHANGES = {
    "pick_clean_then_place_in_recep": ("clean", "sinkbasin"),
    "pick_heat_then_place_in_recep": ("heat", "microwave"),
    "pick_cool_then_place_in_recep": ("cool", "fridge"),
}

_NO_CHANGE = ("leave alone", "")

_NAME = re.compile(r"\ba ([a-z]+ \d+)")
_SHOWN = re.compile(r"(?:On the ([a-z]+ \d+)|The ([a-z]+ \d+) is open\. In it), you see ([^.]*)\.")


@dataclass(slots=True, kw_only=True)
class Knowledge:
    """What has been read so far.

    Example: after ``On the desk 1, you see a mug 1.`` it has ``inside == {"desk 1": ("mug 1",)}``.
    """

    goal: Goal
    """The task."""

    receptacles: tuple[str, ...]
    """Names of the receptacles, in the order of the first observation."""

    inside: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Receptacle -> its contents, for receptacles that were looked into."""

    held: str = ""
    """The object in hand; empty if none."""

    changed: set[str] = field(default_factory=set)
    """Objects that were cleaned, heated or cooled as the task requires."""


def read_goal(task: str) -> Goal | None:
    """Parse a task sentence in one of ALFWorld's wordings; return None for another wording."""
    words = task.strip().rstrip(".").lower()
    for pattern, task_type in _GOALS:
        if match := pattern.fullmatch(words):
            return Goal(task_type=task_type, object_type=match[1], target_type=match[2])
    return None


class Explorer:
    """Play one episode from its texts.

    Use: ``turn(admissible)``, send its action, then ``observe(action, observation)``.

    Args:
        first_observation: the observation from reset.
        rng: draws detours; needed only with noise.
        noise: probability per turn of a detour to some receptacle, from 0 to 1.

    Raises:
        ValueError: If the task's wording is unknown, or ``noise`` is not a probability.
    """

    def __init__(
        self, first_observation: str, rng: random.Random | None = None, noise: float = 0.0
    ) -> None:
        if not 0.0 <= noise <= 1.0 or (noise and rng is None):
            raise ValueError(f"noise must be a chance from 0 to 1, with an rng; got {noise!r}.")
        room, _, task = first_observation.rpartition(_TASK)
        goal = read_goal(task)
        if goal is None:
            raise ValueError(
                f"The explorer understands ALFWorld's own task wordings; got {task[:80]!r}."
            )
        self._rng, self._noise = rng, noise
        names = tuple(dict.fromkeys(_NAME.findall(room)))
        self.knowledge = Knowledge(goal=goal, receptacles=names)

    def turn(self, admissible: Sequence[str]) -> ExpertTurn:
        """Return the next action and the reason for it.

        Args:
            admissible: the actions available now.
        """
        if self._rng is not None and self._noise and self._rng.random() < self._noise:
            places = [action for action in admissible if action.startswith("go to ")]
            if places:
                place = self._rng.choice(places)
                return _turn(f"I have a look at {place[6:]}.", place)
        return decide(self.knowledge, admissible)

    def observe(self, action: str, observation: str) -> None:
        """Record the result of an action."""
        known = self.knowledge
        for plain, opened, listed in _SHOWN.findall(observation):
            known.inside[plain or opened] = tuple(_NAME.findall(listed))
        words = action.strip().split(" ")
        thing, place = " ".join(words[1:3]), " ".join(words[-2:])
        there = known.inside.get(place, ())
        if observation.startswith("You pick up the "):
            known.held = thing
            known.inside[place] = tuple(name for name in there if name != thing)
        elif observation.startswith(("You move the ", "You put the ")):
            known.held = ""
            known.inside[place] = (*there, thing)
        elif observation.startswith(
            f"You {_CHANGES.get(known.goal.task_type, _NO_CHANGE)[0]} the "
        ):
            known.changed.add(thing)


def explore(game: Game, state: State, seen: int, admissible: Sequence[str]) -> ExpertTurn:
    """Return what an `Explorer` would do after reading everything printed so far.

    From the state it uses only the receptacles whose contents were printed and the object in hand.
    It knows one thing without having read it: whether the object in hand is cool from the start.

    Args:
        game: the game, for names and for the goal that its task sentence states.
        state: the state.
        seen: mask of receptacles whose contents were printed.
        admissible: the actions available now.
    """
    names = game.object_names
    known = Knowledge(goal=game.goal, receptacles=game.receptacle_names)
    for r in numbers(seen):
        known.inside[game.receptacle_names[r]] = tuple(names[o] for o in state.contents[r])
    if state.held != NOTHING:
        known.held = names[state.held]
        verb = _CHANGES.get(game.goal.task_type, _NO_CHANGE)[0]
        masks = {"clean": state.clean, "heat": state.hot, "cool": state.cool}
        if masks.get(verb, 0) >> state.held & 1:
            known.changed.add(known.held)
    return decide(known, admissible)


def decide(known: Knowledge, admissible: Sequence[str]) -> ExpertTurn:
    """Return the next action and the reason for it.

    Args:
        known: what has been read so far.
        admissible: the actions available now.
    """
    return _Decision(known, admissible).turn()


class _Decision:
    """One turn's reasoning."""

    def __init__(self, known: Knowledge, admissible: Sequence[str]) -> None:
        self._known, self._open = known, admissible
        self._seen = [  # in room order, then in list order: high numbers first
            (thing, place)
            for place in known.receptacles
            for thing in sorted(known.inside.get(place, ()), key=_number, reverse=True)
        ]
        self._target = self._choose_target()

    def turn(self) -> ExpertTurn:
        known = self._known
        if known.held:
            if _kind(known.held) != known.goal.object_type:
                return self._put_away()
            if known.goal.task_type == "look_at_obj_in_light":
                return self._to_light()
            if known.goal.task_type in _CHANGES and known.held not in known.changed:
                return self._change()
            return self._deliver()
        thing, place = self._wanted_object()
        if not thing:
            return self._search(known.goal.object_type)
        there = self._reach(place, f"I saw {thing} in {place}.")
        return there or _turn(f"Here is {thing}.", f"take {thing} from {place}", aloud=True)

    # ---- with something in hand ----------------------------------------------------------------

    def _change(self) -> ExpertTurn:
        verb, tool = _CHANGES[self._known.goal.task_type]
        held = self._known.held
        place = self._lowest(tool)
        action = f"{verb} {held} with {place}"
        if action in self._open:
            return _turn("This is the place.", action, aloud=True)
        return self._walk(place, f"I must {verb} {held}.")

    def _deliver(self) -> ExpertTurn:
        held, target = self._known.held, self._target
        there = self._reach(target, f"I bring {held} to {target}.")
        if there:
            return there
        action = self._putting(target)
        if action:
            return _turn(f"{target} is where it belongs.", action, aloud=True)
        return self._search(self._known.goal.target_type)

    def _to_light(self) -> ExpertTurn:
        kind = self._known.goal.target_type
        lamps = [(thing, place) for thing, place in self._seen if _kind(thing) == kind]
        for lamp, _ in lamps:
            if f"use {lamp}" in self._open:
                return _turn(f"I switch on {lamp}.", f"use {lamp}")
        if lamps:
            lamp, place = lamps[0]
            return self._walk(place, f"{lamp} is at {place}.")
        return self._search(kind)

    def _put_away(self) -> ExpertTurn:
        """Put down something that is not wanted."""
        held, places = self._known.held, self._known.receptacles
        for place in places:
            if action := self._putting(place):
                return _turn(f"I do not need {held}. I put it down.", action)
        for place in self._by_likelihood(_kind(held), places):
            if f"open {place}" in self._open:
                return _turn(f"I leave {held} in {place}.", f"open {place}")
            if f"go to {place}" in self._open:
                return _turn(f"I leave {held} elsewhere.", f"go to {place}")
        return _turn("I look around.", "look")

    def _putting(self, place: str) -> str:
        """Return the action that puts the held object there, in the game's dialect; '' if none."""
        held = self._known.held
        actions = (f"move {held} to {place}", f"put {held} in/on {place}")
        return next((action for action in actions if action in self._open), "")

    # ---- looking for things --------------------------------------------------------------------

    def _wanted_object(self) -> tuple[str, str]:
        """Return a wanted object seen in the wrong place, and that place; in reach first."""
        goal = self._known.goal
        found = [(t, place) for t, place in self._seen if _kind(t) == goal.object_type]
        if goal.task_type == "pick_two_obj_and_place":
            found = [(thing, place) for thing, place in found if place != self._target]
        near = (pair for pair in found if f"take {pair[0]} from {pair[1]}" in self._open)
        return next(near, found[0] if found else ("", ""))

    def _search(self, wanted: str) -> ExpertTurn:
        """Look into the likeliest receptacle that was not searched yet."""
        inside = self._known.inside
        left = [name for name in self._known.receptacles if name not in inside]
        for place in self._by_likelihood(wanted, left):
            there = self._reach(place, f"I need a {wanted}.")
            if there:
                return there
            if f"examine {place}" in self._open:
                return _turn(f"I need a {wanted}. I look at {place}.", f"examine {place}")
        return _turn("I look around.", "look")

    def _choose_target(self) -> str:
        """Return the target: one with such an object, else one looked into, else the lowest.

        Whether a target already holds such an object matters only for pairs.
        """
        goal = self._known.goal
        names = [name for name in self._known.receptacles if _kind(name) == goal.target_type]
        if goal.task_type == "pick_two_obj_and_place":
            for thing, place in self._seen:
                if place in names and _kind(thing) == goal.object_type:
                    return place
        inside = self._known.inside
        return min(names, key=lambda name: (name not in inside, _number(name)), default="")

    def _lowest(self, kind: str) -> str:
        names = [name for name in self._known.receptacles if _kind(name) == kind]
        return min(names, key=_number, default="")

    def _by_likelihood(self, wanted: str, places: Iterable[str]) -> list[str]:
        """Sort places by the likelihood of such an object per receptacle; ties lowest first."""
        shares = _usual_places(wanted)
        kinds = [_kind(name) for name in self._known.receptacles]

        def rank(name: str) -> tuple[float, str, int]:
            kind = _kind(name)
            return -shares.get(kind, 0) / kinds.count(kind), kind, _number(name)

        return sorted(places, key=rank)

    # ---- moving --------------------------------------------------------------------------------

    def _walk(self, place: str, why: str) -> ExpertTurn:
        go = f"go to {place}"
        if go in self._open:
            return _turn(f"{why} I go to {place}.", go)
        return _turn(f"{why} I look around.", "look")

    def _reach(self, place: str, why: str) -> ExpertTurn | None:
        """Return a step towards standing at the open receptacle; None if already there."""
        go, opening = f"go to {place}", f"open {place}"
        if go in self._open:
            return _turn(f"{why} I go to {place}.", go)
        if opening in self._open:
            return _turn(f"{place} is closed. I open it.", opening)
        return None


def _turn(think: str, action: str, aloud: bool = False) -> ExpertTurn:
    """Return a turn; ``aloud`` ends the thought with the action itself."""
    return ExpertTurn(think=f"{think} I {action}." if aloud else think, action=action)


def _kind(name: str) -> str:
    return name.partition(" ")[0]


def _number(name: str) -> int:
    return int(name.rpartition(" ")[2])


@cache
def _usual_places(wanted: str) -> dict[str, int]:
    """Return receptacle type -> share of such objects found there in general; lower case."""
    shares: dict[str, int] = {}
    for room in ROOMS:
        for row in object_rows(room):
            if row.type.lower() == wanted:
                for place, share in row.places.items():
                    if place != NOWHERE:
                        shares[place.lower()] = shares.get(place.lower(), 0) + share
    for place, objects in can_contain().items():
        if wanted in {name.lower() for name in objects}:
            shares.setdefault(place.lower(), 1)
    return shares
