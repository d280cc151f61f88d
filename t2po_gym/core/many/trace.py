"""Episode traces: record an episode, and check that it replays identically.

* ``EpisodeTrace`` - one episode: how to make the environment, seed, task, actions, hash chain.
* ``record`` - play actions (or a policy) and return the trace.
* ``record_turns`` - a trace that grows while somebody else plays.
* ``replay`` - play a trace again and raise `TraceMismatch` at the first turn that differs.
* ``write_traces`` / ``append_trace`` / ``read_traces`` - one JSON object per line, gzipped where
  the name ends in .gz.
"""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import gymnasium as gym

from t2po_gym.core.env import TextEnv
from t2po_gym.data.json_text import parse_json
from t2po_gym.data.whole_file import write_whole

__all__ = [
    "TRACE_NAMES",
    "EpisodeTrace",
    "Recording",
    "TraceMismatch",
    "TraceTurn",
    "append_trace",
    "ends_whole",
    "read_traces",
    "record",
    "record_turns",
    "replay",
    "trace_line",
    "write_traces",
]

TRACE_VERSION = 1
TRACE_NAMES = (".jsonl", ".jsonl.gz")
"""How the names of files of traces end."""
JSON_TYPES: Mapping[str, tuple[type, ...]] = {  # annotation of a field -> types in JSON
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "float": (float, int),
    "float | None": (float, int, type(None)),
    "dict[str, Any]": (dict,),
    "tuple[TraceTurn, ...]": (list, tuple),
}
Policy = Callable[[str, Mapping[str, Any]], str]
Seen = Callable[[str, Mapping[str, Any]], None]
"""Told of every observation and info, from the reset on."""


