"""Shortest plans from any state of a game, by enumeration; the planner sees everything.

Going anywhere costs one step, so a plan is determined by its stops: where to get the object, where
to change it, where to bring it, and, with the wrong object in hand, where to leave that. The
planner enumerates every sequence of stops that can be the shortest, adds up the steps (going where
the location changes, opening what is closed, one per action) and takes the minimum. Of equivalent
receptacles only one is tried.

Ties go to the sequence that starts at the agent's location, then to the first in numbering order,
so plans are the same on every platform.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from t2po_gym.envs.alfworld.data.game import NOTHING, Game, Move, Op, State, numbers
from t2po_gym.envs.alfworld.world.winning import goal_objects

__all__ = ["Planner", "shortest_plan"]


class Stop(NamedTuple):
    """A location and the actions to take there.

    Example: ``Stop(4, Move(Op.TAKE, 7, 4), True)`` - take object 7 out of receptacle 4.
    """

    receptacle: int
    """Where."""

    move: Move | None
    """The action; None if it is enough to be there."""

    opens: bool
    """Whether the receptacle must be open for it."""


Route = tuple[Stop, ...]


def shortest_plan(game: Game, state: State) -> tuple[Move, ...] | None:
    """Return a shortest winning plan, empty if the goal holds; None if there is none.

    Example: ``(Move(Op.GO, 0), Move(Op.TAKE, 3, 0), Move(Op.GO, 5), Move(Op.PUT, 3, 5))``
    """
    return Planner(game).plan(state)


class Planner:
    """Plans for one game.

    Args:
        game: the game; its constant parts are looked up once.
    """

    def __init__(self, game: Game) -> None:
        self._game = game
        goal = game.goal
        self._wanted = tuple(numbers(goal_objects(game)))
        self._task = goal.task_type
        light = self._task == "look_at_obj_in_light"
        self._targets = () if light else game.receptacles_of(goal.target_type)
        lamps = game.objects_of(goal.target_type) if light else ()
        self._lamps = tuple(lamp for lamp in lamps if game.toggleable >> lamp & 1)
        self._changing: tuple[Op, int] | None = {  # how, and the mask of where
            "pick_clean_then_place_in_recep": (Op.CLEAN, game.sinks),
            "pick_heat_then_place_in_recep": (Op.HEAT, game.microwaves),
            "pick_cool_then_place_in_recep": (Op.COOL, game.fridges),
        }.get(self._task)

    def plan(self, state: State) -> tuple[Move, ...] | None:
        """Return a shortest winning plan, empty if the goal holds; None if there is none."""
        route = self._best_route(state)
        return None if route is None else self._moves(state, route)

    def remaining_steps(self, state: State) -> int | None:
        """Return the length of a shortest winning plan; None if there is none."""
        route = self._best_route(state)
        return None if route is None else self._cost(state, route)

    def commands(self, state: State) -> tuple[str, ...] | None:
        """Return a shortest winning plan as commands; None if there is none."""
        moves = self.plan(state)
        if moves is None:
            return None
        return tuple(self._game.phrases.command(move, self._game) for move in moves)

    # ---- routes --------------------------------------------------------------------------------

    def _best_route(self, state: State) -> Route | None:
        best: Route | None = None
        best_rank = (0, True)
        where = self._game.receptacle_location
        for route in self._routes(state):
            away = bool(route) and where[route[0].receptacle] != state.location
            rank = (self._cost(state, route), away)
            if best is None or rank < best_rank:
                best, best_rank = route, rank
        return best

    def _routes(self, state: State) -> Iterator[Route]:
        """Yield every sequence of stops that may be shortest; an empty one if the goal holds."""
        places = self._places(state)
        if self._task == "look_at_obj_in_light":
            return self._light_routes(state, places)
        if self._task == "pick_two_obj_and_place":
            return self._pair_routes(state, places)
        return self._single_routes(state, places)

    def _light_routes(self, state: State, places: dict[int, list[int]]) -> Iterator[Route]:
        ends = []
        for lamp in self._lamps:
            move = None if state.toggled >> lamp & 1 else Move(Op.USE, lamp)
            holders = (r for r, inside in enumerate(state.contents) if lamp in inside)
            ends += [Stop(r, move, False) for r in holders]
        for o in self._wanted:
            for start in self._taking(state, o, places):
                for end in ends:
                    yield (*start, end)

    def _single_routes(self, state: State, places: dict[int, list[int]]) -> Iterator[Route]:
        for o in self._wanted:
            changed = self._is_changed(state, o)
            if changed and any(r in self._targets for r in places[o]):
                yield ()
                return
            changes: list[Route] = [()] if changed else self._change_stops(o)
            for start in self._taking(state, o, places):
                taken_from = start[-1].receptacle if start and state.held != o else NOTHING
                stays = any(r in self._targets for r in places[o] if r != taken_from)
                for change in changes:
                    if stays:  # it also counts as lying in a target, so changing it is enough
                        yield (*start, *change)
                        continue
                    for r in self._ends(state, o, (*start, *change)):
                        yield (*start, *change, Stop(r, Move(Op.PUT, o, r), True))

    def _pair_routes(self, state: State, places: dict[int, list[int]]) -> Iterator[Route]:
        missing: dict[int, tuple[int, ...]] = {}
        for r in self._targets:
            there = tuple(o for o in self._wanted if r in places[o])
            if len(there) >= 2:
                yield ()
                return
            missing[r] = there
        for first in self._wanted:
            for start in self._taking(state, first, places):
                for r in self._ends(state, first, start, keep=missing):
                    put = Stop(r, Move(Op.PUT, first, r), True)
                    if first in missing[r]:
                        continue
                    if missing[r]:
                        yield (*start, put)
                        continue
                    for second in self._wanted:
                        if second != first and self._game.fits[r] >> second & 1:
                            for source in places[second]:
                                if self._game.pickupable >> second & 1:
                                    take = Stop(source, Move(Op.TAKE, second, source), True)
                                    again = Stop(r, Move(Op.PUT, second, r), True)
                                    yield (*start, put, take, again)

    # ---- parts of routes -----------------------------------------------------------------------

    def _places(self, state: State) -> dict[int, list[int]]:
        """Return the receptacles that each wanted object is in."""
        places: dict[int, list[int]] = {o: [] for o in self._wanted}
        for r, inside in enumerate(state.contents):
            for o in inside:
                if o in places:
                    places[o].append(r)
        return places

    def _taking(self, state: State, o: int, places: dict[int, list[int]]) -> Iterator[Route]:
        """Yield the ways to get an object into the hand."""
        if state.held == o:
            yield ()
            return
        if not self._game.pickupable >> o & 1:
            return
        for source in places[o]:
            take = Stop(source, Move(Op.TAKE, o, source), True)
            if state.held == NOTHING:
                yield (take,)
                continue
            for drop in self._drops(state, source):
                yield (drop, take)

    def _drops(self, state: State, source: int) -> Iterator[Stop]:
        """Yield places to leave the held object: here, at the next object, or anywhere else."""
        game, held = self._game, state.held
        near = {state.location, game.receptacle_location[source]}
        elsewhere: set[bool] = set()
        for r, fitting in enumerate(game.fits):
            if not fitting >> held & 1:
                continue
            if game.receptacle_location[r] not in near:
                closed = self._is_closed(state, r)
                if closed in elsewhere:
                    continue
                elsewhere.add(closed)
            yield Stop(r, Move(Op.PUT, held, r), True)

    def _is_changed(self, state: State, o: int) -> bool:
        """Return whether the object is as the goal requires, apart from its place."""
        if self._changing is None:
            return True
        flags = {Op.CLEAN: state.clean, Op.HEAT: state.hot, Op.COOL: state.cool}
        return bool(flags[self._changing[0]] >> o & 1)

    def _change_stops(self, o: int) -> list[Route]:
        assert self._changing is not None
        op, where = self._changing
        return [(Stop(r, Move(op, o, r), False),) for r in numbers(where)]

    def _ends(
        self, state: State, o: int, before: Route, keep: dict[int, tuple[int, ...]] | None = None
    ) -> Iterator[int]:
        """Yield targets an object fits in; of those equivalent for this route, only the first.

        Args:
            state: the state.
            o: the object.
            before: earlier stops, whose locations are near.
            keep: targets that already hold a wanted object, which are never equivalent.
        """
        game = self._game
        near = {game.receptacle_location[stop.receptacle] for stop in before}
        near.add(state.location)
        # For pairs, the second object's source may be at a target's location.
        if keep is not None:
            for places in self._places(state).values():
                near.update(game.receptacle_location[r] for r in places)
        alike: set[bool] = set()
        for r in self._targets:
            if not game.fits[r] >> o & 1:
                continue
            special = game.receptacle_location[r] in near or (keep is not None and keep[r])
            if not special:
                closed = self._is_closed(state, r)
                if closed in alike:
                    continue
                alike.add(closed)
            yield r

    # ---- steps ---------------------------------------------------------------------------------

    def _is_closed(self, state: State, r: int) -> bool:
        return bool(self._game.openable >> r & 1 and not state.opened >> r & 1)

    def _cost(self, state: State, route: Route) -> int:
        """Number of steps of a route."""
        where = self._game.receptacle_location
        closed = self._game.openable & ~state.opened
        location, steps = state.location, 0
        for r, move, opens in route:
            if where[r] != location:
                location = where[r]
                steps += 1
            if opens and closed >> r & 1:
                closed &= ~(1 << r)
                steps += 1
            if move is not None:
                steps += 1
        return steps

    def _moves(self, state: State, route: Iterable[Stop]) -> tuple[Move, ...]:
        """The steps of a route."""
        where = self._game.receptacle_location
        closed = self._game.openable & ~state.opened
        location = state.location
        moves = []
        for r, move, opens in route:
            if where[r] != location:
                location = where[r]
                moves.append(Move(Op.GO, r))
            if opens and closed >> r & 1:
                closed &= ~(1 << r)
                moves.append(Move(Op.OPEN, r))
            if move is not None:
                moves.append(move)
        return tuple(moves)
