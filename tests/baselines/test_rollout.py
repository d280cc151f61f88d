"""Rollouts: one environment step per turn, resampling without side effects, only live episodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from baseline_fakes import ScriptedGenerator, StepsEnv, reply_of, tiny_tokenizer

from baselines.collate import turn_rows
from baselines.config import PromptConfig
from baselines.intervention import TurnRule
from baselines.metrics import rollout_metrics
from baselines.rollout import Plan, collect, derive_seed, draw_tasks
from baselines.sampling.prompting import Prompting
from baselines.sampling.protocol import Decoding
from baselines.trajectory import Finish, Generation, Group, Turn
from baselines.uncertainty import SignalConfig
from t2po_gym.core.many.vector import GroupedEnvs

GOOD = "<think>on</think>\n<action>go</action>"
SIGNAL = SignalConfig(top_j=5)
Script = Callable[[tuple[int, ...]], Generation]


@pytest.fixture(autouse=True)
def _fresh_counter() -> None:
    StepsEnv.STEPS.clear()


def play(
    script: Script,
    tasks: tuple[int, ...] = (0, 3, 1),
    rule: TurnRule | None = None,
    group: int = 2,
    max_turns: int = 8,
) -> tuple[list[Group], ScriptedGenerator]:
    generator = ScriptedGenerator(script)
    plan = Plan(
        tasks=tasks,
        env_seeds=tuple(range(len(tasks))),
        stream=(9, 0, 4),
        decoding=Decoding(max_tokens=64, signal=SIGNAL if rule else None),
        turn_rule=rule,
        vocab_size=290,
    )
    prompting = Prompting.of(PromptConfig(template="compact", history=2), tiny_tokenizer())
    envs = GroupedEnvs(lambda: StepsEnv(max_turns=max_turns), len(tasks), group)
    return collect(envs, generator, prompting, plan), generator


def all_turns(groups: list[Group]) -> list[Turn]:
    return [turn for g in groups for t in g.trajectories for turn in t.turns]


def test_trap_09_only_live_episodes_generate() -> None:
    groups, generator = play(lambda seed: reply_of(GOOD))
    lengths = [len(t.turns) for g in groups for t in g.trajectories]
    assert lengths == [1, 1, 4, 4, 2, 2]
    assert [len(batch) for batch in generator.batches] == [6, 4, 2, 2]
    assert len(turn_rows(groups)) == sum(lengths) == len(StepsEnv.STEPS)


def test_seeds_name_step_group_member_turn_and_try() -> None:
    _, generator = play(lambda seed: reply_of(GOOD), tasks=(0, 1))
    assert generator.batches[0] == [(9, 0, 4, g, m, 0, 0) for g in (0, 1) for m in (0, 1)]
    assert generator.batches[1] == [(9, 0, 4, 1, m, 1, 0) for m in (0, 1)]


def test_members_of_a_group_start_alike() -> None:
    groups, generator = play(lambda seed: reply_of(GOOD))
    for group in groups:
        first = [trajectory.turns[0] for trajectory in group.trajectories]
        assert len({turn.anchor for turn in first}) == 1
        assert len({turn.prompt_ids.tobytes() for turn in first}) == 1
    assert generator.prompts[0] == generator.prompts[1] != generator.prompts[2]


def level(seed: tuple[int, ...], values: dict[tuple[int, int, int], float]) -> Generation:
    """A reply whose uncertainty is constant: `values` by (member, turn, try), else far apart."""
    member, turn, tries = seed[-3:]
    h = values.get((member, turn, tries), float(turn % 2))
    text = f"<think>{tries}</think>\n<action>go</action>"
    return reply_of(text, entropy=[0.0, 1.0] + [h] * (len(reply_of(text).token_ids) - 2))


def test_rejected_turns_leave_the_environment_alone() -> None:
    rule = TurnRule(eta=0.05, max_resamples=2)
    # Member 1 repeats itself at turn 1: its first two candidates equal turn 0.
    same = {(1, 1, 0): 0.0, (1, 1, 1): 0.0}
    groups, generator = play(lambda seed: level(seed, same), tasks=(3,), rule=rule)
    calm, stuck = groups[0].trajectories
    assert [t.cost.rejected for t in calm.turns] == [0, 0, 0, 0]
    assert [t.cost.rejected for t in stuck.turns] == [0, 2, 0, 0]
    assert len(StepsEnv.STEPS) == 8
    assert [len(b) for b in generator.batches] == [2, 2, 1, 1, 2, 2]
    assert generator.batches[2] == [(9, 0, 4, 0, 1, 1, 1)]
    turn = stuck.turns[1]
    assert turn.generation.text.startswith("<think>2")
    assert turn.cost.rejected_tokens == 2 * turn.generation.num_tokens
    assert stuck.tokens == sum(t.generation.num_tokens for t in stuck.turns) + 2 * len(
        turn.generation.token_ids
    )
    assert not turn.void
    # Neither batch nor later prompts know the rejected candidates.
    assert len(turn_rows(groups)) == 8
    assert stuck.turns[2].prompt_ids.tolist() == calm.turns[2].prompt_ids.tolist()
    metrics = rollout_metrics(groups)
    assert metrics["tds_rate"] == pytest.approx(1 / 6)
    assert metrics["tds_rejected_turns"] == pytest.approx(1.0)


def test_the_last_candidate_is_played_and_marked_void() -> None:
    rule = TurnRule(eta=0.05, max_resamples=2)
    stuck = {(0, 1, tries): 0.0 for tries in range(3)}
    groups, _ = play(lambda seed: level(seed, stuck), tasks=(1,), rule=rule, group=1)
    turn = groups[0].trajectories[0].turns[1]
    assert turn.cost.rejected == 2
    assert turn.void
    assert turn.gamma < 0.05


def test_a_rejected_candidate_is_not_what_the_next_try_is_compared_with() -> None:
    """Gamma of the second try is that of the same turn sampled at once."""
    rule = TurnRule(eta=0.05, max_resamples=2)
    again, _ = play(
        lambda seed: level(seed, {(0, 1, 0): 0.02, (0, 1, 1): 0.9}), (1,), rule, group=1
    )
    at_once, _ = play(
        lambda seed: level(seed, {(0, 1, 0): 0.9}), (1,), replace(rule, eta=0.0), group=1
    )
    turns = [groups[0].trajectories[0].turns[1] for groups in (again, at_once)]
    assert [turn.cost.rejected for turn in turns] == [1, 0]
    assert turns[0].gamma == pytest.approx(turns[1].gamma)
    assert turns[0].gamma > 0.05


def test_the_first_turn_is_never_sampled_again() -> None:
    groups, generator = play(lambda seed: reply_of(GOOD), tasks=(0,), rule=TurnRule(eta=9.0))
    assert len(generator.batches) == 1
    assert all(turn.cost.rejected == 0 and turn.gamma != turn.gamma for turn in all_turns(groups))


def test_an_episode_alone_equals_the_episode_in_a_batch() -> None:
    rule = TurnRule(eta=0.05)

    def script(seed: tuple[int, ...]) -> Generation:
        h = (derive_seed(*seed) % 97) / 97
        return reply_of(f"<think>{h}</think>\n<action>{seed[-1]}</action>", entropy=h)

    together, _ = play(script, tasks=(3, 2), rule=rule, group=3)
    again, _ = play(script, tasks=(3, 2), rule=rule, group=3)
    alone, _ = play(script, tasks=(3,), rule=rule, group=1)

    def story(group: Group, member: int) -> list[tuple[str, int]]:
        turns = group.trajectories[member].turns
        return [(turn.generation.text, turn.cost.rejected) for turn in turns]

    assert story(together[0], 0) == story(alone[0], 0)
    assert [story(g, m) for g in together for m in range(3)] == [
        story(g, m) for g in again for m in range(3)
    ]


def test_validity_needs_format_a_full_reply_and_the_environment() -> None:
    cases = {
        GOOD: (Finish.STOP, True),
        "<action>go</action>": (Finish.STOP, False),
        "<think>x</think>\n<action>bad</action>": (Finish.STOP, False),
        GOOD + " ": (Finish.LENGTH, False),
    }
    for text, (finish, valid) in cases.items():
        groups, _ = play(lambda seed, t=text, f=finish: reply_of(t, finish=f), tasks=(0,), group=1)
        assert all_turns(groups)[0].valid is valid, text


def test_turns_hold_what_the_environment_said() -> None:
    groups, _ = play(lambda seed: reply_of(GOOD), tasks=(2,), group=1)
    trajectory = groups[0].trajectories[0]
    assert [t.reward for t in trajectory.turns] == [0.0, 0.0, 1.0]
    assert [t.progress for t in trajectory.turns] == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert [t.terminated for t in trajectory.turns] == [False, False, True]
    assert trajectory.success
    assert trajectory.score == 1.0
    hashes = [trajectory.first_hash, *(t.observation_hash for t in trajectory.turns)]
    assert all(a != b for a, b in pairwise(hashes))


def test_the_anchor_of_a_turn_is_the_state_it_started_from() -> None:
    groups, _ = play(lambda seed: reply_of(GOOD), tasks=(2,), group=1)
    env = StepsEnv()
    states = [env.reset(seed=0, options={"task_index": 2})[1]["state_key"]]
    states += [env.step("go")[4]["state_key"] for _ in range(2)]
    assert [turn.anchor for turn in groups[0].trajectories[0].turns] == states
    assert len(set(states)) == 3


def test_truncation_is_no_termination() -> None:
    generator = ScriptedGenerator(lambda seed: reply_of(GOOD))
    plan = Plan(tasks=(5,), env_seeds=(0,), stream=(0,), decoding=Decoding(max_tokens=9))
    prompting = Prompting.of(PromptConfig(template="compact"), tiny_tokenizer())
    envs = GroupedEnvs(lambda: StepsEnv(max_turns=3), 1, 1)
    last = collect(envs, generator, prompting, plan)[0].trajectories[0].turns[-1]
    assert last.truncated
    assert not last.terminated


def test_only_a_truncated_episode_has_a_next_prompt() -> None:
    """What a critic bootstraps from: the prompt of the turn that was not played."""
    groups, _ = play(lambda seed: reply_of(GOOD), tasks=(1, 5), group=1)
    ended, whole = (group.trajectories[0] for group in groups)
    assert ended.turns[-1].terminated
    assert ended.next_prompt_ids is None
    cut, _ = play(lambda seed: reply_of(GOOD), tasks=(5,), group=1, max_turns=2)
    last = cut[0].trajectories[0]
    assert last.turns[-1].truncated
    assert last.next_prompt_ids is not None
    assert last.next_prompt_ids.tolist() == whole.turns[2].prompt_ids.tolist()


def test_drawn_tasks_depend_on_their_seed_alone() -> None:
    assert draw_tasks(100, 8, 0, 1) == draw_tasks(100, 8, 0, 1)
    assert draw_tasks(100, 8, 0, 1) != draw_tasks(100, 8, 0, 2)
    assert len(set(draw_tasks(100, 100, 3))) == 100
    assert len(draw_tasks(3, 8, 0)) == 8
