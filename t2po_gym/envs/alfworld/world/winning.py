"""Check whether a goal holds in a state."""

from __future__ import annotations

from collections.abc import Callable

from t2po_gym.envs.alfworld.data.game import Game, State, receptacles_by_location

__all__ = ["goal_objects", "winning_test"]

Test = Callable[[State], bool]


def goal_objects(game: Game) -> int:
    """Return the mask of objects that can meet the goal: of its type, and able to be changed.

    For ``look_at_obj_in_light`` these are the objects to hold, not the lamps.
    """
    mask = 0
    for number in game.objects_of(game.goal.object_type):
        mask |= 1 << number
    task = game.goal.task_type
    if task == "pick_clean_then_place_in_recep":
        return mask & game.cleanable
    if task == "pick_heat_then_place_in_recep":
        return mask & game.heatable
    return mask & game.coolable if task == "pick_cool_then_place_in_recep" else mask


def winning_test(game: Game) -> Test:
    """Return a function that tells whether the goal holds in a state."""
    wanted = goal_objects(game)
    if game.goal.task_type == "look_at_obj_in_light":
        return _light_test(game, wanted)
    targets = game.receptacles_of(game.goal.target_type)
    task = game.goal.task_type
    if task == "pick_two_obj_and_place":
        return lambda state: any(_count(state.contents[r], wanted) > 1 for r in targets)
    if task == "pick_and_place_simple":
        return lambda state: _is_placed(state, targets, wanted)
    if task == "pick_clean_then_place_in_recep":
        return lambda state: _is_placed(state, targets, wanted & state.clean)
    if task == "pick_heat_then_place_in_recep":
        return lambda state: _is_placed(state, targets, wanted & state.hot)
    return lambda state: _is_placed(state, targets, wanted & state.cool)


def _is_placed(state: State, targets: tuple[int, ...], fit: int) -> bool:
    """Return whether one of the fitting objects is in one of the targets."""
    if fit:
        for r in targets:
            for o in state.contents[r]:
                if fit >> o & 1:
                    return True
    return False


def _count(contents: tuple[int, ...], wanted: int) -> int:
    return sum([wanted >> number & 1 for number in contents])


def _light_test(game: Game, wanted: int) -> Test:
    """Return the test: an object of the type is held, and a lit lamp is in a receptacle here."""
    lamps = game.toggleable & sum(1 << n for n in game.objects_of(game.goal.target_type))
    at = receptacles_by_location(game)

    def test(state: State) -> bool:
        lit = lamps & state.toggled
        if not lit or state.held < 0 or not wanted >> state.held & 1:
            return False
        return any(lit >> o & 1 for r in at[state.location] for o in state.contents[r])

    return test
