"""Thoughts that go on after everything has been said: a controlled world for T2PO's mechanisms.

An expert's short thought becomes one of 40 to 120 tokens. It is made of steps that carry
information (quote what is asked for, say what to do) and steps that carry none: repeat, waver, take
back. Which steps, how many and where is drawn at random, independently of the task. Where the last
informative step ends is known for every thought, so that a rule that closes thoughts can be scored.

The words of hesitation are a closed set, so the same is known of every thought of a policy that was
trained on such experts (`last_information`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Deliberation", "Thought", "is_hesitation", "last_information", "sentences"]

WAVERING = (
    "Let me think.",
    "Hm, wait.",
    "I am not sure yet.",
    "Is that right?",
    "Or something else?",
    "Maybe not.",
)
TAKING_BACK = ("No, I keep to it.", "Never mind.", "Back to the point.", "It was right before.")
AGAIN = "Again:"
"""How a step begins that repeats what was said."""

_BREAK = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_SAID = frozenset((*WAVERING, *TAKING_BACK))


def sentences(thought: str) -> list[str]:
    """Split a thought into its sentences, which end before a blank and a capital letter."""
    return [part for part in _BREAK.split(thought.strip()) if part]


def is_hesitation(sentence: str) -> bool:
    """Whether a sentence carries no information: it wavers, takes back or repeats."""
    return sentence in _SAID or sentence.startswith(AGAIN)


def last_information(thought: str) -> int:
    """Return where the last informative sentence of a thought ends, in characters; 0 for none.

    Example:
        >>> last_information("I open the first one. Hm, wait. Again: I open")
        21
    """
    end = at = 0
    for sentence in sentences(thought):
        at = thought.index(sentence, at) + len(sentence)
        if not is_hesitation(sentence):
            end = at
    return end


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """A thought and where its last informative step ends.

    Example: `Thought(text="I look. Hm, wait.", boundary=7)`
    """

    text: str
    boundary: int
    """Characters up to the end of the last informative sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliberation:
    """How long thoughts are drawn out.

    The chance to stop grows with every hesitation. With a constant one the most likely thought
    would never end, and a policy that decodes greedily would repeat itself for ever.

    Example: `Deliberation(calm=0.3)` leaves three thoughts in ten as they are.

    Args:
        calm: chance that nothing follows the last informative step.
        early: chance of a hesitation after each step before that.
        count: fewest and most hesitations behind the last informative step, where there are any.
        repeat: chance that a hesitation repeats the last informative step.
        waver: chance that it wavers; else it takes back.
    """

    calm: float = 0.1
    early: float = 0.2
    count: tuple[int, int] = (2, 7)
    repeat: float = 0.2
    waver: float = 0.45

    def draw_out(self, rng: random.Random, informative: Sequence[str]) -> Thought:
        """Return a thought that holds these steps in their order, hesitation between and after.

        Args:
            rng: decides about everything.
            informative: steps that carry information; the last one says what is done.
        """
        steps: list[str] = []
        for number, step in enumerate(informative):
            steps += sentences(step)
            if number + 1 < len(informative) and rng.random() < self.early:
                steps.append(self._hesitation(rng, steps))
        boundary = len(" ".join(steps))
        if rng.random() >= self.calm:
            for _ in range(rng.randint(*self.count)):
                steps.append(self._hesitation(rng, steps))
        return Thought(text=" ".join(steps), boundary=boundary)

    def _hesitation(self, rng: random.Random, said: Sequence[str]) -> str:
        """Draw a hesitation other than the one before; a repetition is never repeated."""
        kind, before = rng.random(), said[-1]
        if kind < self.repeat and not before.startswith(AGAIN):
            return f"{AGAIN} {next(step for step in reversed(said) if not is_hesitation(step))}"
        words = WAVERING if kind < self.repeat + self.waver else TAKING_BACK
        return rng.choice([word for word in words if word != before])
