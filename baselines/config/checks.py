"""The checks that settings share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

__all__ = [
    "ANY_COUNT",
    "BELOW_ONE",
    "BOUND",
    "COUNT",
    "NUMBER",
    "PART",
    "POSITIVE",
    "SHARE",
    "WEIGHT",
    "Range",
    "check_numbers",
    "require",
]


def require(ok: bool, sentence: str) -> None:
    """Refuse settings that contradict each other.

    Raises:
        ValueError: with the sentence, where the condition does not hold.
    """
    if not ok:
        raise ValueError(sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Which numbers a setting may be: finite ones, and never nan.

    Example: `Range(low=0.0, open_low=True, words="a number above 0")`
    """

    low: float = -math.inf
    """Least one."""
    high: float = math.inf
    """Largest one."""
    open_low: bool = False
    """Whether the least one itself is left out."""
    open_high: bool = False
    """Whether the largest one itself is left out."""
    endless: bool = False
    """Whether infinity is allowed, as a bound that bounds nothing."""
    words: str
    """What is allowed, for people."""

    def __contains__(self, value: float) -> bool:
        """Whether a number is allowed."""
        low = value > self.low if self.open_low else value >= self.low
        high = value < self.high if self.open_high else value <= self.high
        return low and high and (self.endless or math.isfinite(value))


COUNT = Range(low=1, words="at least 1")
ANY_COUNT = Range(low=0, words="at least 0")
NUMBER = Range(words="a finite number")
POSITIVE = Range(low=0.0, open_low=True, words="a finite number above 0")
BOUND = Range(low=0.0, open_low=True, endless=True, words="above 0")
WEIGHT = Range(low=0.0, words="a finite number of at least 0")
SHARE = Range(low=0.0, high=1.0, words="between 0 and 1")
PART = Range(low=0.0, high=1.0, open_low=True, words="above 0 and at most 1")
BELOW_ONE = Range(low=0.0, high=1.0, open_high=True, words="at least 0 and below 1")


def check_numbers(group: str, config: Any, /, **allowed: Range) -> None:
    """Refuse numbers outside their ranges; what is None, or a tuple of numbers, is looked into.

    Args:
        group: what the settings are called on the command line.
        config: the settings.
        allowed: the range of each setting, by its name.

    Raises:
        ValueError: naming the first setting that is outside, its value and what is allowed.
    """
    for name, numbers in allowed.items():
        value = getattr(config, name)
        values = value if isinstance(value, tuple) else (value,)
        require(
            all(number is None or number in numbers for number in values),
            f"{group}: {name} is {value}; it must be {numbers.words}.",
        )
