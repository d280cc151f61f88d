"""``TextEnv``: the contract every environment keeps, in one file.

An environment takes bare actions (``search[red shoes]``) and returns text. This class does what is
common to all environments: it chooses the task, counts turns, truncates, builds the info
dictionary, chains the hash over observations and takes snapshots. A subclass supplies the task list
and the rules of its world through the hooks below; it never sees seeds, tokens or prompts.

Info has the same keys at reset and after every step:

====================  ==============================================================================
progress              potential Phi(s) in [0, 1]; 0 at the start, the official score at a terminal
                      state, Phi of the last state after truncation
progress_delta        Phi(s_t) - Phi(s_{t-1}); 0.0 at reset
progress_max          largest Phi of the episode so far
milestones            fixed names -> 0.0 or 1.0
progress_version      version of the progress definition
score                 the benchmark's own metric so far (float)
success               whether the benchmark counts the episode as solved
turn                  number of steps taken
action_valid          whether the last action was accepted by the environment (True at reset)
state_key             hash of the observable state (128 bits, hex): the anchor of GiGPO
state_repeated        whether this state_key was seen before in the episode
action_repeated       whether this exact action text was sent before in the episode
task_id               public name of the task
task                  what to do, in one line, as the agent reads it
task_type             kind of task, for results by kind; empty if there is only one
action_format         what actions look like, with examples
observation_hash      h_t = sha256(h_{t-1} || utf8(observation_t)), hex; h_{-1} is empty
admissible_actions    tuple of action texts; a pattern such as ``search[<text>]`` if infinite
====================  ==============================================================================

``progress=False`` leaves out the first five keys; the observations stay byte-identical. An
environment may add fixed keys of its own (``EXTRA_INFO``).
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from hashlib import blake2b, sha256
from typing import Any, ClassVar, NamedTuple

import numpy as np
from gymnasium.error import ResetNeeded

from t2po_gym.core.progress import Progress
from t2po_gym.core.rendering import Rendered, shorten
from t2po_gym.core.seeding import episode_rng
from t2po_gym.core.snapshot import pack, pack_rng, unpack, unpack_rng
from t2po_gym.core.spaces import TextSpace
from t2po_gym.core.tasks import Described, one_line

__all__ = ["Outcome", "TextEnv"]

EPISODE_FIELDS = (  # plain values of a running episode, saved and restored by name
    *("_turn", "_live", "_observation", "_state_key", "_flags", "_phi", "_phi_max", "_delta"),
    *("_np_random_seed", "_task_words", "_task_kind"),
)
LONG_ACTION_CHARS = 64  # longer ones are remembered by hash, so memory stays bounded


class Outcome(NamedTuple):
    """The result of one action. Example: ``Outcome("You take the key.", 0.0, False, True)``."""

    observation: str
    """The text the agent sees next."""

    reward: float
    """The benchmark's own reward for this step; progress never enters it."""

    terminated: bool
    """Whether the world has ended. The base class handles the turn limit."""

    action_valid: bool
    """Whether the world accepted the action."""