class TraceMismatch(ValueError):  # noqa: N818 - it names a finding, not a malfunction
    """A replayed episode differs from its trace at ``turn`` (0 is the reset)."""

    def __init__(self, task_id: str, turn: int, field: str, recorded: Any, replayed: Any) -> None:
        self.task_id, self.turn, self.field = task_id, turn, field
        self.recorded, self.replayed = recorded, replayed
        super().__init__(
            f"Task {task_id!r}, turn {turn}: {field} was recorded as {recorded!r} but replays as "
            f"{replayed!r}; the trace was changed or made with another version or other data."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceTurn:
    """One step.

    Example: ``TraceTurn(action="go[attic]", action_valid=True, reward=0.0, terminated=False,
    truncated=False, score=0.0, progress=0.25, observation_hash="9f...")``
    """

    action: str
    """The bare action."""

    action_valid: bool
    """Whether the environment accepted it."""

    reward: float
    """The benchmark's reward."""

    terminated: bool
    """Whether the world ended."""

    truncated: bool
    """Whether the turn limit was reached."""

    score: float
    """Official metric after the step."""

    progress: float | None
    """Phi after the step; None with ``progress=False``."""

    observation_hash: str
    """Hash chain up to and including the observation that followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeTrace:
    """Everything needed to replay one episode.

    Example: ``EpisodeTrace(env_id="t2po/ToyKeys-v0", env_kwargs={"split": "test"}, seed=7,
    task_id="toykeys:test:0003", first_hash="e4...", turns=(TraceTurn(...),), score=1.0,
    success=True)``
    """

    env_id: str
    """Registered id."""

    env_kwargs: dict[str, Any]
    """JSON-able arguments of ``gymnasium.make``."""

    seed: int
    """Seed of the reset."""

    task_id: str
    """Task that was played, drawn or requested."""

    first_hash: str
    """Hash of the first observation."""

    turns: tuple[TraceTurn, ...]
    """The steps in order; may stop before the end of the episode."""

    score: float
    """Official metric after the last recorded step."""

    success: bool
    """Whether the episode was solved by then."""

    trace_version: int = TRACE_VERSION
    """Version of this layout."""

    @property
    def actions(self) -> tuple[str, ...]:
        """Return the bare actions in order."""
        return tuple(turn.action for turn in self.turns)

    def to_json(self) -> dict[str, Any]:
        """Return the trace as plain dictionaries and lists."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> EpisodeTrace:
        """Read the output of `to_json`.

        Raises:
            ValueError: If a field is missing, unknown or wrong; the message names it.
        """
        version = data.get("trace_version") if isinstance(data, Mapping) else TRACE_VERSION
        if version != TRACE_VERSION:
            raise ValueError(
                f"This trace has version {version!r}, this release reads version {TRACE_VERSION}."
            )
        _check_fields(cls, data)
        for turn in data["turns"]:
            _check_fields(TraceTurn, turn)
        return cls(**{**data, "turns": tuple(TraceTurn(**turn) for turn in data["turns"])})


def record(
    env: TextEnv,
    actions: Iterable[str] | Policy,
    *,
    seed: int,
    options: dict[str, Any] | None = None,
) -> EpisodeTrace:
    """Play one episode and return its trace.

    Args:
        env: A bare environment made by ``gymnasium.make`` (its spec says how to make it again).
        actions: Actions in order, or a function from observation and info to the next action.
            The trace stops when the actions run out or the episode ends.
        seed: Seed of the reset.
        options: Reset options; they only choose the task.
    """
    env_id, kwargs = _recipe(env)
    return _play(env, actions, seed, options, env_id, kwargs)


class Recording:
    """The trace of an episode that is played elsewhere, turn by turn; see `record_turns`.

    Args:
        begun: The trace before the first turn.
    """

    def __init__(self, begun: EpisodeTrace) -> None:
        self._begun = begun
        self._turns: list[TraceTurn] = []
        self._end = (begun.score, begun.success)

    def add(
        self,
        action: str,
        reward: float,
        terminated: bool,
        truncated: bool,
        info: Mapping[str, Any],
    ) -> None:
        """Add a step and what it returned."""
        self._turns.append(_turn(action, reward, terminated, truncated, info))
        self._end = (info["score"], info["success"])

    def trace(self) -> EpisodeTrace:
        """Return the trace so far."""
        score, success = self._end
        return replace(self._begun, turns=tuple(self._turns), score=score, success=success)


def record_turns(env: TextEnv, seed: int, info: Mapping[str, Any]) -> Recording:
    """Return the recording of an episode that has just begun.

    Args:
        env: A bare environment made by ``gymnasium.make``.
        seed: Seed of the reset.
        info: What the reset returned.

    Raises:
        ValueError: If the environment does not say how it is made.
    """
    env_id, kwargs = _recipe(env)
    return Recording(_begun(env_id, kwargs, seed, info))


def _begun(env_id: str, kwargs: dict[str, Any], seed: int, info: Mapping[str, Any]) -> EpisodeTrace:
    return EpisodeTrace(
        env_id=env_id,
        env_kwargs=kwargs,
        seed=seed,
        task_id=info["task_id"],
        first_hash=info["observation_hash"],
        turns=(),
        score=info["score"],
        success=info["success"],
    )


def _recipe(env: TextEnv) -> tuple[str, dict[str, Any]]:
    """Return the id and the arguments that make an environment again."""
    if env.spec is None:
        raise ValueError(
            "A trace needs to say how its environment is made; make it with gymnasium.make(id)."
        )
    kwargs = dict(env.spec.kwargs)
    try:
        json.dumps(kwargs)
    except TypeError as error:
        raise ValueError(
            f"The environment's arguments {kwargs!r} cannot be written as JSON ({error}); "
            "pass texts and numbers to gymnasium.make."
        ) from error
    return env.spec.id, kwargs


def _play(
    env: TextEnv,
    actions: Iterable[str] | Policy,
    seed: int,
    options: dict[str, Any] | None,
    env_id: str,
    kwargs: dict[str, Any],
    seen: Seen = lambda observation, info: None,
) -> EpisodeTrace:
    observation, info = env.reset(seed=seed, options=options)
    seen(observation, info)
    recording = Recording(_begun(env_id, kwargs, seed, info))
    next_action = actions if callable(actions) else _in_order(actions)
    ended = False
    while not ended:
        action = next_action(observation, info)
        if action is None:
            break
        observation, reward, terminated, truncated, info = env.step(action)
        seen(observation, info)
        ended = terminated or truncated
        recording.add(action, reward, terminated, truncated, info)
    return recording.trace()


def _in_order(actions: Iterable[str]) -> Callable[[str, Mapping[str, Any]], str | None]:
    """Return a policy that yields the actions one by one, then None."""
    given = iter(actions)
    return lambda observation, info: next(given, None)


def replay(
    trace: EpisodeTrace,
    env: TextEnv | None = None,
    seen: Seen = lambda observation, info: None,
) -> EpisodeTrace:
    """Replay a trace and compare every turn.

    Args:
        trace: The recorded trace.
        env: An environment made the same way; if None, it is made from the trace.
        seen: Told of every observation and info, from the reset on.

    Returns:
        The trace of the replay, equal to ``trace``.

    Raises:
        TraceMismatch: At the first difference.
    """
    if env is None:
        made = gym.make(trace.env_id, **trace.env_kwargs).unwrapped
        if not isinstance(made, TextEnv):
            raise ValueError(f"{trace.env_id!r} is not an environment of this package.")
        env = made
    options = {"task_id": trace.task_id}
    kwargs = dict(trace.env_kwargs)
    again = _play(env, trace.actions, trace.seed, options, trace.env_id, kwargs, seen)
    _compare(trace, 0, ("first_hash",), trace, again)
    names = tuple(field.name for field in fields(TraceTurn))
    # A changed action can end the episode early: compare as far as the replay got.
    for number, (old, new) in enumerate(zip(trace.turns, again.turns, strict=False), start=1):
        _compare(trace, number, names, old, new)
    if len(trace.turns) != len(again.turns):
        raise TraceMismatch(
            trace.task_id,
            len(again.turns) + 1,
            "the number of turns",
            len(trace.turns),
            len(again.turns),
        )
    _compare(trace, len(trace.turns), ("score", "success"), trace, again)
    return again


def write_traces(path: str | os.PathLike[str], traces: Iterable[EpisodeTrace]) -> None:
    """Write traces as JSON lines, atomically; equal traces give equal bytes, gzipped or not."""
    target = Path(path)
    write_whole(target, _stored(b"".join(map(trace_line, traces)), target))


def append_trace(path: str | os.PathLike[str], trace: EpisodeTrace) -> None:
    """Add a trace to a file of traces, or start one; it is on disk when this returns.

    Raises:
        OSError: If it cannot be written; what was written of it is taken back.
    """
    target = Path(path)
    data = _stored(trace_line(trace), target)  # a gzip file may have many members
    with target.open("ab", buffering=0) as file:
        before = os.fstat(file.fileno()).st_size
        try:
            written = file.write(data)  # one call, so that readers see whole lines
            if written != len(data):
                raise OSError(f"{target} took {written} of {len(data)} bytes; is the disk full?")
            os.fsync(file.fileno())
        except OSError:
            file.truncate(before)
            raise


def ends_whole(path: Path) -> bool:
    """Return whether a file ends with a line, so that another may follow; gzip needs none."""
    if path.suffix == ".gz":
        return True
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if not size:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _stored(data: bytes, target: Path) -> bytes:
    return gzip.compress(data, mtime=0) if target.suffix == ".gz" else data


def trace_line(trace: EpisodeTrace) -> bytes:
    """Return a trace as its line of a file."""
    line = json.dumps(trace.to_json(), ensure_ascii=False, separators=(",", ":")) + "\n"
    return line.encode("utf-8", "surrogatepass")


def read_traces(path: str | os.PathLike[str]) -> Iterator[EpisodeTrace]:
    """Yield traces from a file one by one.

    Raises:
        ValueError: If a line is not a trace; the message names the file and line.
    """
    source = Path(path)
    data = source.read_bytes()
    if source.suffix == ".gz":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"{source} is not a whole gzip file ({error}).") from error
    lines = data.removesuffix(b"\n").split(b"\n") if data else []
    for number, line in enumerate(lines, start=1):
        try:
            yield EpisodeTrace.from_json(parse_json(line, "surrogatepass"))
        except ValueError as error:
            raise ValueError(f"{source}, line {number}: {error}") from error


