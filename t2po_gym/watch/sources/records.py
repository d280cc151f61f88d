"""Episodes of `t2po-gym eval` and of submissions to the leaderboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from t2po_gym.core.env import TextEnv
from t2po_gym.evaluation.journal import EPISODES, read_episodes, read_plan
from t2po_gym.evaluation.records import (
    CommitOrNone,
    Count,
    EpisodeRecord,
    Hash,
    PromptSettings,
    Text,
    TurnRecord,
    first_fault,
)
from t2po_gym.watch.episodes import Episode, Head, Reply, State, Turn
from t2po_gym.watch.sources.entry import Entry, naming
from t2po_gym.watch.sources.lines import MOST_BYTES, read_lines
from t2po_gym.watch.sources.stage import Stage

__all__ = ["MANIFEST", "TrackArguments", "evaluation_entries", "submission_entries"]

MANIFEST = "submission.json"
LARGEST_MANIFEST = 1024 * 1024
TrackArguments = Callable[[str, str], Mapping[str, Any]]
"""From the name of a track and the commit it is based on to the arguments of its environment."""
TrackName = Annotated[str, Field(pattern="^[a-z0-9]+(-[a-z0-9]+)*$")]


class _Track(BaseModel):
    """What is needed of a track's entry in a manifest."""

    model_config = ConfigDict(extra="ignore")
    base: CommitOrNone = ""
    seed: Count = 0


class _Scaffold(BaseModel):
    model_config = ConfigDict(extra="ignore")
    prompt: PromptSettings = PromptSettings()


class _Manifest(BaseModel):
    """What is needed of a manifest; the leaderboard checks the rest."""

    model_config = ConfigDict(extra="ignore")
    scaffold: _Scaffold = _Scaffold()
    tracks: dict[TrackName, _Track]


class _Played(EpisodeRecord):
    """A line of a submission's trajectories."""

    environment: Text
    fingerprint: Hash


def evaluation_entries(folder: Path, stage: Stage) -> Iterator[Entry]:
    """Yield the episodes of a folder of `t2po-gym eval`.

    Raises:
        ValueError: If plan or episodes are damaged; the message names file and line.
    """
    plan = read_plan(folder)
    source = plan.track or plan.env_id

    def env() -> TextEnv:
        return stage.env(plan.env_id, plan.env_kwargs, plan.fingerprint)

    for number, record in enumerate(read_episodes(folder), start=1):
        where = f"{folder / EPISODES}, line {number}"
        play = _player(stage, env, plan.seed, plan.prompt)
        yield _entry(record, where, source, plan.env_id, play)


def submission_entries(
    folder: Path, stage: Stage, arguments: TrackArguments, most_bytes: int = MOST_BYTES
) -> Iterator[Entry]:
    """Yield the episodes of a submission, track by track.

    Args:
        folder: of the submission.
        stage: plays them again.
        arguments: of the tracks' environments, which a submission does not hold.
        most_bytes: most bytes of a track, unpacked.

    Raises:
        ValueError: If manifest or trajectories are damaged; the message names file and line.
    """
    manifest = _manifest(folder / MANIFEST)
    for name, track in manifest.tracks.items():
        path = folder / "trajectories" / f"{name}.jsonl.gz"
        kwargs = arguments(name, track.base)
        for number, line in read_lines(path, most_bytes):
            where = f"{path}, line {number}"
            try:
                record = _Played.model_validate_json(line)
            except ValidationError as error:
                raise ValueError(f"{where}: {first_fault(error)}.") from error

            def env(record: _Played = record, kwargs: Mapping[str, Any] = kwargs) -> TextEnv:
                return stage.env(record.environment, kwargs, record.fingerprint)

            play = _player(stage, env, track.seed, manifest.scaffold.prompt)
            yield _entry(record, where, name, record.environment, play)


def _manifest(path: Path) -> _Manifest:
    data = path.read_bytes()
    if len(data) > LARGEST_MANIFEST:
        raise ValueError(f"{path} has more than {LARGEST_MANIFEST:,} bytes.")
    try:
        return _Manifest.model_validate_json(data)
    except ValidationError as error:
        raise ValueError(f"{path}: {first_fault(error)}.") from error


def _player(
    stage: Stage, env: Callable[[], TextEnv], seed: int, prompt: PromptSettings
) -> Callable[[EpisodeRecord], list[State]]:
    return lambda record: stage.of_record(env(), seed, prompt, record)


def _entry(
    record: EpisodeRecord,
    where: str,
    source: str,
    env_id: str,
    play: Callable[[EpisodeRecord], list[State]],
) -> Entry:
    head = Head(
        source=source,
        task_id=record.task_id,
        task_type=record.task_type,
        copy=f"trial {record.trial + 1}" if record.trial else "",
        turns=len(record.turns),
        score=record.score,
        success=record.success,
    )

    def load() -> Episode:
        with naming(where):
            states = play(record)
        return Episode(
            head=head,
            env_id=env_id,
            seed=record.seed,
            first=states[0],
            turns=tuple(map(_turn, record.turns, states, states[1:])),
            terminated=record.terminated,
            truncated=record.truncated,
        )

    return Entry(head=head, load=load)


def _turn(turn: TurnRecord, before: State, after: State) -> Turn:
    return Turn(
        before=before,
        after=after,
        action=turn.action,
        action_valid=turn.action_valid,
        reward=turn.reward,
        score=turn.score,
        format_ok=turn.format_ok,
        reply=Reply(text=turn.reply, count=turn.reply_tokens, phi=turn.uncertainty),
        rejected_tokens=turn.rejected_tokens,
        prompt_tokens=turn.prompt_tokens,
    )
