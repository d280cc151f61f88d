"""Under every chat template: what was sampled is what is learned from, token by token.

The cases with real tokenizers skip where `make tokenizers` has not been run.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from baseline_fakes import StepsEnv
from chat_tokenizers import CASES, INVENTED, Case, policy_of, tokenizer_of

from baselines.collate import collate, turn_rows
from baselines.config import PromptConfig, TrainConfig
from baselines.intervention import ThinkingRule
from baselines.policy.chat import Chat, check_chat, encode_chat, opening_of, render_chat
from baselines.policy.model import Policy
from baselines.policy.tokenizer import Tags, decode, encode
from baselines.rollout import Plan, collect
from baselines.sampling.generation import HFGenerator
from baselines.sampling.prompting import Prompting
from baselines.sampling.protocol import Decoding
from baselines.trajectory import Group, Turn
from baselines.uncertainty import SignalConfig
from baselines.update import training_rows
from t2po_gym.core.many.vector import GroupedEnvs

QUEUE = "</think>\n<action>"
ALWAYS = ThinkingRule(epsilon=1e9, window=1, min_tokens=4, max_tokens=99, min_action_tokens=4)
CHAT = [
    {"role": "user", "content": "One."},
    {"role": "assistant", "content": "<think>I count.</think>\n<action>go</action>"},
    {"role": "user", "content": "Two."},
]


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture(scope="module")
def policy(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Policy:
    return policy_of(case, tmp_path_factory.mktemp("policy"))


def play(policy: Policy, prompt: PromptConfig, rule: ThinkingRule | None = None) -> list[Group]:
    """Two tasks, two members, as many turns as the world gives."""
    generator = HFGenerator(
        policy, queue=QUEUE, reply_prefix=prompt.reply_prefix, chat=Chat.of(prompt)
    )
    plan = Plan(
        tasks=(1, 3),
        env_seeds=(0, 1),
        stream=(5, 0, 0),
        decoding=Decoding(max_tokens=24, signal=SignalConfig(), thinking=rule),
        vocab_size=policy.vocab_size,
    )
    prompting = Prompting.of(prompt, policy.tokenizer)
    return collect(GroupedEnvs(StepsEnv, 2, 2), generator, prompting, plan)


def turns_of(groups: list[Group]) -> list[Turn]:
    return [turn for group in groups for t in group.trajectories for turn in t.turns]


def test_sampled_ids_are_training_ids(case: Case, policy: Policy) -> None:
    prompt = case.prompt(reply_prefix="<think>")
    groups = play(policy, prompt, ALWAYS)
    turns = turn_rows(groups)
    rows = training_rows(turns, np.zeros(len(turns)), TrainConfig())
    assert len(rows) == 2 * (2 + 4), "one row for each turn of each episode"
    changed = 0
    for row, turn in zip(rows, turns_of(groups), strict=True):
        reply = turn.generation
        batch = collate([row], policy.device)
        assert batch.batch.prompt_ids[0].tolist() == turn.prompt_ids.tolist()
        assert batch.batch.reply_ids[0].tolist() == reply.token_ids.tolist()
        assert batch.loss_mask[0].tolist() == reply.sampled.tolist()
        with torch.no_grad():  # other ids would have other probabilities
            own = policy.log_probs(batch.batch)[0].numpy()
        np.testing.assert_allclose(
            own[reply.sampled], reply.log_probs[reply.sampled], rtol=0, atol=1e-4
        )
        text = decode(policy.tokenizer, reply.token_ids.tolist())
        changed += encode(policy.tokenizer, text) != reply.token_ids.tolist()
    assert changed > 0, "encoding the texts again would have changed none of them: a weak test"


def test_prompts_are_rendered_and_never_cut(case: Case, policy: Policy) -> None:
    for turn in turns_of(play(policy, case.prompt())):
        text = decode(policy.tokenizer, turn.prompt_ids.tolist())
        assert turn.observation in text
        assert text.endswith(case.ends_with)


def test_what_a_reply_starts_with(case: Case) -> None:
    tokenizer, chat = tokenizer_of(case), Chat.of(case.prompt())
    check_chat(tokenizer, case.prompt())
    assert opening_of(tokenizer, "", chat) == case.opening
    inside, opening = opening_of(tokenizer, "<think>", chat)
    assert inside
    assert opening.endswith("<think>")


def test_the_queue_round_trips(case: Case, policy: Policy) -> None:
    prompt = case.prompt(reply_prefix="<think>")
    tags = Tags.of(policy.tokenizer, QUEUE)
    assert decode(policy.tokenizer, tags.queue) == QUEUE
    assert tags.queue[0] == tags.think_close
    assert encode(policy.tokenizer, "</think>") == [tags.think_close]
    for turn in turns_of(play(policy, prompt, ALWAYS)):
        forced = turn.generation.token_ids[~turn.generation.sampled]
        assert forced.tolist() == list(tags.queue)
        assert QUEUE in turn.generation.text


def test_nothing_is_forced_outside_a_thought(tmp_path: Path) -> None:
    """A template that has closed the thought leaves nothing to close."""
    case = INVENTED["opens-and-closes"]
    policy = policy_of(case, tmp_path)
    opened = Tags.of(policy.tokenizer, QUEUE).think_open
    for turn in turns_of(play(policy, case.prompt(), ALWAYS)):
        assert turn.generation.sampled.all() or opened in turn.generation.token_ids


@pytest.mark.parametrize("name", ["rewrites", "qwen3"])
def test_a_template_that_rewrites_history_changes_nothing(name: str, tmp_path: Path) -> None:
    policy, prompt = policy_of(CASES[name], tmp_path), CASES[name].prompt()
    tokenizer = policy.tokenizer
    told = tokenizer.apply_chat_template(CHAT, tokenize=False)
    before = tokenizer.apply_chat_template(CHAT[:2], tokenize=False)
    assert not told.startswith(before), "as a conversation its prompts would not be prefixes"
    before, after = render_chat(tokenizer, "HERE").split("HERE")
    rewritten = turns_of(play(policy, prompt))
    for turn in rewritten:
        text = decode(tokenizer, turn.prompt_ids.tolist())
        message = text.removeprefix(before).removesuffix(after)
        assert before + message + after == text, "one message alone, whatever was said before"
        assert encode_chat(tokenizer, message) == turn.prompt_ids.tolist()
    if name == "rewrites":
        kept = turns_of(play(policy_of(CASES["neither"], tmp_path / "kept"), prompt))
        for ours, theirs in zip(rewritten, kept, strict=True):
            assert ours.prompt_ids.tolist() == theirs.prompt_ids.tolist()
            assert ours.generation.token_ids.tolist() == theirs.generation.token_ids.tolist()


def test_the_date_of_today_can_be_kept_out() -> None:
    """Llama's template writes it, so that a run would depend on the day."""
    tokenizer = tokenizer_of(CASES["llama3.2"])
    chat = Chat.of(CASES["llama3.2"].prompt())
    assert "Today Date: 26 Jul 2024" in render_chat(tokenizer, "Hi", chat=chat)
    assert "strftime_now" in tokenizer.chat_template