def _turn(
    action: str, reward: float, terminated: bool, truncated: bool, info: Mapping[str, Any]
) -> TraceTurn:
    return TraceTurn(
        action=action,
        action_valid=info["action_valid"],
        reward=reward,
        terminated=terminated,
        truncated=truncated,
        score=info["score"],
        progress=info.get("progress"),
        observation_hash=info["observation_hash"],
    )


def _compare(trace: EpisodeTrace, turn: int, names: Iterable[str], old: Any, new: Any) -> None:
    for name in names:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            raise TraceMismatch(trace.task_id, turn, name, before, after)


def _check_fields(kind: type, data: Any) -> None:
    if not isinstance(data, Mapping):
        raise ValueError(f"A {kind.__name__} is a JSON object; got {type(data).__name__}.")
    known = {field.name for field in fields(kind)}
    wrong = known ^ set(data)
    if wrong:
        raise ValueError(
            f"A {kind.__name__} has the fields {', '.join(sorted(known))}; "
            f"{min(wrong)!r} is missing or unknown."
        )
    for field in fields(kind):
        value, wanted = data[field.name], JSON_TYPES[str(field.type)]
        if type(value) not in wanted:
            raise ValueError(
                f"The field {field.name!r} of a {kind.__name__} must be of type {field.type}; "
                f"got {str(value)[:40]!r}."
            )
