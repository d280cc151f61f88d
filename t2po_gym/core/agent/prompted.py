"""``PromptedEnv``: an environment that takes model replies and returns prompts."""

from __future__ import annotations

from typing import Any, SupportsFloat

import gymnasium as gym

from t2po_gym.core.agent.actions import ActionParser, ParsedAction, parse_tagged
from t2po_gym.core.agent.history import HistoryWindow, PastTurn
from t2po_gym.core.agent.prompts import PromptBuilder
from t2po_gym.core.snapshot import pack, unpack
from t2po_gym.core.spaces import TextSpace

__all__ = ["PromptedEnv"]


class PromptedEnv(gym.Wrapper[str, str, str, str]):
    """Parse the reply, step the bare environment, and return the next prompt as the observation.

    Info gains ``raw_observation`` (the bare page), ``parsed_action`` (the text that was sent),
    ``format_ok`` (whether the reply had the required format; True at reset), and ``turns_dropped``
    and ``chars_cut`` (what was left out to keep the prompt within its length limit).

    Args:
        env: A bare environment of this package.
        parser: Turns a reply into an action.
        prompts: Builds the prompt; sets the template, history length and length limit.
        reward_on_success: None keeps the benchmark's reward. A number replaces it: the step that
            ends the episode with success gives that number and every other step 0.0 (verl-agent
            and T2PO use 10.0).
    """

    def __init__(
        self,
        env: gym.Env[str, str],
        *,
        parser: ActionParser = parse_tagged,
        prompts: PromptBuilder | None = None,
        reward_on_success: float | None = None,
    ) -> None:
        super().__init__(env)
        self.parser = parser
        self.prompts = prompts or PromptBuilder()
        self.reward_on_success = reward_on_success
        self.observation_space = TextSpace(self.prompts.max_chars)
        self._history = HistoryWindow(self.prompts.history_length)
        self._task = ""
        self._page = ""
        self._last = ("", True)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Start an episode and return its first prompt and info."""
        observation, info = self.env.reset(seed=seed, options=options)
        self._history.clear()
        self._task = self.prompts.template.task(observation)
        start = ParsedAction(think=None, action="", format_ok=True)
        return self._prompt(observation, info, start)

    def step(self, action: str) -> tuple[str, SupportsFloat, bool, bool, dict[str, Any]]:
        """Step with one reply of the model; ``action`` is its whole text."""
        if not isinstance(action, str):
            raise TypeError(f"A reply is one string; got {type(action).__name__}.")
        parsed = self.parser(action)
        observation, reward, terminated, truncated, info = self.env.step(parsed.action)
        if self.reward_on_success is not None:
            won = terminated and info["success"]
            reward = self.reward_on_success if won else 0.0
        self._history.append(self._page, parsed.action)
        prompt, info = self._prompt(observation, info, parsed)
        return prompt, reward, terminated, truncated, info

    def snapshot(self) -> bytes:
        """Return the state of the wrapped environment and the prompt history as bytes."""
        inner: bytes = self.env.get_wrapper_attr("snapshot")()
        return pack(
            {
                "prompted": [[turn.observation, turn.action] for turn in self._history.turns],
                "task": self._task,
                "last": list(self._last),
                "env": inner.decode("utf-8", "surrogatepass"),
            }
        )

    def restore(self, state: bytes) -> tuple[str, dict[str, Any]]:
        """Restore a snapshot of a `PromptedEnv` made the same way; return its prompt and info."""
        saved = unpack(state)
        if "prompted" not in saved:
            raise ValueError(
                "This snapshot is of a bare environment; restore it there, not in a PromptedEnv."
            )
        inner = saved["env"].encode("utf-8", "surrogatepass")
        observation, info = self.env.get_wrapper_attr("restore")(inner)
        self._history.turns = [
            PastTurn(number=number, observation=page, action=action)
            for number, (page, action) in enumerate(saved["prompted"], start=1)
        ]
        self._task = saved["task"]
        action, format_ok = saved["last"]
        parsed = ParsedAction(think=None, action=action, format_ok=format_ok)
        return self._prompt(observation, info, parsed)

    def _prompt(
        self, observation: str, info: dict[str, Any], parsed: ParsedAction
    ) -> tuple[str, dict[str, Any]]:
        self._page = observation
        self._last = (parsed.action, parsed.format_ok)
        prompt = self.prompts.build(self._task, self._history.turns, observation, info)
        return prompt.text, {
            **info,
            "raw_observation": observation,
            "parsed_action": parsed.action,
            "format_ok": parsed.format_ok,
            "turns_dropped": prompt.turns_dropped,
            "chars_cut": prompt.chars_cut,
        }
