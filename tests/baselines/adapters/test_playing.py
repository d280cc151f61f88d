"""Episodes that wait for their replies one by one are those of the trainers' own rollouts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from baseline_fakes import StepsEnv, tiny_policy
from fake_server import QUEUE, FakeServer, Output

from baselines.adapters.verl.playing import play_episode
from baselines.adapters.verl.records import Records, sealed, unsealed
from baselines.adapters.verl.replies import PlainReplies, RecordedReplies
from baselines.config import PromptConfig
from baselines.engine.messages import Ask
from baselines.intervention import ThinkingRule, TurnRule
from baselines.policy.chat import OWN
from baselines.rollout import Plan, collect
from baselines.sampling.generation import HFGenerator
from baselines.sampling.prompting import Prompting
from baselines.sampling.protocol import Decoding, Request
from baselines.sampling.replies import ReplyReader, reader_settings
from baselines.trajectory import Finish, Trajectory
from baselines.uncertainty import SignalConfig, SignalRange
from t2po_gym.core.many.vector import GroupedEnvs

PREFIX = "<think>"
TASKS = (3, 1)
PLAN = Plan(
    tasks=TASKS,
    env_seeds=(5, 6),
    stream=(9, 0, 4),
    decoding=Decoding(
        max_tokens=24,
        signal=SignalConfig(top_j=5),
        thinking=ThinkingRule(
            epsilon=0.3, window=1, min_tokens=3, max_tokens=9, min_action_tokens=4
        ),
    ),
    turn_rule=TurnRule(eta=0.05, max_resamples=2),
    vocab_size=290,
)
FIELDS = ("observation", "action", "reward", "valid", "anchor", "observation_hash", "phi", "void")


def prompting() -> Prompting:
    how = PromptConfig(template="compact", history=2, reply_prefix=PREFIX)
    return Prompting.of(how, tiny_policy().tokenizer)


def reader() -> ReplyReader:
    policy = tiny_policy()
    return ReplyReader(policy.tokenizer, **reader_settings(policy, QUEUE, PREFIX, OWN))


def same(one: Trajectory, other: Trajectory) -> None:
    assert (one.task_id, one.member, len(one.turns)) == (
        other.task_id,
        other.member,
        len(other.turns),
    )
    for mine, theirs in zip(one.turns, other.turns, strict=True):
        for name in ("token_ids", "sampled", "entropy", "confidence", "log_probs"):
            np.testing.assert_allclose(
                getattr(mine.generation, name), getattr(theirs.generation, name), atol=1e-4
            )
        np.testing.assert_array_equal(mine.prompt_ids, theirs.prompt_ids)
        assert mine.cost == theirs.cost
        assert mine.generation.text == theirs.generation.text
        values = [(getattr(mine, f), getattr(theirs, f)) for f in FIELDS]
        assert all(a == b or a != a or a == pytest.approx(b, abs=1e-4) for a, b in values)


def test_recorded_replies_play_the_rollout_of_the_trainers(tmp_path: Path) -> None:
    policy = tiny_policy()
    generator = HFGenerator(policy, queue=QUEUE, reply_prefix=PREFIX)
    envs = GroupedEnvs(StepsEnv, len(TASKS), 2)
    groups = collect(envs, generator, prompting(), PLAN)
    records = Records(tmp_path)
    server = FakeServer(policy, records, PREFIX)
    replies = RecordedReplies(server, reader(), records, stop_ids=[1])

    async def scenario() -> list[Trajectory]:
        jobs = [
            play_episode(
                GroupedEnvs(StepsEnv, 1, 1),
                prompting(),
                PLAN.part(slice(group, group + 1)),
                member,
                replies,
            )
            for group in range(len(TASKS))
            for member in range(2)
        ]
        return await asyncio.gather(*jobs)

    played = asyncio.run(scenario())
    for one, other in zip(played, [t for g in groups for t in g.trajectories], strict=True):
        same(one, other)
    turns = [turn for episode in played for turn in episode.turns]
    assert any(not turn.generation.sampled.all() for turn in turns), "TTI fired"
    assert any(turn.cost.rejected for turn in turns), "TDS fired"
    assert not list(tmp_path.iterdir()), "every record was taken"
    for params in server.seen:
        assert unsealed(params["extra_args"]["t2po"]).decoding == PLAN.decoding
        assert params["temperature"] == 0.0


def test_plain_replies_have_log_probs_and_no_uncertainty() -> None:
    server = FakeServer(tiny_policy(), prefix=PREFIX)
    replies = PlainReplies(server, reader(), {"temperature": 0.8, "top_p": 1.0})
    plan = Plan(tasks=(1,), env_seeds=(5,), stream=(9, 0, 4), decoding=Decoding(max_tokens=24))
    episode = asyncio.run(play_episode(GroupedEnvs(StepsEnv, 1, 1), prompting(), plan, 1, replies))
    assert len(episode.turns) == 2
    for turn in episode.turns:
        reply = turn.generation
        assert reply.sampled.all()
        assert (reply.log_probs < 0).all()
        assert not reply.entropy.any()
        assert (reply.finish is Finish.STOP) == reply.text.endswith("</action>")
    assert all(params["temperature"] == 0.8 for params in server.seen)


class Dead:
    """A server that gave the request up."""

    async def generate(self, *request: Any, **others: Any) -> Output:
        return Output(token_ids=[], stop_reason="aborted")


class Forgetful:
    """A server without our logits processor."""

    async def generate(self, *request: Any, **others: Any) -> Output:
        return Output(token_ids=[5])


def test_a_reply_that_was_given_up_says_so() -> None:
    replies = PlainReplies(Dead(), reader(), {})
    plan = Plan(tasks=(1,), env_seeds=(5,), stream=(9,), decoding=Decoding(max_tokens=4))
    with pytest.raises(RuntimeError, match=r"gave a reply up \(stop reason aborted\)"):
        asyncio.run(play_episode(GroupedEnvs(StepsEnv, 1, 1), prompting(), plan, 0, replies))


def test_a_missing_record_names_the_processor(tmp_path: Path) -> None:
    replies = RecordedReplies(Forgetful(), reader(), Records(tmp_path), [])
    plan = Plan(tasks=(1,), env_seeds=(5,), stream=(9,), decoding=Decoding(max_tokens=4))
    with pytest.raises(RuntimeError, match=r"verl\.processor:Recording"):
        asyncio.run(play_episode(GroupedEnvs(StepsEnv, 1, 1), prompting(), plan, 0, replies))


@pytest.mark.parametrize("bounds", [None, SignalRange(), SignalRange.of([1.0, 3.0], [2.0, 4.5])])
def test_a_request_travels_as_values_alone(bounds: SignalRange | None) -> None:
    request = Request(prompt_ids=np.array([3, 80, 4]), seed=(0, 12, 5), bounds=bounds)
    ask = Ask(key=7, request=request, decoding=PLAN.decoding)
    again = unsealed(sealed(ask))
    assert (again.key, again.decoding, again.request.seed) == (7, PLAN.decoding, (0, 12, 5))
    np.testing.assert_array_equal(again.request.prompt_ids, request.prompt_ids)
    names = SignalRange.__slots__
    assert [getattr(again.request.bounds, n, None) for n in names] == [
        getattr(bounds, n, None) for n in names
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"key": 1}', "gASVCAAAAAAAAACMBGhpIQ=="])
def test_a_text_that_is_no_request_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no request of the agent loop"):
        unsealed(text)
