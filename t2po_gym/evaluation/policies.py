"""Who plays: the protocol of a policy, the built-in ones, and any Python callable.

A policy starts one agent per episode. An agent sees what a model would see, and nothing hidden:
progress, score and milestones are kept from it. Only a policy that says it is privileged is given
the environment itself.
"""

from __future__ import annotations

import inspect
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

from t2po_gym.core.agent.history import PastTurn
from t2po_gym.core.env import TextEnv

__all__ = [
    "BUILT_IN",
    "PUBLIC_INFO",
    "Agent",
    "BatchPolicy",
    "CallablePolicy",
    "FirstAdmissible",
    "Policy",
    "RandomAdmissible",
    "Reply",
    "Seen",
    "find_policy",
]

PUBLIC_INFO = (
    *("task", "task_id", "task_type", "action_format", "admissible_actions"),
    *("turn", "action_valid"),
)
"""The keys of info that an agent is given."""

_BLANK = re.compile(r"<[^<>\[\]]+>")
_WORD = re.compile(r"[\w'-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What an agent sees before a turn.

    Example: `Seen(prompt="You act in a text world ...", observation="You are in the hall.",
    info={"task": "Open the chest.", "admissible_actions": ("go[attic]",)})`
    """

    prompt: str
    """The prompt of the run's scaffold."""
    observation: str
    """The bare observation."""
    info: Mapping[str, Any]
    """The public part of the environment's info."""
    first: str = ""
    """The first observation of the episode."""
    past: tuple[PastTurn, ...] = ()
    """All finished turns, for policies that make prompts of their own."""
    seed: int = 0
    """Seed of the episode; with the turn it decides everything that is random in a reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an agent answers.

    Example: `Reply(text="<think>Up.</think><action>go[attic]</action>", reply_tokens=12)`
    """

    text: str
    """The whole reply."""
    prompt_tokens: int | None = None
    """Tokens read; None if unknown."""
    reply_tokens: int | None = None
    """Tokens of the reply; None if unknown."""
    rejected_tokens: int = 0
    """Tokens generated for this turn and thrown away."""
    uncertainty: float | None = None
    """The policy's own uncertainty over the reply; None if unknown."""


class Agent(Protocol):
    """Plays one episode."""

    def reply(self, seen: Seen) -> Reply:
        """Answer the current page."""
        ...


class Policy(Protocol):
    """Starts agents; `start` may be called from several threads."""

    privileged: bool
    """Whether it looks at hidden state."""

    def describe(self) -> dict[str, Any]:
        """Return what it is, as plain JSON, the same every time."""
        ...

    def start(self, env: TextEnv, seed: int) -> Agent:
        """Start an episode; `env` has been reset. `seed` decides everything that is random."""
        ...


@runtime_checkable
class BatchPolicy(Protocol):
    """A policy without memory that answers many pages in one call, such as a model on this machine.

    It is asked from one thread, and always for the pages of as many episodes as are played at once.
    """

    privileged: bool
    """Whether it looks at hidden state."""

    def describe(self) -> dict[str, Any]:
        """Return what it is, as plain JSON, the same every time."""
        ...

    def replies(self, asked: Sequence[Seen]) -> list[Reply]:
        """Answer every page, in order."""
        ...


def as_reply(action: str, think: str = "") -> Reply:
    """Write an action in the standard format."""
    return Reply(text=f"<think>{think}</think><action>{action}</action>")


class FirstAdmissible:
    """Takes the first admissible action; patterns are filled with the task's own words."""

    privileged = False

    def describe(self) -> dict[str, Any]:
        """Return its name."""
        return {"kind": "built-in", "name": "first-admissible"}

    def start(self, env: TextEnv, seed: int) -> Agent:
        """Return itself: it has no memory."""
        return self

    def reply(self, seen: Seen) -> Reply:
        """Answer with the first action of the list."""
        actions = seen.info["admissible_actions"]
        task = " ".join(_WORD.findall(seen.info["task"]))
        return as_reply(_BLANK.sub(lambda _: task, actions[0]) if actions else "")


class RandomAdmissible:
    """Takes an admissible action at random; patterns are filled with words it has read."""

    privileged = False

    def describe(self) -> dict[str, Any]:
        """Return its name."""
        return {"kind": "built-in", "name": "random"}

    def start(self, env: TextEnv, seed: int) -> Agent:
        """Start an agent with a random stream of its own."""
        return _RandomAgent(random.Random(seed))


class _RandomAgent:
    MOST_WORDS = 4

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def reply(self, seen: Seen) -> Reply:
        """Answer with any action of the list."""
        actions = seen.info["admissible_actions"]
        if not actions:
            return as_reply("")
        words = _WORD.findall(f"{seen.info['task']} {seen.observation}") or ["nothing"]

        def some(_: re.Match[str]) -> str:
            count = self._rng.randint(1, self.MOST_WORDS)
            return " ".join(self._rng.choice(words) for _ in range(count))

        return as_reply(_BLANK.sub(some, self._rng.choice(actions)))


class CallablePolicy:
    """Any function of the prompt, or of (observation, info), that returns the reply's text.

    Args:
        function: called once per turn, from several threads if episodes run at once.
        name: how it describes itself.
    """

    privileged = False

    def __init__(self, function: Callable[..., str], name: str) -> None:
        wanted = [
            parameter
            for parameter in inspect.signature(function).parameters.values()
            if parameter.default is parameter.empty
            and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        ]
        if len(wanted) not in (1, 2):
            raise ValueError(
                f"The policy {name} takes {len(wanted)} arguments; it must take one (the prompt) "
                "or two (the observation and info)."
            )
        self._function, self._name, self._takes = function, name, len(wanted)

    def describe(self) -> dict[str, Any]:
        """Return its name."""
        return {"kind": "callable", "name": self._name}

    def start(self, env: TextEnv, seed: int) -> Agent:
        """Return itself: what it remembers is its own business."""
        return self

    def reply(self, seen: Seen) -> Reply:
        """Call the function.

        Raises:
            TypeError: If it returns anything but text.
        """
        one = self._takes == 1
        text = self._function(seen.prompt) if one else self._function(seen.observation, seen.info)
        if not isinstance(text, str):
            raise TypeError(
                f"The policy {self._name} must return the reply as text; it returned "
                f"{type(text).__name__}."
            )
        return Reply(text=text)


BUILT_IN: Mapping[str, str] = {
    "random": f"{__name__}:RandomAdmissible",
    "first-admissible": f"{__name__}:FirstAdmissible",
    "expert": "t2po_gym.evaluation.experts:ExpertPolicy",  # loads all environments
}
"""Factories of policies by name."""


def find_policy(spec: str) -> Policy | BatchPolicy:
    """Return a built-in policy, or what the factory `module:factory` makes.

    A factory takes no argument and returns a `Policy` or a function as `CallablePolicy` takes.

    Raises:
        ValueError: If there is no such policy; the message says what there is.
    """
    module, colon, attribute = BUILT_IN.get(spec, spec).partition(":")
    if not colon or not module or not attribute:
        raise ValueError(
            f"There is no policy {spec!r}; there are {', '.join(BUILT_IN)}, and any module:factory."
        )
    try:
        factory = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"The policy {spec!r} cannot be loaded: {error}.") from error
    made = factory()
    if isinstance(made, BatchPolicy):
        return made
    if hasattr(made, "start") and hasattr(made, "describe"):
        policy: Policy = made
        return policy
    if not callable(made):
        raise ValueError(
            f"The factory {spec!r} returned {type(made).__name__}; it must return a policy or a "
            "function that answers a prompt."
        )
    return CallablePolicy(made, spec)
