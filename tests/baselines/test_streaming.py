"""Rollouts without a barrier: the same groups as turn by turn, whatever order replies come in."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from baseline_fakes import ScriptedGenerator, StepsEnv, reply_of, tiny_policy, tiny_tokenizer
from streaming import Shuffled

from baselines.config import PromptConfig
from baselines.intervention import ThinkingRule, TurnRule
from baselines.rollout import Plan, RewardError, collect, derive_seed
from baselines.sampling.generation import HFGenerator
from baselines.sampling.prompting import Prompting
from baselines.sampling.protocol import Decoding, Generator, StreamingGenerator
from baselines.trajectory import Generation, Group
from baselines.uncertainty import SignalConfig
from t2po_gym.core.many.vector import GroupedEnvs

SIGNAL = SignalConfig(top_j=5)
TASKS = (0, 5, 3, 1, 4)


def play(generator: Generator, make: Callable[[], Any] = StepsEnv, **how: Any) -> list[Group]:
    rule = ThinkingRule(epsilon=0.1, window=1, min_tokens=3, max_tokens=12, min_action_tokens=4)
    plan = Plan(
        tasks=TASKS,
        env_seeds=tuple(range(len(TASKS))),
        stream=(9, 0, 4),
        decoding=Decoding(max_tokens=32, signal=SIGNAL, thinking=rule),
        turn_rule=TurnRule(eta=0.06, max_resamples=2),
        vocab_size=290,
        **how,
    )
    config = PromptConfig(template="compact", history=2, reply_prefix="<think>")
    prompting = Prompting.of(config, tiny_tokenizer())
    return collect(GroupedEnvs(make, len(TASKS), 3), generator, prompting, plan)


def script(seed: tuple[int, ...]) -> Generation:
    """A reply whose text and uncertainty its seed decides; some turns are sampled again."""
    h = (derive_seed(*seed) % 97) / 97
    return reply_of(f"{h}</think>\n<action>{'bad' if h > 0.9 else 'go'}</action>", entropy=h)


def everything(groups: Sequence[Group]) -> bytes:
    return pickle.dumps([dataclasses.asdict(group) for group in groups])


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_arrival_gives_the_groups_of_the_batch(seed: int) -> None:
    stepped, flowing = ScriptedGenerator(script), ScriptedGenerator(script)
    expected = play(stepped)
    shuffled = Shuffled(flowing, seed)
    assert isinstance(shuffled, StreamingGenerator)
    assert everything(play(shuffled)) == everything(expected)
    asked = [s for batch in stepped.batches for s in batch]
    assert sorted(s for batch in flowing.batches for s in batch) == sorted(asked)
    rejected = [t.cost.rejected for g in expected for e in g.trajectories for t in e.turns]
    assert 0 < sum(rejected) < len(rejected), "some turns are sampled again, some are not"
    assert not shuffled.open


def test_the_environment_is_stepped_once_per_turn() -> None:
    StepsEnv.STEPS.clear()
    groups = play(Shuffled(ScriptedGenerator(script), 1))
    assert len(StepsEnv.STEPS) == sum(len(e.turns) for g in groups for e in g.trajectories)


def test_an_episode_goes_on_while_another_waits() -> None:
    """Member 0 is answered last of all; the others are through by then."""

    class Slow(Shuffled):
        def ready(self) -> list[tuple[int, Generation]]:
            key = max(self.open)
            self.answered.append(key)
            request, how = self.open.pop(key)
            return [(key, self.inner.generate([request], how)[0])]

    generator = Slow(ScriptedGenerator(script), 0)
    play(generator)
    assert generator.answered == sorted(generator.answered, reverse=True)


def test_a_real_model_writes_the_same_tokens() -> None:
    inner = HFGenerator(tiny_policy(), queue="</think>\n<action>", reply_prefix="<think>")
    stories = []
    for generator in (inner, Shuffled(inner, 3)):
        turns = [t for g in play(generator) for e in g.trajectories for t in e.turns]
        stories.append(
            [(t.generation.token_ids.tolist(), t.observation_hash, t.cost) for t in turns]
        )
    assert stories[0] == stories[1]


def test_a_reward_that_is_no_number_stops_this_loop_too() -> None:
    class Poor(StepsEnv):
        def _act(self, action: str) -> Any:
            return super()._act(action)._replace(reward=float("nan"))

    with pytest.raises(RewardError, match="paid a reward of nan"):
        play(Shuffled(ScriptedGenerator(script), 1), Poor)
