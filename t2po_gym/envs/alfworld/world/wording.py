"""Sentences of a dialect as functions of names, precompiled for speed.

`Phrases` is data; `Wording` has the same sentences as functions, made once per dialect and shared
by all its games. It also has the commands on one name (``go to desk 1``), of which there are few.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from t2po_gym.envs.alfworld.data.game import Op, Phrases, Template

__all__ = ["NameTexts", "Wording", "joined", "listing", "wording_of"]

MAX_TEXTS = 8_192
"""Cached texts of one kind; a dialect's games have a few hundred names in all."""


def listing(names: list[str]) -> str:
    """Format names as the original lists them.

    Example:
        >>> listing(["cup 1", "mug 2"])
        'a cup 1, and a mug 2'
    """
    if len(names) > 1:
        return f"a {', a '.join(names[:-1])}, and a {names[-1]}"
    return f"a {names[0]}" if names else "nothing"


def joined(names: list[str]) -> str:
    """Join names with commas, and ``and`` before the last.

    Example:
        >>> joined(["shelf 2", "shelf 1"])
        'shelf 2, and shelf 1'
    """
    return f"{', '.join(names[:-1])}, and {names[-1]}" if len(names) > 1 else names[0]


class NameTexts(dict[str, str]):
    """Texts by name, made on first use.

    Args:
        template: a sentence with one gap.
    """

    def __init__(self, template: Template) -> None:
        super().__init__()
        self._template = template

    def __missing__(self, name: str) -> str:
        if len(self) >= MAX_TEXTS:
            self.clear()
        text = self[name] = self._template.fill(name)
        return text


def _with_two(template: Template) -> Callable[[str, str], str]:
    """Return a template as a function of its two names."""
    head, middle, tail, swapped = template
    if swapped:
        return lambda first, second: f"{head}{second}{middle}{first}{tail}"
    return lambda first, second: f"{head}{first}{middle}{second}{tail}"


class Wording:
    """The sentences of a dialect as functions.

    Args:
        phrases: the dialect.
    """

    def __init__(self, phrases: Phrases) -> None:
        self.phrases = phrases
        commands, answers = phrases.commands, phrases.answers
        self.go = NameTexts(commands[Op.GO])
        self.open = NameTexts(commands[Op.OPEN])
        self.close = NameTexts(commands[Op.CLOSE])
        self.examine_receptacle = NameTexts(commands[Op.EXAMINE_RECEPTACLE])
        self.examine_object = NameTexts(commands[Op.EXAMINE_OBJECT])
        self.use = NameTexts(commands[Op.USE])
        self.arrival = NameTexts(answers[Op.GO])
        self.take = _with_two(commands[Op.TAKE])
        self.put = _with_two(commands[Op.PUT])
        self.slice = _with_two(commands[Op.SLICE])
        self.treat = {op: _with_two(commands[op]) for op in (Op.CLEAN, Op.HEAT, Op.COOL)}
        self.plain_receptacle = _with_two(phrases.plain_receptacle)
        self.open_receptacle = _with_two(phrases.open_receptacle)
        self.closed_receptacle = NameTexts(phrases.closed_receptacle)
        self.always = {
            commands[op].fill(): (int(op), -1, -1)
            for op in (Op.LOOK, Op.INVENTORY, Op.HELP)
            if op in commands
        }
        """The commands that are always available."""


@lru_cache(maxsize=32)
def wording_of(phrases: Phrases) -> Wording:
    """Return the functions of a dialect."""
    return Wording(phrases)
