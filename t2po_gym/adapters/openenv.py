"""The environments as OpenEnv environments, and the server that OpenEnv's clients connect to.

* ``TextAction``, ``TextObservation``, ``TextState`` - what travels.
* ``TextEnvironment`` - any environment id as an OpenEnv ``Environment`` with tasks by split.
* ``create_text_app`` - OpenEnv's own web application around it.

Needs the extra ``openenv``. `reset` takes the seed, a split and a task, as `gymnasium.make` does:
``reset(seed=7, split="test", index=12)`` or ``reset(task_id="toykeys:test:0003")``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import gymnasium as gym
from pydantic import Field, create_model

import t2po_gym
from t2po_gym.adapters.episode import MAX_ACTION_CHARS, MAX_BODY_BYTES, Page, RemoteEnv
from t2po_gym.adapters.serving.messages import Refusals
from t2po_gym.retrieval.http.limits import BodyLimit

try:
    from openenv.core.env_server.http_server import create_app
    from openenv.core.env_server.interfaces import Environment
    from openenv.core.env_server.types import (
        Action,
        ConcurrencyConfig,
        EnvironmentMetadata,
        Observation,
        ServerMode,
        State,
        WSErrorCode,
        WSErrorResponse,
    )
    from starlette.responses import JSONResponse
except ImportError as error:
    raise ImportError(
        "The OpenEnv adapter needs OpenEnv; install it with: pip install 't2po-gym[openenv]'"
    ) from error

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

__all__ = ["TextAction", "TextEnvironment", "TextObservation", "TextState", "create_text_app"]

MAX_EPISODE_ID_CHARS = 255
MAX_LISTED_TASKS = 100
"""Most tasks in one answer, as describing a generated game means making it."""


class TextAction(Action):  # type: ignore[misc]
    """One action of a text environment.

    Example: ``TextAction(action="search[red running shoes]")``
    """

    action: str = Field(max_length=MAX_ACTION_CHARS, description="The bare action.")


class TextObservation(Observation):  # type: ignore[misc]
    """What the agent sees; ``reward`` and ``done`` come from OpenEnv's base class.

    ``metadata`` holds the public part of info: the task, the format and the list of actions, the
    turn, whether the action was valid, the hash chain, ``terminated`` and ``truncated``; score and
    success at the end of the episode; progress only from an environment made with it.
    """

    text: str = Field(description="The page that the agent reads.")


class TextState(State):  # type: ignore[misc]
    """Where an episode stands. Nothing in it is hidden from an agent."""

    env_id: str = Field(description="Registered id.")
    split: str | None = Field(default=None, description="Split of the task.")
    task_id: str | None = Field(default=None, description="Public name of the task.")
    seed: int | None = Field(default=None, description="Seed of the last reset that named one.")
    fingerprint: str | None = Field(
        default=None, description="Digest of data, rules, split and limits."
    )
    observation_hash: str | None = Field(
        default=None, description="Hash chain over the observations of the episode."
    )
    done: bool = Field(default=False, description="Whether the episode is over.")


class TextEnvironment(Environment[TextAction, TextObservation, TextState]):  # type: ignore[misc]
    """Any environment of this package as an OpenEnv environment.

    Args:
        env_id: Registered id, such as ``t2po/WebShop-v0``.
        settings: Arguments of `gymnasium.make`.
        progress: Whether the metadata holds progress and what else describes the hidden state.
        bare: Leave the metadata empty. For clients that show it to the model.

    It has OpenEnv's task methods (`list_splits`, `num_tasks`, `get_task`, ...).
    """

    SUPPORTS_CONCURRENT_SESSIONS = True
    # One thread plays all sessions: the environments share caches, and Python runs one at a time.
    REQUIRES_SINGLE_THREAD_EXECUTOR = True

    def __init__(
        self,
        env_id: str,
        settings: Mapping[str, Any] | None = None,
        *,
        progress: bool = False,
        bare: bool = False,
    ) -> None:
        super().__init__()
        _check_metadata(bare, progress)
        self._env = RemoteEnv(env_id, settings, progress=progress)
        self._bare = bare
        self._page: Page | None = None
        self._seed: int | None = None
        self._episode_id: str | None = None
        self._episodes = 0

    def reset(
        self,
        seed: int | None = None,
        episode_id: str | None = None,
        *,
        split: str | None = None,
        index: int | None = None,
        task_id: str | None = None,
        **unknown: Any,
    ) -> TextObservation:
        """Start an episode; a refused reset leaves the running one as it is.

        Args:
            seed: Seeds the choice of task and all randomness in the episode. Without one, resets
                go on from the last seed, as `t2po_gym.adapters.episode.RemoteEnv.reset` says.
            episode_id: Name of the episode in `state`; None makes one.
            split: Split of the task; None for the environment's own.
            index: Index of the task within the split.
            task_id: Or its public name.
            unknown: Anything else is refused: OpenEnv would drop it without a word.

        Raises:
            ValueError: If the split, the task, the seed or a name is refused.
        """
        if unknown:
            raise ValueError(
                f"Unknown reset option {min(unknown)!r}; known are seed, episode_id, split, index "
                "and task_id."
            )
        if episode_id is not None and (
            not isinstance(episode_id, str) or len(episode_id) > MAX_EPISODE_ID_CHARS
        ):
            raise ValueError(f"episode_id is a text of at most {MAX_EPISODE_ID_CHARS} characters.")
        self._page = page = self._env.reset(
            seed=seed, split=split, task_id=task_id, task_index=index
        )
        self._episodes += 1
        self._seed = self._seed if seed is None else seed
        self._episode_id = episode_id or f"{page.info['task_id']}#{self._episodes}"
        return self._observed(page)

    def step(
        self, action: TextAction, timeout_s: float | None = None, **extra: Any
    ) -> TextObservation:
        """Play one action.

        Args:
            action: The action.
            timeout_s: Of OpenEnv's interface; a step takes milliseconds and is never cut short.
            extra: Of OpenEnv's interface; not read.

        Raises:
            gymnasium.error.ResetNeeded: If no episode is running.
        """
        self._page = self._env.step(action.action)
        return self._observed(self._page)

    @property
    def state(self) -> TextState:
        """Where the episode stands."""
        page = self._page
        if page is None:
            return TextState(env_id=self._env.env_id)
        return TextState(
            episode_id=self._episode_id,
            step_count=page.info["turn"],
            env_id=self._env.env_id,
            split=self._env.split,
            task_id=page.info["task_id"],
            seed=self._seed,
            fingerprint=self._env.fingerprint,
            observation_hash=page.info["observation_hash"],
            done=page.over,
        )

    def get_metadata(self) -> EnvironmentMetadata:
        """Return the environment's name and what its actions look like."""
        return EnvironmentMetadata(
            name=self._env.env_id,
            description=f"Text environment {self._env.env_id}. {self._env.action_format}",
            version=t2po_gym.__version__,
            author="T2PO Gym maintainers",
        )

    def close(self) -> None:
        """Close the environment."""
        self._env.close()

    # ---- OpenEnv's TaskProvider ------------------------------------------------------------

    def list_splits(self) -> list[dict[str, str]]:
        """Return the splits; ``type`` is OpenEnv's word for what a split is for."""
        kinds = {"train": "train", "dev": "validation"}
        return [{"name": name, "type": kinds.get(name, "test")} for name in self._env.splits]

    def num_tasks(self, split: str) -> int:
        """Return the number of tasks of a split."""
        return self._env.num_tasks(split)

    def get_task(self, split: str, index: int) -> dict[str, Any]:
        """Describe a task; pass its split and index to `reset`.

        ``num_tasks`` is the number of tasks of the split, for readers of a list that is cut.

        Raises:
            IndexError: If the split has no such task.
        """
        task = self._env.task(split, index)
        return {
            "id": task.id,
            "split": split,
            "index": index,
            "num_tasks": self.num_tasks(split),
            "type": task.type,
            "difficulty": task.difficulty,
        }

    def list_tasks(self, split: str) -> list[dict[str, Any]]:
        """Describe the first tasks of a split, at most ``MAX_LISTED_TASKS``.

        Whether there are more, ``num_tasks`` of each tells; `get_task_range` describes others.
        """
        return self._tasks(split, range(self.num_tasks(split))[:MAX_LISTED_TASKS])

    def get_task_range(
        self, split: str, start: int | None = None, stop: int | None = None
    ) -> list[dict[str, Any]]:
        """Describe the tasks of a slice of a split.

        Raises:
            ValueError: If these are more than ``MAX_LISTED_TASKS``.
        """
        chosen = range(self.num_tasks(split))[start:stop]
        if len(chosen) > MAX_LISTED_TASKS:
            raise ValueError(
                f"At most {MAX_LISTED_TASKS} tasks are described at once; got {len(chosen)}."
            )
        return self._tasks(split, chosen)

    def _tasks(self, split: str, places: range) -> list[dict[str, Any]]:
        return [self.get_task(split, place) for place in places]

    def _observed(self, page: Page) -> TextObservation:
        ends = {"terminated": page.terminated, "truncated": page.truncated}
        return TextObservation(
            text=page.observation,
            reward=page.reward,
            done=page.over,
            metadata={} if self._bare else {**page.info, **ends},
        )


