"""Episodes of trace files, with the details of a training run where it kept them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from t2po_gym.core.many.trace import TRACE_NAMES, EpisodeTrace, TraceTurn
from t2po_gym.data.json_text import parse_json
from t2po_gym.watch.episodes import Episode, Head, State, Turn
from t2po_gym.watch.sources.details import EpisodeDetails, TurnDetails, read_details, reply_of
from t2po_gym.watch.sources.entry import Entry, naming
from t2po_gym.watch.sources.lines import read_lines
from t2po_gym.watch.sources.stage import Stage

__all__ = ["details_beside", "run_files", "trace_entries"]

TRACES, DETAILS = "traces", "details"

KEPT_FILES = 4
"""Files of details that are kept in memory."""


def run_files(folder: Path, step: int | None = None) -> list[Path]:
    """Return the trace files of a training run in the order of its steps.

    Args:
        folder: of the run.
        step: only those of this training step.

    Raises:
        ValueError: If there are none.
    """
    found = [path for path in (folder / TRACES).iterdir() if path.name.endswith(TRACE_NAMES)]
    if step is not None:
        found = [path for path in found if _step_of(path) == step]
    if not found:
        which = "" if step is None else f" of step {step}"
        raise ValueError(f"{folder / TRACES} holds no episodes{which}.")
    return sorted(found, key=lambda path: (_step_of(path), path.name))


def _step_of(path: Path) -> int:
    """Return the step in a name such as `train-000003.jsonl.gz`; -1 if there is none."""
    digits = path.name.partition("-")[2][:6]
    return int(digits) if digits.isascii() and digits.isdigit() else -1


def details_beside(path: Path) -> Path | None:
    """Return the file with the details of a training run's trace file, if there is one."""
    beside = path.parent.parent / DETAILS / path.name
    return beside if path.parent.name == TRACES and beside.is_file() else None


def trace_entries(path: Path, stage: Stage) -> Iterator[Entry]:
    """Yield the episodes of a trace file.

    Args:
        path: written by `t2po_gym.core.many.trace.write_traces`.
        stage: plays them again.

    Raises:
        ValueError: If a line is no trace; the message names file and line.
    """
    beside, source = details_beside(path), path.name.removesuffix(".gz").removesuffix(".jsonl")
    seen: dict[tuple[str, int], int] = {}
    for place, (number, line) in enumerate(read_lines(path)):
        where = f"{path}, line {number}"
        try:
            trace = EpisodeTrace.from_json(parse_json(line, "surrogatepass"))
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error
        key = trace.task_id, trace.seed
        seen[key] = seen.get(key, 0) + 1
        yield _entry(trace, where, source, seen[key], stage, (beside, place) if beside else None)


def _entry(
    trace: EpisodeTrace,
    where: str,
    source: str,
    copy: int,
    stage: Stage,
    details: tuple[Path, int] | None,
) -> Entry:
    head = Head(
        source=source,
        task_id=trace.task_id,
        turns=len(trace.turns),
        score=trace.score,
        success=trace.success,
        copy=f"member {copy}" if copy > 1 else "",
    )

    def load() -> Episode:
        known = _details_of(trace, where, *details) if details else None
        with naming(where):
            return _episode(trace, head, stage, known)

    return Entry(head=head, load=load)


@lru_cache(KEPT_FILES)
def _details_in(path: Path) -> Sequence[tuple[int, EpisodeDetails]]:
    return tuple(read_details(path))


def _details_of(trace: EpisodeTrace, where: str, path: Path, place: int) -> EpisodeDetails:
    """Return the details of the trace at a place of its file.

    Raises:
        ValueError: If those at that place are of another episode.
    """
    lines = _details_in(path)
    if place >= len(lines):
        raise ValueError(f"{path} has no line for {where}.")
    number, found = lines[place]
    named = found.task_id, found.seed, len(found.turns)
    if named != (trace.task_id, trace.seed, len(trace.turns)):
        raise ValueError(f"{path}, line {number} describes another episode than {where}.")
    return found


def _episode(
    trace: EpisodeTrace, head: Head, stage: Stage, details: EpisodeDetails | None
) -> Episode:
    states, _ = stage.of_trace(trace)
    last = trace.turns[-1] if trace.turns else None
    return Episode(
        head=head,
        env_id=trace.env_id,
        seed=trace.seed,
        first=states[0],
        turns=tuple(
            _turn(turn, before, after, details, place)
            for place, (turn, before, after) in enumerate(
                zip(trace.turns, states, states[1:], strict=False)
            )
        ),
        terminated=last is not None and last.terminated,
        truncated=last is not None and last.truncated,
        epsilon=details.epsilon if details else None,
        eta=details.eta if details else None,
        signal=details.signal.model_dump() if details and details.signal else {},
    )


def _turn(
    turn: TraceTurn, before: State, after: State, details: EpisodeDetails | None, place: int
) -> Turn:
    known: TurnDetails | None = details.turns[place] if details else None
    signal = details.signal if details else None
    rejected = tuple(reply_of(each, signal) for each in known.rejected) if known else ()
    return Turn(
        before=before,
        after=after,
        action=turn.action,
        action_valid=turn.action_valid,
        reward=turn.reward,
        score=turn.score,
        # What was accepted and still counts as invalid was badly written or cut.
        format_ok=known.valid if known and turn.action_valid else None,
        reply=reply_of(known, signal) if known else None,
        rejected=rejected,
        rejected_tokens=sum(each.count or 0 for each in rejected) if known else None,
        prompt_tokens=known.prompt_tokens if known else None,
        advantage=known.advantage if known else None,
        void=known is not None and known.void,
    )