class TextEnv(Described, Rendered, ABC):
    """Base class of all environments.

    Args:
        split: One of ``SPLITS``.
        max_turns: Steps after which an unfinished episode is truncated.
        progress: Whether info has the progress keys. Never changes an observation.
        render_mode: None, ``ansi`` or ``human``; see `t2po_gym.core.rendering`.

    Reset options: ``{"task_id": str}`` or ``{"task_index": int}`` (within the split). Without
    either, the seed draws a task of the split uniformly.

    An action longer than ``MAX_ACTION_CHARS`` counts as the empty action, and an observation longer
    than ``MAX_OBSERVATION_CHARS`` is cut: hostile text never raises an exception.
    """

    # Set these in ALL subclasses.
    PROGRESS_VERSION: ClassVar[str]
    MILESTONES: ClassVar[tuple[str, ...]]

    # Set these in SOME subclasses.
    SPLITS: ClassVar[tuple[str, ...]] = ("train", "dev", "test")
    EXTRA_INFO: ClassVar[tuple[str, ...]] = ()
    MAX_OBSERVATION_CHARS: int = 65_536  # an instance may set its own before this __init__
    MAX_ACTION_CHARS: ClassVar[int] = 100_000

    def __init__(
        self, *, split: str, max_turns: int, progress: bool = True, render_mode: str | None = None
    ) -> None:
        if split not in self.SPLITS:
            raise ValueError(f"split must be one of {', '.join(self.SPLITS)}; got {split!r}.")
        if isinstance(max_turns, bool) or not isinstance(max_turns, int) or max_turns < 1:
            raise ValueError(f"max_turns must be an integer of at least 1; got {max_turns!r}.")
        if not isinstance(progress, bool):
            raise ValueError(f"progress must be True or False; got {progress!r}.")
        self._choose_render_mode(render_mode)
        self.observation_space = TextSpace(self.MAX_OBSERVATION_CHARS)
        self.action_space = TextSpace(self.MAX_ACTION_CHARS)
        self.split = split
        self.max_turns = max_turns
        self.with_progress = progress
        self._live = False
        self._started = False
        self._turn = 0
        self._task = 0
        self._task_name = ""
        self._rng: np.random.Generator
        self._observation = ""

    # ---- hooks of the subclass -------------------------------------------------------------

    @abstractmethod
    def _begin(self, index: int, rng: np.random.Generator) -> str:
        """Start the task and return the first observation; ``rng`` is the episode's own."""

    @abstractmethod
    def _act(self, action: str) -> Outcome:
        """Apply one action. Must handle any string without raising an exception."""

    @abstractmethod
    def _progress(self) -> Progress:
        """Return the progress of the current hidden state."""

    @abstractmethod
    def _score(self) -> float:
        """Return the benchmark's official metric so far."""

    @abstractmethod
    def _success(self) -> bool:
        """Return whether the benchmark counts the episode as solved."""

    @abstractmethod
    def _admissible_actions(self) -> tuple[str, ...]:
        """Return the actions available now; a pattern such as ``search[<text>]`` if infinite."""

    @abstractmethod
    def _save(self) -> dict[str, Any]:
        """Return the hidden state as JSON-able data (string keys; tuples come back as lists)."""

    @abstractmethod
    def _load(self, state: Mapping[str, Any]) -> None:
        """Restore a state from `_save`. ``self._task`` and ``self._rng`` are set already.

        The instance may be a fresh one on which `_begin` was never called.
        """

    def _observable_state(self) -> str:
        """Return the text hashed into ``state_key``: by default the current observation."""
        return self._observation

    def _extra_info(self) -> Mapping[str, bool | int | float | str]:
        """Return the values of the keys named in ``EXTRA_INFO``."""
        return {}

    def _identity(self) -> Mapping[str, Any]:
        """Return JSON-able settings that a snapshot and the restoring instance must share.

        The class, split, turn limit and progress switch are always compared. They make up the
        environment's ``fingerprint`` too.
        """
        return {}

    # ---- Gymnasium's interface -------------------------------------------------------------

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Start an episode.

        Args:
            seed: Seeds the choice of task and all randomness in the episode.
            options: ``{"task_id": str}`` or ``{"task_index": int}``.

        Raises:
            ValueError: If an option is unknown or the split has no such task.
        """
        chosen = self._chosen_task(options)
        if isinstance(seed, int) and seed >= 0:
            # Same as Gymnasium, with a seed that costs a fifth of numpy's own.
            self._np_random, self._np_random_seed = episode_rng(seed), seed
        else:
            super().reset(seed=seed)  # leaves the generator alone, or says what is wrong
        # Drawn before the task, so that naming the task does not change the episode's own rng.
        entropy = int(self.np_random.integers(2**63))
        drawn = int(self.np_random.integers(self.num_tasks()))
        self._task = drawn if chosen is None else chosen
        self._task_name = self.task_id(self._task)
        self._rng = episode_rng(entropy, self._task)
        self._started = self._live = True
        self._turn = 0
        self._chain = b""
        self._state: bytes | None = None
        self._states: set[str] = set()
        self._actions: set[str] = set()
        self._last_action: str | None = None
        self._phi: float | None = None
        self._phi_max = self._delta = 0.0
        observation = self._begin(self._task, self._rng)
        self._task_words = one_line(self._task_text(observation))
        self._task_kind = self._task_type(self._task)
        info = self._observe(observation, action_valid=True, action_repeated=False)
        return self._observation, info

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Send one action.

        Returns:
            Observation, the benchmark's reward, terminated (the world ended), truncated (the turn
            limit was reached first), and info.

        Raises:
            TypeError: If the action is not a string.
            ResetNeeded: If no episode is running.
        """
        if not isinstance(action, str):
            raise TypeError(
                f"An action is one string such as 'look'; got {type(action).__name__}. "
                "Pass the bare action text, not tokens or a list."
            )
        if not self._live:
            raise ResetNeeded(
                "The episode is over; call reset() before the next step()."
                if self._started
                else "No episode has been started; call reset() before step()."
            )
        if len(action) > self.MAX_ACTION_CHARS:
            action = ""
        outcome = self._act(action)
        self._turn = turn = self._turn + 1
        terminated = outcome.terminated
        truncated = turn >= self.max_turns and not terminated
        self._live = not (terminated or truncated)
        info = self._observe(outcome.observation, outcome.action_valid, self._remember(action))
        return self._observation, float(outcome.reward), terminated, truncated, info

    @property
    def observation(self) -> str:
        """The current observation, as reset or step returned it; empty before the first reset."""
        return self._observation

    @property
    def admissible_actions(self) -> tuple[str, ...]:
        """The actions available now, as in info."""
        return self._admissible_actions()

    @property
    def fingerprint(self) -> str:
        """Digest of data, rules, split and limits; equal ones play the same tasks alike."""
        return sha256(json.dumps(self._full_identity(), sort_keys=True).encode()).hexdigest()

    # ---- branching -------------------------------------------------------------------------

    def snapshot(self) -> bytes:
        """Return the whole episode state as bytes for `restore`.

        Raises:
            ResetNeeded: If no episode has been started.
        """
        if not self._started:
            raise ResetNeeded("There is nothing to save; call reset() before snapshot().")
        return pack(
            {
                "env": self._full_identity(),
                "task_id": self._task_name,
                "episode": {name: getattr(self, name) for name in EPISODE_FIELDS},
                "chain": self._chain.hex(),
                "states": sorted(self._states),
                "actions": sorted(self._actions),
                "last_action": self._last_action,
                "rng": pack_rng(self._rng),
                "np_random": pack_rng(self.np_random),
                "state": self._save(),
            }
        )

    def restore(self, state: bytes) -> tuple[str, dict[str, Any]]:
        """Restore a snapshot of this instance or of one made with the same arguments, exactly.

        Returns:
            The observation and info at the time of the snapshot.

        Raises:
            TypeError: If ``state`` is not bytes.
            ValueError: If it is not a snapshot, is damaged, or belongs to another environment.
        """
        saved = unpack(state)
        if not isinstance(saved.get("env"), dict):
            raise ValueError(
                "This snapshot is not of a bare environment; restore it in the wrapper (such as "
                "PromptedEnv) that took it."
            )
        own = self._full_identity()
        for key in sorted(set(own) | set(saved["env"])):
            if own.get(key) != saved["env"].get(key):
                raise ValueError(
                    f"This snapshot was taken with {key}={saved['env'].get(key)!r}, this "
                    f"environment has {key}={own.get(key)!r}; restore it in one made the same way."
                )
        self._task_name = saved["task_id"]
        self._task = self.task_index(self._task_name)
        episode = {"_task_words": "", "_task_kind": "", **saved["episode"]}  # older ones lack them
        for name in EPISODE_FIELDS:
            setattr(self, name, episode[name])
        self._chain = bytes.fromhex(saved["chain"])
        self._state = None
        self._states = set(saved["states"])
        self._actions = set(saved["actions"])
        self._last_action = saved.get("last_action")  # older snapshots lack it
        self._rng = unpack_rng(saved["rng"])
        self._np_random = unpack_rng(saved["np_random"])
        self._load(saved["state"])
        self._started = True
        if self.with_progress:
            self._now = self._progress()
        return self._observation, self._info()

    # ---- inside ----------------------------------------------------------------------------

    def _full_identity(self) -> dict[str, Any]:
        identity = {
            "class": type(self).__qualname__,
            "split": self.split,
            "max_turns": self.max_turns,
            "progress": self.with_progress,
            **self._identity(),
        }
        # As JSON returns it (lists for tuples), so that it compares equal to a saved one.
        plain: dict[str, Any] = json.loads(json.dumps(identity))
        return plain

    def _remember(self, action: str) -> bool:
        """Record the action and return whether it was sent before in this episode."""
        self._last_action = action
        if len(action) > LONG_ACTION_CHARS:
            self._last_action = shorten(action)
            action = sha256(action.encode("utf-8", "surrogatepass")).hexdigest() + "#long"
        if action in self._actions:
            return True
        self._actions.add(action)
        return False

    def _observe(
        self, observation: str, action_valid: bool, action_repeated: bool
    ) -> dict[str, Any]:
        """Process a new observation: bound it, chain its hash, and build the info."""
        if len(observation) > self.MAX_OBSERVATION_CHARS:
            observation = observation[: self.MAX_OBSERVATION_CHARS]
        self._observation = observation
        data = observation.encode("utf-8", "surrogatepass")
        self._chain = sha256(self._chain + data).digest()
        state = self._observable_state()
        if state is not observation:
            data = state.encode("utf-8", "surrogatepass")
        if data != self._state:  # an action that changed nothing keeps the key
            self._state = data
            self._state_key = blake2b(data, digest_size=16).hexdigest()
        state_key, states = self._state_key, self._states
        self._flags = (action_valid, state_key in states, action_repeated)
        states.add(state_key)
        if self.with_progress:
            self._advance_progress()
        if self.render_mode == "human":
            self._show()
        return self._info()

    def _advance_progress(self) -> None:
        self._now = now = self._progress()
        phi = float(now.value)
        self._delta = 0.0 if self._phi is None else phi - self._phi
        self._phi = phi
        if phi > self._phi_max:
            self._phi_max = phi

    def _info(self) -> dict[str, Any]:
        """Return a new info dictionary of the current state; the caller may change it."""
        action_valid, state_repeated, action_repeated = self._flags
        info: dict[str, Any] = {
            "score": float(self._score()),
            "success": bool(self._success()),
            "turn": self._turn,
            "action_valid": action_valid,
            "state_key": self._state_key,
            "state_repeated": state_repeated,
            "action_repeated": action_repeated,
            "task_id": self._task_name,
            "task": self._task_words,
            "task_type": self._task_kind,
            "action_format": self.ACTION_FORMAT,
            "observation_hash": self._chain.hex(),
            "admissible_actions": self._admissible_actions(),
        }
        if self.with_progress:
            info["progress"] = self._phi
            info["progress_delta"] = self._delta
            info["progress_max"] = self._phi_max
            info["milestones"] = dict(self._now.milestones)
            info["progress_version"] = self.PROGRESS_VERSION
        if self.EXTRA_INFO:
            extra = self._extra_info()
            if len(extra) != len(self.EXTRA_INFO):
                extra = {key: extra[key] for key in self.EXTRA_INFO}
            info.update(extra)
        return info
