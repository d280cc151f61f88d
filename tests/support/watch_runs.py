"""Made-up recordings of ToyKeys in every form that `t2po-gym watch` reads."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym

from t2po_gym.core.many.trace import EpisodeTrace, record, write_traces
from t2po_gym.envs.toy import ToyKeysEnv, expert_action
from t2po_gym.evaluation.journal import open_journal, read_episodes
from t2po_gym.evaluation.policies import find_policy
from t2po_gym.evaluation.records import Plan
from t2po_gym.evaluation.runner import make_plan, run_plan
from t2po_gym.watch.library import Library, open_library
from t2po_gym.watch.sources.stage import Stage

TOY = "t2po/ToyKeys-v0"
KWARGS = {"split": "dev"}
HARM = "<img src=x onerror=\"document.title='harmed'\"></script><script>document.title='harmed'//"
ODD = "\u2028\x1b[31m\u202e\x07 é\U0001f600"
PREFIX = "<think>"
TRACK = "toy-track"


def toy() -> ToyKeysEnv:
    env = gym.make(TOY, **KWARGS)
    assert isinstance(env, ToyKeysEnv)
    return env


def solved(seed: int = 3) -> EpisodeTrace:
    """An episode of the expert."""
    env = toy()
    return record(env, lambda observation, info: expert_action(env), seed=seed)


def stopped(actions: Sequence[str] = ("look", HARM + "\x1b[2J"), seed: int = 4) -> EpisodeTrace:
    """An episode that nobody finished; its second action is hostile."""
    return record(toy(), actions, seed=seed)


def tokens_of(texts: Sequence[str], forced: Sequence[int] = ()) -> dict[str, Any]:
    """Tokens whose M falls from 0.9 on; forced ones have no numbers."""
    columns: dict[str, list[float | None]] = {"measure": [], "entropy": [], "confidence": []}
    for place in range(len(texts)):
        for name, value in zip(
            columns, (round(max(0.0, 0.9 - 0.2 * place), 4), 1.5, 6.25), strict=True
        ):
            columns[name].append(None if place in forced else value)
    return {"prefix": PREFIX, "texts": list(texts), "forced": list(forced), **columns}


def reply_of(texts: Sequence[str], forced: Sequence[int] = (), **changes: Any) -> dict[str, Any]:
    """What details say of one try."""
    found = {
        "reply": PREFIX + "".join(texts),
        "finish": "stop",
        "reply_tokens": len(texts),
        "think_tokens": 2,
        "think_closed": "forced" if forced else "policy",
        "stop_reason": "window" if forced else "none",
        "lowest_window_mean": 0.02,
        "phi": 0.4,
        "gamma": None,
        "tokens": tokens_of(texts, forced),
    }
    return {**found, **changes}


def turn_of(action: str, number: int) -> dict[str, Any]:
    """What details say of a turn; TTI closes the second thought, and TDS throws one try away."""
    second = number == 1
    texts = ["I", " go", "</think>", "\n", "<action>", action, "</action>", ""]
    tried = reply_of([HARM, ODD, "</think>"], phi=0.41, gamma=0.003)
    return {
        **reply_of(texts, forced=(2, 3, 4) if second else (), gamma=0.05 if number else None),
        "prompt_tokens": 60 + number,
        "dropped_history": 0,
        "valid": True,
        "void": False,
        "advantage": 0.25 * number - 0.5,
        "rejected": [tried] if second else [],
    }


def details_of(trace: EpisodeTrace, member: int = 0) -> dict[str, Any]:
    """Details of a whole episode."""
    return {
        "details_version": 1,
        "task_id": trace.task_id,
        "seed": trace.seed,
        "member": member,
        "signal": {"form": "published", "alpha": 0.4, "top_j": 20, "normaliser": "causal"},
        "epsilon": 0.03,
        "eta": 0.008,
        "turns": [turn_of(turn.action, number) for number, turn in enumerate(trace.turns)],
    }


def write_lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    path.write_bytes(gzip.compress(lines.encode(), mtime=0))


def training_run(folder: Path) -> Path:
    """The folder of a run with two steps and one panel; the panel has no details."""
    (folder / "traces").mkdir(parents=True)
    for step, traces in ((1, [solved(), stopped()]), (2, [solved(5)])):
        name = f"train-{step:06d}.jsonl.gz"
        write_traces(folder / "traces" / name, traces)
        write_lines(folder / "details" / name, [details_of(t, m) for m, t in enumerate(traces)])
        (folder / "traces" / f"train-{step:06d}.txt").write_text("for human eyes")
    write_traces(folder / "traces" / "test-000002.jsonl.gz", [solved(6)])
    return folder


def evaluation(folder: Path, tasks: int = 3) -> Path:
    """A folder of `t2po-gym eval`."""
    policy = find_policy("first-admissible")
    plan = make_plan(TOY, KWARGS, policy, tasks=tasks)
    with open_journal(folder, plan) as journal:
        run_plan(journal, policy)
    return folder


def submission(folder: Path) -> Path:
    """A submission with the same episodes on one track."""
    played = evaluation(folder / "played")
    plan = Plan.model_validate_json((played / "plan.json").read_bytes())
    rows = [
        {**json.loads(e.line()), "environment": TOY, "fingerprint": plan.fingerprint}
        for e in read_episodes(played)
    ]
    write_lines(folder / "mine" / "trajectories" / f"{TRACK}.jsonl.gz", rows)
    manifest = {
        "name": "Mine",
        "scaffold": {"kind": "standard", "prompt": plan.prompt.model_dump()},
        "tracks": {TRACK: {"base": "", "seed": plan.seed, "claimed": {"tasks": 3}}},
    }
    (folder / "mine" / "submission.json").write_text(json.dumps(manifest))
    return folder / "mine"


def library(place: Path, step: int | None = None) -> Library:
    """Open a place; the one track there is plays ToyKeys."""
    assert TRACK
    return open_library(place, Stage(), lambda track, base: KWARGS, step)
