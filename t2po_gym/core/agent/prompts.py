"""Build an agent's prompt from what it has seen. Agent side only; pure functions of texts.

* ``PromptView`` - everything a template may show.
* ``PromptTemplate`` - protocol: find the task, show a page, render the whole prompt.
* ``FormatTemplate`` - the default template, made of format strings.
* ``PromptBuilder`` - pick the turns, keep the length limit, report what was left out.

A prompt is built from observations and admissible actions only. Progress, score and milestones
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
    """The input of a template.

    Example: ``PromptView(task="Open the chest.", observation="You are in the attic.",
    past=(PastTurn(number=1, observation="You are in the hall.", action="go[attic]"),),
    turns_taken=1, admissible_actions=("open[chest]",))``
    """

    task: str
    """What the template's ``task`` found in the first observation, else ``info["task"]``."""

    action_format: str = ""
    """What actions look like: ``info["action_format"]``."""

    observation: str
    """The current page as the template's ``show`` returned it."""

    past: tuple[PastTurn, ...]
    """The turns to show, oldest first; their observations went through ``show`` too."""

    turns_taken: int
    """Steps taken in the episode so far, shown or not."""

    admissible_actions: tuple[str, ...]
    """Actions to list; empty if the prompt should not list them."""


class PromptTemplate(Protocol):
    """Turns one environment's texts into a prompt. Implementations must be pure."""

    def task(self, first_observation: str) -> str:
        """Return the task stated in the first observation; '' to use ``info["task"]``."""

    def show(self, observation: str, task: str) -> str:
        """Return a page as the prompt shows it."""

    def render(self, view: PromptView) -> str:
        """Return the whole prompt."""


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
    """A template of format strings; inserted texts are never read as formats.

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
    """Before the list of actions; left out if the list is empty."""

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
        """Return '': the task comes from ``info["task"]``."""
        return ""

    def show(self, observation: str, task: str) -> str:
        """Return the page unchanged."""
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
    """A prompt and what was left out of it.

    Example: ``Prompt(text="...", turns_shown=1, turns_dropped=1, chars_cut=0)``
    """

    text: str
    """The prompt."""

    turns_shown: int
    """Past turns in it."""

    turns_dropped: int
    """Turns of the window left out, oldest first, to keep the length limit."""

    chars_cut: int
    """Characters cut from the end of the current page when dropping turns was not enough."""


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
    """Maximum number of past turns to show."""

    max_chars: int = 32_768
    """Maximum prompt length in characters."""

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
        """Build the prompt for the next turn.

        Args:
            task: What ``template.task`` returned for the episode's first observation.
            past: All finished turns, oldest first, with bare observations.
            observation: The current bare observation.
            info: The environment's info; only ``task``, ``action_format`` and
                ``admissible_actions`` are read.

        Raises:
            ValueError: If the template, task and actions alone exceed ``max_chars``.
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
        if len(text) > self.max_chars and view.past:
            view = self._with_fewer_turns(view, stated)
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

    def _with_fewer_turns(self, view: PromptView, stated: str) -> PromptView:
        """Leave out as few of the oldest turns as the limit allows, found by halving."""
        fits, past = 0, view.past
        most = len(past) - 1
        while fits < most:
            tried = (fits + most + 1) // 2
            shorter = replace(view, past=past[len(past) - tried :])
            if len(self._render(shorter, stated)) <= self.max_chars:
                fits = tried
            else:
                most = tried - 1
        return replace(view, past=past[len(past) - fits :])

    def _render(self, view: PromptView, stated: str) -> str:
        """Fill in the template; put the task in front if the prompt would not show it.

        A template may rely on the first page for the task, and a short window soon drops that page.
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
    """Return whether a text contains some words, ignoring line breaks."""
    return words in text or words in " ".join(text.split())
