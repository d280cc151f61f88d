"""The engine of the rules ``fixed``: the same world with clearer answers."""

from __future__ import annotations

from t2po_gym.envs.alfworld.data.game import ObjectBit
from t2po_gym.envs.alfworld.world.engine import REFUSED, Engine, object_bits
from t2po_gym.envs.alfworld.world.game_tables import ROOM, Numbers
from t2po_gym.envs.alfworld.world.refusals import normal_command, refusal
from t2po_gym.envs.alfworld.world.wording import joined, listing

__all__ = ["FixedEngine"]

_ADJECTIVES = (
    (ObjectBit.HOT, "hot"),
    (ObjectBit.COOL, "cool"),
    (ObjectBit.CLEAN, "clean"),
    (ObjectBit.SLICED, "sliced"),
)


class FixedEngine(Engine):
    """The repaired texts; docs/alfworld.md lists them. State and commands are the original's."""

    def step(self, command: str) -> str:
        """Execute a command and return the printed text; a refusal says why."""
        text = super().step(command)
        if self.accepted:
            return text
        command = normal_command(command, self.tables.game.phrases)
        text = super().step(command)
        if self.accepted:
            return text
        return f"{REFUSED} {refusal(self.tables, self.state, command)}"

    def _use(self, move: Numbers) -> str:
        was_on = self.state.toggled >> move[1] & 1
        text = super()._use(move)
        if was_on:
            return f"The {self.tables.game.object_names[move[1]]} is on already."
        return text

    def _look(self, move: Numbers) -> str:
        tables = self.tables
        here = tables.at[self.state.location]
        names = tables.game.receptacle_names
        if not here:
            return f"{ROOM}{listing([*names])}."
        for receptacle in here:
            self._describe(receptacle)  # records what is seen
        described = " ".join(view.description for view in self._views)
        return f"You are facing the {joined([names[number] for number in here])}. {described}"

    def _examine_object(self, move: Numbers) -> str:
        game, item = self.tables.game, move[1]
        name = game.object_names[item]
        bits = object_bits(game, self.state, item)
        adjectives = [word for bit, word in _ADJECTIVES if bits & bit]
        if game.toggleable >> item & 1:
            return f"This {name} is {'on' if bits & ObjectBit.TOGGLED else 'off'}."
        if not adjectives:
            return super()._examine_object(move)
        text = f"This is a {' and '.join(adjectives)} {name}."
        if game.containers >> item & 1:
            inside = [game.object_names[number] for number in game.nested.get(item, ())]
            text += f" In it, you see {listing(inside)}."
        return text