def create_text_app(
    env_id: str,
    settings: Mapping[str, Any] | None = None,
    *,
    progress: bool = False,
    bare: bool = False,
    max_sessions: int = 100,
    max_idle_s: float = 1_800.0,
) -> FastAPI:
    """Return OpenEnv's web application of an environment.

    Args:
        env_id: Registered id.
        settings: Arguments of `gymnasium.make`.
        progress: See `TextEnvironment`.
        bare: See `TextEnvironment`.
        max_sessions: Episodes at the same time; one more is refused.
        max_idle_s: Seconds without use after which a session is closed.

    Raises:
        ValueError: If an argument is refused.
    """
    _check_metadata(bare, progress)
    make = partial(TextEnvironment, env_id, settings, progress=progress, bare=bare)
    first = RemoteEnv(env_id, settings)  # whatever is wrong is said before anybody comes
    action_class = create_model(
        "TextAction",
        __base__=TextAction,
        action=(str, Field(max_length=MAX_ACTION_CHARS, description=first.action_format)),
    )
    first.close()
    app: FastAPI = create_app(
        make,
        action_class,
        TextObservation,
        env_name=env_id.partition("/")[2] or env_id,  # it is a part of addresses
        concurrency_config=ConcurrencyConfig(
            max_concurrent_envs=max_sessions, session_timeout=max_idle_s
        ),
        state_cls=TextState,
        mode=ServerMode.SIMULATION,
    )
    for kind in (ValueError, TypeError, gym.error.Error):
        app.add_exception_handler(kind, _refused)
    app.add_middleware(Refusals, refusal=_refusal, error=_error)
    app.add_middleware(BodyLimit, max_bytes=MAX_BODY_BYTES, refusal=_too_long)
    return app


def _check_metadata(bare: bool, progress: bool) -> None:
    if bare and progress:
        raise ValueError("Choose one of bare and progress: progress goes into the metadata.")


async def _refused(request: Request, error: Exception) -> JSONResponse:
    return _refusal(str(error))


def _refusal(said: str) -> JSONResponse:
    return JSONResponse({"detail": said}, status_code=400)


def _error(said: str) -> str:
    """Return a refusal as OpenEnv's WebSocket clients get it."""
    data = {"message": said, "code": WSErrorCode.VALIDATION_ERROR}
    text: str = WSErrorResponse(data=data).model_dump_json()
    return text


def _too_long(max_bytes: int) -> JSONResponse:
    text = f"The request is too long; send at most {max_bytes} bytes."
    return JSONResponse({"detail": text}, status_code=413)
