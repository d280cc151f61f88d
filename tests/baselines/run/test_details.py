"""What is kept of traced episodes: tokens, signals, rejected tries; and that it costs nothing."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from baseline_fakes import ScriptedGenerator, StepsEnv, reply_of, tiny_tokenizer
from rich.console import Console

from baselines import gigpo_train
from baselines.config import PromptConfig, TrainConfig
from baselines.intervention import ThinkingRule, TurnRule
from baselines.policy.tokenizer import encode
from baselines.presets import toy
from baselines.rollout import Plan, collect
from baselines.run import details as run_details
from baselines.run.details import Detailing, pieces, write_details
from baselines.run.folder import RunFolder
from baselines.sampling.prompting import Prompting
from baselines.sampling.protocol import Decoding
from baselines.trajectory import Generation, Trajectory
from baselines.uncertainty import SignalConfig, SignalRange, released_score
from t2po_gym.core.many.vector import GroupedEnvs
from t2po_gym.watch.sources.details import read_details

SIGNAL = SignalConfig(top_j=5)
RULE = TurnRule(eta=0.05, max_resamples=2)


def level(seed: tuple[int, ...]) -> Generation:
    """Member 1 repeats itself at turn 1: its first two candidates equal turn 0."""
    member, turn, tries = seed[-3:]
    h = 0.0 if (member, turn) == (1, 1) and tries < 2 else float(turn % 2)
    text = f"<think>{tries} é\U0001f600</think>\n<action>go</action>"
    reply = reply_of(text, entropy=[0.0, 1.0] + [h] * (len(reply_of(text).token_ids) - 2))
    sampled = reply.sampled.copy()
    sampled[3:5] = False
    return replace(reply, sampled=sampled, think_closed="forced", stop_reason="window")


def episodes(detailed: int) -> list[Trajectory]:
    plan = Plan(
        tasks=(3,),
        env_seeds=(7,),
        stream=(9, 0, 4),
        decoding=Decoding(max_tokens=64, signal=SIGNAL),
        turn_rule=RULE,
        vocab_size=290,
        detailed=detailed,
    )
    prompting = Prompting.of(PromptConfig(template="compact", history=2), tiny_tokenizer())
    envs = GroupedEnvs(StepsEnv, 1, 2)
    return list(collect(envs, ScriptedGenerator(level), prompting, plan)[0].trajectories)


def detailing(**changes: Any) -> Detailing:
    return Detailing(
        **{
            "tokenizer": tiny_tokenizer(),
            "prefix": "<think>",
            "vocab_size": 290,
            "signal": SIGNAL,
            "thinking": ThinkingRule(epsilon=0.03),
            "turns": RULE,
            **changes,
        }
    )


# ---- pieces --------------------------------------------------------------------------------------

TEXTS = [
    "<think>I go.</think>\n<action>go[attic]</action>",
    "search[red [shoes] [size]]",
    "é\U0001f600 文字 \ufffd  x",
    "",
]


@pytest.mark.parametrize("text", TEXTS)
def test_the_pieces_make_up_the_reply(text: str) -> None:
    ids = encode(tiny_tokenizer(), text)
    found = pieces(tiny_tokenizer(), ids, text)
    assert len(found) == len(ids)
    assert "".join(found) == text
    ended = [*ids, tiny_tokenizer().eos_token_id]
    assert pieces(tiny_tokenizer(), ended, text) == [*found, ""], "the end of the sequence is mute"


def test_a_character_belongs_to_the_token_that_completes_it() -> None:
    ids = encode(tiny_tokenizer(), "a\U0001f600b")
    assert pieces(tiny_tokenizer(), ids, "a\U0001f600b") == ["a", "", "", "", "\U0001f600", "b"]


# ---- records -------------------------------------------------------------------------------------


def test_rejected_tries_of_the_first_episodes_are_kept() -> None:
    kept = [[len(turn.tries) for turn in episode.turns] for episode in episodes(2)]
    assert kept == [[0, 0, 0, 0], [0, 2, 0, 0]]
    cost = [[turn.cost.rejected for turn in episode.turns] for episode in episodes(1)]
    assert cost == kept
    assert not any(turn.tries for episode in episodes(1) for turn in episode.turns)


def test_a_record_tells_a_turn_token_by_token() -> None:
    episode = episodes(2)[1]
    advantages = {id(turn): 0.5 * turn.index for turn in episode.turns}
    found = detailing(advantages=advantages).record(episode)
    assert (found["task_id"], found["seed"], found["member"]) == ("steps:3", 7, 1)
    assert (found["epsilon"], found["eta"]) == (0.03, 0.05)
    turn = found["turns"][1]
    tokens = turn["tokens"]
    assert tokens["prefix"] + "".join(tokens["texts"]) == turn["reply"]
    assert tokens["forced"] == [3, 4]
    assert [place for place, value in enumerate(tokens["measure"]) if value is None] == [3, 4]
    assert turn["advantage"] == 0.5
    assert turn["prompt_tokens"] == len(episode.turns[1].prompt_ids)
    assert (turn["think_closed"], turn["stop_reason"]) == ("forced", "window")
    assert [tried["reply"][7:8] for tried in turn["rejected"]] == ["0", "1"]
    assert all(tried["gamma"] < 0.05 for tried in turn["rejected"])
    assert turn["gamma"] == round(episode.turns[1].gamma, 4) >= 0.05
    assert found["turns"][0]["gamma"] is None


def test_m_is_what_the_controller_saw() -> None:
    """Causal: under the range of the episode so far, rejected tries left out."""
    episode = episodes(2)[1]
    found, bounds = detailing().record(episode), SignalRange()
    for turn, told in zip(episode.turns, found["turns"], strict=True):
        reply = turn.generation
        for place in np.flatnonzero(reply.sampled):
            h, c = float(reply.entropy[place]), float(reply.confidence[place])
            bounds.update(h, c)
            assert told["tokens"]["measure"][place] == round(bounds.measure(h, c, 0.4), 4)
            assert told["tokens"]["entropy"][place] == h


def test_the_released_score_and_no_signal_at_all() -> None:
    episode = episodes(0)[0]
    released = detailing(signal=SignalConfig(form="released", top_j=1)).record(episode)
    wanted = round(released_score(0.0, -2.0, 290), 4)
    assert released["turns"][0]["tokens"]["measure"][0] == wanted
    assert "measure" not in detailing(signal=None).record(episode)["turns"][0]["tokens"]
    assert detailing(signal=None).record(episode)["signal"] is None


def test_long_episodes_keep_their_texts_only(monkeypatch: pytest.MonkeyPatch) -> None:
    episode = episodes(2)[1]
    first = episode.turns[0].generation.num_tokens
    monkeypatch.setattr(run_details, "MOST_TOKENS", first)
    turns = detailing().record(episode)["turns"]
    assert [turn["tokens"] is None for turn in turns] == [False, True, True, True]
    assert all(turn["reply"] for turn in turns)


def test_equal_episodes_give_equal_bytes_which_the_viewer_reads(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.jsonl.gz", "b.jsonl.gz")]
    for path in paths:
        write_details(path, map(detailing().record, episodes(2)))
    assert paths[0].read_bytes() == paths[1].read_bytes()
    numbers, read = zip(*read_details(paths[0]), strict=True)
    assert numbers == (1, 2)
    assert [each.member for each in read] == [0, 1]
    assert [tried.gamma for tried in read[1].turns[1].rejected] == [0.0, 0.0]


# ---- a run ---------------------------------------------------------------------------------------


def settings(**run: Any) -> TrainConfig:
    config = toy()
    return replace(
        config,
        algorithm="gigpo",
        env_kwargs={"max_turns": 2},
        policy=replace(config.policy, hidden_size=32),
        rollout=replace(config.rollout, tasks=1, group=2, max_reply_tokens=6),
        thinking=replace(config.thinking, enabled=False),
        turns=replace(config.turns, enabled=False),
        cold_start=replace(config.cold_start, when="skip", episodes=2),
        eval=replace(config.eval, tasks=1),
        run=replace(config.run, steps=1, tensorboard=False, **run),
    )


def test_a_run_keeps_details_unless_told_not_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(name: str, **changes: Any) -> RunFolder:
        folder = RunFolder(tmp_path / name)
        gigpo_train.train(settings(**changes), folder, Console(file=io.StringIO()), False)
        return folder

    usual, off = run("usual"), run("off", trace_details=False)
    names = [f"{n}.jsonl.gz" for n in ("test-000000", "test-000001", "train-000001")]
    assert sorted(path.name for path in usual.details.iterdir()) == names
    (_, panel), *_ = read_details(usual.details / names[0])
    (_, first), *_ = read_details(usual.details / names[2])
    assert panel.signal is None
    assert first.signal is not None
    assert first.turns[0].advantage is not None
    assert list(off.details.iterdir()) == []
    for path in usual.traces.iterdir():
        assert (off.traces / path.name).read_bytes() == path.read_bytes()
    metrics = "metrics.jsonl"
    assert (usual.path / metrics).read_bytes() == (off.path / metrics).read_bytes()
    monkeypatch.setattr(Detailing, "of", lambda *_: pytest.fail("nothing is traced"))
    assert list(run("none", trace_episodes=0).traces.iterdir()) == []
