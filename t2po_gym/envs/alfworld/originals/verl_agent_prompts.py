"""Prompt texts of the verl-agent / T2PO ALFWorld wrapper, as pure functions of strings.

Do not tidy up the two templates: published checkpoints were trained on exactly these characters,
including the misspelt "observaitons" and the trailing space.

Behaviour: docs/originals/alfworld.md, section 7; source: https://github.com/WillDreamer/T2PO.
"""

from __future__ import annotations

from collections.abc import Sequence

from t2po_gym.core.agent.prompts import PromptView

__all__ = ["VerlAgentTemplate", "build_prompt", "format_actions", "history_line", "task_of"]

TASK_MARK = "Your task is to: "
"""Text before the task in the first observation."""

NOT_LISTED = "help"
"""Admissible, but left out of prompts."""

_OPENING = "\nYou are an expert agent operating in the ALFRED Embodied Environment."
_CLOSING = (
    "\n\nNow it's your turn to take an action.\n"
    "You should first reason step-by-step about the current situation. This reasoning process MUST"
    " be enclosed within <think> </think> tags. \n"
    "Once you've finished your reasoning, you should choose an admissible action for current step"
    " and present it within <action> </action> tags.\n"
)


def task_of(first_observation: str) -> str:
    """Return the task sentence of an episode, full stop included.

    Raises:
        ValueError: If the text has no task.
    """
    _, mark, task = first_observation.partition(TASK_MARK)
    if not mark:
        raise ValueError(
            f"The first observation must hold '{TASK_MARK}...', got {first_observation[-80:]!r}."
        )
    return task.strip()


def format_actions(actions: Sequence[str]) -> str:
    """List admissible actions, quoted, one per line, the second and later ones indented."""
    return "\n ".join(f"'{action}'" for action in actions if action != NOT_LISTED)


def history_line(number: int, observation: str, action: str) -> str:
    """Format one earlier turn; the observation is the one before the action."""
    return f"[Observation {number}: '{observation}', Action {number}: '{action}']"


def first_prompt(observation: str, actions: str) -> str:
    """Return the prompt of the first step; the observation contains the task."""
    return (
        f"{_OPENING}\nYour current observation is: {observation}\n"
        f"Your admissible actions of the current situation are: [{actions}]." + _CLOSING
    )


def history_prompt(
    task: str, observation: str, actions: str, *, history: Sequence[str], step_count: int
) -> str:
    """Return the prompt of a later step.

    Args:
        task: the task sentence.
        observation: the current observation.
        actions: formatted admissible actions.
        history: the shown turns, each formatted by `history_line`.
        step_count: number of steps taken so far.
    """
    remembered = "\n".join(history)
    return (
        f"{_OPENING} Your task is to: {task}\n"
        f"Prior to this step, you have already taken {step_count} step(s). Below are the most"
        f" recent {len(history)} observaitons and the corresponding actions you took:"
        f" {remembered}\n"
        f"You are now at step {step_count + 1} and your current observation is: {observation}\n"
        f"Your admissible actions of the current situation are: [{actions}]." + _CLOSING
    )


def build_prompt(
    task: str,
    observation: str,
    actions: Sequence[str],
    *,
    turns: Sequence[tuple[str, str]] = (),
    history_length: int = 2,
) -> str:
    """Return the prompt that the wrapper gives to the agent.

    Args:
        task: the task sentence.
        observation: the current observation.
        actions: the admissible actions.
        turns: every earlier (observation, executed action) of the episode, oldest first.
        history_length: number of turns shown in the prompt; 0 always gives the first template.
    """
    listed = format_actions(actions)
    if not turns or history_length <= 0:
        return first_prompt(observation, listed)
    start = max(0, len(turns) - history_length)
    lines = [
        history_line(number, seen, action)
        for number, (seen, action) in enumerate(turns[start:], start=start + 1)
    ]
    return history_prompt(task, observation, listed, history=lines, step_count=len(turns))


class VerlAgentTemplate:
    """The same prompts as a `PromptTemplate`, for one environment in a `PromptedEnv`."""

    def task(self, first_observation: str) -> str:
        """Return the task sentence."""
        return task_of(first_observation)

    def show(self, observation: str, task: str) -> str:
        """Return the observation unchanged."""
        return observation

    def render(self, view: PromptView) -> str:
        """Return the whole prompt."""
        listed = format_actions(view.admissible_actions)
        if not view.past:
            return first_prompt(view.observation, listed)
        lines = [history_line(turn.number, turn.observation, turn.action) for turn in view.past]
        return history_prompt(
            view.task, view.observation, listed, history=lines, step_count=view.turns_taken
        )
