"""Prompt text, observation format and history of the verl-agent / T2PO WebShop wrapper.

Everything here is a pure function of strings. Do not tidy up the two templates: published
checkpoints were trained on exactly these characters (including the non-breaking hyphen in
"e‑commerce" and the trailing spaces).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from t2po_gym.core.agent.prompts import PromptView

__all__ = [
    "MAX_PROMPT_CHARS",
    "VerlAgentTemplate",
    "action_names",
    "build_prompt",
    "format_actions",
    "format_observation",
    "render_history",
    "task_of",
]

SEPARATOR = " [SEP] "
"""Separator of the parts of a WebShop text observation."""

MAX_PROMPT_CHARS = 13_000
"""A prompt longer than this falls back to the template without history."""

_OPENING = "\nYou are an expert autonomous agent operating in the WebShop e‑commerce environment."

_CLOSING = (
    "Your admissible actions of the current situation are: \n[\n{actions}\n].\n"
    "\n"
    "Now it's your turn to take one action for the current step.\n"
    "You should first reason step-by-step about the current situation, then think carefully which"
    " admissible action best advances the shopping goal. This reasoning process MUST be enclosed"
    " within <think> </think> tags. \n"
    "Once you've finished your reasoning, you should choose an admissible action for current step"
    " and present it within <action> </action> tags.\n"
)


def first_prompt(task: str, observation: str, actions: str) -> str:
    """Return the prompt of the first step, or of any step without history."""
    return (
        f"{_OPENING} \nYour task is to: {task}.\nYour current observation is: {observation}.\n"
        + _CLOSING.replace("{actions}", actions)
    )


def history_prompt(
    task: str, observation: str, actions: str, *, history: Sequence[str], step_count: int
) -> str:
    """Return the prompt of a later step; above `MAX_PROMPT_CHARS` that of a first step.

    Args:
        task: instruction text of the goal.
        observation: formatted current observation.
        actions: formatted admissible actions.
        history: the shown turns, each formatted by `history_line`.
        step_count: number of steps taken so far.
    """
    remembered = "\n".join(history)
    prompt = (
        f"{_OPENING}\nYour task is to: {task}.\n"
        f"Prior to this step, you have already taken {step_count} step(s). Below are the most"
        f" recent {len(history)} observations and the corresponding actions you took:"
        f" {remembered}\n"
        f"You are now at step {step_count + 1} and your current observation is: {observation}.\n"
        + _CLOSING.replace("{actions}", actions)
    )
    if len(prompt) > MAX_PROMPT_CHARS:
        return first_prompt(task, observation, actions)
    return prompt


def build_prompt(
    task: str,
    observation: str,
    actions: str,
    *,
    turns: Sequence[tuple[str, str]] = (),
    history_length: int = 2,
) -> str:
    """Return the prompt that the wrapper gives to the agent.

    Args:
        task: instruction text of the goal.
        observation: formatted current observation.
        actions: formatted admissible actions.
        turns: every earlier (formatted observation, executed action) of the episode, oldest first.
        history_length: number of turns shown in the prompt; 0 always gives the first template.
    """
    if not turns or history_length <= 0:
        return first_prompt(task, observation, actions)
    return history_prompt(
        task,
        observation,
        actions,
        history=render_history(turns, history_length),
        step_count=len(turns),
    )


def history_line(number: int, observation: str, action: str) -> str:
    """Format one earlier turn."""
    return f"[Observation {number}: '{observation}', Action {number}: '{action}']"


def render_history(turns: Sequence[tuple[str, str]], length: int) -> list[str]:
    """Format the last `length` turns, numbered from 1 over the whole episode."""
    start = max(0, len(turns) - length)
    return [
        history_line(number, observation, action)
        for number, (observation, action) in enumerate(turns[start:], start=start + 1)
    ]


def task_of(first_observation: str) -> str:
    """Return the instruction text of an episode, the third part of its first page."""
    parts = first_observation.split(SEPARATOR)
    if len(parts) < 3 or parts[1] != "Instruction:":
        raise ValueError(
            "The first observation must be WebShop's search page in text mode "
            f"('WebShop [SEP] Instruction: [SEP] ...'), got {first_observation[:80]!r}."
        )
    return parts[2]


def format_observation(observation: str, task: str) -> str:
    """Quote each part of a page after the task text; a page without it is unchanged."""
    parts = observation.split(SEPARATOR)
    if task not in parts:
        return observation
    return SEPARATOR.join(f"'{part}'" for part in parts[parts.index(task) + 1 :])


def action_names(available: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the contents of `Session.available` as actions."""
    search = ("search[<your query>]",) if available["has_search_bar"] else ()
    return (*search, *(f"click[{name}]" for name in available["clickables"]))


def format_actions(actions: Sequence[str]) -> str:
    """List admissible actions one per line, each quoted and followed by a comma."""
    return "\n".join(f"'{action}'," for action in actions)


class VerlAgentTemplate:
    """The same prompts as a `PromptTemplate`, for one environment in a `PromptedEnv`."""

    def task(self, first_observation: str) -> str:
        """Return the instruction text."""
        return task_of(first_observation)

    def show(self, observation: str, task: str) -> str:
        """Return a page with its parts quoted."""
        return format_observation(observation, task)

    def render(self, view: PromptView) -> str:
        """Return the whole prompt; above 13,000 characters, without history."""
        actions = format_actions(view.admissible_actions)
        if not view.past:
            return first_prompt(view.task, view.observation, actions)
        lines = [history_line(turn.number, turn.observation, turn.action) for turn in view.past]
        return history_prompt(
            view.task,
            view.observation,
            actions,
            history=lines,
            step_count=view.turns_taken,
        )
