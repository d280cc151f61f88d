"""Every source gives the same form of episode; what is damaged is one sentence with its line."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest
from watch_runs import (
    HARM,
    KWARGS,
    TRACK,
    details_of,
    evaluation,
    library,
    solved,
    stopped,
    submission,
    toy,
    training_run,
    write_lines,
)

from t2po_gym.core.many.trace import EpisodeTrace, record, write_traces
from t2po_gym.watch.episodes import Episode, levels_of
from t2po_gym.watch.sources.lines import read_lines
from t2po_gym.watch.sources.stage import MOST_ENVIRONMENTS, Stage


def run_of(folder: Path, traces: list[EpisodeTrace], details: list[dict[str, Any]]) -> Path:
    (folder / "traces").mkdir(parents=True)
    write_traces(folder / "traces" / "train-000001.jsonl.gz", traces)
    write_lines(folder / "details" / "train-000001.jsonl.gz", details)
    return folder


@pytest.mark.parametrize("name", ["mine.jsonl", "mine.jsonl.gz"])
def test_a_trace_gets_back_what_it_left_out(tmp_path: Path, name: str) -> None:
    write_traces(tmp_path / name, [solved(), stopped()])
    found = library(tmp_path / name)
    assert [head.turns for head in found.heads] == [len(solved().turns), 2]
    assert {head.source for head in found.heads} == {"mine"}
    episode = found.episode(1)
    env = toy()
    observation, info = env.reset(seed=3, options={"task_id": solved().task_id})
    for turn, recorded in zip(episode.turns, solved().turns, strict=True):
        assert turn.before.observation == observation
        assert turn.before.admissible == info["admissible_actions"]
        before = info["progress"]
        observation, _, _, _, info = env.step(recorded.action)
        assert turn.after.observation == observation
        assert turn.progress_delta == pytest.approx(info["progress"] - before)
        assert turn.after.milestones == {k: bool(v) for k, v in info["milestones"].items()}
        assert (turn.action, turn.reward, turn.reply) == (recorded.action, recorded.reward, None)
    assert episode.terminated
    assert episode.turns[-1].reward == 1.0
    assert not found.episode(2).terminated


def test_a_training_run_knows_what_its_policy_knew(tmp_path: Path) -> None:
    found = library(training_run(tmp_path / "run"))
    sources = [head.source for head in found.heads]
    assert sources == ["train-000001", "train-000001", "test-000002", "train-000002"]
    episode = found.episode(1)
    assert (episode.epsilon, episode.eta) == (0.03, 0.008)
    first, second = episode.turns[:2]
    assert first.reply is not None
    assert second.reply is not None
    assert "".join(token.text for token in second.reply.tokens) == second.reply.text
    assert [token.text for token in second.reply.tokens if token.forced] == [
        "</think>",
        "\n",
        "<action>",
    ]
    assert (second.reply.closed, second.reply.reason) == ("forced", "window")
    assert [token.level for token in first.reply.tokens] == [None, 9, 7, 5, 3, 1, 0, 0, 0]
    assert first.reply.tokens[0].given
    assert first.reply.thought == "I go"
    (tried,) = second.rejected
    assert HARM in tried.text
    assert (tried.gamma, second.rejected_tokens) == (0.003, 3)
    assert (first.advantage, second.advantage) == (-0.5, -0.25)
    assert second.prompt_tokens == 61
    assert found.episode(3).turns[0].reply is None, "the panel kept no details"


def test_a_step_is_picked_out(tmp_path: Path) -> None:
    run = training_run(tmp_path / "run")
    assert [h.source for h in library(run, 2).heads] == ["test-000002", "train-000002"]
    with pytest.raises(ValueError, match="no episodes of step 7"):
        library(run, 7)
    with pytest.raises(ValueError, match="--step is for the folder of a training run"):
        library(evaluation(tmp_path / "eval"), 7)


def test_members_of_a_group_are_told_apart(tmp_path: Path) -> None:
    traces = [solved(), solved(), stopped()]
    write_traces(tmp_path / "t.jsonl", traces)
    assert [head.copy for head in library(tmp_path / "t.jsonl").heads] == ["", "member 2", ""]


def test_an_evaluation_and_a_submission_show_the_same(tmp_path: Path) -> None:
    played, sent = library(evaluation(tmp_path / "eval")), library(submission(tmp_path / "sent"))
    assert [head.source for head in sent.heads] == [TRACK] * 3
    for number in (1, 2, 3):
        mine, theirs = played.episode(number), sent.episode(number)
        assert mine.turns == theirs.turns
        assert mine.turns[0].before == mine.first
        assert mine.turns[0].reply is not None
        assert mine.turns[0].reply.text.endswith("</action>")
        assert mine.head.score == theirs.head.score


# ---- what does not hold --------------------------------------------------------------------------


def test_a_replay_that_differs_is_one_sentence(tmp_path: Path) -> None:
    turns = list(solved().turns)
    turns[1] = replace(turns[1], reward=0.5)
    write_traces(tmp_path / "t.jsonl", [solved(), replace(solved(), turns=tuple(turns))])
    found = library(tmp_path / "t.jsonl")
    found.episode(1)
    with pytest.raises(ValueError, match=r"t\.jsonl, line 2: .*turn 2: reward .* replays as 0\.0"):
        found.episode(2)


def test_a_changed_record_is_one_sentence(tmp_path: Path) -> None:
    folder = evaluation(tmp_path / "eval")
    path = folder / "episodes.jsonl"
    lines = path.read_text().splitlines()
    changed = json.loads(lines[1])
    changed["turns"][0]["progress"] = 0.987
    path.write_text("\n".join([lines[0], json.dumps(changed)]) + "\n")
    with pytest.raises(ValueError, match=r"line 2: .*progress was recorded as '0\.987'"):
        library(folder).episode(2)


def test_other_data_are_told(tmp_path: Path) -> None:
    sent = submission(tmp_path)
    path = sent / "trajectories" / f"{TRACK}.jsonl.gz"
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    write_lines(path, [{**row, "fingerprint": "0" * 64} for row in rows])
    with pytest.raises(ValueError, match=r"line 1: it was played with other data or rules"):
        library(sent).episode(1)


def test_details_of_another_episode_are_refused(tmp_path: Path) -> None:
    swapped = [details_of(stopped()), details_of(solved())]
    found = library(run_of(tmp_path / "a", [solved(), stopped()], swapped))
    with pytest.raises(ValueError, match=r"details.*line 1 describes another episode than"):
        found.episode(1)
    short = library(run_of(tmp_path / "b", [solved(), stopped()], swapped[1:]))
    with pytest.raises(ValueError, match="has no line for"):
        short.episode(2)


def spoilt(**changes: Any) -> dict[str, Any]:
    """Details whose second turn is changed."""
    found = details_of(solved())
    found["turns"][1] |= changes
    return found


FAULTS = [
    (spoilt(reply="something else"), "turns.1: .*tokens do not make up the reply"),
    (spoilt(think_closed="nobody"), "turns.1.think_closed"),
    (spoilt(advantage="high"), "turns.1.advantage"),
    ({**details_of(solved()), "details_version": 2}, "details_version"),
    ({**details_of(solved()), "more": 1}, "more"),
]


@pytest.mark.parametrize(("damaged", "words"), FAULTS, ids=[words for _, words in FAULTS])
def test_damaged_details_name_the_line(tmp_path: Path, damaged: dict[str, Any], words: str) -> None:
    good = details_of(solved())
    found = library(run_of(tmp_path / "run", [solved(), solved()], [good, damaged]))
    with pytest.raises(ValueError, match=f"details.*line 2: {words}"):
        found.episode(1)


def test_numbers_fit_their_tokens(tmp_path: Path) -> None:
    damaged = details_of(solved())
    damaged["turns"][0]["tokens"]["measure"].pop()
    found = library(run_of(tmp_path / "run", [solved()], [damaged]))
    with pytest.raises(ValueError, match="one number per token"):
        found.episode(1)


def test_bad_lines_are_named_by_number(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    good = json.dumps(solved().to_json())
    for bad, words in (("{", "line 3"), ('{"trace_version": 9}', "version 9")):
        path.write_text(f"{good}\n\n{bad}\n")
        with pytest.raises(ValueError, match=rf"t\.jsonl, line 3: .*{'' if bad == '{' else words}"):
            library(path)
    sent = submission(tmp_path / "sent")
    write_lines(sent / "trajectories" / f"{TRACK}.jsonl.gz", [{"task_id": "x"}])
    with pytest.raises(ValueError, match=rf"{TRACK}\.jsonl\.gz, line 1: "):
        library(sent)
    (sent / "submission.json").write_text('{"tracks": {"../../up": {}}}')
    with pytest.raises(ValueError, match=r"submission\.json: tracks"):
        library(sent)


def test_reading_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl.gz"
    path.write_bytes(gzip.compress(b"a\n" * 9 + b"b" * 50))
    assert len(list(read_lines(path))) == 10
    with pytest.raises(ValueError, match="line 10 has more than 40 bytes"):
        list(read_lines(path, longest_line=40))
    with pytest.raises(ValueError, match="more than 20 bytes"):
        list(read_lines(path, most_bytes=20))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ValueError, match="not a whole gzip file"):
        list(read_lines(path))


def test_no_module_is_imported_for_a_stranger(tmp_path: Path) -> None:
    write_traces(tmp_path / "t.jsonl", [replace(solved(), env_id="evil:t2po/ToyKeys-v0")])
    with pytest.raises(ValueError, match=r"line 1: .*names a module"):
        library(tmp_path / "t.jsonl").episode(1)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"seed": -1}, "Seed must be greater or equal to zero"),
        ({"env_kwargs": {**KWARGS, "render_mode": []}}, r"render_mode must be None .* got \[\]"),
        ({"env_kwargs": {**KWARGS, "render_mode": "x"}}, "render_mode must be None, 'ansi'"),
    ],
)
def test_what_cannot_be_played_names_file_and_line(
    tmp_path: Path, change: dict[str, Any], sentence: str
) -> None:
    write_traces(tmp_path / "a.jsonl", [solved(), replace(solved(), **change)])
    with pytest.raises(ValueError, match=rf"a\.jsonl, line 2: {sentence}"):
        library(tmp_path / "a.jsonl").episode(2)


def test_other_places_are_explained(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="There is no"):
        library(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="is no trace file"):
        library(tmp_path)
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(ValueError, match="holds no episodes"):
        library(tmp_path / "empty.jsonl")
    write_traces(tmp_path / "t.jsonl", [solved()])
    with pytest.raises(ValueError, match="episodes 1 to 1; got 2"):
        library(tmp_path / "t.jsonl").episode(2)


def test_few_environments_are_kept() -> None:
    with Stage() as stage:
        made = [stage.env("t2po/ToyKeys-v0", {"max_turns": n}) for n in range(1, 8)]
        assert stage.env("t2po/ToyKeys-v0", {"max_turns": 7}) is made[-1]
        assert stage.env("t2po/ToyKeys-v0", {"max_turns": 1}) is not made[0]
        assert len(stage._envs) == MOST_ENVIRONMENTS


def test_an_episode_without_turns_and_one_without_progress(tmp_path: Path) -> None:
    write_traces(tmp_path / "t.jsonl", [stopped(())])
    empty: Episode = library(tmp_path / "t.jsonl").episode(1)
    assert (empty.turns, empty.terminated) == ((), False)
    assert empty.first.observation
    blind = gym.make("t2po/ToyKeys-v0", progress=False, **KWARGS)
    write_traces(tmp_path / "b.jsonl", [record(blind, ["look"], seed=1)])  # type: ignore[arg-type]
    (turn,) = library(tmp_path / "b.jsonl").episode(1).turns
    assert (turn.after.progress, turn.progress_delta) == (None, None)
    assert dict(turn.after.milestones) == {}


def test_shades_of_uncertainty() -> None:
    assert levels_of([0.0, 0.05, 0.1, 0.55, 0.999, 1.0, 1.2, None]) == [0, 0, 1, 5, 9, 9, 9, None]
    # The released score rises with certainty, and its range is its own.
    assert levels_of([-2.0, -1.0, 0.0, None], released=True) == [9, 5, 0, None]
    assert levels_of([-1.0, -1.0], released=True) == [0, 0]
    assert levels_of([None], released=True) == [None]
