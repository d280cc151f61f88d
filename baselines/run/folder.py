"""The folder of a run: configuration, metrics, TensorBoard events, curves, episodes, checkpoints.

config.json        every setting, resolved
metrics.jsonl      one line per training step; equal for equal seeds (times are elsewhere)
evaluations.jsonl  one line per evaluation
timings.jsonl      seconds per step
curves.png         the picture
events.out.*       TensorBoard
traces/            episodes that can be replayed, and the same as readable text
details/           what the policy knew while it played those (`baselines.run.details`)
checkpoints/       see `baselines.run.checkpoint`
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from t2po_gym.core.many.trace import EpisodeTrace, TraceTurn, write_traces
from t2po_gym.data.whole_file import write_whole

from ..config import TrainConfig, to_json
from ..trajectory import Trajectory
from .details import Detailing, write_details

__all__ = ["FollowerFolder", "RunFolder", "default_name", "episode_trace", "transcript"]

LOGS = ("metrics.jsonl", "evaluations.jsonl", "timings.jsonl")


def default_name(config: TrainConfig) -> str:
    """Return a folder name such as `WebShop-v0-seed0`, for others than T2PO `...-gigpo-seed0`."""
    which = "" if config.algorithm == "t2po" else f"-{config.algorithm}"
    return f"{config.env.rpartition('/')[2]}{which}-seed{config.run.seed}"


class RunFolder:
    """Reads and writes one run's folder.

    Args:
        path: the folder; made if it does not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoints = path / "checkpoints"
        self.traces = path / "traces"
        self.details = path / "details"
        for folder in (self.checkpoints, self.traces, self.details):
            folder.mkdir(parents=True, exist_ok=True)
        self._writer: Any = None

    @property
    def started(self) -> bool:
        """Whether the folder holds a run already."""
        return (self.path / "config.json").is_file()

    def write_config(self, config: TrainConfig) -> None:
        """Write the resolved settings."""
        _write_text(self.path / "config.json", to_json(config))

    def clear(self) -> None:
        """Delete an earlier run: logs, checkpoints, traces, events and picture."""
        for name in (*LOGS, "config.json", "curves.png"):
            (self.path / name).unlink(missing_ok=True)
        for folder in (self.checkpoints, self.traces, self.details):
            shutil.rmtree(folder)
            folder.mkdir()
        for events in self.path.glob("events.out.tfevents.*"):
            events.unlink()

    def forget(self) -> None:
        """Take back a run that has no checkpoint yet; what an engine said about it stays."""
        if any(self.checkpoints.glob("step-*")):
            return
        self.close()
        self.clear()
        for folder in (self.checkpoints, self.traces, self.details):
            folder.rmdir()
        if not any(self.path.iterdir()):
            self.path.rmdir()

    def rewind(self, step: int) -> None:
        """Forget every line after training step `step`: the steps to come write them again."""
        for name in LOGS:
            kept = [row for row in self.read(name) if row["step"] <= step]
            _write_text(self.path / name, "".join(_line(row) for row in kept))
        for path in (*self.traces.iterdir(), *self.details.iterdir()):
            digits = path.name.partition("-")[2][:6]
            if digits.isdigit() and int(digits) > step:
                path.unlink()

    def append(self, name: str, row: Mapping[str, Any]) -> None:
        """Add a line to a log; the line is on disk when this returns."""
        with (self.path / name).open("a", encoding="utf-8") as file:
            file.write(_line(row))
            file.flush()
            os.fsync(file.fileno())

    def read(self, name: str) -> list[dict[str, Any]]:
        """Return a log's complete lines; a line cut off by a crash is left out."""
        path = self.path / name
        if not path.is_file():
            return []
        lines = path.read_text(encoding="utf-8").split("\n")
        return [json.loads(line) for line in lines[:-1]]

    def open_tensorboard(self, first_step: int) -> None:
        """Start an event file; events of later steps from before a crash are hidden."""
        from torch.utils.tensorboard.writer import SummaryWriter  # slow to import, optional

        self._writer = SummaryWriter(str(self.path), purge_step=first_step)

    def log(self, step: int, values: Mapping[str, float], prefix: str = "train") -> None:
        """Send numbers to TensorBoard, if it is open."""
        if self._writer is not None:
            for key, value in values.items():
                self._writer.add_scalar(f"{prefix}/{key}", value, step)
            self._writer.flush()

    def write_episodes(
        self,
        name: str,
        config: TrainConfig,
        split: str,
        episodes: Sequence[Trajectory],
        details: Detailing,
    ) -> None:
        """Write episodes as replayable traces, as text, and with what the policy knew."""
        traces = [episode_trace(config, split, episode) for episode in episodes]
        write_traces(self.traces / f"{name}.jsonl.gz", traces)
        _write_text(self.traces / f"{name}.txt", "\n\n".join(map(transcript, episodes)))
        if config.run.trace_details:
            write_details(self.details / f"{name}.jsonl.gz", map(details.record, episodes))

    def close(self) -> None:
        """Close the event file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def draw(
        self, plot: Callable[[Path, list[dict[str, Any]], list[dict[str, Any]]], None]
    ) -> None:
        """Draw `curves.png` from the logs with the given function."""
        plot(self.path / "curves.png", self.read("metrics.jsonl"), self.read("evaluations.jsonl"))


class FollowerFolder(RunFolder):
    """The folder as processes other than the first see it: they read, and write nothing."""

    def write_config(self, config: TrainConfig) -> None:
        """Leave it to the first process."""

    def clear(self) -> None:
        """Leave it to the first process."""

    def forget(self) -> None:
        """Leave it to the first process."""

    def rewind(self, step: int) -> None:
        """Leave it to the first process."""

    def append(self, name: str, row: Mapping[str, Any]) -> None:
        """Leave it to the first process."""

    def open_tensorboard(self, first_step: int) -> None:
        """Leave it to the first process."""

    def write_episodes(
        self,
        name: str,
        config: TrainConfig,
        split: str,
        episodes: Sequence[Trajectory],
        details: Detailing,
    ) -> None:
        """Leave it to the first process."""

    def draw(
        self, plot: Callable[[Path, list[dict[str, Any]], list[dict[str, Any]]], None]
    ) -> None:
        """Leave it to the first process."""


def _line(row: Mapping[str, Any]) -> str:
    # JSON has no nan; a value that does not exist is null.
    values = {k: None if isinstance(v, float) and v != v else v for k, v in row.items()}
    return json.dumps(values, ensure_ascii=False) + "\n"


def _write_text(path: Path, text: str) -> None:
    write_whole(path, text.encode("utf-8", "backslashreplace"))


def episode_trace(config: TrainConfig, split: str, episode: Trajectory) -> EpisodeTrace:
    """Return an episode in the form that `t2po_gym.core.many.trace.replay` checks."""
    return EpisodeTrace(
        env_id=config.env,
        env_kwargs={"split": split, **config.env_kwargs},
        seed=episode.env_seed,
        task_id=episode.task_id,
        first_hash=episode.first_hash,
        turns=tuple(
            TraceTurn(
                action=turn.action,
                action_valid=turn.accepted,
                reward=turn.reward,
                terminated=turn.terminated,
                truncated=turn.truncated,
                score=turn.score,
                progress=turn.progress,
                observation_hash=turn.observation_hash,
            )
            for turn in episode.turns
        ),
        score=episode.score,
        success=episode.success,
    )


def transcript(episode: Trajectory) -> str:
    """Write an episode for human eyes."""
    return "\n".join(_transcript_lines(episode))


def _transcript_lines(episode: Trajectory) -> Iterable[str]:
    yield (
        f"=== {episode.task_id}, member {episode.member}: score {episode.score:.3f}, "
        f"{'solved' if episode.success else 'not solved'}, {len(episode.turns)} turns"
    )
    for turn in episode.turns:
        reply = turn.generation
        notes = [] if turn.valid else ["invalid"]
        notes += [f"thought closed: {reply.stop_reason}"] if reply.stop_reason != "none" else []
        notes += [f"{turn.cost.rejected} resampled"] if turn.cost.rejected else []
        yield f"--- turn {turn.index + 1}{' (' + ', '.join(notes) + ')' if notes else ''}"
        yield turn.observation
        yield f">>> {reply.text}"
