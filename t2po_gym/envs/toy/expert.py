"""Scripted expert of ToyKeys; it knows the whole house. For cold starts and tests."""

from __future__ import annotations

from t2po_gym.envs.toy.env import HELD, ToyKeysEnv
from t2po_gym.envs.toy.tasks import KeysTask, route

__all__ = ["expert_action", "expert_actions"]


def expert_action(env: ToyKeysEnv) -> str:
    """Return the next action of a shortest solution from the environment's current state.

    Args:
        env: An environment with a running episode.
    """
    task, place = env.house, env.key_place(env.house.colour)
    if place == env.room:
        return f"take[{task.colour} key]"
    goal = task.chest_room if place == HELD else place
    if goal == env.room:
        return "open[chest]"
    return f"go[{route(task.exits, env.room, goal)[0]}]"


def expert_actions(task: KeysTask) -> tuple[str, ...]:
    """Return a shortest solution of the task from its start."""
    key_room = task.keys[task.colour]
    return (
        *(f"go[{room}]" for room in route(task.exits, task.start, key_room)),
        f"take[{task.colour} key]",
        *(f"go[{room}]" for room in route(task.exits, key_room, task.chest_room)),
        "open[chest]",
    )
