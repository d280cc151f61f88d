"""From what an agent has seen to the prompt it gets. Agent side only; pure functions of texts.

* ``PromptView`` - everything a template may show.
* ``PromptTemplate`` - protocol: what the task is, how a page looks, how it all becomes one text.
* ``FormatTemplate`` - the default template, made of format strings.
* ``PromptBuilder`` - picks the turns, keeps the length bound, reports what was left out.

A prompt is made from observations and admissible actions alone; progress, score and milestones
never enter it.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from t2po_gym.core.agent.history import PastTurn, render_turns

__all__ = ["FormatTemplate", "Prompt", "PromptBuilder", "PromptTemplate", "PromptView"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptView:
    """What a template turns into text.

    Example: ``PromptView(task="Open the chest.", observation="You are in the attic.",
    past=(PastTurn(number=1, observation="You are in the hall.", action="go[attic]"),),
    turns_taken=1, admissible_actions=("open[chest]",))``
    """

    task: str
    """What the template's own ``task`` found in the first observation, else the environment's own
    words (``info["task"]``)."""

    action_format: str = ""
    """What actions look like, in the environment's words (``info["action_format"]``)."""

    observation: str
    """The current page as the template's ``show`` gives it."""

    past: tuple[PastTurn, ...]
    """The turns to show, oldest first; their observations went through ``show`` as well."""

    turns_taken: int
    """Steps taken in the episode so far, shown or not."""

    admissible_actions: tuple[str, ...]
    """Actions to list; empty where the prompt is not to list them."""


class PromptTemplate(Protocol):
    """How one environment's texts become a prompt. Implementations must be pure."""

    def task(self, first_observation: str) -> str:
        """The part of the first observation that states the task; '' for ``info["task"]``."""

    def show(self, observation: str, task: str) -> str:
        """A page as the prompt shows it."""

    def render(self, view: PromptView) -> str:
        """The whole prompt."""


FIELDS = frozenset(
    {
        *("task", "action_format", "observation", "history", "shown", "turns_taken", "turn"),
        "actions",
    }
)

INSTRUCTIONS = (
    "You act in a text world, one action at a time. Think inside <think> </think>, "
    "then give one action inside <action> </action>."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatTemplate:
    """A template of format strings; the texts put into them are never read as formats.

    Fields: task, action_format, observation, history, shown (number of turns in history),
    turns_taken, turn (``turns_taken + 1``) and actions.
    """

    first: str = INSTRUCTIONS + "\n{action_format}\n\nTask: {task}\n\n{observation}\n{actions}"
    """Prompt without past turns."""

    later: str = (
        INSTRUCTIONS
        + "\n{action_format}\n\nTask: {task}\n\n{history}\n[{turn}] {observation}\n{actions}"
    )
    """Prompt with past turns."""

    past_turn: str = "[{number}] {observation}\n> {action}"
    """One past turn."""

    turn_joiner: str = "\n"
    """Between two past turns."""

    action_line: str = "{action}"
    """One listed action."""

    action_joiner: str = " | "
    """Between two listed actions."""

    actions_intro: str = "Actions: "
    """Before the list of actions; left out with an empty list."""

    def __post_init__(self) -> None:
        for name, text, known in (
            ("first", self.first, FIELDS),
            ("later", self.later, FIELDS),
            ("past_turn", self.past_turn, {"number", "observation", "action"}),
            ("action_line", self.action_line, {"action"}),
        ):
            unknown = {field for _, field, _, _ in string.Formatter().parse(text) if field} - known
            if unknown:
                raise ValueError(
                    f"The template's {name!r} names the unknown field {min(unknown)!r}; "
                    f"known are {', '.join(sorted(known))}."
                )

    def task(self, first_observation: str) -> str:
        """Nothing: the task is shown in the environment's own words."""
        return ""

    def show(self, observation: str, task: str) -> str:
        """The page as it is."""
        return observation

    def render(self, view: PromptView) -> str:
        """Fill in ``first`` or ``later``."""
        lines = (self.action_line.format(action=action) for action in view.admissible_actions)
        listed = self.action_joiner.join(lines)
        template = self.later if view.past else self.first
        return template.format(
            task=view.task,
            action_format=view.action_format,
            observation=view.observation,
            history=render_turns(view.past, self.past_turn, self.turn_joiner),
            shown=len(view.past),
            turns_taken=view.turns_taken,
            turn=view.turns_taken + 1,
            actions=self.actions_intro + listed if listed else "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt and what had to be left out of it.

    Example: ``Prompt(text="...", turns_shown=1, turns_dropped=1, chars_cut=0)``
    """

    text: str
    """The prompt."""

    turns_shown: int
    """Past turns in it."""

    turns_dropped: int
    """Turns of the window left out, oldest first, to keep the length bound."""

    chars_cut: int
    """Characters cut off the end of the current page, where dropping turns was not enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptBuilder:
    """Build prompts from (task, past turns, observation, info).

    Example::

        builder = PromptBuilder(template=FormatTemplate(), history_length=2)
        prompt = builder.build(builder.template.task(first_observation), turns, observation, info)
    """

    template: PromptTemplate = FormatTemplate()
    """How texts become a prompt."""

    history_length: int = 2
    """Number P of past turns to show at most."""

    max_chars: int = 32_768
    """Longest prompt, in characters."""

    list_actions: bool = True
    """Whether the prompt lists the admissible actions."""

    def __post_init__(self) -> None:
        if self.history_length < 0:
            raise ValueError(f"history_length must be at least 0; got {self.history_length}.")
        if self.max_chars < 1:
            raise ValueError(f"max_chars must be at least 1; got {self.max_chars}.")

    def build(
        self, task: str, past: Sequence[PastTurn], observation: str, info: Mapping[str, Any]
    ) -> Prompt:
        """Make the prompt of the next turn.

        Args:
            task: What ``template.task`` made of the episode's first observation.
            past: All finished turns, oldest first, with bare observations.
            observation: The current bare observation.
            info: The environment's info; only ``task``, ``action_format`` and
                ``admissible_actions`` are read.

        Raises:
            ValueError: The template, task and actions alone exceed ``max_chars``.
        """
        window = tuple(past[-self.history_length :]) if self.history_length else ()
        show = self.template.show
        actions = tuple(info["admissible_actions"]) if self.list_actions else ()
        stated = info.get("task", "")
        view = PromptView(
            task=task or stated,
            action_format=info.get("action_format", ""),
            observation=show(observation, task),
            past=tuple(replace(t, observation=show(t.observation, task)) for t in window),
            turns_taken=len(past),
            admissible_actions=actions,
        )
        text = self._render(view, stated)
        while len(text) > self.max_chars and view.past:
            view = replace(view, past=view.past[1:])
            text = self._render(view, stated)
        cut = max(0, len(text) - self.max_chars)
        if cut:
            text = self._render_cut(view, stated, cut)
        return Prompt(
            text=text,
            turns_shown=len(view.past),
            turns_dropped=len(window) - len(view.past),
            chars_cut=cut,
        )

    def _render(self, view: PromptView, stated: str) -> str:
        """Fill in the template; the task goes in front of a prompt that would not show it.

        A template may rely on the first page for the task, which a short window soon leaves out.
        """
        text = self.template.render(view)
        shown = shows(text, stated) or (view.task != "" and shows(text, view.task))
        return text if shown else f"Task: {stated}\n\n{text}"

    def _render_cut(self, view: PromptView, stated: str, cut: int) -> str:
        kept = view.observation[: max(0, len(view.observation) - cut)]
        text = self._render(replace(view, observation=kept), stated)
        if len(text) > self.max_chars:
            raise ValueError(
                f"A prompt without history and page still has {len(text)} characters, above "
                f"max_chars={self.max_chars}; raise max_chars or do not list the actions."
            )
        return text


def shows(text: str, words: str) -> bool:
    """Whether a text holds some words, however it breaks its lines."""
    return words in text or words in " ".join(text.split())
